"""Errors know the node they happened in, wherever it ran; what a user's own code raised stays as it is."""

import pickle
import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import FileFormatError, MXNetError, NameLookupError, ShapeError
from mxnet.files import FileAccessError
from mxnet.ir.blame import blame, call_of
from mxnet.ir.node import Node
from mxnet.ir.op import find_operator


def raised(call, *args, **kwargs):
    with pytest.raises(Exception) as caught:
        call(*args, **kwargs)
    return caught.value


def node(name="squash"):
    return Node(find_operator("tanh").make(), name)


class Anger(ValueError):
    """Of a user."""


def angry(method, error):
    """Register a custom operator one method of which raises."""

    class Operator(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            if method == "forward":
                raise error
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            raise error

    class Properties(mx.operator.CustomOpProp):
        def infer_shape(self, shapes):
            if method == "infer_shape":
                raise error
            return shapes, [shapes[0]], []

        def create_operator(self, ctx, shapes, dtypes):
            return Operator()

    mx.operator.register(f"angry_{method}")(Properties)
    return mx.sym.Custom(mx.sym.Variable("x"), op_type=f"angry_{method}", name="mine")


# ------------------------------------------------------------------------------------------------ our own errors


@pytest.mark.parametrize("kind", [MXNetError, ShapeError, NameLookupError, FileFormatError])
def test_an_error_begins_with_its_node_and_stays_the_same_object(kind):
    error = kind("it does not fit")
    assert blame(error, node()) is error
    assert error.node.name == "squash"
    assert str(error) == "Error in operator tanh 'squash': it does not fit"


def test_an_error_whose_arguments_are_no_text_is_blamed_too():
    assert str(blame(FileAccessError(2, "Cannot read 'x'."), node())).endswith("'squash': Cannot read 'x'.")
    array = mx.base.NotImplementedForSymbol(len, "+=")
    assert str(blame(array, node())).startswith("Error in operator tanh 'squash': len (the operator +=)")


def test_the_innermost_node_stays_and_those_around_it_are_named_before_it():
    error = blame(blame(ShapeError("no"), node("inner")), node("outer"))
    assert error.node.name == "inner"
    assert [each.name for each in error.within] == ["outer"]
    assert str(error) == "Error in operator tanh 'outer': Error in operator tanh 'inner': no"


def test_blaming_the_same_node_again_changes_nothing():
    here = node()
    assert str(blame(blame(ShapeError("no"), here), here)) == "Error in operator tanh 'squash': no"


def test_a_pickled_error_keeps_its_kind_and_its_text():
    error = blame(NameLookupError("no 'x'"), node())
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (NameLookupError, str(error))
    plain = pickle.loads(pickle.dumps(FileAccessError(2, "Cannot read 'x'.")))
    assert (plain.errno, str(plain)) == (2, "Cannot read 'x'.")


def test_a_call_on_arrays_is_a_node_at_the_user_s_line():
    call = call_of(find_operator("tanh").make())
    assert re.fullmatch(r"tanh \(.*test_blame.py:\d+\)", str(call))


# -------------------------------------------------------------------------------------------------- where it ran


def test_inference_blames_the_node():
    error = raised(
        mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"), name="product").infer_shape, a=(2, 3), b=(4, 5)
    )
    assert (error.node.op.name, error.node.name) == ("dot", "product")
    assert error.node.source.filename == __file__


def test_a_program_blames_the_node():
    net = mx.sym.gather_nd(mx.sym.Variable("a"), mx.sym.Variable("i"), name="picked")
    error = raised(net.eval, a=mx.nd.ones((2, 3)), i=mx.nd.array([[10]]))
    assert isinstance(error, MXNetError)
    assert error.node.name == "picked"
    assert re.match(
        r"Error in operator gather_nd 'picked' \(.*test_blame.py:\d+\): index 10 is out of", str(error)
    )


def test_a_loop_is_named_around_the_node_in_its_body():
    x, i = mx.sym.Variable("x"), mx.sym.Variable("i")
    net, _ = mx.sym.contrib.foreach(
        lambda item, state: (mx.sym.gather_nd(item, i, name="picked"), state), x, x
    )
    error = raised(net.eval, x=mx.nd.ones((2, 3)), i=mx.nd.array([[10]]))
    assert error.node.name == "picked"
    assert [each.op.name for each in error.within] == ["_foreach"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: mx.nd.gather_nd(mx.nd.ones((2, 3)), mx.nd.array([[10]])),
        lambda: mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((2, 3))),
        lambda: mx.nd.ones((2, 3)) + mx.nd.ones((2, 4)),
        lambda: mx.nd.exp(mx.nd.ones(2), out=mx.nd.ones(3)),
        lambda: mx.nd.ones(2) + mx.nd.ones(2, dtype="int32"),
    ],
    ids=["kernel", "rule", "shape", "out", "dtype"],
)
def test_a_call_on_arrays_blames_its_operator_and_the_user_s_line(call):
    error = raised(call)
    assert isinstance(error, MXNetError)
    assert error.node.source.filename == __file__
    assert str(error).startswith(f"Error in operator {error.node.op.name} ({__file__}:")
    assert str(error).count("Error in operator") == 1


def test_the_gradient_of_arrays_blames_the_line_that_was_recorded():
    x = mx.nd.ones((2, 2))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.linalg.inverse(x * 0 + mx.nd.eye(2))
        line = call_of(find_operator("tanh").make()).source.line - 1
    y._recorded.node.values[0] = y._recorded.node.values[0][:1]  # as no kernel would leave it
    error = raised(y.backward)
    assert isinstance(error, MXNetError)
    assert (error.node.source.filename, error.node.source.line) == (__file__, line)


# ------------------------------------------------------------------------------------------- a user's own errors


@pytest.mark.parametrize("error", [Anger("no"), RuntimeError("of mine"), MXNetError("mine")], ids=repr)
@pytest.mark.parametrize("method", ["infer_shape", "forward", "backward"])
def test_what_a_custom_operator_raises_stays_as_it_is_with_a_note(method, error):
    def run():
        executor = angry(method, error).simple_bind(mx.cpu(), x=(2,))
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(2))

    text = str(error)
    found = raised(run)
    assert isinstance(found, type(error))
    assert isinstance(found, MXNetError)  # which 1.9.1 makes of it
    assert (str(found), found.args) == (text, error.args)
    assert any("'mine" in note for note in found.__notes__)


def test_an_array_call_in_a_custom_operator_blames_itself():
    class Operator(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            mx.nd.dot(in_data[0], mx.nd.ones((7, 7)))

    class Properties(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Operator()

    mx.operator.register("calls_dot")(Properties)
    error = raised(
        mx.sym.Custom(mx.sym.Variable("x"), op_type="calls_dot", name="mine").eval, x=mx.nd.ones((2, 2))
    )
    assert isinstance(error, MXNetError)
    assert error.node.op.name == "dot"
    assert error.node.source.filename == __file__
    assert any("'mine'" in note for note in error.__notes__)


def test_what_a_monitor_raises_stays_as_it_is():
    def look(name, array):
        raise Anger("seen enough")

    executor = mx.sym.exp(mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(2,))
    executor.set_monitor_callback(look)
    error = raised(executor.forward)
    assert (type(error), str(error)) == (Anger, "seen enough")


def test_the_words_of_an_error_decide_nothing():
    class Operator(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            raise ValueError("in operator of mine")

    class Properties(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Operator()

    mx.operator.register("words")(Properties)
    error = raised(
        mx.sym.Custom(mx.sym.Variable("x"), op_type="words", name="mine").eval, x=mx.nd.array(np.ones(2))
    )
    assert str(error) == "in operator of mine"
    assert any("in operator Custom 'mine'" in note for note in error.__notes__)
