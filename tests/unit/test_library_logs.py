"""What a host sees of our logs when it has configured nothing."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from holdfast import AddTenant, Engine, RecordExists
engine = Engine.open("sqlite:///:memory:")
for slug in ("zoe", "ada"):
    engine.add_tenant(AddTenant(slug=slug, name=slug, zone="Europe/Paris", currency="EUR"))
try:
    engine.tenant("ada").change({"slug": "zoe"})  # the database refuses it, which is logged
except RecordExists:
    print("refused")
"""


def test_a_host_that_configured_nothing_gets_our_logs_where_its_own_go() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    assert done.stdout == "refused\n"
    assert "batch.conflict" in done.stderr
