"""Type checkers and editors know the operators: stubs are made of the declarations, and find mistakes."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.surface.namespaces import places

ROOT = Path(__file__).parents[2]
PACKAGE = Path(mx.__file__).parent

CORRECT = """
import mxnet as mx

data = mx.sym.Variable("data")
net = mx.sym.FullyConnected(data, num_hidden=10, name="fc")
net = mx.sym.Activation(net, act_type="relu").reshape(shape=(-1, 10))
boxes: mx.sym.Symbol = mx.sym.contrib.box_nms(data, overlap_thresh=0.5)
inverse: mx.sym.Symbol = mx.sym.linalg.inverse(data)
both: mx.sym.Symbol = mx.sym.op.concat(net, inverse, dim=1)
array: mx.nd.NDArray = mx.nd.relu(mx.nd.array([[1, 2]]), out=None).sum(axis=1)
overlap: mx.nd.NDArray = mx.nd.contrib.box_iou(array, array, format="corner")
product: mx.nd.NDArray = mx.nd.sparse.dot(array, array)
"""

MISTAKES = {
    "mx.sym.FullyConnected(data, num_hiden=10)": "num_hiden",
    "mx.sym.Activation(data, act_type='rely')": "rely",
    "mx.sym.Convolutoin(data)": "Convolutoin",
    "mx.sym.contrib.box_nms(data, overlap=0.5)": "overlap",
    "mx.nd.relu('x')": "relu",
    "mx.nd.random_uniform(lowest=0)": "lowest",
    "data.softmax(axes=1)": "axes",
}


@pytest.fixture(scope="module", autouse=True)
def stubs():
    """The stubs, which git does not keep."""
    make()


def make():
    tool = [sys.executable, str(ROOT / "tools" / "make_stubs.py")]
    subprocess.run(tool, env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)}, check=True)


def check(source, folder):
    """Return what mypy says, in its strictest mode, of a program."""
    (folder / "program.py").write_text(source)
    # The project's own settings are strict, too, and with them the package itself need not be read again.
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", folder / "program.py"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"MYPYPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.slow
def test_correct_program_passes_and_each_mistake_is_found(tmp_path):
    lines = [*CORRECT.strip().splitlines(), *MISTAKES]
    said = check("\n".join(lines) + "\n", tmp_path)
    errors = {int(line.split(":")[1]): line for line in said.splitlines() if ": error:" in line}
    first = len(lines) - len(MISTAKES) + 1
    assert list(errors) == list(range(first, len(lines) + 1)), said
    for (number, error), word in zip(errors.items(), MISTAKES.values(), strict=True):
        assert word in error, number


def test_every_operator_is_in_the_stubs():
    for package, module in ((mx.sym, "symbol"), (mx.nd, "ndarray")):
        text = (PACKAGE / module / "operators.pyi").read_text()
        missing = [
            place.name
            for place in places()
            if not place.module
            and inspect.isfunction(function := getattr(package, place.name))
            and function.__code__ is package.Activation.__code__
            and not re.search(rf"^(def {place.name}\(|{place.name} = )", text, re.MULTILINE)
        ]
        assert not missing


def test_only_stubs_that_changed_are_written_and_those_of_nothing_are_removed():
    kept, stale = PACKAGE / "symbol" / "fluent.pyi", PACKAGE / "symbol" / "nothing.pyi"
    written = kept.stat().st_mtime_ns
    stale.write_text("")
    make()
    assert not stale.exists()
    assert kept.stat().st_mtime_ns == written
