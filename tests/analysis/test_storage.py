"""How results and gradients are stored, as real MXNet 1.9.1 stores them."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.analysis.storage import say_fallback

ROWS, CSR, DENSE = "row_sparse", "csr", "default"

# Of an expression: how x and y are stored, how the result is, and the gradients of x and y.
RECORDED = [
    ("mx.sym.dot(x, y)", CSR, DENSE, DENSE, (DENSE, ROWS)),
    ("mx.sym.dot(x, y)", CSR, ROWS, DENSE, (DENSE, ROWS)),
    ("mx.sym.dot(x, y, transpose_a=True)", CSR, DENSE, ROWS, (DENSE, DENSE)),
    ("mx.sym.dot(x, y, transpose_a=True, forward_stype='default')", CSR, DENSE, DENSE, (DENSE, DENSE)),
    ("mx.sym.dot(x, y)", DENSE, CSR, CSR, (DENSE, DENSE)),
    ("mx.sym.dot(x, y)", ROWS, DENSE, DENSE, (DENSE, DENSE)),
    *((f"mx.sym.{name}(x) + 0 * y", ROWS, DENSE, DENSE, (DENSE, DENSE)) for name in ("relu", "cos")),
    *((f"mx.sym.elemwise_{name}(x, y)", ROWS, ROWS, ROWS, (ROWS, ROWS)) for name in ("add", "sub")),
    *((f"mx.sym.elemwise_{name}(x, y)", ROWS, DENSE, DENSE, (DENSE, DENSE)) for name in ("add", "sub")),
    *((f"mx.sym.elemwise_{name}(x, y)", CSR, CSR, CSR, (CSR, CSR)) for name in ("add", "sub")),
    ("mx.sym.elemwise_mul(x, y)", ROWS, ROWS, ROWS, (DENSE, DENSE)),
    ("mx.sym.elemwise_mul(x, y)", DENSE, CSR, CSR, (DENSE, DENSE)),
    ("mx.sym.elemwise_mul(x, y)", ROWS, CSR, DENSE, (DENSE, DENSE)),
    ("mx.sym.elemwise_div(x, y)", ROWS, ROWS, DENSE, (DENSE, DENSE)),
    ("mx.sym.broadcast_add(x, y)", ROWS, ROWS, DENSE, (DENSE, DENSE)),
    ("mx.sym.broadcast_mul(x, y)", CSR, DENSE, CSR, (DENSE, DENSE)),
    ("mx.sym.broadcast_mul(x, y)", DENSE, CSR, DENSE, (DENSE, DENSE)),
    ("mx.sym._internal._maximum(x, y)", CSR, CSR, CSR, (DENSE, DENSE)),
    ("mx.sym._internal._scatter_elemwise_div(x, y)", ROWS, CSR, ROWS, (DENSE, DENSE)),
    ("mx.sym._internal._scatter_elemwise_div(x, y)", CSR, CSR, DENSE, (DENSE, DENSE)),
    ("mx.sym.add_n(x, y)", ROWS, ROWS, ROWS, (ROWS, ROWS)),
    ("mx.sym.add_n(x, y)", CSR, CSR, DENSE, (DENSE, DENSE)),
    ("mx.sym.concat(x, y, dim=0)", CSR, CSR, CSR, (DENSE, DENSE)),
    ("mx.sym.concat(x, y, dim=1)", CSR, CSR, DENSE, (DENSE, DENSE)),
    ("mx.sym._internal._identity_with_attr_like_rhs(x, y)", CSR, ROWS, ROWS, (ROWS, ROWS)),
    ("mx.sym.where(x, y, y)", CSR, DENSE, DENSE, (CSR, DENSE)),
    ("mx.sym.LinearRegressionOutput(x, y)", DENSE, CSR, DENSE, (DENSE, DENSE)),
]
# The same of expressions of x, for both kinds of sparse arrays: 1 where the result, or the gradient, is sparse.
OF_ONE = [
    *(
        (f"mx.sym.{name}(x)", 1, 1)
        for name in ("relu", "abs", "square", "sign", "round", "floor", "BlockGrad")
    ),
    *(
        (f"mx.sym.{name}(x)", 1, 0)
        for name in ("sqrt", "sin", "tanh", "log1p", "cbrt", "degrees", "make_loss")
    ),
    *((f"mx.sym.{name}(x)", 0, 0) for name in ("sigmoid", "cos", "exp", "rsqrt", "transpose", "sum", "norm")),
    *((f"mx.sym.{name}(x)", 0, 1) for name in ("ones_like", "logical_not")),
    *((expression, 1, 1) for expression in ("x * 2", "x / 2", "-x", "x > 0", "x == 1", "mx.sym.identity(x)")),
    *((expression, 0, 0) for expression in ("x + 2", "2 - x", "2 / x", "x ** 2", "x.astype('float16')")),
    ("x >= 0", 0, 1),
    ("mx.sym.clip(x, -1, 1)", 1, 0),
    ("mx.sym.contrib.round_ste(x)", 1, 1),
    ("mx.sym.contrib.gradientmultiplier(x, scalar=-0.5)", 1, 1),
    ("mx.sym._internal._scatter_plus_scalar(x, scalar=2)", 1, 1),
    ("x * 2 + mx.sym.sin(x)", 1, 0),
]


def _bound(symbol, **shapes):
    executor = symbol.simple_bind(mx.cpu(), **shapes)
    return [out.stype for out in executor.outputs], {k: g.stype for k, g in executor.grad_dict.items()}


@pytest.mark.parametrize(("expression", "x", "y", "out", "gradients"), RECORDED)
def test_of_two_arrays(expression, x, y, out, gradients):
    names = {"mx": mx, "x": mx.sym.Variable("x", stype=x), "y": mx.sym.Variable("y", stype=y)}
    outs, grads = _bound(eval(expression, names), x=(4, 4), y=(4, 4))
    assert outs == [out]
    assert (grads["x"], grads["y"]) == gradients


@pytest.mark.parametrize("stype", [ROWS, CSR])
@pytest.mark.parametrize(("expression", "out", "gradient"), OF_ONE)
def test_of_one_array(expression, out, gradient, stype):
    outs, grads = _bound(eval(expression, {"mx": mx, "x": mx.sym.Variable("x", stype=stype)}), x=(4, 5))
    assert outs == [stype if out else DENSE]
    assert grads["x"] == (stype if gradient else DENSE)


@pytest.mark.parametrize("name", ["Embedding", "contrib.SparseEmbedding"])
def test_the_matrix_of_an_embedding_gets_a_gradient_of_rows(name):
    make = mx.sym.Embedding if name == "Embedding" else mx.sym.contrib.SparseEmbedding
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    symbol = make(x, w, input_dim=6, output_dim=2, sparse_grad=True)
    executor = symbol.simple_bind(mx.cpu(), grad_req={"w": "write"}, x=(3,))
    executor.forward(is_train=True, x=mx.nd.array([1, 4, 4]))
    executor.backward(mx.nd.ones((3, 2)))
    gradient = executor.grad_dict["w"]
    assert gradient.stype == ROWS
    assert gradient.indices.asnumpy().tolist() == [1, 4]
    assert gradient.data.asnumpy().tolist() == [[1, 1], [2, 2]]


def test_gradients_of_rows_add_up_to_rows_only_with_such():
    x, y, w = map(mx.sym.Variable, "xyw")
    one, other, dense = (
        mx.sym.Embedding(data, w, input_dim=6, output_dim=2, sparse_grad=sparse)
        for data, sparse in ((x, True), (y, True), (y, False))
    )
    assert _bound(one + other, x=(3,), y=(3,))[1]["w"] == ROWS
    assert _bound(one + dense, x=(3,), y=(3,))[1]["w"] == DENSE
    csr = mx.sym.Variable("x", stype=CSR)
    assert _bound(csr * 2 + mx.sym.relu(csr), x=(3, 2))[1]["x"] == DENSE


def test_arrays_that_are_bound_decide_how_outputs_are_stored():
    x = mx.nd.array([[0, 2], [0, 0]]).tostype(CSR)
    executor = (mx.sym.Variable("x") * 2).bind(mx.cpu(), {"x": x}, {"x": mx.nd.zeros((2, 2)).tostype(CSR)})
    (out,) = executor.forward(is_train=True)
    assert out.stype == CSR
    assert out.asnumpy().tolist() == [[0, 4], [0, 0]]
    executor.backward(mx.nd.ones((2, 2)).tostype(CSR))
    assert executor.grad_dict["x"].stype == CSR
    assert executor.grad_dict["x"].asnumpy().tolist() == [[2, 2], [2, 2]]


def test_outputs_stay_the_same_sparse_arrays_from_run_to_run():
    executor = (mx.sym.Variable("x", stype=ROWS) * 2).simple_bind(mx.cpu(), x=(3, 1))
    (first,) = executor.forward()
    assert first.indices.shape == (0,)
    (second,) = executor.forward(x=mx.nd.array([[0], [3], [0]]))
    assert second is first
    assert second.indices.asnumpy().tolist() == [1]
    assert second.data.asnumpy().tolist() == [[6]]


def test_a_graph_says_what_computes_with_dense_copies(caplog):
    say_fallback.cache_clear()
    x = mx.sym.Variable("x", stype=CSR)
    for _ in range(2):
        mx.sym.rcbrt(mx.sym.abs(x)).simple_bind(mx.cpu(), x=(2, 2))
    (record,) = caplog.records
    assert "operator = rcbrt\ninput storage types = [csr]" in record.getMessage()
