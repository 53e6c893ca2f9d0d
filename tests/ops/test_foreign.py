"""Operators that only MXNet itself can make or run: what they say, and that their files can be looked at."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.errors import UnknownOperatorError


@pytest.mark.parametrize("name", ["_CachedOp", "_CachedOpThreadSafe", "_CustomFunction"])
def test_operators_of_other_front_ends_say_what_to_use(name):
    with pytest.raises(
        UnknownOperatorError, match="cannot be made here: .* mx.autograd.Function|Symbol.compile"
    ):
        getattr(mx.sym._internal, name)()


@pytest.mark.parametrize("name", ["_NDArray", "_Native"])
def test_calls_by_address_are_refused(name):
    with pytest.raises(mx.MXNetError, match="requires the parameter 'info'"):
        getattr(mx.sym._internal, name)()
    with pytest.raises(UnknownOperatorError, match="mx.operator.CustomOp"):
        getattr(mx.sym._internal, name)(info="140737")


def test_the_gradient_of_split_v2_is_made_by_symbol_gradient():
    with pytest.raises(UnknownOperatorError, match="Symbol.gradient"):
        mx.sym._internal._split_v2_backward(indices=(1,))


@pytest.mark.parametrize("name", ["_NoGradient", "_broadcast_backward"])
def test_placeholders_for_gradients_have_names_but_no_value(name):
    symbol = getattr(mx.sym._internal, name)(name="g")
    assert symbol.list_outputs() == ["g_output"]
    arrays = [mx.nd.zeros((1,))] * len(symbol.list_arguments())
    with pytest.raises(mx.MXNetError, match=f"{name} has no value"):
        getattr(mx.nd._internal, name)(*arrays)


def test_a_file_with_a_hybridised_graph_can_be_looked_at():
    text = """{"nodes": [{"op": "null", "name": "x", "inputs": []},
                         {"op": "_CachedOp", "name": "c", "inputs": [[0, 0, 0]]}],
               "arg_nodes": [0], "heads": [[1, 0, 0]]}"""
    symbol = mx.sym.load_json(text)
    assert (symbol.list_arguments(), symbol.list_outputs()) == (["x"], ["c_output"])
    with pytest.raises(UnknownOperatorError, match="_CachedOp cannot be made here"):
        symbol.infer_shape(x=(1,))
