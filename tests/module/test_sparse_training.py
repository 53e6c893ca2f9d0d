"""Modules that train row-sparse parameters on CSR data learn what dense ones do."""

import numpy as np

import mxnet as mx

DATA = np.random.RandomState(0).binomial(1, 0.2, (20, 30)).astype("float32")
LABELS = DATA[:, :15].sum(1) > DATA[:, 15:].sum(1)


def trained(weight_stype, data_stype):
    """Return the parameters after a few epochs, and the score."""
    weight = mx.sym.Variable("weight", stype=weight_stype, shape=(30, 2))
    logits = mx.sym.dot(mx.sym.Variable("data", stype=data_stype), weight)
    logits = mx.sym.broadcast_add(logits, mx.sym.Variable("bias", shape=(2,)))
    module = mx.mod.Module(mx.sym.SoftmaxOutput(logits, mx.sym.Variable("softmax_label")))
    data = mx.nd.array(DATA).tostype(data_stype)
    batches = mx.io.NDArrayIter(data, mx.nd.array(LABELS), 5, last_batch_handle="discard")
    module.fit(batches, num_epoch=3, optimizer_params={"learning_rate": 0.1}, initializer=mx.init.One())
    return module.get_params()[0], module.score(batches, "acc")


def test_row_sparse_parameters_learn_what_dense_ones_learn():
    stored, accuracy = trained("row_sparse", "csr")
    dense, expected = trained("default", "default")
    assert stored["weight"].stype == "row_sparse"
    for name, array in dense.items():
        np.testing.assert_allclose(stored[name].asnumpy(), array.asnumpy(), rtol=1e-4)
    assert accuracy == expected
