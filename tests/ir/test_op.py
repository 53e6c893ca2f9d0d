"""Operators as values: declared once, frozen, interned, equal when their parameters are."""

import pytest

from mxnet.errors import ParameterError
from mxnet.ir.op import REGISTRY, Op, find_operator, param
from mxnet.ops.tools.shapes import same_shape


def test_equal_parameters_give_the_same_object():
    dense = find_operator("FullyConnected")
    assert dense.make(num_hidden=3) is dense.make(num_hidden=3)
    assert dense.make(num_hidden=3) == dense.bind({"num_hidden": "3", "no_bias": "False"})
    assert dense.make(num_hidden=3) != dense.make(num_hidden=4)


def test_operator_is_frozen():
    with pytest.raises(AttributeError, match="frozen"):
        find_operator("FullyConnected").make(num_hidden=3).num_hidden = 4


def test_repr_shows_what_differs_from_the_defaults():
    op = find_operator("FullyConnected").make(num_hidden=3, no_bias=False)
    assert repr(op) == "FullyConnected(num_hidden=3)"


@pytest.mark.parametrize("text", ["(3, 3)", "(3,3)", "[3,3]", "(3L, 3L)", "(3, 3,)"])
def test_shape_parameter_takes_every_spelling_that_mxnet_wrote(text):
    assert find_operator("Convolution").bind({"kernel": text, "num_filter": "1"}).kernel == (3, 3)


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("True", True), ("true", True), ("0", False), ("False", False)]
)
def test_boolean_parameter_takes_every_spelling_that_mxnet_wrote(text, value):
    assert find_operator("FullyConnected").bind({"num_hidden": "1", "no_bias": text}).no_bias is value


def test_hidden_notes_are_no_parameters():
    op = find_operator("FullyConnected").bind({"num_hidden": "3", "__lr_mult__": "2"})
    assert op == find_operator("FullyConnected").make(num_hidden=3)


def test_backward_that_reads_an_unknown_name_is_refused_at_declaration():
    with pytest.raises(TypeError, match="wieght"):

        class Wrong(Op, name="_test_wrong"):
            inputs = {"data": "Data.", "weight": "Weight."}

            def backward(self, run, grad, wieght):
                return grad, wieght

    assert "_test_wrong" not in REGISTRY


def test_an_operator_without_a_rule_for_shapes_is_refused_at_declaration():
    with pytest.raises(TypeError, match="_test_shapeless declares no infer_shape"):

        class Shapeless(Op, name="_test_shapeless"):
            def forward(self, run, data):
                return data


def test_declaring_an_operator_twice_is_refused():
    with pytest.raises(TypeError, match="declared twice"):

        class Again(Op, name="FullyConnected"):
            infer_shape = same_shape


def test_limit_is_checked():
    class Limited(Op, name="_test_limited"):
        infer_shape = same_shape
        size: "int" = param(default=2, ge=1, le=3, doc="A size.")

    try:
        with pytest.raises(ParameterError, match="it must be at least 1 and at most 3"):
            Limited.make(size=4)
    finally:
        REGISTRY.pop("_test_limited")
