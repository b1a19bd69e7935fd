"""What the README and the guide tell people to type does what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from holdfast.settings import Settings
from tests.cli.programs import free_port, running
from tests.tidy.house import DOCS, ROOT, text_of

README = text_of(ROOT / "README.md")
LIBRARY = text_of(DOCS / "guide/library.md")
OPERATING = text_of(DOCS / "guide/operating.md")
SHORT = 20


def blocks(page: str, language: str) -> list[str]:
    """Return a page's blocks of code in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def booking_block(language: str) -> str:
    """Return the README's block that books."""
    (found,) = [block for block in blocks(README, language) if "slot_id" in block]
    return found


def ran(program: str, folder: Path) -> str:
    """Run a Python program in a folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("language", ["sh", "python"])
def test_the_readme_books_in_a_few_lines(language: str) -> None:
    assert booking_block(language).count("\n") < SHORT


def test_the_readmes_python_books(tmp_path: Path) -> None:
    said = ran(booking_block("python"), tmp_path)

    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4} confirmed 20\S+ \S+\+00:00\n", said)


@pytest.mark.slow
def test_the_readmes_curl_lines_book_in_the_demo(tmp_path: Path) -> None:
    port = free_port()
    with running("demo", "--port", str(port), folder=tmp_path) as demo:
        screen = demo.wait_for("Ctrl-C stops it.")
        key = re.findall(r"^hfs_\w+$", screen, re.MULTILINE)[0]
        program = booking_block("sh").replace("hfs_...", key).replace(":8000", f":{port}")

        first, again = (
            subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True).stdout
            for _ in range(2)
        )

    assert first.startswith("HTTP/1.1 201 Created")
    assert again.startswith("HTTP/1.1 422")  # the slot is gone, so it asks for another with the key


def test_the_guides_programs_run_one_after_another(tmp_path: Path) -> None:
    programs = [block for block in blocks(LIBRARY, "python") if "fastapi" not in block]

    said = ran("\n".join(programs), tmp_path)

    assert said.splitlines()[0].startswith("capacity.exceeded Nothing is left then")
    assert len(said.splitlines()) == 6


def test_the_guides_table_has_every_setting_and_its_default() -> None:
    rows = re.findall(r"^\| `HOLDFAST_(\w+)` \| (?:`(.*?)`)? ?\|", OPERATING, re.MULTILINE)

    documented = {name.lower(): default for name, default in rows}

    assert documented == {
        name: shown(field.default) for name, field in Settings.model_fields.items()
    }


def shown(default: object) -> str:
    """Write a default as an operator would."""
    match default:
        case None | ():
            return ""
        case bool():
            return str(default).lower()
        case float():
            return str(int(default))
        case tuple():
            return ",".join(default)
        case _:
            return str(default)


def test_the_guides_web_app_serves_the_api_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program,) = [block for block in blocks(LIBRARY, "python") if "fastapi" in block]
    monkeypatch.chdir(tmp_path)
    page: dict[str, object] = {}

    exec(compile(program, "guide", "exec"), page)
    app = page["app"]
    assert isinstance(app, FastAPI)
    with TestClient(app) as client:
        ready = client.get("/booking/readyz")
        refused = client.get("/booking/v1/offerings")

    assert ready.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (401, "access.unauthenticated")
