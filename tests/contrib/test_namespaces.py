"""What stands under `mx.contrib`, and when it is loaded."""

import importlib
import subprocess
import sys

import pytest

import mxnet as mx


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mx.contrib.sym", "mx.sym.contrib"),
        ("mx.contrib.symbol", "mx.sym.contrib"),
        ("mx.contrib.nd", "mx.nd.contrib"),
        ("mx.contrib.ndarray", "mx.nd.contrib"),
        ("mx.contrib.quant", "mx.contrib.quantization"),
    ],
)
def test_an_old_spelling_is_the_same_module(old, new):
    assert eval(old) is eval(new)


@pytest.mark.parametrize("name", ["symbol", "ndarray"])
def test_operators_are_imported_by_the_old_path(name):
    module = importlib.import_module(f"mxnet.contrib.{name}")
    assert module.box_iou is getattr(mx, name).contrib.box_iou


def test_operators_of_old_spelling_compose_and_run():
    prior = mx.contrib.symbol.MultiBoxPrior(mx.sym.Variable("data"), sizes=(0.5,), ratios=(1.0,), name="p")
    assert prior.list_outputs() == ["p_output"]
    box = mx.nd.array([[0, 0, 1, 1]])
    assert mx.contrib.nd.box_iou(box, box).asscalar() == 1


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'mxnet.contrib' has no attribute 'nonsense'"):
        _ = mx.contrib.nonsense


def test_dir_lists_what_is_not_loaded_yet():
    assert {"amp", "autograd", "io", "nd", "quant", "quantization", "sym", "tensorboard", "text"} <= set(
        dir(mx.contrib)
    )


def test_importing_mxnet_does_not_load_contrib():
    program = "import sys, mxnet; print([name for name in sys.modules if name.startswith('mxnet.contrib')])"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_a_star_brings_the_modules():
    names = {}
    exec("from mxnet.contrib import *", names)
    assert names["nd"] is mx.nd.contrib
    assert {"autograd", "io", "quant", "quantization", "sym", "tensorboard", "text"} <= set(names)
