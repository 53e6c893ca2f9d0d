"""What sparse arrays cost follows what they store: nothing as large as the dense array is made on the way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import mxnet as mx
from mxnet.ndarray.serialize import dumps

ROWS, WIDTH = 1000, 4
LARGE = ROWS * 4
"""The bytes of one column."""


class LargestMade(TorchDispatchMode):
    """Records the bytes of the largest memory that is made, not that of arguments or views of them."""

    bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        results = func(*args, **(kwargs or {}))
        given = {
            _memory(each).data_ptr() for each in torch.utils._pytree.tree_leaves((args, kwargs)) if _is(each)
        }
        for each in filter(_is, torch.utils._pytree.tree_leaves(results)):
            if _memory(each).data_ptr() not in given:
                self.bytes = max(self.bytes, _memory(each).nbytes())
        return results


def _is(value):
    return isinstance(value, torch.Tensor)


def _memory(tensor):
    return tensor.untyped_storage()


def made_by(function):
    """Return a call's result, and the bytes of the largest memory that it made."""
    function()  # what is kept for the next time
    with LargestMade() as made:
        result = function()
    return result, made.bytes


def rows(*numbers, value=1.0):
    values = mx.nd.array(np.arange(1, 1 + len(numbers) * WIDTH).reshape(-1, WIDTH) * value)
    return mx.nd.sparse.row_sparse_array((values, numbers), shape=(ROWS, WIDTH))


def full():
    """Return an array that stores all rows."""
    return mx.nd.array(np.arange(ROWS * WIDTH).reshape(ROWS, WIDTH) / 100 + 1).tostype("row_sparse")


def csr():
    """Return a matrix with an empty row, and a column that two rows have."""
    return mx.nd.sparse.csr_matrix(([1, 2, 3, 4], [7, 900, 3, 7], [0, 2, 2, 4]), shape=(3, ROWS))


def dense(array):
    return mx.nd.array(array.asnumpy(), dtype=array.dtype)


CALLS = {
    "add": (lambda x, y: x + y, rows(1, 5), rows(5, 990)),
    "subtract": (lambda x, y: x - y, rows(1), rows(0, 5, 990)),
    "add nothing": (lambda x, y: x + y, rows(1, 5), rows(5)),
    "maximum": (mx.nd._internal._maximum, rows(1, 5), rows(5, 990)),
    "add_n": (mx.nd.add_n, rows(1, 5), rows(5, 990), rows(2)),
    "times a number": (lambda x: x * 2, rows(1, 5)),
    "copy": (lambda x: x.copy(), rows(1, 5)),
    "the same kind": (lambda x: x.tostype(x.stype), rows(1, 5)),
    "another type": (lambda x: x.astype("float64"), rows(1, 5)),
    "norm": (mx.nd.norm, rows(1, 5)),
    "norm of csr": (lambda x: mx.nd.norm(x, keepdims=True), csr()),
    "L1 norm": (lambda x: mx.nd.norm(x, ord=1), csr()),
    "slice": (lambda x: mx.nd.slice(x, begin=(0, 3), end=(3, 900)), csr()),
    "slice of no rows": (lambda x: mx.nd.slice(x, begin=(1, 3), end=(1, 9)), csr()),
    "slice of rows": (lambda x: x[1:], csr()),
    "take": (mx.nd.take, csr(), mx.nd.array([2, 2, 0, 1, 9])),
    "sum of rows": (lambda x: mx.nd.sum(x, axis=1), csr()),
    "mean of rows": (lambda x: mx.nd.mean(x, axis=1), csr()),
    "mean of whole numbers": (lambda x: mx.nd.mean(x, axis=1), csr().astype("int32")),
    "sum of half precision": (lambda x: mx.nd.sum(x, axis=1), csr().astype("float16")),
    "sum of all": (mx.nd.sum, csr()),
    "sum of all rows": (lambda x: mx.nd.sum(x, keepdims=True), rows(1, 5)),
    "dot": (mx.nd.dot, csr(), full()),
    "dot of some rows": (mx.nd.dot, csr(), rows(1, 7)),
    "dot with a dense one": (mx.nd.dot, csr(), dense(full())),
    "dot with a vector": (mx.nd.dot, csr(), mx.nd.arange(ROWS)),
    "dot of whole numbers": (mx.nd.dot, csr().astype("int32"), full().astype("int32")),
    "dot of the transpose": (lambda x, y: mx.nd.dot(x, y, transpose_a=True), csr(), mx.nd.ones((3, 2))),
    "dot from the right": (
        lambda x, y: mx.nd.dot(x, y, transpose_b=True),
        dense(full())[: 2 * WIDTH].reshape((-1, 1))[:WIDTH].reshape((1, WIDTH)).tile((1, ROWS // WIDTH)),
        csr(),
    ),
    "embedding": (
        lambda x, y: mx.nd.Embedding(x, y, input_dim=ROWS, output_dim=WIDTH),
        mx.nd.array([[1, 5], [5, 2000]]),
        rows(1, 5, 999),
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_operators_look_only_at_what_is_stored(call):
    function, *arrays = call
    found, size = made_by(lambda: function(*arrays))
    expected = function(*map(dense, arrays)).asnumpy()
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-6)
    assert size < LARGE


def test_a_matrix_times_csr_stores_the_columns_that_csr_has():
    left = mx.nd.array([[1, 2, 3], [0, 4, 5]])
    found = mx.nd.dot(left, csr())
    assert found.stype == "csr"
    np.testing.assert_allclose(found.asnumpy(), left.asnumpy() @ csr().asnumpy())


def test_rows_are_retained_without_a_look_at_others():
    array, wanted = full(), mx.nd.array([3, 500])
    kept, size = made_by(lambda: array.retain(wanted))
    np.testing.assert_array_equal(kept.data.asnumpy(), array.asnumpy()[[3, 500]])
    assert size < LARGE


def test_coordinates_make_a_csr_matrix_without_the_dense_one():
    values, places = [1, 2, 3, 4], ([2, 0, 2, 1], [900, 2, 900, 5])
    made, size = made_by(lambda: mx.nd.sparse.csr_matrix((values, places), shape=(3, ROWS)))
    assert made.data.asnumpy().tolist() == [2, 4, 4]
    assert made.indices.asnumpy().tolist() == [2, 5, 900]
    assert made.indptr.asnumpy().tolist() == [0, 1, 2, 3]
    assert size < LARGE


def test_zero_is_assigned_by_storing_nothing():
    array = rows(1, 5)

    def assign():
        array[:] = 0

    _, size = made_by(assign)
    assert array.indices.shape == (0,)
    assert size < LARGE


def test_rows_are_assigned_to_a_dense_array_without_a_copy():
    array = dense(full())

    def assign():
        array[:] = rows(1, 5)

    _, size = made_by(assign)
    np.testing.assert_array_equal(array.asnumpy(), rows(1, 5).asnumpy())
    assert size < LARGE


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize("out", ["default", "row_sparse"])
def test_an_operator_writes_rows_where_it_is_told(stype, out):
    x, y = rows(1, 5), rows(5).tostype(stype)
    target = full().tostype(out)
    mx.nd.elemwise_add(x, y, out=target)
    assert target.stype == out
    np.testing.assert_array_equal(target.asnumpy(), x.asnumpy() + y.asnumpy())


# -------------------------------------------------------------------------------------------------- gradients


def embedded(weight, words):
    return mx.nd.Embedding(words, weight, input_dim=ROWS, output_dim=WIDTH, sparse_grad=True)


WORDS = mx.nd.array([[1, 7], [7, 900]])

FORWARD = {
    "embedding": lambda w: embedded(w, WORDS),
    "two embeddings": lambda w: embedded(w, WORDS) + embedded(w, WORDS + 5),
    "scaled": lambda w: embedded(w, WORDS) * mx.nd.array([1, 2, 3, 4]),
    "dot": lambda w: mx.nd.dot(csr(), w),
    "dot, twice": lambda w: mx.nd.dot(csr(), w) * 2 + mx.nd.dot(csr()[1:], w)[1],
}


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize("req", ["write", "add"])
@pytest.mark.parametrize("forward", FORWARD.values(), ids=FORWARD)
def test_gradients_hold_the_rows_that_were_used(forward, req, stype):
    def gradient(weight, kind):
        weight.attach_grad(req, stype=kind)

        def run():
            with mx.autograd.record():
                y = forward(weight)
            y.backward()

        _, size = made_by(run)
        return weight.grad, size

    found, size = gradient(full().tostype(stype), "row_sparse")
    expected, _ = gradient(dense(full()), "default")
    assert found.stype == "row_sparse"
    assert len(found.indices) < 10
    np.testing.assert_allclose(found.asnumpy(), expected.asnumpy(), rtol=1e-6)
    assert size < LARGE


def test_rows_of_zeros_stay_in_a_gradient():
    weight = full()
    weight.attach_grad()
    with mx.autograd.record():
        y = embedded(weight, WORDS)
    y.backward(mx.nd.zeros(y.shape))
    assert weight.grad.indices.asnumpy().tolist() == [1, 7, 900]


def test_gradients_of_two_arrays_share_no_memory():
    x, y = rows(1), rows(1)
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        total = x + y
    total.backward(rows(1))
    x.grad.data[:] = 0
    np.testing.assert_array_equal(y.grad.asnumpy(), rows(1).asnumpy())


def test_grad_returns_rows_as_in_mxnet():
    weight = full()
    weight.attach_grad()
    with mx.autograd.record():
        loss = embedded(weight, WORDS).sum()
    (found,) = mx.autograd.grad(loss, weight)
    assert found.stype == "row_sparse"
    assert found.data.asnumpy().tolist() == [[1] * WIDTH, [2] * WIDTH, [1] * WIDTH]


def test_second_derivatives_pass_through_rows():
    weight = full()
    weight.attach_grad()
    with mx.autograd.record():
        y = embedded(weight, WORDS)
        (first,) = mx.autograd.grad((y * y).sum(), weight, create_graph=True)
        square = first * first
    square.backward()
    used = np.zeros((ROWS, 1))
    used[[1, 7, 900], 0] = 1, 4, 1  # squares of how often
    np.testing.assert_allclose(weight.grad.asnumpy(), 8 * used * weight.asnumpy(), rtol=1e-5)


@pytest.mark.parametrize("transpose", [False, True])
def test_a_factor_beside_a_csr_matrix_has_its_gradient(transpose):
    rng = np.random.default_rng(1)
    left = mx.nd.array(rng.random((2, ROWS if transpose else 3)))
    head = mx.nd.array(rng.random((2, 3 if transpose else ROWS)))
    found = []
    for matrix in (csr(), dense(csr())):
        left.attach_grad()
        with mx.autograd.record():
            y = mx.nd.dot(left, matrix, transpose_b=transpose)
        y.backward(head)
        found.append(left.grad.asnumpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


# ---------------------------------------------------------------------------------------------------- updates

OPTIMIZERS = {
    "sgd": {},
    "sgd with momentum": {"momentum": 0.9},
    "adam": {"clip_gradient": 2.0},
    "ftrl": {},
    "adagrad": {},
    "groupadagrad": {},
}

OPERATORS = {
    "sgd_update": 0,
    "sgd_mom_update": 1,
    "adam_update": 2,
    "ftrl_update": 2,
    "_sparse_adagrad_update": 1,
    "_contrib_group_adagrad_update": 1,
}
"""The number of states of each."""


def lazy_ones(names):
    """Return the names with the ways to store the weight; ftrl is lazy only for sparse weights."""
    pairs = [(name, stype) for name in names for stype in ("default", "row_sparse")]
    return [pair for pair in pairs if "ftrl" not in pair[0] or pair[1] == "row_sparse"]


@pytest.mark.parametrize(("name", "stype"), lazy_ones(OPTIMIZERS))
def test_lazy_steps_touch_only_rows_of_the_gradient(name, stype):
    options = OPTIMIZERS[name]
    optimizers = [mx.optimizer.create(name.split()[0], learning_rate=0.1, **options) for _ in range(2)]
    lazy, alone = map(mx.optimizer.get_updater, optimizers)
    weight, row = full().tostype(stype), dense(full())[1:2]
    for value in (0.1, 0.2, -0.3):
        grad = rows(1, 900, value=value)
        with LargestMade() as made:
            lazy(0, grad, weight)
        alone(0, dense(grad)[1:2], row)
    assert weight.stype == stype
    np.testing.assert_allclose(weight.asnumpy()[1], row.asnumpy()[0], rtol=1e-6)
    others = np.delete(np.arange(ROWS), [1, 900])
    np.testing.assert_array_equal(weight.asnumpy()[others], full().asnumpy()[others])
    assert made.bytes < LARGE


def test_a_weight_of_half_precision_is_rounded_only_in_rows_of_the_gradient():
    weight = dense(full()).astype("float16")
    before = weight.asnumpy()
    optimizer = mx.optimizer.Adam(learning_rate=0.1, multi_precision=True)
    updater = mx.optimizer.get_updater(optimizer)
    grad = rows(1, 900).astype("float16")
    _, size = made_by(lambda: updater(0, grad, weight))
    np.testing.assert_allclose(weight.asnumpy()[1], before[1] - 0.2, atol=2e-3)
    np.testing.assert_array_equal(weight.asnumpy()[2:900], before[2:900])
    assert size < LARGE


@pytest.mark.parametrize(("name", "stype"), lazy_ones(OPERATORS))
def test_update_operators_touch_only_rows_of_the_gradient(name, stype):
    op = mx.ir.op.find_operator(name).make(lr=0.1)
    width = 1 if "group" in name else WIDTH
    weight = full().tostype(stype)
    kept = [mx.nd.ones((ROWS, width)).tostype(stype) for _ in range(OPERATORS[name])]
    expected = [dense(array)[1:2] for array in (weight, *kept)]
    grad = rows(1, 900, value=0.1)
    _, size = made_by(lambda: mx.nd.ndarray.invoke(op, (weight, grad, *kept), weight))
    for _ in range(2):
        mx.nd.ndarray.invoke(op, (expected[0], dense(grad)[1:2], *expected[1:]), expected[0])
    for array, row in zip((weight, *kept), expected, strict=True):
        assert array.stype == stype
        np.testing.assert_allclose(array.asnumpy()[1], row.asnumpy()[0], rtol=1e-6)
    np.testing.assert_array_equal(weight.asnumpy()[2], full().asnumpy()[2])
    assert size < LARGE


def test_a_weight_that_stores_few_rows_gets_those_of_the_gradient():
    weight, momentum = rows(5), mx.nd.sparse.zeros("row_sparse", (ROWS, WIDTH))
    grad = rows(1, 900)
    _, size = made_by(lambda: mx.nd.sgd_mom_update(weight, grad, momentum, lr=1, momentum=0.5, out=weight))
    assert weight.indices.asnumpy().tolist() == [1, 5, 900]
    assert momentum.indices.asnumpy().tolist() == [1, 900]
    np.testing.assert_allclose(weight.asnumpy(), rows(5).asnumpy() - 2.5 * grad.asnumpy())
    assert size < LARGE


def test_states_of_a_weight_with_all_rows_get_room_for_all_as_in_mxnet():
    weight, momentum = full(), mx.nd.sparse.zeros("row_sparse", (ROWS, WIDTH))
    mx.nd.sgd_mom_update(weight, rows(1), momentum, lr=1, momentum=0.5, out=weight)
    assert len(momentum.indices) == ROWS
    np.testing.assert_array_equal(momentum.asnumpy(), -rows(1).asnumpy())


def test_an_update_without_out_leaves_the_weight():
    weight, grad = full(), rows(1)
    new = mx.nd.sgd_update(weight, grad, lr=1)
    np.testing.assert_array_equal(weight.asnumpy(), full().asnumpy())
    np.testing.assert_array_equal(new.asnumpy(), full().asnumpy() - grad.asnumpy())


def test_copies_do_not_move_with_a_weight_that_is_updated_in_place():
    weight = full()
    others = [weight.copy(), mx.nd.identity(weight), weight.tostype("row_sparse"), weight + rows()]
    mx.nd.sgd_update(weight, rows(1), lr=1, out=weight)
    for other in others:
        np.testing.assert_array_equal(other.asnumpy(), full().asnumpy())


# ------------------------------------------------------------------------------------------------- the store


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_rows_are_pulled_from_a_store_and_pushed_to_it(stype):
    store, out = mx.kv.create(), rows()
    store.init("w", full().tostype(stype))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=1.0))
    grads, wanted = [rows(1), rows(1, 5)], mx.nd.array([5, 1])

    def train():
        store.push("w", grads)
        store.row_sparse_pull("w", out=out, row_ids=wanted)

    _, size = made_by(train)
    expected = full().asnumpy() - 2 * (rows(1).asnumpy() + rows(1, 5).asnumpy())
    np.testing.assert_allclose(out.data.asnumpy(), expected[[1, 5]], rtol=1e-6)
    assert out.indices.asnumpy().tolist() == [1, 5]
    assert size < LARGE


# ---------------------------------------------------------------------------------------------- what it costs


HUGE = 10_000_000
"""Rows of 64 numbers, which would take 2.5 GB."""


def huge(*numbers):
    return mx.nd.sparse.row_sparse_array((mx.nd.ones((len(numbers), 64)), numbers), shape=(HUGE, 64))


def factorization_machine():
    x, w = mx.sym.Variable("x", stype="csr"), mx.sym.Variable("w", shape=(HUGE, 64), stype="row_sparse")
    return mx.sym.MakeLoss(mx.sym.square(mx.sym.sparse.dot(x, w)))


def steps_of_a_module():
    """Train a module whose weight stores few rows, as the pulls of a server leave it."""
    executor = factorization_machine().simple_bind(
        mx.cpu(), x=(2, HUGE), grad_req={"x": "null", "w": "write"}
    )
    parts = ([1, 2, 3], [5, 900, 5], [0, 2, 3])
    executor.arg_dict["x"][:] = mx.nd.sparse.csr_matrix(parts, shape=(2, HUGE))
    executor.arg_dict["w"][:] = huge(5, 900)
    executor.forward(is_train=True)
    executor.backward()
    return executor.grad_dict["w"]


def steps_of_an_optimizer(name):
    update = mx.optimizer.get_updater(mx.optimizer.create(name))
    weight = huge(5, 7, 900)
    for _ in range(2):
        update(0, huge(5, 900), weight)
    return weight


def pushed_and_pulled():
    store = mx.kv.create("local")
    store.init("w", huge(5, 7))
    store.push("w", [huge(5), huge(7, 900)])
    out = mx.nd.sparse.zeros("row_sparse", (HUGE, 64))
    store.row_sparse_pull("w", out=out, row_ids=mx.nd.array([7, 900], dtype="int64"))
    return out


def saved_and_loaded():
    return mx.nd.load_frombuffer(dumps([huge(5)]))[0]


WORK = {
    "a graph": steps_of_a_module,
    **{each: lambda each=each: steps_of_an_optimizer(each) for each in ("sgd", "adam", "adagrad", "ftrl")},
    "a store": pushed_and_pulled,
    "a file": saved_and_loaded,
    "sums": lambda: mx.nd.add_n(huge(1), huge(2), huge(1, 3)),
    "a sum of csr": lambda: _wide([1, 3]) + _wide([3, 5]),
}


def _wide(columns):
    return mx.nd.sparse.csr_matrix(([1] * len(columns), columns, [0, len(columns)]), shape=(1, HUGE))


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_work_on_arrays_that_would_not_fit_takes_what_is_stored(work):
    with LargestMade() as made:
        result = work()
    assert result.stype != "default"
    assert made.bytes < 1 << 20


# ------------------------------------------------------------------------------------------- rows where they lie


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("sgd", {}),
        ("sgd", {"momentum": 0.9, "clip_gradient": 0.3}),
        ("adam", {"clip_gradient": 0.3}),
        ("adagrad", {}),
        ("ftrl", {"clip_gradient": 0.3}),
        ("groupadagrad", {"clip_gradient": 0.3}),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join(each),
)
def test_native_kernels_move_rows_as_the_formula_does(name, settings, stype, monkeypatch):
    def moved():
        rng = np.random.RandomState(0)
        weight = mx.nd.array(rng.rand(300, 5)).tostype(stype)
        update = mx.optimizer.get_updater(
            mx.optimizer.create(name, learning_rate=0.1, rescale_grad=0.5, **settings)
        )
        for start in range(3):
            numbers = np.arange(start, 300, 4)
            grad = mx.nd.sparse.row_sparse_array((rng.randn(len(numbers), 5), numbers), shape=(300, 5))
            update(0, grad, weight)
        return weight.asnumpy()

    by_kernel = moved()
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    np.testing.assert_allclose(by_kernel, moved(), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("function", [mx.nd.elemwise_add, mx.nd.elemwise_sub, mx.nd.elemwise_mul])
def test_csr_matrices_are_combined_by_their_elements(function):
    def matrix(*values):
        return mx.nd.sparse.csr_matrix((list(values), [0, 2, 3, 1], [0, 2, 3, 4]), shape=(3, 4))

    left, right = matrix(1, 2, 3, 4), mx.nd.sparse.csr_matrix(([-1, 5], [0, 3], [0, 1, 2, 2]), shape=(3, 4))
    found = function(left, right)
    assert found.stype == "csr"
    assert (found.data.asnumpy() != 0).all()
    np.testing.assert_array_equal(found.asnumpy(), function(dense(left), dense(right)).asnumpy())


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_native_kernels_find_what_is_not_zero(stype, monkeypatch):
    values = mx.nd.array([[0, -0.0, 0], [np.nan, 0, 1], [0, 0, 0], [1e-45, np.inf, -2]])
    by_kernel = values.tostype(stype)
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    plain = values.tostype(stype)
    for mine, other in zip(by_kernel._parts, plain._parts, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())


@pytest.mark.parametrize("kind", ["whole", "rows"])
def test_threads_share_a_large_step(kind, monkeypatch):
    n = (1 << 15) + 3

    def moved():
        weight = mx.nd.arange(n * 16).reshape((n, 16)) / 1e6
        grad = weight * 2
        if kind == "rows":
            numbers = np.arange(1, n, 3)
            grad = mx.nd.sparse.row_sparse_array((grad[: len(numbers)], numbers), shape=(n, 16))
        update = mx.optimizer.get_updater(mx.optimizer.create("adam", learning_rate=0.1))
        update(0, grad, weight)
        return weight.asnumpy()

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        shared = moved()
        monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
        np.testing.assert_allclose(shared, moved(), rtol=1e-5, atol=1e-6)
    finally:
        torch.set_num_threads(before)
