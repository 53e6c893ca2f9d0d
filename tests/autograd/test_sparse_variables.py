"""Gradients of sparse variables equal those of dense ones, however often and however the variables are used."""

import numpy as np
import pytest

import mxnet as mx

VALUES = np.array([[0, 0, 1], [0, 0, 0], [2, 0, 3]], "float32")
OTHER = np.arange(9, dtype="float32").reshape(3, 3)

USES = {
    "once": lambda w, x: w * 2,
    "twice": lambda w, x: w * 2 + w * 3,
    "squared": lambda w, x: w * w,
    "with a dense array": lambda w, x: w * x + mx.nd.sin(w),
    "in two products": lambda w, x: mx.nd.dot(w, x) + mx.nd.dot(w, x * x),
    "as a transpose": lambda w, x: mx.nd.dot(w, x, transpose_a=True) + w,
    "dense in between": lambda w, x: w.tostype("default") * x + w,
    "stored alike": lambda w, x: w.tostype(w.stype) * 2 + w,
    "copied": lambda w, x: w.copy() * x + w.as_in_context(mx.cpu(1)),
    "of another type": lambda w, x: w.astype("float64").astype("float32") * x + w,
    "many times": lambda w, x: mx.nd.add_n(w, w, w, w),
}
FORWARD = pytest.mark.parametrize("use", USES.values(), ids=USES)
STYPE = pytest.mark.parametrize("stype", ["row_sparse", "csr"])


def gradients(stype, use, *, req="write", runs=1, gradient="default"):
    """Return the gradient of a sum, by ``backward``, of a variable stored in a way."""
    w, x = mx.nd.array(VALUES).tostype(stype), mx.nd.array(OTHER)
    w.attach_grad(req, stype=gradient)
    for _ in range(runs):
        with mx.autograd.record():
            loss = use(w, x).sum()
        loss.backward()
    return w.grad.asnumpy()


@STYPE
@FORWARD
def test_backward_adds_up_all_uses(stype, use):
    np.testing.assert_allclose(gradients(stype, use), gradients("default", use), rtol=1e-6)


@STYPE
@pytest.mark.parametrize("gradient", ["default", "row_sparse", "csr"])
@pytest.mark.parametrize("req", ["write", "add"])
def test_gradient_array_may_be_stored_in_any_way(stype, gradient, req):
    found = gradients(stype, USES["twice"], req=req, runs=2, gradient=gradient)
    assert (found == (5 if req == "write" else 10)).all()


@STYPE
@FORWARD
def test_grad_returns_the_gradient_of_all_uses(stype, use):
    x = mx.nd.array(OTHER)
    found = []
    for each in ("default", stype):
        w = mx.nd.array(VALUES).tostype(each)
        w.attach_grad()
        with mx.autograd.record():
            loss = use(w, x).sum()
        found.append(mx.autograd.grad(loss, w)[0].asnumpy())
        assert not w.grad.asnumpy().any()
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


def test_rows_of_a_csr_variable_have_gradients():
    w = mx.nd.array(VALUES).tostype("csr")
    w.attach_grad()
    with mx.autograd.record():
        loss = (w[1:] * 3).sum() + (w[2] * 2).sum()
    loss.backward()
    assert w.grad.asnumpy().tolist() == [[0, 0, 0], [3, 3, 3], [5, 5, 5]]


def test_shared_weights_of_embeddings_have_the_gradient_of_both():
    weight = mx.nd.ones((4, 2)).tostype("row_sparse")
    weight.attach_grad()
    options = {"input_dim": 4, "output_dim": 2, "sparse_grad": True}
    with mx.autograd.record():
        first = mx.nd.Embedding(mx.nd.array([0, 1]), weight, **options)
        second = mx.nd.Embedding(mx.nd.array([1, 3, 3]), weight, **options)
        loss = first.sum() + (second * 2).sum()
    loss.backward()
    assert weight.grad.stype == "row_sparse"
    assert weight.grad.asnumpy()[:, 0].tolist() == [1, 3, 0, 4]
    assert weight.grad.indices.asnumpy().tolist() == [0, 1, 3]


@STYPE
def test_a_variable_with_new_values_starts_anew(stype):
    w = mx.nd.array(VALUES).tostype(stype)
    w.attach_grad()
    for factor in (1, 2):
        w[:] = mx.nd.array(VALUES * factor)
        with mx.autograd.record():
            loss = (w * w).sum()
        loss.backward()
        assert w.grad.asnumpy().tolist() == (2 * factor * VALUES).tolist()


@STYPE
def test_a_variable_cannot_be_assigned_to_while_recording(stype):
    w = mx.nd.array(VALUES).tostype(stype)
    w.attach_grad()
    with mx.autograd.record(), pytest.raises(mx.MXNetError, match="cannot be assigned to while recording"):
        w[:] = 0
