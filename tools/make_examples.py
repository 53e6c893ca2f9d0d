"""Run the examples of all operators and write what they print into ``src/mxnet/ir/examples.py``.

python tools/make_examples.py [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

import mxnet as mx
from mxnet.ir import examples
from mxnet.ir.examples import Example
from mxnet.ir.op import find_operator

FILE = Path(examples.__file__)
MOST_NUMBERS = 12  # of larger results only the shape is shown


def parse_head(head: str) -> tuple[str, Example]:
    """Return the operator's name, and the call without a result."""
    name, inputs, parameters = (*(part.strip() for part in head.split("|")), "", "")[:3]
    return name, Example(tuple(inputs.split("; ")) if inputs else (), parameters, "", "")


def run(name: str, example: Example) -> tuple[str, str]:
    """Return what is shown of the results of a call, and what that prints."""
    cls = find_operator(name)
    mx.random.seed(1)
    scope: dict[str, Any] = {"mx": mx}
    for key, text in example.arguments(cls).items():
        scope[key] = eval(text, scope)  # noqa: S307 - our own table
    result = eval(example.call(cls, "mx.nd"), scope)  # noqa: S307
    results = result if isinstance(result, list) else [result]
    shown = how_to_show(results, random=not cls.pure)
    printed = [eval(f"each.{shown}", {"each": each}) for each in results]  # noqa: S307
    if isinstance(result, list):
        return f"each {shown}", repr(printed)
    return shown, repr(printed[0])


def how_to_show(results: list[Any], *, random: bool) -> str:
    """Return what is worth seeing of some arrays."""
    arrays = [each.asnumpy() for each in results]
    if random or sum(each.size for each in arrays) > MOST_NUMBERS:
        return "shape"
    exact = all(
        each.dtype.kind != "f" or np.array_equal(each, each.round(3), equal_nan=True) for each in arrays
    )
    if max(each.ndim for each in arrays) > 2:  # numpy prints blank lines between matrices
        return "asnumpy().tolist()" if exact else "shape"
    return "asnumpy()" if exact else "asnumpy().round(3)"


def filled(source: str) -> str:
    """Return the module's source with the results of now."""
    before, table, after = re.split(r'(?<=EXAMPLES = _read\(\n    """\n)|(?="""  # noqa)', source)
    entries = []
    for entry in table.strip().split("\n\n"):
        head = entry.splitlines()[0].rstrip()
        shown, result = run(*parse_head(head))
        entries.append("\n    ".join([head, shown, *result.splitlines()]))
    return before + "\n\n".join(entries) + "\n" + after


def main() -> int:
    """Write the results, or tell whether they are those of now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check = parser.parse_args().check
    source = FILE.read_text()
    new = filled(source)
    if check and new != source:
        print(f"{FILE.name} is not up to date: run python tools/make_examples.py")
        return 1
    if new != source:
        FILE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
