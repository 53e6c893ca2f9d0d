"""The operator reference in docs/operators is that of the declarations, and its index knows every name of MXNet."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import mxnet as mx

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "operators"
TEXTS = {path.name: path.read_text() for path in PAGES.glob("*.md")}


@pytest.mark.parametrize("tool", ["make_reference.py", "make_examples.py"])
def test_what_is_generated_is_up_to_date(tool):
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools" / tool), "--check"],
        env=os.environ | {"PYTHONPATH": str(Path(mx.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_index_lists_every_name_of_mxnet():
    listed = set(re.findall(r"^- \[`(\w+)`\]", TEXTS["index.md"], re.MULTILINE))
    spec = json.loads((ROOT / "tests" / "data" / "operators.json").read_text())
    assert set(spec) - listed == set()


def test_every_link_leads_somewhere():
    anchors = {name: set(re.findall(r'<a id="(\w+)">', text)) for name, text in TEXTS.items()}
    for name, text in TEXTS.items():
        for page, anchor in re.findall(r"\]\((?!http)([\w./]*)(?:#(\w+))?\)", text):
            assert not anchor or anchor in anchors[page or name], (name, page, anchor)
            assert (PAGES / (page or name)).exists(), (name, page)


def test_places_on_a_page_are_distinct():
    for name, text in TEXTS.items():
        twice = [anchor for anchor, n in Counter(re.findall(r'<a id="(\w+)">', text)).items() if n > 1]
        assert twice == [], name
