"""A declared storage type is what a user's code sees: of inputs, outputs, gradients and states, as in MXNet."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

VALUES = np.array([[0, 1, 0], [2, 0, 3], [0, 0, 0]], "float32")


def _stypes(arrays):
    return [None if array is None else array.stype for array in arrays]


@pytest.fixture
def register():
    """Return a function that registers an operator that doubles, with these answers; what it saw is in `seen`."""

    def make(forward=None, backward=None, *, states=()):
        class Double(mx.operator.CustomOp):
            def forward(self, is_train, req, in_data, out_data, aux):
                make.seen.append(("forward", _stypes(in_data), _stypes(out_data), _stypes(aux)))
                self.assign(
                    out_data[0], req[0], mx.nd.array(in_data[0].asnumpy() * 2).tostype(out_data[0].stype)
                )

            def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                make.seen.append(("backward", *map(_stypes, (out_grad, in_data, out_data, in_grad, aux))))
                self.assign(
                    in_grad[0], req[0], mx.nd.array(out_grad[0].asnumpy() * 2).tostype(in_grad[0].stype)
                )

        class Properties(mx.operator.CustomOpProp):
            def list_auxiliary_states(self):
                return list(states)

            def infer_shape(self, in_shape):
                return in_shape, [in_shape[0]], [in_shape[0]] * len(states)

            def create_operator(self, ctx, in_shapes, in_dtypes):
                return Double()

        if forward is not None:
            Properties.infer_storage_type = lambda self, stypes: forward(stypes)
        if backward is not None:
            Properties.infer_storage_type_backward = lambda self, *stypes: backward(*stypes)
        mx.operator.register("stored")(Properties)

    make.seen = []
    return make


def _array(stype="default"):
    return mx.nd.array(VALUES).tostype(stype)


def _bound(stype, gradient=None, grad_req="write", states=None):
    net = mx.sym.Custom(mx.sym.Variable("x", stype=stype), op_type="stored", name="node")
    gradients = None if gradient is None else {"x": mx.nd.zeros(VALUES.shape, stype=gradient)}
    return net.bind(mx.cpu(), {"x": _array(stype)}, gradients, grad_req, states)


@pytest.mark.parametrize(
    ("declared", "stype", "output"),
    [
        (lambda _: (["csr"], ["csr"], []), "csr", "csr"),
        (lambda _: (["csr"], ["default"], []), "csr", "default"),
        (lambda _: (["csr"], ["default"]), "csr", "default"),
        (lambda _: (["row_sparse"], ["row_sparse"], []), "row_sparse", "row_sparse"),
        (lambda _: (["default"], ["row_sparse"], []), "default", "row_sparse"),
        (lambda given: (given, ["csr"], []), "default", "csr"),
        (lambda given: (given, given, []), "row_sparse", "row_sparse"),
        (lambda given: (given, given, []), "default", "default"),
    ],
)
def test_inputs_and_outputs_are_stored_as_declared(register, declared, stype, output):
    register(declared)
    (bound,) = _bound(stype).forward()
    called = mx.nd.Custom(_array(stype), op_type="stored")
    for found in (bound, called):
        assert found.stype == output
        np.testing.assert_array_equal(found.asnumpy(), VALUES * 2)
    assert register.seen == [("forward", [stype], [output], [])] * 2


@pytest.mark.parametrize(
    ("stype", "declared", "gradient"),
    [
        ("csr", lambda og, i, o, ig, aux: (["csr"], ["csr"], ["csr"], ["csr"], []), "csr"),
        ("row_sparse", lambda og, i, o, ig, aux: (og, i, o, ["row_sparse"], aux), "row_sparse"),
        ("default", lambda og, i, o, ig, aux: (og, i, o, ["row_sparse"], aux), "row_sparse"),
    ],
)
@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_gradients_are_stored_as_declared(register, stype, declared, gradient, grad_req):
    register(lambda given: (given, given, []), declared)
    executor = _bound(stype, gradient, grad_req)
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward([mx.nd.ones(VALUES.shape)])
    assert register.seen[1] == ("backward", [stype], [stype], [stype], [gradient], [])
    assert executor.grad_dict["x"].stype == gradient
    times = 2 if grad_req == "add" else 1
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), np.full(VALUES.shape, 2.0 * times))


def test_simple_bind_makes_gradients_as_declared(register):
    register(None, lambda og, i, o, ig, aux: (og, i, o, ["row_sparse"], aux))
    net = mx.sym.Custom(mx.sym.Variable("x"), op_type="stored")
    assert net.simple_bind(mx.cpu(), x=VALUES.shape).grad_dict["x"].stype == "row_sparse"


def test_gradients_of_arrays_are_stored_as_declared(register):
    register(lambda given: (given, given, []), lambda og, i, o, ig, aux: (["default"], i, o, i, aux))
    x = _array("csr")
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Custom(x, op_type="stored")
    y.backward(mx.nd.ones(VALUES.shape))
    assert register.seen[1] == ("backward", ["default"], ["csr"], ["csr"], ["csr"], [])
    assert x.grad.stype == "csr"
    assert x.grad.asnumpy().sum() == 18


def test_states_are_stored_as_declared_and_keep_what_is_written(register):
    register(lambda given: (given, ["default"], ["row_sparse"]), states=["state"])
    state = mx.nd.zeros(VALUES.shape, stype="row_sparse")
    _bound("default", states=[state]).forward()
    assert register.seen == [("forward", ["default"], ["default"], ["row_sparse"])]


def test_everything_is_dense_unless_declared(register):
    register()
    executor = _bound("default", "default")
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(VALUES.shape)])
    dense = ["default"]
    assert register.seen == [("forward", dense, dense, []), ("backward", dense, dense, dense, dense, [])]


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_sparse_inputs_need_a_declaration(register, stype):
    register()
    with pytest.raises(mx.MXNetError, match="Override infer_storage_type"):
        _bound(stype).forward()
    with pytest.raises(AssertionError, match=f"one is stored as {stype}"):
        mx.operator.CustomOpProp().infer_storage_type([stype])
    with pytest.raises(AssertionError, match=f"one is stored as {stype}"):
        mx.operator.CustomOpProp().infer_storage_type_backward(
            [stype], ["default"], ["default"], ["default"], []
        )


def test_inputs_stored_in_another_way_than_declared_are_refused_by_name(register):
    register(lambda _: (["csr"], ["csr"], []))
    with pytest.raises(
        mx.MXNetError, match=r"Custom 'node'.*takes 'data' stored as csr.*stored as row_sparse"
    ):
        _bound("row_sparse")


def test_a_sparse_output_without_a_declared_gradient_is_refused_when_it_is_needed(register):
    register(lambda given: (given, ["csr"], []))
    executor = _bound("default", "default")
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match="Override infer_storage_type and infer_storage_type_backward"):
        executor.backward([mx.nd.ones(VALUES.shape)])


@pytest.mark.parametrize(
    "answer", [(["foo"], ["csr"], []), (["csr"], ["csr", "csr"], []), None, (["csr"],), "csr", [1, 2, 3]]
)
def test_a_malformed_answer_is_explained(register, answer):
    register(lambda _: answer)
    with pytest.raises(
        mx.MXNetError, match="infer_storage_type of the custom operator 'stored' must return lists"
    ):
        _bound("csr")
