"""An operator's truth stands on its class: nothing else asks for the name of one."""

import re
from pathlib import Path

import mxnet as mx

PACKAGE = Path(mx.__file__).parent
ASKS_FOR_A_NAME = re.compile(r"\bop\.name (==|!=|in|not in) |\[(node\.)?op\.name\]|\.get\((node\.)?op\.name")
# Operators may ask themselves; contrib takes lists of MXNet's names from its users, and has such.
MAY_ASK = {"ops", "contrib"}


def test_nobody_decides_by_the_name_of_an_operator():
    asking = [
        f"{path.relative_to(PACKAGE)}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in MAY_ASK
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if ASKS_FOR_A_NAME.search(line)
    ]
    assert asking == []
