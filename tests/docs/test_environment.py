"""The page docs/environment.md lists what mxnet/config.py declares."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_page_is_what_the_table_gives():
    written = (ROOT / "docs" / "environment.md").read_text()
    fresh = runpy.run_path(str(ROOT / "tools" / "make_environment_page.py"))["page"]()
    assert written == fresh, "run tools/make_environment_page.py"
