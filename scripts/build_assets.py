"""The build hook: staff's calendar is built before Holdfast is packed.

Without Node a package is made too, and its calendar is a list; whoever releases one looks for the
warning. An editable install builds nothing: `make` does.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface[Any]):
    """Builds the assets, where their sources are."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before anything is packed."""
        del build_data
        root = Path(self.root)
        if version != "editable" and (root / "assets" / "package.json").exists():
            subprocess.run([str(root / "scripts" / "assets")], cwd=root, check=True)
        if version != "editable" and not (root / BUILT / "calendar.js").exists():
            self.app.display_warning("This package has no script for staff's calendar.")


BUILT = "src/holdfast/web/static/built"
