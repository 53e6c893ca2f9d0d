"""Graphs on sparse arrays compute the numbers of dense ones, at the cost of what is stored."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import mxnet as mx

DENSE, ROWS, CSR = "default", "row_sparse", "csr"
X = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 4]], "float32")
Y = np.array([[0, 0, 0, 0], [1, 0, 2, 0], [0, 3, 0, 0], [0, 0, 0, 0]], "float32")
W = np.array([[1, 2], [0, 0], [3, 4], [5, 6]], "float32")
IDS = np.array([3, 1, 3], "float32")


class Largest(TorchDispatchMode):
    """Remembers the largest tensor that torch makes."""

    elements = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for each in made if isinstance(made, tuple | list) else (made,):
            if isinstance(each, torch.Tensor):
                storage = each.untyped_storage().nbytes() // each.element_size()
                self.elements = max(self.elements, min(storage, each.numel()))
        return made


def run(net, values, stypes=None, *, gradients=None, req="write", runs=1):
    """Return outputs and gradients, stored as the arrays that are bound; heads are 1, 2, 3 ..."""
    arrays = {
        name: mx.nd.array(value).tostype((stypes or {}).get(name, DENSE)) for name, value in values.items()
    }
    grads = {
        name: mx.nd.ones(array.shape).tostype((gradients or {}).get(name, DENSE))
        for name, array in arrays.items()
    }
    executor = net.bind(mx.cpu(), arrays, grads, req)
    for _ in range(runs):
        heads = [
            mx.nd.arange(1, 1 + math.prod(out.shape)).reshape(out.shape).tostype(out.stype)
            for out in executor.forward(is_train=True)
        ]
        executor.backward(heads)
    return executor


def assert_same(stored, dense):
    for one, other in zip(stored.outputs, dense.outputs, strict=True):
        np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), rtol=1e-6)
    for name, gradient in stored.grad_dict.items():
        np.testing.assert_allclose(
            gradient.asnumpy(), dense.grad_dict[name].asnumpy(), rtol=1e-6, err_msg=name
        )


x, y, w, ids = map(mx.sym.Variable, ("x", "y", "w", "ids"))
looked_up = mx.sym.Embedding(ids, w, input_dim=4, output_dim=2, sparse_grad=True)
ROWS_X, CSR_X = {"x": ROWS}, {"x": CSR}
BOTH_ROWS, BOTH_CSR = {"x": ROWS, "y": ROWS}, {"x": CSR, "y": CSR}
LINEAR = {"x": CSR, "w": ROWS}
NETS = {
    "linear": (mx.sym.dot(x, w), LINEAR),
    "linear of a dense weight": (mx.sym.dot(x, w), CSR_X),
    "transposed": (mx.sym.dot(x, w, transpose_a=True), LINEAR),
    "dense times csr": (mx.sym.dot(x, y), {"y": CSR}),
    "rows times dense": (mx.sym.dot(x, w), ROWS_X),
    "two layers of one weight": (mx.sym.dot(x, w) + 2 * mx.sym.dot(y, w), {**LINEAR, "y": CSR}),
    "embedding": (looked_up, {}),
    "embedding of rows": (looked_up, {"w": ROWS}),
    "embedding and linear": (
        mx.sym.broadcast_add(mx.sym.sum(looked_up, axis=0, keepdims=True), mx.sym.dot(x, w)),
        LINEAR,
    ),
    "csr that keeps zeros": (mx.sym.tanh(mx.sym.square(x) * 2), CSR_X),
    "rows that keep zeros": (mx.sym.sqrt(mx.sym.relu(-x) - x), ROWS_X),
    "sum of rows": (x + y, BOTH_ROWS),
    "sum of csr": (x + y, BOTH_CSR),
    "sum of both": (x + y, {"x": ROWS, "y": CSR}),
    "product of rows": (x * y, BOTH_ROWS),
    "product with a dense array": (x * y, CSR_X),
    "cast to csr": (mx.sym.abs(mx.sym.cast_storage(mx.sym.exp(x), stype=CSR)), {}),
    "cast to dense": (mx.sym.exp(mx.sym.cast_storage(x, stype=DENSE)) * y, BOTH_ROWS),
    "cast and back": (mx.sym.cast_storage(mx.sym.cast_storage(x, stype=DENSE) + y, stype=ROWS) * 2, ROWS_X),
    "stopped": (mx.sym.BlockGrad(x) * y + x, BOTH_ROWS),
    "zeros": (mx.sym.zeros_like(x) + y, BOTH_CSR),
    "falling back": (mx.sym.exp(x) + mx.sym.cos(x), CSR_X),
    "falling back in between": (mx.sym.FullyConnected(mx.sym.abs(x), w, num_hidden=4, no_bias=True), ROWS_X),
    "output and part of another": (mx.sym.Group([x * 2, mx.sym.abs(x * 2)]), ROWS_X),
    "just a variable": (mx.sym.Group([x, x * 2]), CSR_X),
    "several outputs": (mx.sym.Group(list(mx.sym.split(x, num_outputs=2))), CSR_X),
    "joined": (mx.sym.concat(x, y, dim=0), BOTH_CSR),
    "of a shape that only data tell": (
        mx.sym.contrib.boolean_mask(mx.sym.abs(x), mx.sym.sum(y, axis=1)),
        ROWS_X,
    ),
}


def values_of(net):
    known = {"x": X, "y": Y, "w": W, "ids": IDS}
    if net is NETS["falling back in between"][0]:
        known["w"] = np.arange(16, dtype="float32").reshape(4, 4)
    return {name: known[name] for name in net.list_arguments()}


EACH = pytest.mark.parametrize(("net", "stypes"), NETS.values(), ids=NETS)


@EACH
@pytest.mark.parametrize("req", ["write", "add"])
@pytest.mark.parametrize("gradient", [DENSE, ROWS])
def test_numbers_are_those_of_dense_arrays(net, stypes, req, gradient):
    values = values_of(net)
    gradients = {name: gradient for name in values if name != "ids"}
    stored = run(net, values, stypes, gradients=gradients, req=req, runs=2)
    assert_same(stored, run(net, values, req=req, runs=2))
    assert all(stored.grad_dict[name].stype == gradient for name in gradients)


@EACH
def test_inference_gives_the_numbers_of_dense_arrays(net, stypes):
    values = values_of(net)
    args = {name: mx.nd.array(value).tostype(stypes.get(name, DENSE)) for name, value in values.items()}
    expected = net.bind(mx.cpu(), {name: mx.nd.array(value) for name, value in values.items()}).forward()
    for outputs in (net.bind(mx.cpu(), args).forward(), net.compile()(**args)):
        for one, other in zip(outputs, expected, strict=True):
            np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), rtol=1e-6)


@EACH
def test_plans_of_many_steps_compute_the_same(net, stypes, monkeypatch):
    monkeypatch.setattr("mxnet.plan.lower.LONG", 0)
    values = values_of(net)
    stored = run(net, values, stypes, gradients={name: stypes.get(name, DENSE) for name in values})
    assert_same(stored, run(net, values))


def linear(rows=64, words=100_000, outputs=2, stored=10):
    """Return the executor of a linear model with long, almost empty rows of data."""
    data, weight = mx.sym.Variable("x", stype=CSR), mx.sym.Variable("w", shape=(words, outputs), stype=ROWS)
    net = mx.sym.MakeLoss(mx.sym.sparse.dot(data, weight))
    executor = net.simple_bind(mx.cpu(), x=(rows, words), grad_req={"x": "null", "w": "write"})
    columns = np.sort(np.random.RandomState(0).randint(0, words, (rows, stored))).ravel()
    batch = np.ones(rows * stored, "float32"), columns, np.arange(rows + 1) * stored
    executor.arg_dict["x"][:] = mx.nd.sparse.csr_matrix(batch, shape=(rows, words))
    known = np.unique(columns)
    parts = np.ones((len(known), outputs), "float32"), known
    executor.arg_dict["w"][:] = mx.nd.sparse.row_sparse_array(parts, shape=(words, outputs))
    return executor


@pytest.mark.parametrize("req", ["write", "add"])
def test_a_linear_model_makes_nothing_of_the_size_of_its_weight(req):
    executor = linear()
    executor._targets = [(executor.grad_dict["w"], req)]
    with Largest() as largest:
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward()
    assert largest.elements <= 2 * 64 * 10
    gradient = executor.grad_dict["w"]
    assert len(gradient.indices) == len(np.unique(executor.arg_dict["x"].indices.asnumpy()))
    assert gradient.data.asnumpy().sum() == 64 * 10 * 2 * (2 if req == "add" else 1)


def test_an_embedding_makes_nothing_of_the_size_of_its_gradient():
    net = mx.sym.Embedding(ids, w, input_dim=50_000, output_dim=2, sparse_grad=True)
    executor = net.simple_bind(mx.cpu(), ids=(3,), grad_req={"w": "write"})
    executor.arg_dict["ids"][:] = [7, 40_000, 7]
    heads = mx.nd.ones((3, 2))
    with Largest() as largest:
        executor.forward(is_train=True)
        executor.backward(heads)
    assert largest.elements < 100
    gradient = executor.grad_dict["w"]
    assert gradient.indices.asnumpy().tolist() == [7, 40_000]
    assert gradient.data.asnumpy().tolist() == [[2, 2], [1, 1]]


def test_outputs_stay_apart_from_the_arrays_they_were_made_of():
    bound = mx.nd.array(X).tostype(ROWS)
    executor = mx.sym.Group([x, x * 2]).bind(mx.cpu(), {"x": bound})
    same, _ = executor.forward()
    same.data[:] = 7
    assert bound.asnumpy().tolist() == X.tolist()


def test_new_values_of_a_sparse_argument_are_read():
    executor = run(mx.sym.dot(x, w), {"x": X, "w": W}, LINEAR)
    executor.arg_dict["w"][:] = 2 * executor.arg_dict["w"]
    (out,) = executor.forward(x=mx.nd.array(Y).tostype(CSR))
    assert out.asnumpy().tolist() == (Y @ W * 2).tolist()


def test_gradient_that_does_not_arrive_is_empty():
    executor = run(mx.sym.BlockGrad(x), {"x": X}, ROWS_X, gradients=ROWS_X)
    assert executor.grad_dict["x"].indices.shape == (0,)


def test_reshaping_keeps_sparse_arguments_sparse():
    executor = linear(rows=4).reshape(x=(6, 100_000), allow_up_sizing=True)
    assert executor.arg_dict["x"].stype == CSR
    assert executor.forward()[0].shape == (6, 2)


def test_a_dense_copy_is_made_once_for_all_that_need_one():
    source = run(mx.sym.exp(x) + mx.sym.cos(x), {"x": X}, CSR_X).program(is_train=True)
    assert source.count("_cast_storage(") == 1


def test_a_monitor_sees_dense_values_under_the_names_of_mxnet():
    net = mx.sym.exp(mx.sym.abs(x, name="a"), name="e")
    seen = {}
    executor = run(net, {"x": X}, ROWS_X)
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.asnumpy()}), monitor_all=True)
    executor.forward()
    assert list(seen) == ["x", "a_input0", "a_output", "e_input0", "e_output"]
    np.testing.assert_array_equal(seen["a_output"], X)


def test_numbers_that_are_stored_are_checked():
    executor = mx.sym.log1p(x, name="l").bind(
        mx.cpu(), {"x": mx.nd.array(-X).tostype(CSR)}, check_numerics=True
    )
    with pytest.raises(ArithmeticError, match="'l'.*Inf|Inf.*'l'"):
        executor.forward()


def test_the_memory_plan_says_what_is_stored_sparsely():
    plan = str(linear().memory_plan())
    assert "stored as row_sparse" in plan
    assert "Peak 0.00 MB" in plan


def test_programs_that_take_sparse_arrays_are_not_compiled_further(monkeypatch):
    monkeypatch.setattr("mxnet.plan.lower.compiled", None)
    args = {"x": mx.nd.array(X).tostype(CSR)}
    (out,) = (x * 2).bind(mx.cpu(), args, compiler="inductor").forward()
    assert out.asnumpy().tolist() == (2 * X).tolist()


def test_a_loop_reads_sparse_arrays():
    def body(item, state):
        embedded = mx.sym.Embedding(item, w, input_dim=4, output_dim=2, sparse_grad=True)
        return embedded, state + mx.sym.dot(mx.sym.abs(x), embedded)

    outputs, state = mx.sym.contrib.foreach(body, ids, mx.sym.zeros((2, 2)))
    net = mx.sym.Group([outputs, state])
    values = {"ids": np.stack([IDS[:2], IDS[1:]]), "x": X[:2, 1:3], "w": W}
    values = {name: values[name] for name in net.list_arguments()}
    stored = run(net, values, LINEAR, gradients={"w": ROWS})
    assert_same(stored, run(net, values))


def test_steps_on_sparse_values_share_no_memory():
    net = mx.sym.exp(mx.sym.dot(mx.sym.abs(x), mx.sym.sin(w)))
    plan = run(net, {"x": X, "w": W}, CSR_X)._program(is_train=True, with_gradient=True).plan
    sparse = [step for step in (*plan.forward, *plan.backward) if not step.is_dense(plan.values)]
    assert {step.node.op.name for step in sparse} >= {"abs", "dot", "_backward_dot"}
    assert all(step.takes is None and not step.writes for step in sparse)


def test_what_is_made_of_a_sparse_parameter_follows_its_values():
    layer = mx.sym.FullyConnected(x, w, num_hidden=4, no_bias=True)
    weight = mx.nd.ones((4, 4)).tostype(ROWS)
    executor = layer.bind(mx.cpu(), {"x": mx.nd.array(X), "w": weight})
    executor.forward()
    weight.data[:] = 0
    assert not executor.forward()[0].asnumpy().any()


def test_heads_of_sparse_outputs_may_be_stored_in_any_way():
    executor = run(x * 2, {"x": X}, ROWS_X, gradients=ROWS_X)
    for stype in (DENSE, ROWS, CSR):
        executor.forward(is_train=True)
        executor.backward(mx.nd.array(Y, dtype="float64").tostype(stype))
        np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), 2 * Y)
