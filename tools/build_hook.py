"""Write the type stubs whenever a distribution is built or installed for editing; git does not keep them."""

from __future__ import annotations

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
        # Not by PYTHONPATH: pip takes from that what an environment has already, as one does where this
        # project was installed for editing before.
        run = (
            "import runpy, sys; sys.path.insert(0, sys.argv[1]); "
            "runpy.run_path(sys.argv[2], run_name='__main__')"
        )
        subprocess.run(  # noqa: S603 - a tool beside this one
            [sys.executable, "-B", "-c", run, str(root / "src"), str(root / "tools" / "make_stubs.py")],
            check=True,
        )
        build_data["artifacts"].append("/src/mxnet/*/*.pyi")
