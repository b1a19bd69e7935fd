"""The assets: what is built for staff's calendar comes from pinned versions, and from anywhere."""

from __future__ import annotations

import json
import re

from tests.tidy.house import ROOT, text_of

ASSETS = ROOT / "assets"


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads(text_of(ASSETS / "package-lock.json"))["packages"]

    assert len(packages) > 10
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert all("integrity" in one for name, one in packages.items() if name)


def test_what_builds_is_pinned_to_one_version() -> None:
    wanted = json.loads(text_of(ASSETS / "package.json"))["devDependencies"]

    assert [one for one in wanted.values() if re.fullmatch(r"\d+\.\d+\.\d+", one) is None] == []


def test_the_licences_of_what_is_built_in_are_free() -> None:
    packages = json.loads(text_of(ASSETS / "package-lock.json"))["packages"]

    found = {str(one.get("license")) for name, one in packages.items() if name}
    assert found <= {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "0BSD"}
