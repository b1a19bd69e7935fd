"""Logs: ours and the libraries', one line an event."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from holdfast.server.logs import configure_logs
configure_logs(level="info", format_={format_!r}, debug=("holdfast.batch",))
structlog.get_logger("holdfast.lane").debug("not.shown")
structlog.get_logger("holdfast.batch").debug("shown", size=3)
logging.getLogger("sqlalchemy.pool").error("gone: %s", "x")
try:
    secret = "ada" + "@" + "example.com"
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("holdfast.lane").exception("failed")
"""


def said(format_: str) -> list[str]:
    """Run the program and return what it logs, line by line."""
    program = PROGRAM.format(format_=format_)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_machines_read_json() -> None:
    lines = [json.loads(line) for line in said("json")]

    assert [(line["logger"], line["level"], line["event"]) for line in lines] == [
        ("holdfast.batch", "debug", "shown"),
        ("sqlalchemy.pool", "error", "gone: x"),
        ("holdfast.lane", "error", "failed"),
    ]
    assert lines[0]["size"] == 3
    assert "ZeroDivisionError" in lines[2]["exception"]


def test_people_read_lines() -> None:
    lines = said("console")

    assert "shown" in lines[0]
    assert "size=3" in lines[0]
    assert any("ZeroDivisionError" in line for line in lines)
    assert not any("ada@example.com" in line for line in lines)
