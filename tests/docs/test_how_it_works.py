"""The page docs/how-it-works.md says what happens: its code runs, and prints what it says."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-it-works.md"


def test_every_block_prints_what_the_page_says():
    namespace = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        said = [
            line.removeprefix("# → ").removeprefix("# →")
            for line in block.splitlines()
            if line.startswith("# →")
        ]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block, namespace)
        assert printed.getvalue().rstrip().splitlines()[: len(said)] == said
