"""Fields and answers: which questions may be saved, which answers are kept, and in what form."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.answers import (
    Answer,
    answers_from,
    answers_in,
    changed_answers,
    parted,
    read_answers,
)
from holdfast.domain.errors import InputInvalid
from holdfast.domain.fields import (
    FIELDS_MAX,
    OPTIONS_MAX,
    PATTERNED_FIELDS_MAX,
    Bound,
    Field,
    FieldType,
    NoPatterns,
    definition_faults,
    in_order,
)
from holdfast.patterns import RustPatterns

RUST = RustPatterns()
T = FieldType
# Seed document 003, word for word.
LICENCE = Field(
    key="license_number",
    label="Numéro de permis",
    type=T.TEXT,
    required=True,
    pattern="^[0-9]{12}$",
)
NIR = Field(
    key="insurance_number",
    label="N° Sécurité Sociale",
    type=T.TEXT,
    required=True,
    pattern="^[12][0-9]{14}$",
)
TECH_CHECK = Field(
    key="tech_check", label="Test technique effectué", type=T.CHECKBOX, required=True
)
SUBJECTS = Field(
    key="subjects",
    label="Matières à travailler",
    type=T.MULTISELECT,
    required=True,
    options=("Algèbre", "Géométrie", "Analyse", "Probabilités", "Statistiques"),
)
URGENCY = Field(
    key="urgency",
    label="Urgence",
    type=T.SELECT,
    required=True,
    options=("Routine", "Urgent", "Très urgent"),
)


def field(
    kind: FieldType,
    *,
    key: str = "it",
    label: str = "It",
    required: bool = False,
    options: tuple[str, ...] = (),
    pattern: str | None = None,
    least: Bound | None = None,
    most: Bound | None = None,
    words: str = "",
    order: int = 0,
    is_private: bool = False,
) -> Field:
    return Field(
        key=key,
        label=label,
        type=kind,
        required=required,
        options=options,
        pattern=pattern,
        min=least,
        max=most,
        help=words,
        order=order,
        is_private=is_private,
    )


def outcome(asked: Field, value: object) -> object:
    """Return the kept answer, or the code of the first fault."""
    found = read_answers([asked], {asked.key: value}, patterns=RUST)
    return f"! {found.faults[0].code}" if found.faults else found.answers.get(asked.key)


@pytest.mark.parametrize(
    ("asked", "value", "expected"),
    [
        (LICENCE, "123456789012", "123456789012"),
        (LICENCE, "12345678901", "! no_match"),
        (LICENCE, "1234567890123", "! no_match"),
        (LICENCE, " 123456789012 ", "123456789012"),
        (LICENCE, "123456789012\n3", "! no_match"),
        (NIR, "123456789012345", "123456789012345"),
        (NIR, "323456789012345", "! no_match"),
        (TECH_CHECK, False, "! required"),
        (TECH_CHECK, None, "! required"),
        (TECH_CHECK, True, True),
        (URGENCY, "Urgent", "Urgent"),
        (URGENCY, "urgent", "! not_an_option"),
        (URGENCY, "", "! required"),
        (SUBJECTS, ["Statistiques", "Algèbre"], ("Algèbre", "Statistiques")),
        (SUBJECTS, ["Algèbre", "Alchimie"], "! not_an_option"),
        (SUBJECTS, [], "! required"),
    ],
)
def test_the_fields_of_the_seeds_take_what_golden_16_and_ac_o02_say(
    asked: Field, value: object, expected: object
) -> None:
    assert definition_faults([asked], RUST) == []
    assert outcome(asked, value) == expected


PLAIN_PHONE = field(T.PHONE)
NASTY: list[tuple[Field, object, object]] = [
    # Texts.
    (field(T.TEXT), "a\x00b", "! bad_character"),
    (field(T.TEXT), "\x00", "! bad_character"),
    (field(T.TEXT), "abc\u202egpj.exe", "! bad_character"),
    (field(T.TEXT), "\u2066hidden\u2069", "! bad_character"),
    (field(T.TEXT), "a\ud800b", "! bad_character"),
    (field(T.TEXT), "\u200f\u0645\u0631\u062d\u0628\u0627", "\u200f\u0645\u0631\u062d\u0628\u0627"),
    (field(T.TEXT, required=True), "\u200b\u200d \u00a0", "! required"),
    (field(T.TEXT, required=True), " \n\t ", "! required"),
    (field(T.TEXT), "  Noix, œufs \n", "Noix, œufs"),
    (field(T.TEXT), "E\u0301leve", "\u00c9leve"),
    (field(T.TEXT), "x" * 1_000, "x" * 1_000),
    (field(T.TEXT), "x" * 1_001, "! too_long"),
    (field(T.TEXT), " " * 1_001, "! too_long"),
    (field(T.TEXT), "\u1100\u1161" * 600, "! too_long"),
    (field(T.TEXT), "<script>alert(1)</script>", "<script>alert(1)</script>"),
    (field(T.TEXT), "'; DROP TABLE bookings; --", "'; DROP TABLE bookings; --"),
    (field(T.TEXT), 7, "! wrong_type"),
    (field(T.TEXT), {"$ne": None}, "! wrong_type"),
    (field(T.TEXT, least=Decimal(3)), "ab", "! out_of_range"),
    (field(T.TEXT, most=Decimal(3)), "abcd", "! out_of_range"),
    (field(T.TEXT), " " * 1_000, None),
    (field(T.TEXT, least=Decimal(3), most=Decimal(3)), "abc", "abc"),
    # Numbers.
    (field(T.NUMBER), "999999999999999.000000000000", 10**15 - 1),
    (field(T.NUMBER), 7, 7),
    (field(T.NUMBER), 7.0, 7),
    (field(T.NUMBER), "72.50", 72.5),
    (field(T.NUMBER), 0.1, 0.1),
    (field(T.NUMBER), 0.1 + 0.2, "! out_of_range"),
    (field(T.NUMBER), -0.0, 0),
    (field(T.NUMBER), Decimal("0.10"), 0.1),
    (field(T.NUMBER), True, "! not_a_number"),
    (field(T.NUMBER), float("nan"), "! not_a_number"),
    (field(T.NUMBER), float("inf"), "! not_a_number"),
    (field(T.NUMBER), Decimal("sNaN"), "! not_a_number"),
    (field(T.NUMBER), "NaN", "! not_a_number"),
    (field(T.NUMBER), "1e9", "! not_a_number"),
    (field(T.NUMBER), "1_000", "! not_a_number"),
    (field(T.NUMBER), "7\n", "! not_a_number"),
    (field(T.NUMBER), "\u0667", "! not_a_number"),
    (field(T.NUMBER), 10**15 - 1, 10**15 - 1),
    (field(T.NUMBER), 10**15, "! out_of_range"),
    (field(T.NUMBER), 10**1_000_000, "! out_of_range"),
    (field(T.NUMBER), 1e300, "! out_of_range"),
    (field(T.NUMBER), Decimal("1E+999999"), "! out_of_range"),
    (field(T.NUMBER), Decimal("1E-999999"), "! out_of_range"),
    (field(T.NUMBER), Decimal("0." + "1" * 5_000), "! out_of_range"),
    (field(T.NUMBER, least=Decimal(0), most=Decimal(18)), 18, 18),
    (field(T.NUMBER, least=Decimal(0), most=Decimal(18)), 18.5, "! out_of_range"),
    # Options.
    (field(T.SELECT, options=("Élevée",)), "E\u0301leve\u0301e", "Élevée"),
    (field(T.SELECT, options=("1",)), 1, "! wrong_type"),
    (field(T.SELECT, options=("a",)), ["a"], "! wrong_type"),
    (field(T.MULTISELECT, options=("a", "b")), "a", "! wrong_type"),
    (field(T.MULTISELECT, options=("a", "b")), ["a", "a"], "! repeated"),
    (field(T.MULTISELECT, options=("a", "b")), ["a"] * (OPTIONS_MAX + 1), "! too_many"),
    (field(T.MULTISELECT, options=("a", "b"), least=Decimal(2)), ["a"], "! out_of_range"),
    # Ticks.
    (field(T.CHECKBOX), False, False),
    (field(T.CHECKBOX), "true", "! wrong_type"),
    (field(T.CHECKBOX), 1, "! wrong_type"),
    # Dates.
    (field(T.DATE), "2026-02-28", "2026-02-28"),
    (field(T.DATE), "2026-02-29", "! not_a_date"),
    (field(T.DATE), "20260228", "! not_a_date"),
    (field(T.DATE), "2026-W09-6", "! not_a_date"),
    (field(T.DATE), "٢٠٢٦-٠٢-٢٨", "! not_a_date"),
    (field(T.DATE), "2026-02-28\n", "! not_a_date"),
    (field(T.DATE), "2026-02-28T00:00:00Z", "! not_a_date"),
    (field(T.DATE), "0000-00-00", "! not_a_date"),
    (field(T.DATE), "9999-12-31", "! out_of_range"),
    (field(T.DATE), 20260228, "! not_a_date"),
    (field(T.DATE, least=date(2008, 1, 1)), "2007-12-31", "! out_of_range"),
    (field(T.DATE), "1800-01-01", "1800-01-01"),
    (field(T.DATE), "2200-01-01", "2200-01-01"),
    (field(T.DATE), "2200-01-02", "! out_of_range"),
    # Telephones.
    (PLAIN_PHONE, "112", "112"),
    (PLAIN_PHONE, "1" * 15, "1" * 15),
    (PLAIN_PHONE, "01 23 45 67 89", "0123456789"),
    (PLAIN_PHONE, "+33 (0)6 12-34-56-78", "+33612345678"),
    (PLAIN_PHONE, "0033 6 12 34 56 78", "+33612345678"),
    (PLAIN_PHONE, "+٣٣٦١٢٣٤", "+3361234"),
    (PLAIN_PHONE, "06+12345678", "! not_a_phone"),
    (PLAIN_PHONE, "call me", "! not_a_phone"),
    (PLAIN_PHONE, "+33612345678\r\nBcc: x", "! bad_character"),
    (PLAIN_PHONE, "1" * 16, "! not_a_phone"),
    (PLAIN_PHONE, 33612345678, "! wrong_type"),
    (field(T.PHONE, pattern="^\\+33"), "0612345678", "! no_match"),
    # E-mail.
    (field(T.EMAIL), " Ada@Example.COM ", "Ada@example.com"),
    (field(T.EMAIL), "ada@EXÄMPLE.example", "ada@exämple.example"),
    (field(T.EMAIL), "Ada <ada@example.com>", "! not_an_email"),
    (field(T.EMAIL), "ada@example..com", "! not_an_email"),
    (field(T.EMAIL), "ada@-example.com", "! not_an_email"),
    (field(T.EMAIL), "a\u200bda@example.com", "! not_an_email"),
    (field(T.EMAIL), "ada@example.com\nBcc: x@y.example", "! bad_character"),
    (field(T.EMAIL), "a,b@example.com", "! not_an_email"),
    (field(T.EMAIL), f"{'a' * 65}@example.com", "! not_an_email"),
    (field(T.EMAIL), f"{'a' * 64}@{'b' * 63}.example", f"{'a' * 64}@{'b' * 63}.example"),
    (field(T.EMAIL), f"a@{'b' * 64}.example", "! not_an_email"),
]


# Some of these values are too long to be written into a test's name.
@pytest.mark.parametrize(("asked", "value", "expected"), NASTY, ids=range(len(NASTY)))
def test_odd_answers_are_kept_in_one_form_or_refused(
    asked: Field, value: object, expected: object
) -> None:
    found = outcome(asked, value)

    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("odd", "found"),
    [
        (field(T.TEXT, key="Size"), [("/fields/0/key", "not_a_key")]),
        (field(T.TEXT, key="size\n"), [("/fields/0/key", "not_a_key")]),
        (field(T.TEXT, key="größe"), [("/fields/0/key", "not_a_key")]),
        (field(T.TEXT, key="_id"), [("/fields/0/key", "not_a_key")]),
        (field(T.TEXT, key="a" * 41), [("/fields/0/key", "not_a_key")]),
        (field(T.TEXT, label=" "), [("/fields/0/label", "too_short")]),
        (field(T.TEXT, words="x" * 1_001), [("/fields/0/help", "too_long")]),
        (field(T.TEXT, order=10**9), [("/fields/0/order", "out_of_range")]),
        (field(T.SELECT), [("/fields/0/options", "too_few")]),
        (field(T.TEXT, options=("a",)), [("/fields/0/options", "not_allowed")]),
        (
            field(T.SELECT, options=tuple(map(str, range(201)))),
            [("/fields/0/options", "too_many")],
        ),
        (field(T.SELECT, options=("a", " a")), [("/fields/0/options/1", "repeated")]),
        (field(T.SELECT, options=("a", "")), [("/fields/0/options/1", "too_short")]),
        (field(T.CHECKBOX, least=Decimal(1)), [("/fields/0/min", "not_allowed")]),
        (field(T.DATE, least=Decimal(1)), [("/fields/0/min", "wrong_type")]),
        (field(T.NUMBER, most=date(2026, 1, 1)), [("/fields/0/max", "wrong_type")]),
        (field(T.NUMBER, most=Decimal("NaN")), [("/fields/0/max", "wrong_type")]),
        (field(T.TEXT, most=Decimal("1.5")), [("/fields/0/max", "wrong_type")]),
        (field(T.TEXT, most=Decimal(1_001)), [("/fields/0/max", "out_of_range")]),
        (
            field(T.NUMBER, least=Decimal(2), most=Decimal(1)),
            [("/fields/0/max", "out_of_range")],
        ),
        (field(T.NUMBER, pattern="1"), [("/fields/0/pattern", "not_allowed")]),
        (field(T.TEXT, pattern=""), [("/fields/0/pattern", "too_short")]),
        (field(T.TEXT, pattern="a\nb"), [("/fields/0/pattern", "bad_character")]),
        (field(T.TEXT, pattern="a" * 201), [("/fields/0/pattern", "too_long")]),
        (field(T.TEXT, pattern=r"(?=a)b"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.TEXT, pattern=r"(?<!a)b"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.TEXT, pattern=r"(a)\1"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.TEXT, pattern="[a-"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.TEXT, pattern=r"(a{1000}){1000}"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.TEXT, pattern=r"\w{999}\w{999}"), [("/fields/0/pattern", "bad_pattern")]),
        (field(T.NUMBER, least=Decimal(-1), most=Decimal("0.5")), []),
        (field(T.DATE, least=date(2026, 1, 1), most=date(2026, 1, 1)), []),
        (field(T.NUMBER, least=Decimal("NaN"), most=Decimal(1)), [("/fields/0/min", "wrong_type")]),
        (field(T.TEXT, key="a" * 40, least=Decimal(0), most=Decimal(1_000)), []),
        (field(T.SELECT, options=tuple(map(str, range(OPTIONS_MAX)))), []),
        # These hang other engines; here they are linear, so that they are not refused.
        (field(T.TEXT, pattern="^(a+)+$"), []),
        (field(T.TEXT, pattern="^(a|a)*$"), []),
        (field(T.TEXT, pattern="(.*a){20}"), []),
    ],
)
def test_a_definition_is_refused_when_saved(odd: Field, found: list[tuple[str, str]]) -> None:
    faults = definition_faults([odd], RUST)

    assert [(fault.pointer, fault.code) for fault in faults] == found


def test_keys_and_counts_are_checked_over_the_whole_set() -> None:
    twice = [field(T.TEXT), field(T.DATE)]
    many = [field(T.TEXT, key=f"k{n}") for n in range(FIELDS_MAX + 1)]
    patterned = [field(T.TEXT, key=f"k{n}", pattern="a") for n in range(PATTERNED_FIELDS_MAX + 1)]

    sets = (many[1:], patterned[1:], twice, many, patterned)
    found = [definition_faults(fields, RUST) for fields in sets]

    assert [[(it.pointer, it.code) for it in faults] for faults in found] == [
        [],
        [],
        [("/fields/1/key", "repeated")],
        [("/fields", "too_many")],
        [("/fields", "too_many")],
    ]


def test_where_no_engine_is_installed_no_pattern_is_saved_and_none_lets_anything_pass() -> None:
    faults = definition_faults([LICENCE], NoPatterns())

    with pytest.raises(ValueError, match="No engine"):
        read_answers([LICENCE], {"license_number": "x"}, patterns=NoPatterns())
    assert [fault.code for fault in faults] == ["bad_pattern"]


def test_every_wrong_answer_is_named_with_its_place() -> None:
    fields = [LICENCE, TECH_CHECK, SUBJECTS]
    said = {
        "license_number": "12",
        "subjects": ["Algèbre", "Alchimie"],
        "licence": "123456789012",
        "a/b~c": 1,
    }

    with pytest.raises(InputInvalid) as refused:
        answers_from(fields, said, patterns=RUST)

    faults = refused.value.fields["errors"]
    assert isinstance(faults, tuple)
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/answers/licence", "unknown_answer"),
        ("/answers/a~1b~0c", "unknown_answer"),
        ("/answers/license_number", "no_match"),
        ("/answers/tech_check", "required"),
        ("/answers/subjects/1", "not_an_option"),
    ]


def test_at_most_ten_unknown_answers_are_named() -> None:
    found = read_answers([], {f"x{n}": 1 for n in range(100_000)}, patterns=RUST)

    assert len(found.faults) == 10


SYMPTOMS = Field(key="symptoms", label="Symptômes", type=T.TEXT, required=True)
EMERGENCY = Field(
    key="emergency",
    label="Urgence",
    type=T.SELECT,
    required=True,
    options=("Faible", "Moyenne", "Élevée"),
)
# The first booking of seed document 003, word for word.
METADATA = {"symptoms": "Mal de tête persistant", "emergency": "Moyenne"}


def test_answers_are_also_taken_from_metadata_ac_o03() -> None:
    fields = [SYMPTOMS, EMERGENCY]

    found = answers_from(fields, {}, patterns=RUST, metadata={**METADATA, "utm_source": "x"})

    assert found == METADATA
    assert answers_in({**METADATA, "utm_source": "x"}, fields) == METADATA


def test_an_answer_of_its_own_counts_before_metadata_and_faults_point_where_they_arose() -> None:
    fields = [SYMPTOMS, EMERGENCY]
    own = {"symptoms": "Fièvre"}

    found = answers_from(fields, own, patterns=RUST, metadata=METADATA)
    with pytest.raises(InputInvalid) as refused:
        answers_from(fields, {"symptoms": 1}, patterns=RUST, metadata={"emergency": "Nulle"})

    faults = refused.value.fields["errors"]
    assert isinstance(faults, tuple)
    assert found == {"symptoms": "Fièvre", "emergency": "Moyenne"}
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/answers/symptoms", "wrong_type"),
        ("/metadata/emergency", "not_an_option"),
    ]


KEPT: dict[str, Answer] = {"symptoms": "Fièvre", "emergency": "Faible", "gone": "old"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, KEPT),
        ({"symptoms": " Toux "}, {**KEPT, "symptoms": "Toux"}),
        ({"gone": None}, {"symptoms": "Fièvre", "emergency": "Faible"}),
        ({"symptoms": None}, ["/answers/symptoms required"]),
        ({"gone": "new"}, ["/answers/gone unknown_answer"]),
        ({"never": None}, ["/answers/never unknown_answer"]),
    ],
)
def test_a_change_checks_what_changes_and_keeps_the_rest(
    changes: dict[str, object], expected: object
) -> None:
    try:
        found: object = changed_answers([SYMPTOMS, EMERGENCY], KEPT, changes, patterns=RUST)
    except InputInvalid as refusal:
        faults = refusal.fields["errors"]
        assert isinstance(faults, tuple)
        found = [f"{fault.pointer} {fault.code}" for fault in faults]

    assert found == expected


def test_private_answers_are_parted_and_stay_private_when_their_question_is_gone() -> None:
    private = field(T.TEXT, key="symptoms", is_private=True)

    public = {"emergency": "Faible", "gone": "old"}
    assert parted([private, EMERGENCY], KEPT) == (public, {"symptoms": "Fièvre"})
    assert parted([EMERGENCY], KEPT, private={"symptoms"}) == (public, {"symptoms": "Fièvre"})
    assert parted([SYMPTOMS, EMERGENCY], KEPT, private={"symptoms"}) == (KEPT, {})


def test_the_values_of_a_resource_are_read_as_answers_are_ac_o04() -> None:
    seats = field(T.NUMBER, key="seats", required=True, least=Decimal(1), most=Decimal(9))

    good = read_answers([seats], {"seats": "4"}, patterns=RUST, pointer="/values")
    bad = read_answers([seats], {"seats": 0}, patterns=RUST, pointer="/values")

    assert (good.answers, good.faults) == ({"seats": 4}, [])
    assert [(fault.pointer, fault.detail) for fault in bad.faults] == [
        ("/values/seats", "It has to be at least 1 and at most 9.")
    ]


def test_questions_stand_in_their_order_and_then_as_they_were_given() -> None:
    fields = [field(T.TEXT, key=key, order=n) for key, n in (("c", 1), ("a", 0), ("b", 1))]

    assert [it.key for it in in_order(fields)] == ["a", "c", "b"]


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 6))
def test_a_number_is_kept_exactly(digits: int, decimals: int) -> None:
    exact = Decimal(digits).scaleb(-decimals)

    found = outcome(field(T.NUMBER), f"{exact:f}")

    assert isinstance(found, int | float)
    assert Decimal(repr(found)) == exact


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
QUESTIONS = [
    field(kind, options=("a", "b") if kind in {T.SELECT, T.MULTISELECT} else (), required=required)
    for kind in FieldType
    for required in (False, True)
]


@given(st.sampled_from(QUESTIONS), JSON)
def test_whatever_is_sent_is_kept_or_refused_and_what_is_kept_is_kept_again(
    asked: Field, value: object
) -> None:
    found = read_answers([asked], {"it": value}, patterns=RUST)
    again = read_answers([asked], dict(found.answers), patterns=RUST)

    assert len(found.faults) <= 1
    if not found.faults:
        assert again == found
    if asked.required:
        assert bool(found.faults) is not bool(found.answers)
