"""What `benchmarks/sparse.py` times: operations on sparse arrays, each in a form that real MXNet runs, too.

A case is called with the number of rows; it makes its arrays and returns what is timed. Python 3.8 reads this
file as well.
"""

from __future__ import annotations

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


# ------------------------------------------------------------------------------------------------ products


@case
def dot_of_csr(n):
    x, w = csr(n), weight(n)
    return lambda: sparse.dot(x, w)


@case
def dot_of_csr_with_rows(n):
    x, w = csr(n), weight(n, stype="row_sparse")
    return lambda: sparse.dot(x, w)


@case
def dot_of_csr_with_few_rows(n):
    x = csr(n)
    w = rows(n, which=np.unique(x.indices.asnumpy()))
    return lambda: sparse.dot(x, w)


@case
def dot_of_a_narrow_csr(n):
    x, w = csr(n), weight(n, 1)
    return lambda: sparse.dot(x, w)


@case
def dot_of_transposed_csr(n):
    x, g = csr(n), mx.nd.ones((BATCH, WIDTH))
    return lambda: sparse.dot(x, g, transpose_a=True, forward_stype="row_sparse")


@case
def dot_of_transposed_narrow_csr(n):
    x, g = csr(n), mx.nd.ones((BATCH, 1))
    return lambda: sparse.dot(x, g, transpose_a=True, forward_stype="row_sparse")


@case
def dot_recorded_and_its_gradient(n):
    x, w = csr(n), weight(n, stype="row_sparse")
    w.attach_grad(stype="row_sparse")

    def step():
        with mx.autograd.record():
            y = sparse.dot(x, w)
        y.backward()

    return step


@case
def embedding(n):
    words, w = mx.nd.array(np.random.RandomState(4).randint(0, n, (BATCH, EACH))), weight(n)
    return lambda: mx.nd.Embedding(words, w, input_dim=n, output_dim=WIDTH, sparse_grad=True)


@case
def embedding_recorded_and_its_gradient(n):
    words, w = mx.nd.array(np.random.RandomState(4).randint(0, n, (BATCH, EACH))), weight(n)
    w.attach_grad(stype="row_sparse")

    def step():
        with mx.autograd.record():
            y = mx.nd.Embedding(words, w, input_dim=n, output_dim=WIDTH, sparse_grad=True)
        y.backward()

    return step


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


# ------------------------------------------------------------------------------------------------ elementwise


@case
def sum_of_two(n):
    x, y = rows(n), rows(n, which=np.unique(drawn(n) // 2 * 2))
    return lambda: x + y


@case
def sum_of_four(n):
    several = [rows(n, which=np.unique(drawn(n) // k * k)) for k in (1, 2, 3, 5)]
    return lambda: mx.nd.add_n(*several)


@case
def sum_into_all_rows(n):
    x, y = weight(n, stype="row_sparse"), rows(n)
    return lambda: x + y


@case
def sum_with_dense(n):
    x, y = rows(n), weight(n)
    return lambda: x + y


@case
def product_of_two(n):
    x, y = rows(n), rows(n)
    return lambda: x * y


@case
def times_a_number(n):
    x = rows(n)
    return lambda: x * 2


@case
def square(n):
    x = rows(n)
    return lambda: sparse.square(x)


@case
def clip(n):
    x = rows(n)
    return lambda: sparse.clip(x, 0, 1)


@case
def times_a_number_of_csr(n):
    x = csr(n // 50, n // 50)
    return lambda: x * 2


@case
def csr_times_dense_row(n):
    x, y = csr(n // 50, n // 50), mx.nd.ones((1, n // 50))
    return lambda: sparse.broadcast_mul(x, y)


@case
def csr_times_dense_column(n):
    x, y = csr(n // 50, n // 50), mx.nd.ones((n // 50, 1))
    return lambda: sparse.broadcast_mul(x, y)


@case
def sum_of_csr_rows(n):
    x = csr(n // 50, n // 50)
    return lambda: sparse.sum(x, axis=1)


@case
def sum_of_csr_columns(n):
    x = csr(n // 50, n // 50)
    return lambda: sparse.sum(x, axis=0)


@case
def mean_of_csr_columns(n):
    x = csr(n // 50, n // 50)
    return lambda: sparse.mean(x, axis=0)


@case
def norm(n):
    x = rows(n)
    return lambda: sparse.norm(x)


@case
def norm_of_csr(n):
    x = csr(n // 50, n // 50)
    return lambda: sparse.norm(x)


@case
def square_sum(n):
    x = rows(n)
    return lambda: mx.nd._internal._square_sum(x, axis=1, keepdims=True)


# ---------------------------------------------------------------------------------------- parts and storage


@case
def retain(n):
    x, which = weight(n, stype="row_sparse"), mx.nd.array(drawn(n), dtype="int64")
    return lambda: sparse.retain(x, which)


@case
def retain_of_few(n):
    x, which = rows(n), mx.nd.array(drawn(n)[::2], dtype="int64")
    return lambda: sparse.retain(x, which)


@case
def rows_to_dense(n):
    x = rows(n)
    return lambda: x.tostype("default")


@case
def dense_to_rows(n):
    x = rows(n).tostype("default")
    return lambda: x.tostype("row_sparse")


@case
def all_rows_to_dense(n):
    x = weight(n, stype="row_sparse")
    return lambda: x.tostype("default")


@case
def dense_to_all_rows(n):
    x = weight(n)
    return lambda: x.tostype("row_sparse")


@case
def csr_to_dense(n):
    x = csr(1000, n // 50)
    return lambda: x.tostype("default")


@case
def dense_to_csr(n):
    x = csr(1000, n // 50).tostype("default")
    return lambda: x.tostype("csr")


@case
def csr_slice(n):
    x = csr(n // 50, n // 50)
    return lambda: x[100:-100]


@case
def csr_batches(n):
    x = csr(n // 50, n // 50)
    return lambda: [x[i : i + BATCH] for i in range(0, x.shape[0] - BATCH, BATCH)]


@case
def csr_of_parts(n):
    x = csr(n // 50, n // 50)
    parts = (x.data.asnumpy(), x.indices.asnumpy(), x.indptr.asnumpy())
    return lambda: sparse.csr_matrix(parts, shape=(n // 50, n))


@case
def rows_of_parts(n):
    x = rows(n)
    values, which = x.data, x.indices
    return lambda: sparse.row_sparse_array((values, which), shape=(n, WIDTH))


@case
def zeros(n):
    return lambda: [sparse.zeros("row_sparse", (n, WIDTH)), sparse.zeros("csr", (n, WIDTH))]


@case
def copy_of_rows(n):
    x = rows(n)
    return x.copy


@case
def rows_copied_into_rows(n):
    x, y = rows(n), sparse.zeros("row_sparse", (n, WIDTH))
    return lambda: x.copyto(y)


@case
def rows_copied_into_dense(n):
    x, y = rows(n), mx.nd.zeros((n, WIDTH))
    return lambda: x.copyto(y)


@case
def cast_of_rows(n):
    x = rows(n)
    return lambda: x.astype("float64")


@case
def printed(n):
    x, y = rows(n), csr(n)
    return lambda: repr(x) + repr(y)


# ---------------------------------------------------------------------------------------- files and iterators


@case
def saved(n):
    x, y, folder = rows(n), csr(n // 50, n // 50), tempfile.mkdtemp()
    return lambda: mx.nd.save(str(Path(folder) / "arrays"), {"x": x, "y": y})


@case
def loaded(n):
    path = str(Path(tempfile.mkdtemp()) / "arrays")
    mx.nd.save(path, {"x": rows(n), "y": csr(n // 50, n // 50)})
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
    x = csr(n // 50, n // 50)
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
    words = mx.nd.array(np.random.RandomState(4).randint(0, n, (BATCH, EACH)))

    def step():
        with mx.autograd.record():
            loss = net(words).square().mean()
        loss.backward()
        trainer.step(1)

    return step


@case
def gluon_sparse_embedding(n):
    net = mx.gluon.contrib.nn.SparseEmbedding(n, WIDTH)
    net.initialize()
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    words = mx.nd.array(np.random.RandomState(4).randint(0, n, (BATCH, EACH)))

    def step():
        with mx.autograd.record():
            loss = net(words).square().mean()
        loss.backward()
        trainer.step(1)

    return step
