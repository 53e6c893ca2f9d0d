"""Write the type stubs whenever a distribution is built or installed for editing; git does not keep them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StubsHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``tools/make_stubs.py`` on the sources; this takes numpy, but not torch."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's signature
        """Write the stubs, and have them packed although git ignores them."""
        root = Path(self.root)
        path = os.pathsep.join(filter(None, [str(root / "src"), os.environ.get("PYTHONPATH")]))
        subprocess.run(  # noqa: S603 - a tool beside this one
            [sys.executable, str(root / "tools" / "make_stubs.py")],
            check=True,
            env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        build_data["artifacts"].append("/src/mxnet/*/*.pyi")
