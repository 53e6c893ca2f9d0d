"""Custom operators: what users declare, what their kernels are given, and what their mistakes look like."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import (
    CompositionError,
    GradientError,
    InferenceError,
    MXNetError,
    ParameterError,
    ShapeError,
    UnknownOperatorError,
)
from mxnet.ops.custom import REGISTERED


class Multiply(mx.operator.CustomOp):
    """Multiplies its inputs by each other and a factor, and counts its runs in its auxiliary state."""

    def __init__(self, factor=1.0):
        self.factor = factor
        self.seen = []

    def forward(self, is_train, req, in_data, out_data, aux):
        self.seen.append(("forward", is_train, req, len(in_data), len(out_data), len(aux)))
        product = in_data[0]
        for each in in_data[1:]:
            product = product * each
        self.assign(out_data[0], req[0], product * self.factor)
        for each in aux:
            each[:] = each + 1

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.seen.append(
            ("backward", req, len(out_grad), len(in_data), len(out_data), len(in_grad), len(aux))
        )
        for i, (how, target) in enumerate(zip(req, in_grad, strict=True)):
            rest = out_grad[0] * self.factor
            for each in in_data[:i] + in_data[i + 1 :]:
                rest = rest * each
            self.assign(target, how, rest)


@pytest.fixture
def register():
    """Register properties made of a few functions, for one test."""
    before = dict(REGISTERED)

    def make(kernels=Multiply, *, name="test_op", names=("data",), aux=(), outputs=("output",), **methods):
        class Properties(mx.operator.CustomOpProp):
            def list_arguments(self):
                return list(names)

            def list_outputs(self):
                return list(outputs)

            def list_auxiliary_states(self):
                return list(aux)

            def infer_shape(self, in_shape):
                return [in_shape[0]] * len(names), [in_shape[0]] * len(outputs), [in_shape[0]] * len(aux)

            def create_operator(self, ctx, in_shapes, in_dtypes):
                self.created = ctx, in_shapes, in_dtypes
                return kernels()

        for method, function in methods.items():
            setattr(Properties, method, function)
        return mx.operator.register(name)(Properties)

    yield make
    REGISTERED.clear()
    REGISTERED.update(before)


def custom(*inputs, op_type="test_op", name="c", **options):
    return mx.sym.Custom(*inputs, op_type=op_type, name=name, **options)


def bound(symbol, *, grad_req="write", **shapes):
    executor = symbol.simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
    for i, array in enumerate(executor.arg_arrays):
        array[:] = i + 2
    return executor


def without_top_grad(self):
    mx.operator.CustomOpProp.__init__(self, need_top_grad=False)


X, Y = mx.sym.Variable("x"), mx.sym.Variable("y")


# -------------------------------------------------------------------------------------------------- composing


def test_slots_are_those_of_the_properties(register):
    register(names=["a", "b"], aux=["count"], outputs=["product"])
    symbol = custom(X)
    assert symbol.list_arguments() == ["x", "c_b"]
    assert symbol.list_auxiliary_states() == ["c_count"]
    assert symbol.list_outputs() == ["c_product"]


def test_inputs_go_by_position_or_by_name(register):
    register(names=["a", "b"])
    assert custom(b=Y, a=X).list_arguments() == ["x", "y"]
    assert custom(X, Y).list_arguments() == ["x", "y"]
    with pytest.raises(CompositionError, match="either by position or by keyword, not both"):
        custom(X, b=Y)


def test_parameters_reach_the_properties_as_strings(register):
    given = {}
    register(__init__=lambda _, **kwargs: given.update(kwargs))
    symbol = custom(X, factor=2.5, flag=True, sizes=(1, 2), lr_mult="3")
    assert given == {"factor": "2.5", "flag": "True", "sizes": "(1, 2)"}
    assert symbol.attr("factor") == "2.5"


def test_a_symbol_survives_json(register):
    register(names=["a", "b"])
    symbol = mx.sym.load_json(custom(X, Y).tojson())
    executor = bound(symbol, x=(2,))
    assert executor.forward()[0].asnumpy().tolist() == [6, 6]


def test_registering_again_replaces(register):
    register(outputs=["first"])
    register(outputs=["second"])
    assert custom(X).list_outputs() == ["c_second"]


def test_an_operator_that_is_not_registered_is_refused_with_a_suggestion(register):
    register(name="square")
    with pytest.raises(
        UnknownOperatorError, match=r"No custom operator 'sqare' is registered\. Did you mean 'square'"
    ):
        custom(X, op_type="sqare")


def test_parameters_that_the_properties_do_not_take_are_refused(register):
    register()
    with pytest.raises(ParameterError, match=r"'test_op' does not take the parameters \{'zzz': '1'\}"):
        custom(X, zzz=1)


def test_only_properties_can_be_registered():
    with pytest.raises(TypeError, match=r"register\('x'\) decorates a subclass of CustomOpProp, not 3"):
        mx.operator.register("x")(3)


def test_registered_operators_are_listed_by_name():
    names = mx.operator.get_all_registered_operators()
    assert {"Custom", "FullyConnected"} <= set(names)
    assert names == sorted(names)


# -------------------------------------------------------------------------------------------------- inference


def test_shapes_are_inferred_by_the_properties_in_mxnet_s_way(register):
    asked = []
    register(
        names=["a", "b"], infer_shape=lambda _, shapes: (asked.append(shapes), ([(2, 3)] * 2, [(6,)]))[1]
    )
    assert custom(X, Y).infer_shape(x=(2, 0)) == ([(2, 3), (2, 3)], [(6,)], [])
    assert [[2, 0], []] in asked


def test_properties_written_for_known_shapes_are_asked_when_they_are_known(register):
    register(names=["a", "b"], infer_shape=lambda _, shapes: (shapes, [(shapes[0][0], shapes[1][1])]))
    symbol = custom(X, Y)
    assert symbol.infer_shape_partial(x=(2, 3))[1] == [()]
    assert symbol.infer_shape(x=(2, 3), y=(3, 4))[1] == [(2, 4)]


def test_dtypes_follow_the_first_input_unless_told_otherwise(register):
    register(names=["a", "b"])
    assert custom(X, Y).infer_type(x="float16")[0] == [np.float16, np.float16]
    register(infer_type=lambda _, types: (types, [np.float64], []))
    assert custom(X).infer_type(x="float16")[1] == [np.float64]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "must return 2 or 3 lists .* but returned None"),
        (([(2,)],), "must return 2 or 3 lists"),
        (([], [(2,)]), r"must return one entry for each of its inputs \(data\), but returned \[\]"),
        (([(2,)], []), r"must return one entry for each of its outputs \(output\)"),
        (([(2,)], [(2,)], [(2,)]), r"must return one entry for each of its auxiliary states \(none\)"),
    ],
)
def test_a_malformed_answer_is_explained(register, answer, words):
    register(infer_shape=lambda *_: answer)
    with pytest.raises(
        InferenceError, match=rf"Custom 'c'.*infer_shape of the custom operator 'test_op' {words}"
    ):
        custom(X).infer_shape(x=(2,))


def test_an_answer_that_contradicts_the_graph_is_a_conflict(register):
    register(infer_shape=lambda *_: ([(7,)], [(7,)], []))
    with pytest.raises(ShapeError, match=r"Custom 'c'.*\n.*Expect: data \(7,\)\n.*Actual: data \(2,\)"):
        custom(X).infer_shape(x=(2,))


# ---------------------------------------------------------------------------------------------------- running


def test_forward_and_backward_are_given_what_mxnet_gives(register):
    kernels = Multiply()
    register(lambda: kernels, names=["a", "b"], aux=["count"])
    executor = bound(custom(X, Y), x=(2,))
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [6, 6]
    executor.backward(mx.nd.array([1, 10]))
    assert kernels.seen == [
        ("forward", True, ["write"], 2, 1, 1),
        ("backward", ["write", "write"], 1, 2, 1, 2, 1),
    ]
    assert executor.grad_dict["x"].asnumpy().tolist() == [3, 30]
    assert executor.aux_dict["c_count"].asnumpy().tolist() == [1, 1]


def test_gradients_that_nobody_wants_have_the_request_null(register):
    kernels = Multiply()
    register(lambda: kernels, names=["a", "b"])
    executor = bound(custom(X, Y), grad_req={"x": "null", "y": "add"}, x=(1,))
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((1,)))
    assert kernels.seen[-1][1] == ["null", "write"]
    assert executor.grad_dict["y"].asnumpy().tolist() == [4]


def test_create_operator_gets_the_context_shapes_and_dtype_codes(register):
    made = []
    register(names=["a", "b"], aux=["m"], create_operator=lambda _, *args: (made.append(args), Multiply())[1])
    bound(custom(X, Y), x=(2, 3)).forward()
    assert made == [(mx.cpu(), [[2, 3]] * 3, [0, 0, 0])]


def test_properties_may_keep_what_inference_tells_them_of_one_node(register):
    kept = []
    register(
        infer_shape=lambda self, shapes: (setattr(self, "extent", shapes[0][0]), (shapes, [shapes[0]]))[1],
        create_operator=lambda self, *_: (kept.append(self.extent), Multiply())[1],
    )
    bound(mx.sym.Group([custom(X, name="a"), custom(Y, name="b")]), x=(2,), y=(5,)).forward()
    assert kept == [2, 5]


class Remember(mx.operator.CustomOp):
    """Keeps its input from forward to backward."""

    def forward(self, is_train, req, in_data, out_data, aux):
        self.kept = in_data[0].copy()
        self.assign(out_data[0], req[0], in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], self.kept)


def test_each_node_has_kernels_of_its_own(register):
    register(Remember)
    first = custom(X, name="first")
    both = mx.sym.Group([first, first(x=Y, name="second")])
    executor = bound(both, x=(1,), y=(1,))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((1,))] * 2)
    assert [grad.asscalar() for grad in executor.grad_arrays] == [2, 3]


def test_kernels_live_as_long_as_the_executor(register):
    made = []
    register(create_operator=lambda *_: (made.append(Multiply()), made[-1])[1])
    executor = bound(custom(X), x=(2,))
    for _ in range(3):
        executor.forward(is_train=True)
    assert len(made) == 1


def test_a_loss_does_not_read_the_gradient_of_its_output(register):
    class Loss(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            assert out_grad == [None]
            self.assign(in_grad[0], req[0], out_data[0] * 3)

    register(Loss, __init__=without_top_grad)
    executor = bound(custom(X), x=(1,))
    executor.forward(is_train=True)
    executor.backward()
    assert executor.grad_arrays[0].asscalar() == 6


def test_backward_gets_only_what_it_declares(register):
    class Ones(mx.operator.CustomOp):
        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            assert in_data == [None, None]
            assert out_data == [None]
            self.assign(in_grad[0], req[0], out_grad[0])

    register(Ones, names=["a", "b"], declare_backward_dependency=lambda _, grads, ins, outs: grads)
    executor = bound(custom(X, Y), x=(1,))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((1,)))
    assert executor.grad_dict["x"].asscalar() == 1


@pytest.mark.parametrize("answer", [[99], ["x"], None])
def test_a_wrong_declaration_is_explained(register, answer):
    register(declare_backward_dependency=lambda *_: answer)
    with pytest.raises(
        GradientError, match=r"must return some of the numbers it is given \(\[0\], \[1\], \[2\]\)"
    ):
        bound(custom(X), x=(1,))


def test_outputs_that_nobody_writes_are_zeros(register):
    register(mx.operator.CustomOp)
    executor = bound(custom(X), x=(2,))
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [0, 0]


def test_several_outputs_of_different_dtypes(register):
    class Split(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] + 1)
            self.assign(out_data[1], req[1], mx.nd.array([7], dtype="int32"))

    register(
        Split,
        outputs=["big", "small"],
        infer_shape=lambda _, shapes: (shapes, [shapes[0], (1,)], []),
        infer_type=lambda _, types: (types, [np.float64, np.int32], []),
    )
    big, small = bound(custom(X), x=(2,)).forward()
    assert (big.dtype, big.asnumpy().tolist()) == (np.float64, [3, 3])
    assert (small.dtype, small.asnumpy().tolist()) == (np.int32, [7])


def test_an_operator_without_inputs(register):
    register(
        mx.operator.CustomOp,
        names=[],
        infer_shape=lambda *_: ([], [(2,)], []),
        infer_type=lambda *_: ([], [np.float32]),
    )
    assert custom().infer_shape() == ([], [(2,)], [])
    assert custom().eval()[0].asnumpy().tolist() == [0, 0]


def test_it_runs_on_arrays_and_under_autograd(register):
    register(Remember)
    x = mx.nd.array([3, 4])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(mx.nd.Custom(x * 10, op_type="test_op"), op_type="test_op")
    y.backward()
    assert y.asnumpy().tolist() == [30, 40]
    assert x.grad.asnumpy().tolist() == [300, 400]


def test_what_kernels_compute_is_not_recorded(register):
    register(Multiply, names=["a", "b"])
    x = mx.nd.array([3.0])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, x, op_type="test_op")
    y.backward()
    assert x.grad.asnumpy().tolist() == [6]


def test_a_second_derivative_is_refused_by_name(register):
    register(Multiply, names=["a", "b"])
    x = mx.nd.array([3.0])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, x, op_type="test_op")
        slope = mx.autograd.grad(y, x, create_graph=True)[0]
    with pytest.raises(MXNetError, match="custom operator 'test_op' can be differentiated once"):
        slope.backward()


def test_it_trains_in_a_module(register):
    class Softmax(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            x = in_data[0].asnumpy()
            e = np.exp(x - x.max(axis=1, keepdims=True))
            self.assign(out_data[0], req[0], mx.nd.array(e / e.sum(axis=1, keepdims=True)))

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            grad = out_data[0].asnumpy()
            grad[np.arange(len(grad)), in_data[1].asnumpy().astype(int)] -= 1
            self.assign(in_grad[0], req[0], mx.nd.array(grad))

    register(
        Softmax,
        names=["data", "label"],
        __init__=without_top_grad,
        infer_shape=lambda _, shapes: ([shapes[0], [shapes[0][0]]], [shapes[0]], []),
    )
    rng = np.random.default_rng(0)
    data = rng.normal(size=(200, 2)).astype("float32")
    labels = (data[:, 0] > data[:, 1]).astype("float32")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    net = custom(net, name="softmax")
    module = mx.mod.Module(net, label_names=["softmax_label"])
    batches = mx.io.NDArrayIter(data, labels, batch_size=20)
    module.fit(batches, num_epoch=5, optimizer_params={"learning_rate": 0.5})
    assert module.score(batches, "acc")[0][1] > 0.95


# ------------------------------------------------------------------------------------------------ user's errors


def forwards_and_backwards(executor):
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((1,)))


class UserError(Exception):
    """Of nobody's making but the user's."""


def failing(where):
    def fail(*_, **__):
        raise UserError(where)

    return type("Failing", (Multiply,), {where: fail})


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_an_exception_in_a_kernel_passes_as_itself_with_the_node_s_name(register, where):
    register(failing(where))
    executor = bound(custom(X, name="my_layer"), x=(1,))
    with pytest.raises(UserError) as caught:
        forwards_and_backwards(executor)
    assert isinstance(caught.value, MXNetError)
    notes = "\n".join(caught.value.__notes__)
    assert f"in {where}() of the custom operator 'test_op'" in notes
    assert "my_layer" in notes
    assert "test_custom.py" in notes


@pytest.mark.parametrize("error", [ValueError, MXNetError, IndexError])
def test_kinds_of_errors_that_kernels_raise_too_pass_as_themselves(register, error):
    def fail(*_, **__):
        raise error("mine")

    register(type("Failing", (Multiply,), {"forward": fail}))
    with pytest.raises(error, match=r"^mine"):
        mx.nd.Custom(mx.nd.ones((1,)), op_type="test_op")
    with pytest.raises(error, match=r"^mine"):
        bound(custom(X), x=(1,)).forward()


@pytest.mark.parametrize("method", ["infer_shape", "infer_type", "create_operator"])
def test_an_exception_in_the_properties_passes_as_itself(register, method):
    def fail(*_):
        raise UserError(method)

    register(**{method: fail})
    with pytest.raises(UserError) as caught:
        bound(custom(X, name="my_layer"), x=(1,)).forward()
    assert "my_layer" in "\n".join(caught.value.__notes__)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("no"),
        FileNotFoundError(2, "gone"),
        UnicodeDecodeError("utf8", b"a", 0, 1, "reason"),
        AssertionError(),
        StopIteration("s"),
        RuntimeError("r"),
        Exception("e"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("where", ["kernel", "properties", "constructor"])
def test_every_exception_of_a_user_is_an_mxnet_error_too(register, where, error):
    def fail(*_, **__):
        raise error

    names = {"kernel": {}, "properties": {"infer_shape": fail}, "constructor": {"list_outputs": fail}}
    register(type("Failing", (Multiply,), {"forward": fail}), **names[where])
    for call in (
        lambda: mx.nd.Custom(mx.nd.ones((1,)), op_type="test_op"),
        lambda: bound(custom(X), x=(1,)).forward(),
    ):
        with pytest.raises(MXNetError) as caught:
            call()
        assert isinstance(caught.value, type(error)) or isinstance(error, StopIteration)
        assert caught.value.args == error.args
        assert str(caught.value) == str(error)


def test_an_exception_of_a_user_keeps_its_attributes_and_its_cause(register):
    class Detailed(Exception):
        def __init__(self, code, *, detail):
            super().__init__(f"code {code}")
            self.detail = detail

    def fail(*_, **__):
        try:
            {}["missing"]
        except KeyError as error:
            raise Detailed(3, detail="why") from error

    register(type("Failing", (Multiply,), {"forward": fail}))
    with pytest.raises(Detailed, match="code 3") as caught:
        mx.nd.Custom(mx.nd.ones((1,)), op_type="test_op")
    assert isinstance(caught.value, MXNetError)
    assert caught.value.detail == "why"
    assert isinstance(caught.value.__cause__, KeyError)


def test_assign_does_as_requested():
    kernels, target, source = mx.operator.CustomOp(), mx.nd.array([1.0]), mx.nd.array([2.0])
    kernels.assign(target, "null", source)
    assert target.asscalar() == 1
    kernels.assign(target, "add", source)
    assert target.asscalar() == 3
    kernels.assign(target, "write", source)
    assert target.asscalar() == 2
    kernels.assign(target, "inplace", 7)
    assert target.asscalar() == 7
    with pytest.raises(ValueError, match="'overwrite'"):
        kernels.assign(target, "overwrite", source)
