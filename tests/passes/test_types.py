"""A pass that changes what a value is gets refused, with the rule, the nodes and both types."""

import pytest
from rewritten import typed

import mxnet as mx
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, emit, emitting
from mxnet.passes import apply_passes
from mxnet.passes.rewrite import rewrite


@pytest.fixture
def graph():
    return typed(mx.sym.exp(mx.sym.tanh(mx.sym.Variable("x"), name="bend"), name="grow"), x=(2, 3))


def replacing(make):
    """Return a pass that replaces what ``tanh`` makes."""

    def toy_pass(graph):
        def toy_rule(node, inputs):
            if node.op.name != "tanh":
                return None
            with emitting(node, "made"):
                return [make(inputs[0])]

        return rewrite(graph, toy_rule)

    return toy_pass


@pytest.mark.parametrize(
    ("make", "actual"),
    [
        (lambda entry: emit("Cast", entry, dtype="int32"), r"int32 \(2, 3\) on cpu\(0\)"),
        (lambda entry: emit("Reshape", entry, shape=(3, 2)), r"float32 \(3, 2\) on cpu\(0\)"),
        (lambda entry: emit("sum", entry), r"float32 \(1,\) on cpu\(0\)"),
    ],
    ids=["dtype", "shape", "rank"],
)
def test_a_replacement_of_another_type_is_refused(graph, make, actual):
    expected = (
        r"The rule 'toy_rule' of the pass 'replacing.<locals>.toy_pass' replaces tanh 'bend' \(.*test_types.py:\d+\) by "
        rf".* 'bend_made' .*, which is of another type.\n  Expect: float32 \(2, 3\) on cpu\(0\)\n  Actual: {actual}"
    )
    with pytest.raises(mx.MXNetError, match=expected):
        apply_passes(graph, [replacing(make)])


def test_a_replacement_of_the_same_type_is_taken(graph):
    changed = apply_passes(graph, [replacing(lambda entry: emit("sigmoid", entry))])
    assert [node.op.name for node in changed.operators] == ["sigmoid", "exp"]


def test_a_pass_that_builds_its_graph_by_hand_is_held_to_its_outputs(graph):
    def toy_pass(graph):
        (out,) = graph.outputs
        with emitting(out.node, "half"):
            return Graph([emit("Cast", out, dtype="float16")])

    with pytest.raises(
        mx.MXNetError, match="The pass 'toy_pass' puts Cast 'grow_half'.*in the place of the output"
    ):
        apply_passes(graph, [toy_pass])


def test_a_pass_may_not_lose_an_output(graph):
    def toy_pass(graph):
        return Graph([])

    with pytest.raises(mx.MXNetError, match="'toy_pass' makes 0 outputs out of 1"):
        apply_passes(graph, [toy_pass])


def test_every_value_of_a_program_knows_its_type():
    net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=4, name="fc")
    executor = mx.sym.SoftmaxOutput(net, name="softmax").simple_bind(mx.cpu(), x=(2, 3))
    values = executor._program(is_train=True, with_gradient=True).plan.values
    assert all(value.type.is_known and value.type.place == mx.cpu() for value in values)
    assert values[-1].entry == Entry(values[-1].entry.node, values[-1].entry.index)
