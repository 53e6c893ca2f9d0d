"""Iterators over memory and over other iterators."""

import copy
import pickle

import numpy as np
import pytest

import mxnet as mx

DATA = np.arange(20, dtype="float32").reshape(10, 2)
LABEL = np.arange(10, dtype="float32")


def labels(batches):
    return [batch.label[0].asnumpy().tolist() for batch in batches]


def test_what_rolls_over_starts_the_next_epoch():
    batches = mx.io.NDArrayIter(DATA, LABEL, 4, last_batch_handle="roll_over")
    assert labels(batches) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    batches.reset()
    first = batches.next()
    assert (first.label[0].asnumpy().tolist(), first.pad) == ([8, 9, 0, 1], 2)
    assert labels(batches) == [[2, 3, 4, 5], [6, 7, 8, 9]]
    batches.reset()
    assert labels(batches) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    batches.hard_reset()
    assert labels(batches) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_what_rolls_over_is_what_was_left_when_shuffled():
    np.random.seed(3)
    batches = mx.io.NDArrayIter(DATA, LABEL, 4, shuffle=True, last_batch_handle="roll_over")
    first = [label for batch in labels(batches) for label in batch]
    batches.reset()
    second = [label for batch in labels(batches) for label in batch]
    assert set(second[:2]) == set(LABEL) - set(first)
    assert sorted(second[2:]) == LABEL.tolist()


def test_shuffling_follows_numpy_s_seed_as_in_mxnet():
    np.random.seed(0)
    batches = mx.io.NDArrayIter(DATA, LABEL, 5, shuffle=True)
    assert labels(batches) == [[2, 8, 4, 9, 1], [6, 7, 3, 0, 5]]
    batches.reset()
    assert labels(batches) == [[5, 7, 0, 1, 6], [2, 4, 3, 9, 8]]


def test_data_and_labels_stay_together_when_shuffled():
    batches = mx.io.NDArrayIter(DATA, LABEL, 3, shuffle=True)
    for _ in range(2):
        for batch in batches:
            assert (batch.data[0].asnumpy()[:, 0] == 2 * batch.label[0].asnumpy()).all()
        batches.reset()


def test_a_batch_may_be_larger_than_the_data():
    (batch,) = mx.io.NDArrayIter(DATA, LABEL, 25)
    assert batch.pad == 15
    assert batch.label[0].asnumpy().tolist() == [*LABEL, *LABEL, 0, 1, 2, 3, 4]
    assert list(mx.io.NDArrayIter(DATA, LABEL, 25, last_batch_handle="discard")) == []


def test_ndarrays_keep_their_dtype_and_numpy_arrays_become_float32():
    batch = mx.io.NDArrayIter(mx.nd.array(DATA, dtype="int32"), LABEL.astype("int64"), 4).next()
    assert batch.data[0].dtype == np.int32
    assert batch.label[0].dtype == np.float32


def test_sparse_data_come_in_sparse_batches():
    batches = mx.io.NDArrayIter(mx.nd.array(DATA).tostype("csr"), LABEL, 4)
    found = [batch.data[0] for batch in batches]
    assert [array.stype for array in found] == ["csr"] * 3
    assert found[2].asnumpy().tolist() == DATA[[8, 9, 0, 1]].tolist()


def test_numpy_integers_are_batch_sizes():
    assert mx.io.NDArrayIter(DATA, LABEL, np.int64(5)).provide_data == [("data", (5, 2))]


class Dataset:
    """Looks like a data set of h5py, which reads rising positions only."""

    __module__ = "h5py.fake"
    shape, dtype = DATA.shape, DATA.dtype

    def __getitem__(self, rows):
        assert isinstance(rows, slice) or (np.diff(rows) > 0).all()
        return DATA[rows]


@pytest.mark.parametrize("shuffle", [False, True])
def test_data_sets_of_h5py_are_read_batch_by_batch(shuffle):
    batches = mx.io.NDArrayIter(Dataset(), LABEL, 4, shuffle=shuffle)
    for batch in batches:
        assert (batch.data[0].asnumpy()[:, 0] == 2 * batch.label[0].asnumpy()).all()


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: mx.io.NDArrayIter(3), TypeError, "data must be an NDArray, a numpy array.*got int"),
        (lambda: mx.io.NDArrayIter(None), TypeError, "needs data, got None"),
        (lambda: mx.io.NDArrayIter([]), TypeError, r"needs data, got \[\]"),
        (lambda: mx.io.NDArrayIter({"a": "b"}), TypeError, "'a' must be an NDArray.*got str"),
        (
            lambda: mx.io.NDArrayIter(DATA, LABEL[:8]),
            ValueError,
            "'softmax_label' holds 8 samples, but 'data' holds 10",
        ),
        (lambda: mx.io.NDArrayIter(DATA, batch_size=0), ValueError, "batch_size=0"),
        (lambda: mx.io.NDArrayIter(DATA).getdata(), mx.MXNetError, "There is no current batch"),
        (
            lambda: mx.io.DataBatch(mx.nd.zeros((2,))),
            TypeError,
            "data of a batch is a list of NDArrays, got NDArray",
        ),
        (lambda: mx.io.PrefetchingIter([]), TypeError, "at least one iterator"),
        (
            lambda: mx.io.DataDesc.get_list([("a", (1,)), ("bb", (2,))], [("a", "int8"), ("b", "int8")]),
            KeyError,
            "shape for 'bb', but no dtype. Did you mean 'b'",
        ),
    ],
)
def test_misuse_is_explained(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_an_unknown_way_to_treat_the_last_batch_warns():
    with pytest.warns(UserWarning, match="last_batch_handle='rollover' counts as 'pad'"):
        batches = mx.io.NDArrayIter(DATA, LABEL, 4, last_batch_handle="rollover")
    assert len(list(batches)) == 3


def test_descriptions_are_pairs_that_know_more():
    desc = mx.io.DataDesc("x", (2, 3), "int8", "TN")
    name, shape = desc
    assert (name, shape, desc.dtype, desc.layout) == ("x", (2, 3), "int8", "TN")
    for other in (pickle.loads(pickle.dumps(desc)), copy.deepcopy(desc)):
        assert repr(other) == "DataDesc[x,(2, 3),int8,TN]"


def test_an_iterator_that_ends_early_is_told_apart():
    longer, shorter = mx.io.NDArrayIter(DATA, LABEL, 2), mx.io.NDArrayIter(DATA, LABEL, 5)
    batches = mx.io.PrefetchingIter([longer, shorter])
    batches.next()
    batches.next()
    with pytest.raises(mx.MXNetError, match="1 of 2 iterators ended before the others"):
        batches.next()


def test_an_error_while_fetching_surfaces():
    class Broken(mx.io.DataIter):
        provide_data = provide_label = [("data", (1,))]

        def next(self):
            raise ZeroDivisionError("far away")

    batches = mx.io.PrefetchingIter(Broken())
    with pytest.raises(ZeroDivisionError, match="far away"):
        batches.next()


def test_a_resized_epoch_starts_over_as_often_as_needed():
    batches = mx.io.ResizeIter(mx.io.NDArrayIter(DATA, LABEL, 5), 5)
    assert [label[0] for label in labels(batches)] == [0, 5, 0, 5, 0]
    assert batches.getpad() == 0
    assert batches.getdata()[0].shape == (5, 2)


def test_the_arrays_are_listed_without_their_names():
    batches = mx.io.NDArrayIter({"a": np.ones((4, 2)), "b": np.zeros((4, 1))}, np.arange(4), 2)
    assert [array.shape for array in batches.data_list] == [(4, 2), (4, 1), (4,)]


def test_an_iterator_of_a_user_s_own_is_asked_part_by_part():
    calls = []

    class Parts(mx.io.DataIter):
        provide_data, provide_label = [("data", (2, 3))], [("softmax_label", (2,))]

        def iter_next(self):
            calls.append("iter_next")
            return len(calls) < 8

        def getdata(self):
            calls.append("getdata")
            return [mx.nd.ones((2, 3))]

        def getlabel(self):
            calls.append("getlabel")
            return [mx.nd.zeros(2)]

        def getpad(self):
            calls.append("getpad")
            return 1

        def getindex(self):
            calls.append("getindex")
            return [7, 8]

    batches = list(Parts(2))
    assert [(batch.pad, batch.index) for batch in batches] == [(1, [7, 8])] * 2
    assert calls == ["iter_next", "getdata", "getlabel", "getpad", "getindex"] * 2 + ["iter_next"]


def test_nested_lists_of_numbers_are_data():
    batches = mx.io.NDArrayIter([[1, 2], [3, 4]], batch_size=2)
    assert batches.provide_data == [("_0_data", (2,)), ("_1_data", (2,))]
    assert batches.next().data[1].asnumpy().tolist() == [3, 4]
