"""Writes docs/environment.md from the table of environment variables in mxnet/config.py."""

from pathlib import Path
from typing import Any

from mxnet.config import KNOBS
from mxnet.plan.options import OPTIMISATIONS

PAGE = Path(__file__).parents[1] / "docs" / "environment.md"

INTRODUCTION = """\
# Environment variables

<!-- Written by tools/make_environment_page.py from src/mxnet/config.py. -->

All are read when they are needed, most of them when a symbol is bound. A value that makes no sense is an
error that names the variable. Others that MXNet knows (`MXNET_EXEC_BULK_EXEC_TRAIN`, `MXNET_ENGINE_TYPE` and
so on) may stay set and have no effect. `bind` and `simple_bind` take `memory_budget`, `compiler` and
`check_numerics`, too; these go before the environment.

| variable | by default | what it does |
| --- | --- | --- |
"""


END = """
`MXNET_DISABLED_PASSES` may name: {names}. [How it works](how-it-works.md) says what they do.
"""


def page() -> str:
    """Return the text of the page."""
    names = ", ".join(f"`{name}`" for name in OPTIMISATIONS)
    rows = (f"| `{name}` | {_shown(knob.default)} | {knob.doc} |\n" for name, knob in sorted(KNOBS.items()))
    return INTRODUCTION + "".join(rows) + END.format(names=names)


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return f"`{int(default)}`"
    return f"`{default}`" if default else "not set"


if __name__ == "__main__":
    PAGE.write_text(page())
