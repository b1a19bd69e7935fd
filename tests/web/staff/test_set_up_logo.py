"""The logo: a file that a browser sends without any script, kept byte for byte."""

from __future__ import annotations

import pytest

from holdfast.domain.access import Role
from holdfast.web.multipart import read_multipart
from tests.web.conftest import Town
from tests.web.staff.workers import Worker, worker_of
from tests.web.visitors import BASE

EVERY_BYTE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4 + b"\r\n\n\r--"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HERE = "/staff/sarah/set-up/business"


@pytest.fixture
def owner(town: Town) -> Worker:
    """An owner of the salon, who looks at the page of the business."""
    worker = worker_of(town, Role.OWNER)
    worker.at("/set-up/business")
    return worker


def send(owner: Worker, content: bytes, media: str, **typed: str) -> int:
    """Send the form with a file, as a browser does; returns the status."""
    fields = {**dict(owner.page.form("edit").fields), **typed}
    del fields["logo.file"]  # sent as a file
    answer = owner.client.post(
        HERE,
        data=fields,
        files={"logo.file": ("logo", content, media)},
        headers={"Origin": BASE},
        follow_redirects=False,
    )
    return answer.status_code


def test_a_logo_is_kept_byte_for_byte_shown_and_taken_away(town: Town, owner: Worker) -> None:
    sent = send(owner, EVERY_BYTE, "image/png", about="Été")
    shown = town.visitor().client.get("/sarah/logo.img")
    owner.at("/set-up/business")
    kept = send(owner, b"", "application/octet-stream")
    still = town.visitor().client.get("/sarah/logo.img")
    owner.at("/set-up/business")
    away = send(owner, b"", "application/octet-stream", **{"logo.none": "yes"})

    assert (sent, kept, away) == (303, 303, 303)
    assert shown.content == EVERY_BYTE
    assert shown.headers["content-type"] == "image/png"
    assert still.content == EVERY_BYTE
    assert town.visitor().client.get("/sarah/logo.img").status_code == 404
    assert town.street.salon.desk.get().metadata == {"pages": {"about": "Été"}}


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"%PDF", "application/pdf", 422),
        (b"<script>", "text/html", 422),
        (EVERY_BYTE * 15, "image/png", 422),
        (EVERY_BYTE * 100, "image/png", 413),
    ],
)
def test_what_is_no_small_picture_is_refused(
    town: Town, owner: Worker, content: bytes, media: str, status: int
) -> None:
    assert send(owner, content, media) == status
    assert town.street.salon.desk.get().metadata == {}


def test_a_script_in_a_picture_gets_nothing_to_work_with(town: Town, owner: Worker) -> None:
    send(owner, SVG, "image/svg+xml")

    shown = town.visitor().client.get("/sarah/logo.img")

    assert shown.content == SVG
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "script-src" not in shown.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"--x\r\n\r\nno name\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--y\r\n", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n', "multipart/form-data; boundary=x"),
        (b"--x\r\n" * 9_000, "multipart/form-data; boundary=x"),
        (
            b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n" * 999,
            "multipart/form-data; boundary=x",
        ),
        (b"\xff" * 99, "multipart/form-data; boundary=\xe9"),
    ],
)
def test_malformed_forms_say_nothing(body: bytes, content_type: str) -> None:
    said = read_multipart(body, content_type, fields_max=9)

    assert [value for _, value in said if value] == []
