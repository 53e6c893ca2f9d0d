"""What `benchmarks/sparse.py` times: operations on sparse arrays, each in a form that real MXNet runs, too.

A case is called with the number of rows; it makes its arrays and returns what is timed. Python 3.8 reads this
file as well.
"""

from __future__ import annotations

import functools
import operator
import tempfile
from pathlib import Path

import mxnet as mx
import numpy as np

BATCH, EACH, WIDTH, TOUCHED = 512, 20, 16, 10000
sparse = mx.nd.sparse

CASES = {}


def case(function):
    CASES[function.__name__.replace("_", " ")] = function
    return function


def alike(table):
    """Make a case of each row: what makes its arrays from the number of rows, and what is done with them."""
    for name, (arrays, step) in table.items():
        CASES[name] = functools.partial(_started, arrays, step)


def _started(arrays, step, n):
    return functools.partial(step, *arrays(n))


def drawn(n, size=None):
    """Return numbers below n, as many as are asked for or fit, ascending and different."""
    rng = np.random.RandomState(len(CASES))
    return np.sort(rng.choice(n, min(size or TOUCHED, n // 2), replace=False)).astype("int64")


def csr(n, batch=BATCH):
    """Return a matrix; MXNet takes parts only of one that has less than 2 ** 31 elements, stored or not."""
    columns = np.sort(np.random.RandomState(1).randint(0, n, (batch, EACH)), 1).ravel()
    starts = np.arange(batch + 1) * EACH
    values = np.random.RandomState(2).rand(batch * EACH).astype("float32") + 0.5
    return sparse.csr_matrix((values, columns, starts), shape=(batch, n))


def rows(n, width=WIDTH, which=None):
    which = drawn(n) if which is None else which
    values = np.random.RandomState(3).rand(len(which), width).astype("float32") + 0.5
    return sparse.row_sparse_array((values, which), shape=(n, width))


def weight(n, width=WIDTH, stype="default"):
    """Return a matrix that has all rows, stored in a way."""
    values = mx.nd.ones((n, width))
    return (
        values if stype == "default" else sparse.row_sparse_array((values, mx.nd.arange(n)), shape=(n, width))
    )


def square_csr(n):
    """Return as many rows as columns, a fiftieth of a million each."""
    return csr(n // 50, n // 50)


def every_other(n):
    return rows(n, which=np.unique(drawn(n) // 2 * 2))


def numbers(values):
    return mx.nd.array(values, dtype="int64")


def words(n):
    return mx.nd.array(np.random.RandomState(4).randint(0, n, (BATCH, EACH)))


def looked_up(which, w):
    return mx.nd.Embedding(which, w, input_dim=len(w), output_dim=WIDTH, sparse_grad=True)


def recorded(function):
    """Return what computes the gradient, too, of the last array."""

    def step(*arrays):
        if arrays[-1].grad is None:
            arrays[-1].attach_grad(stype="row_sparse")
        with mx.autograd.record():
            y = function(*arrays)
        y.backward()

    return step


def transposed_dot(x, g):
    return sparse.dot(x, g, transpose_a=True, forward_stype="row_sparse")


def batches_of(x):
    return [x[i : i + BATCH] for i in range(0, x.shape[0] - BATCH, BATCH)]


def parts_of(x):
    return tuple(part.asnumpy() for part in (x.data, x.indices, x.indptr)), x.shape


def all_rows(n):
    return weight(n, stype="row_sparse")


# ------------------------------------------------------------------------------------ operations on arrays

alike(
    {
        "dot of csr": (lambda n: (csr(n), weight(n)), sparse.dot),
        "dot of csr with rows": (lambda n: (csr(n), all_rows(n)), sparse.dot),
        "dot of csr with few rows": (
            lambda n: ((x := csr(n)), rows(n, which=np.unique(x.indices.asnumpy()))),
            sparse.dot,
        ),
        "dot of a narrow csr": (lambda n: (csr(n), weight(n, 1)), sparse.dot),
        "dot of transposed csr": (lambda n: (csr(n), mx.nd.ones((BATCH, WIDTH))), transposed_dot),
        "dot of transposed narrow csr": (lambda n: (csr(n), mx.nd.ones((BATCH, 1))), transposed_dot),
        "dot recorded and its gradient": (lambda n: (csr(n), all_rows(n)), recorded(sparse.dot)),
        "embedding": (lambda n: (words(n), weight(n)), looked_up),
        "embedding recorded and its gradient": (lambda n: (words(n), weight(n)), recorded(looked_up)),
        "sum of two": (lambda n: (rows(n), every_other(n)), operator.add),
        "sum of four": (
            lambda n: [rows(n, which=np.unique(drawn(n) // k * k)) for k in (1, 2, 3, 5)],
            mx.nd.add_n,
        ),
        "sum into all rows": (lambda n: (all_rows(n), rows(n)), operator.add),
        "sum with dense": (lambda n: (rows(n), weight(n)), operator.add),
        "product of two": (lambda n: (rows(n), rows(n)), operator.mul),
        "times a number": (lambda n: (rows(n), 2), operator.mul),
        "square": (lambda n: (rows(n),), sparse.square),
        "clip": (lambda n: (rows(n), 0, 1), sparse.clip),
        "times a number of csr": (lambda n: (square_csr(n), 2), operator.mul),
        "csr times dense row": (lambda n: (square_csr(n), mx.nd.ones((1, n // 50))), sparse.broadcast_mul),
        "csr times dense column": (lambda n: (square_csr(n), mx.nd.ones((n // 50, 1))), sparse.broadcast_mul),
        "sum of csr rows": (lambda n: (square_csr(n), 1), sparse.sum),
        "sum of csr columns": (lambda n: (square_csr(n), 0), sparse.sum),
        "mean of csr columns": (lambda n: (square_csr(n), 0), sparse.mean),
        "norm": (lambda n: (rows(n),), sparse.norm),
        "norm of csr": (lambda n: (square_csr(n),), sparse.norm),
        "square sum": (
            lambda n: (rows(n),),
            functools.partial(mx.nd._internal._square_sum, axis=1, keepdims=True),
        ),
        "retain": (lambda n: (all_rows(n), numbers(drawn(n))), sparse.retain),
        "retain of few": (lambda n: (rows(n), numbers(drawn(n)[::2])), sparse.retain),
        "rows to dense": (lambda n: (rows(n), "default"), mx.nd.cast_storage),
        "dense to rows": (lambda n: (rows(n).tostype("default"), "row_sparse"), mx.nd.cast_storage),
        "all rows to dense": (lambda n: (all_rows(n), "default"), mx.nd.cast_storage),
        "dense to all rows": (lambda n: (weight(n), "row_sparse"), mx.nd.cast_storage),
        "csr to dense": (lambda n: (csr(1000, n // 50), "default"), mx.nd.cast_storage),
        "dense to csr": (lambda n: (csr(1000, n // 50).tostype("default"), "csr"), mx.nd.cast_storage),
        "csr slice": (lambda n: (square_csr(n), slice(100, -100)), operator.getitem),
        "csr batches": (lambda n: (square_csr(n),), batches_of),
        "csr of parts": (lambda n: parts_of(square_csr(n)), sparse.csr_matrix),
        "rows of parts": (
            lambda n: (((x := rows(n)).data, x.indices), x.shape),
            sparse.row_sparse_array,
        ),
        "zeros": (
            lambda n: ((n, WIDTH),),
            lambda shape: [sparse.zeros("row_sparse", shape), sparse.zeros("csr", shape)],
        ),
        "copy of rows": (lambda n: (rows(n),), mx.nd.NDArray.copy),
        "rows copied into rows": (
            lambda n: (rows(n), sparse.zeros("row_sparse", (n, WIDTH))),
            sparse.RowSparseNDArray.copyto,
        ),
        "rows copied into dense": (
            lambda n: (rows(n), mx.nd.zeros((n, WIDTH))),
            sparse.RowSparseNDArray.copyto,
        ),
        "cast of rows": (lambda n: (rows(n), "float64"), sparse.RowSparseNDArray.astype),
        "printed": (lambda n: (rows(n), csr(n)), lambda x, y: repr(x) + repr(y)),
    }
)


# ------------------------------------------------------------------------------------------------- updates


def update(name, stype="default", **parameters):
    def made(n):
        decay = 0 if "adagrad" in name else 1e-4  # which MXNet's refuses, or fails at
        step = mx.optimizer.get_updater(mx.optimizer.create(name, learning_rate=0.01, wd=decay, **parameters))
        w, g = weight(n, stype=stype), rows(n)
        step(0, g, w)
        return lambda: step(0, g, w)

    title = "update by " + " ".join([name, *parameters]) + ("" if stype == "default" else " of " + stype)
    CASES[title] = made


for _stype in ("default", "row_sparse"):
    update("sgd", _stype)
    update("sgd", _stype, momentum=0.9)
    update("adam", _stype)
    update("ftrl", _stype)
    update("adagrad", _stype)
update("adagrad", clip_gradient=1.0)
update("adam", clip_gradient=1.0)
update("groupadagrad")


# ---------------------------------------------------------------------------------------- files and iterators


@case
def saved(n):
    x, y, folder = rows(n), square_csr(n), tempfile.mkdtemp()
    return lambda: mx.nd.save(str(Path(folder) / "arrays"), {"x": x, "y": y})


@case
def loaded(n):
    path = str(Path(tempfile.mkdtemp()) / "arrays")
    mx.nd.save(path, {"x": rows(n), "y": square_csr(n)})
    return lambda: mx.nd.load(path)


def libsvm(n, lines):
    columns = np.sort(np.random.RandomState(1).randint(0, n, (lines, EACH)), 1)
    path = Path(tempfile.mkdtemp()) / "data.libsvm"
    path.write_text(
        "\n".join(
            f"{i % 2} " + " ".join(f"{c}:{0.5 + c % 7}" for c in line) for i, line in enumerate(columns)
        )
    )
    return str(path)


@case
def libsvm_file_opened_and_read(n):
    path = libsvm(n, n // 200 + BATCH)

    def read():
        for batch in mx.io.LibSVMIter(data_libsvm=path, data_shape=(n,), batch_size=BATCH):
            batch.data[0].wait_to_read()

    return read


@case
def libsvm_file_read_again(n):
    batches = mx.io.LibSVMIter(data_libsvm=libsvm(n, n // 200 + BATCH), data_shape=(n,), batch_size=BATCH)

    def read():
        batches.reset()
        for batch in batches:
            batch.data[0].wait_to_read()

    return read


@case
def csr_through_ndarrayiter(n):
    x = square_csr(n)
    batches = mx.io.NDArrayIter(x, mx.nd.zeros(n // 50), BATCH, last_batch_handle="discard")

    def read():
        batches.reset()
        for batch in batches:
            batch.data[0].wait_to_read()

    return read


# -------------------------------------------------------------------------------------------------- the store


@case
def pushed_and_updated(n):
    store = mx.kv.create("local")
    store.init("w", weight(n, stype="row_sparse"))
    store.set_optimizer(mx.optimizer.create("sgd", learning_rate=0.01))
    g = [rows(n), rows(n, which=np.unique(drawn(n) // 2 * 2))]
    return lambda: store.push("w", g)


@case
def pulled_by_rows(n):
    store = mx.kv.create("local")
    store.init("w", weight(n, stype="row_sparse"))
    which, out = mx.nd.array(drawn(n), dtype="int64"), sparse.zeros("row_sparse", (n, WIDTH))
    return lambda: store.row_sparse_pull("w", out=out, row_ids=which)


# -------------------------------------------------------------------------------------------------- networks


def trained(symbol, batch, **optimizer):
    """Return a step of training through a module."""
    data = list(zip(batch, batch.values()))
    module = mx.mod.Module(symbol, data_names=[n for n in batch if n != "label"], label_names=["label"])
    shapes = [mx.io.DataDesc(name, value.shape) for name, value in data]
    module.bind([each for each in shapes if each.name != "label"], [e for e in shapes if e.name == "label"])
    module.init_params(mx.init.Normal(0.01))
    module.init_optimizer(kvstore=None, **optimizer)
    one = mx.io.DataBatch([value for name, value in data if name != "label"], [batch["label"]])

    def step():
        module.forward_backward(one)
        module.update()

    return step


@case
def linear_classification(n):
    x, w = mx.sym.Variable("x", stype="csr"), mx.sym.Variable("w_weight", shape=(n, 2), stype="row_sparse")
    b = mx.sym.Variable("a_bias", shape=(2,))
    y = mx.sym.SoftmaxOutput(mx.sym.broadcast_add(mx.sym.sparse.dot(x, w), b), mx.sym.Variable("label"))
    batch = {"x": csr(n), "label": mx.nd.ones(BATCH)}
    return trained(y, batch, optimizer="sgd", optimizer_params={"learning_rate": 0.1})


@case
def factorization_machine(n):
    k = 16
    x, v = mx.sym.Variable("x", stype="csr"), mx.sym.Variable("v_weight", shape=(n, k), stype="row_sparse")
    w, b = (
        mx.sym.Variable("w_weight", shape=(n, 1), stype="row_sparse"),
        mx.sym.Variable("a_bias", shape=(1,)),
    )
    linear = mx.sym.broadcast_add(mx.sym.sparse.dot(x, w), b)
    squares = mx.sym._internal._square_sum(v, axis=1, keepdims=True)
    pairs = mx.sym.sum(mx.sym.square(mx.sym.sparse.dot(x, v)), axis=1, keepdims=True)
    own = mx.sym.sparse.dot(mx.sym.square(x), squares)
    y = mx.sym.LogisticRegressionOutput(linear + 0.5 * (pairs - own), mx.sym.Variable("label"))
    batch = {"x": csr(n), "label": mx.nd.ones((BATCH, 1))}
    return trained(y, batch, optimizer="adam", optimizer_params={"learning_rate": 0.001})


@case
def matrix_factorization(n):
    def factor(name):
        w = mx.sym.Variable(name + "_weight", stype="row_sparse")
        which = mx.sym.Variable(name)
        return mx.sym.contrib.SparseEmbedding(which, weight=w, input_dim=n, output_dim=WIDTH)

    score = mx.sym.sum(factor("user") * factor("item"), axis=1)
    y = mx.sym.LinearRegressionOutput(score, mx.sym.Variable("label"))
    rng = np.random.RandomState(4)
    batch = {each: mx.nd.array(rng.randint(0, n, BATCH)) for each in ("user", "item")}
    batch["label"] = mx.nd.ones(BATCH)
    return trained(y, batch, optimizer="sgd", optimizer_params={"learning_rate": 0.1, "momentum": 0.9})


@case
def gluon_embedding(n):
    net = mx.gluon.nn.Embedding(n, WIDTH, sparse_grad=True)
    net.initialize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.001}, kvstore=None)
    which = words(n)

    def step():
        with mx.autograd.record():
            loss = net(which).square().mean()
        loss.backward()
        trainer.step(1)

    return step


@case
def gluon_sparse_embedding(n):
    net = mx.gluon.contrib.nn.SparseEmbedding(n, WIDTH)
    net.initialize()
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    which = words(n)

    def step():
        with mx.autograd.record():
            loss = net(which).square().mean()
        loss.backward()
        trainer.step(1)

    return step
