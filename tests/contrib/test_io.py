"""Loaders as iterators; the expected values are what MXNet 1.9.1 answers for its own DataLoader."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib.io import DataLoaderIter


def pairs(sizes=(3, 3, 1), dtype="float32"):
    return [
        (mx.nd.full((n, 2), i, dtype=dtype), mx.nd.full((n,), i, dtype=dtype)) for i, n in enumerate(sizes)
    ]


def test_shapes_are_those_of_the_first_batch():
    batches = DataLoaderIter(pairs())
    assert batches.provide_data == [("data", (3, 2))]
    assert batches.provide_label == [("softmax_label", (3,))]
    assert batches.batch_size == 3


def test_the_first_batch_is_not_lost():
    assert [batch.data[0].asnumpy()[0, 0] for batch in DataLoaderIter(pairs())] == [0, 1, 2]


def test_a_smaller_batch_is_filled_up_and_says_so():
    *_, last = DataLoaderIter(pairs())
    assert (last.pad, last.data[0].shape, last.label[0].asnumpy().tolist()) == (2, (3, 2), [2, 0, 0])


def test_reset_starts_the_loader_again():
    batches = DataLoaderIter(pairs())
    assert len(list(batches)) == 3
    with pytest.raises(StopIteration):
        batches.next()
    batches.reset()
    assert len(list(batches)) == 3


def test_dtype_and_names_are_the_callers():
    batches = DataLoaderIter(pairs(dtype="int32"), data_name="x", label_name="y", dtype="float64")
    assert [desc.name for desc in batches.provide_data + batches.provide_label] == ["x", "y"]
    batch = batches.next()
    assert batch.data[0].dtype == batch.label[0].dtype == np.float64
    assert batches.provide_data[0].dtype == "float64"


def test_a_loader_may_yield_numpy_arrays():
    batches = DataLoaderIter([(np.ones((2, 2)), np.zeros(2))])
    assert isinstance(batches.next().data[0], mx.nd.NDArray)


@pytest.mark.parametrize("loader", [[], [mx.nd.ones((2, 2))[0:1]], [(mx.nd.ones(1),) * 3]])
def test_batches_that_are_no_pairs_are_refused(loader):
    with pytest.raises(mx.MXNetError, match="DataLoaderIter"):
        DataLoaderIter(loader)


def test_a_module_predicts_from_a_loader():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    module = mx.mod.Module(mx.sym.LinearRegressionOutput(net, mx.sym.Variable("softmax_label")))
    batches = DataLoaderIter(pairs())
    module.bind(batches.provide_data, batches.provide_label, for_training=False)
    module.init_params(arg_params={"fc_weight": mx.nd.ones((1, 2)), "fc_bias": mx.nd.zeros(1)}, aux_params={})
    assert module.predict(batches).asnumpy().ravel().tolist() == [0, 0, 0, 2, 2, 2, 4]
