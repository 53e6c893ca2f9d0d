"""The pages in docs/ say what happens: their code runs, and prints what they say."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"

PAGES = [
    "contrib.md",
    "data.md",
    "gluon.md",
    "how-it-works.md",
    "leaving.md",
    "looking.md",
    "training.md",
    "watching.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_prints_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # and back, where a page goes elsewhere
    if page == "leaving.md":
        pytest.importorskip("onnxruntime")
    namespace = {}
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
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
