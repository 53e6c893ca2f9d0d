"""Run the examples of all operators and write what they print into ``mxnet/surface/example_results.json``.

python tools/make_examples.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

import mxnet as mx
from mxnet.ir.op import REGISTRY
from mxnet.surface.examples import RESULTS, call_of

if TYPE_CHECKING:
    from mxnet.ir.op import Op

MOST_NUMBERS = 12  # of larger results only the shape is shown


def run(cls: type[Op]) -> tuple[str, str]:
    """Return what is shown of the results of a class's example, and what that prints."""
    example = call_of(cls)
    mx.random.seed(1)
    scope: dict[str, Any] = {"mx": mx}
    for key, text in example.arguments(cls).items():
        scope[key] = eval(text, scope)  # noqa: S307 - our own declarations
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


def main() -> int:
    """Write the results, or tell whether they are those of now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    check = parser.parse_args().check
    declared = {cls.name: cls for cls in REGISTRY.values() if cls.example}
    lines = [f"{json.dumps(name)}: {json.dumps(run(declared[name]))}" for name in sorted(declared)]
    new = "{\n" + ",\n".join(lines) + "\n}\n"
    old = RESULTS.read_text() if RESULTS.exists() else ""
    if check and new != old:
        print(f"{RESULTS.name} is not up to date: run python tools/make_examples.py")
        return 1
    if new != old:
        RESULTS.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
