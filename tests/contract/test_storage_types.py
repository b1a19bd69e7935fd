"""Every column type stores and means the same on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from sqlalchemy import MetaData, Table, func, insert, select, text
from sqlalchemy.exc import StatementError

from holdfast.engine.ports import ConstraintViolated
from holdfast.storage.database import Database
from holdfast.storage.schema.base import (
    NAMING_CONVENTION,
    date_column,
    flag_column,
    id_column,
    instant_column,
    json_column,
    key_column,
    number_column,
    status_column,
    tenant_key,
    words_column,
)
from tests.contract.databases import TENANT, guard, keys_in, lock_and_commit


class Colour(StrEnum):
    """An enumeration to store."""

    RED = "red"
    PALE_BLUE = "pale_blue"


shapes = Table(
    "shapes",
    MetaData(naming_convention=NAMING_CONVENTION),
    tenant_key(),
    key_column("shape_id"),
    instant_column("seen_at", nullable=True),
    date_column("made_on", nullable=True),
    words_column("name", nullable=True),
    id_column("owner_id", nullable=True),
    json_column("answers", nullable=True),
    number_column("count", nullable=True),
    status_column("colour", Colour, nullable=True),
    flag_column("is_round"),
)


PLUS_TWO = timezone(timedelta(hours=2))
SHAPES: list[dict[str, object]] = [
    {
        "seen_at": datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC),
        "made_on": date(1, 1, 1),
        "name": "Zoë\n'\"\\ %s :x 𝄞",
        "owner_id": "cus_1",
        "answers": {"b": [1, 2.5, None, True], "a": {"ü": "\u0000 ☃"}},
        "count": 2**63 - 1,
        "colour": Colour.PALE_BLUE,
        "is_round": True,
    },
    {
        "seen_at": datetime(1, 1, 1, tzinfo=UTC),
        "made_on": date(9999, 12, 31),
        "name": "",
        "owner_id": "",
        "answers": [],
        "count": -(2**63),
        "colour": Colour.RED,
        "is_round": False,
    },
    {
        "seen_at": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        "made_on": None,
        "name": None,
        "owner_id": None,
        "answers": None,
        "count": None,
        "colour": None,
        "is_round": False,
    },
]


def test_every_type_comes_back_as_it_went_in(database: Database) -> None:
    rows = [
        {"tenant_id": TENANT, "shape_id": f"shp_{number}", **shape}
        for number, shape in enumerate(SHAPES)
    ]
    with database.write(TENANT) as transaction:
        shapes.metadata.create_all(transaction.connection)
        transaction.connection.execute(insert(shapes), rows)
        transaction.commit()

    with database.read(TENANT) as transaction:
        query = select(shapes).order_by(shapes.c.shape_id)
        found = [dict(each) for each in transaction.connection.execute(query).mappings()]
        stored = transaction.connection.execute(
            text("SELECT seen_at, made_on, answers FROM shapes WHERE shape_id = 'shp_0'")
        ).one()

    assert found == rows
    assert type(found[0]["colour"]) is Colour
    assert found[0]["seen_at"].tzinfo is UTC
    assert tuple(stored) == (
        1_774_749_599_999_999,
        "0001-01-01",
        '{"a":{"ü":"\\u0000 ☃"},"b":[1,2.5,null,true]}',
    )


def test_an_instant_of_another_zone_is_the_same_instant(database: Database) -> None:
    local = datetime(2026, 7, 1, 14, 0, 0, 1, tzinfo=PLUS_TWO)

    with database.write(TENANT) as transaction:
        shapes.metadata.create_all(transaction.connection)
        values = {"tenant_id": TENANT, "shape_id": "shp_1", "seen_at": local, "is_round": True}
        transaction.connection.execute(insert(shapes), values)
        found = transaction.connection.execute(select(func.max(shapes.c.seen_at))).scalar_one()

    assert found == datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seen_at", datetime.fromisoformat("2026-01-01T00:00:00")),
        ("made_on", datetime(2026, 1, 1, tzinfo=UTC)),
        ("answers", float("nan")),
        ("name", "before\0after"),
        ("colour", "green"),
    ],
)
def test_a_value_that_its_type_cannot_mean_is_refused(
    database: Database, column: str, value: object
) -> None:
    values = {"tenant_id": TENANT, "shape_id": "shp_1", "is_round": True, column: value}

    with database.write(TENANT) as transaction:
        shapes.metadata.create_all(transaction.connection)
        with pytest.raises(StatementError):
            transaction.connection.execute(insert(shapes), values)


def test_text_compares_bytewise(database: Database) -> None:
    lock_and_commit(database, "é", "z", "a", "Z", "_", "aa", "𝄞", "\uff5e")

    assert keys_in(database) == ["Z", "_", "a", "aa", "z", "é", "\uff5e", "𝄞"]


@pytest.mark.postgresql
def test_postgresql_is_told_so_for_every_text_column(postgres: Database) -> None:
    query = text(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE"
        " table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    )

    with postgres.read() as transaction:
        assert transaction.connection.execute(query).scalars().all() == []


def test_the_database_holds_a_status_to_its_values(database: Database) -> None:
    with database.write(TENANT) as transaction:
        transaction.lock([guard("room")])
        with pytest.raises(ConstraintViolated) as caught:
            transaction.connection.execute(text("UPDATE capacity SET kind = 'heap'"))

    assert caught.value.constraint == "ck_capacity_kind_values"
