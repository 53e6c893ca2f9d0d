"""The functions of operators are made when they are asked for, and look as if they had always been there."""

import subprocess
import sys

import mxnet as mx


def said(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_function_is_made_once():
    assert mx.sym.FullyConnected is mx.sym.FullyConnected
    assert mx.nd.contrib.box_nms is mx.nd.contrib.box_nms


def test_no_function_is_made_by_importing():
    assert said("import mxnet as mx; print('FullyConnected' in vars(mx.sym))") == "False"


def test_all_functions_are_listed_before_they_are_made():
    assert said(
        "import mxnet as mx; print('FullyConnected' in dir(mx.sym), 'box_nms' in dir(mx.sym.contrib))"
    ) == ("True True")


def test_a_star_brings_functions_that_nobody_has_asked_for():
    assert said("from mxnet.symbol import *; print(Activation.__name__)") == "Activation"
    assert said("from mxnet.ndarray import *; print(Activation.__name__)") == "Activation"


def test_fluent_methods_find_their_functions():
    program = "import mxnet as mx; print(mx.sym.var('x').sum().name, mx.nd.ones((2,)).sum().asscalar())"
    assert said(program) == "sum0 2.0"
