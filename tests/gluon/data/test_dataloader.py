"""Batches of data sets, made here, by threads and by processes."""

import os
import random
import time

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.gluon import data
from mxnet.gluon.data.dataloader import default_batchify_fn

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

X = np.random.default_rng(0).normal(size=(7, 2)).astype("float32")
PAIRS = data.ArrayDataset(X, np.arange(7))
HOW = {
    "here": {},
    "threads": {"num_workers": 2, "thread_pool": True},
    "processes": {"num_workers": 2},
}
how = pytest.mark.parametrize("how", HOW.values(), ids=HOW)


def labels(loader):
    return [batch[1].asnumpy().tolist() for batch in loader]


@how
def test_batches_are_the_same_wherever_they_are_made(how):
    loader = data.DataLoader(PAIRS.transform_first(lambda x: x * 2), 3, **how)
    assert len(loader) == 3
    for _ in range(2):
        batches = list(loader)
        np.testing.assert_array_equal(np.concatenate([batch[0].asnumpy() for batch in batches]), X * 2)
        assert [batch[1].asnumpy().tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5], [6]]


@how
@pytest.mark.parametrize(
    ("last_batch", "first", "second"),
    [
        ("keep", [[0, 1, 2], [3, 4, 5], [6]], [[0, 1, 2], [3, 4, 5], [6]]),
        ("discard", [[0, 1, 2], [3, 4, 5]], [[0, 1, 2], [3, 4, 5]]),
        ("rollover", [[0, 1, 2], [3, 4, 5]], [[6, 0, 1], [2, 3, 4]]),
    ],
)
def test_the_last_batch_is_as_of_the_sampler(how, last_batch, first, second):
    loader = data.DataLoader(PAIRS, 3, last_batch=last_batch, **how)
    assert labels(loader) == first
    assert labels(loader) == second


@how
def test_shuffling_is_numpys(how):
    loader = data.DataLoader(PAIRS, 7, shuffle=True, **how)
    np.random.seed(4)
    order = np.arange(7)
    np.random.shuffle(order)
    np.random.seed(4)
    assert labels(loader) == [order.tolist()]


@how
def test_samplers_and_functions_of_ones_own(how):
    loader = data.DataLoader(
        PAIRS,
        batch_sampler=data.BatchSampler(data.SequentialSampler(5), 2, "keep"),
        batchify_fn=lambda items: {"count": len(items), "first": (mx.nd.array(items[0][0]), "text")},
        **how,
    )
    batches = list(loader)
    assert [batch["count"] for batch in batches] == [2, 2, 1]
    assert batches[1]["first"][1] == "text"
    np.testing.assert_array_equal(batches[1]["first"][0].asnumpy(), X[2])
    assert labels(data.DataLoader(PAIRS, 3, sampler=data.SequentialSampler(4), **how)) == [[0, 1, 2], [3]]


def test_samples_are_put_together_by_kind():
    batch = default_batchify_fn([(mx.nd.ones(2), (1, 2.5)), (mx.nd.zeros(2), (3, 4.5))])
    assert batch[0].asnumpy().tolist() == [[1, 1], [0, 0]]
    assert [each.dtype for each in batch[1]] == [np.int64, np.float64]


class _Unpicklable(Exception):
    def __init__(self, first, second):
        super().__init__(first)


def _fails(value):
    if value == 5:
        raise KeyError("five")
    return value


@how
def test_an_error_of_a_data_set_reaches_the_caller(how):
    loader = data.DataLoader(data.SimpleDataset(list(range(8))).transform(_fails), 2, **how)
    batches = iter(loader)
    next(batches)
    next(batches)
    with pytest.raises(KeyError, match="five"):
        next(batches)


def test_an_error_of_a_worker_comes_with_its_traceback():
    loader = data.DataLoader(data.SimpleDataset([5]).transform(_fails), 1, num_workers=1)
    with pytest.raises(KeyError) as raised:
        list(loader)
    assert isinstance(raised.value, MXNetError)
    assert "in _fails" in raised.value.__notes__[0]


def _fails_oddly(value):
    raise _Unpicklable(1, 2)


def test_an_error_that_cannot_be_sent_comes_as_text():
    loader = data.DataLoader(data.SimpleDataset([5]).transform(_fails_oddly), 1, num_workers=1)
    with pytest.raises(MXNetError, match=r"(?s)A worker of a DataLoader failed:.*_Unpicklable"):
        list(loader)


def _ends(value):
    os._exit(3)


def test_a_worker_that_ends_is_an_error():
    loader = data.DataLoader(data.SimpleDataset([5]).transform(_ends), 1, num_workers=1)
    with pytest.raises(MXNetError, match="workers of a DataLoader failed"):
        list(loader)


def _sleeps(value):
    time.sleep(3)


@pytest.mark.parametrize("thread_pool", [False, True])
def test_a_batch_that_takes_too_long_is_an_error(thread_pool):
    loader = data.DataLoader(
        data.SimpleDataset([5]).transform(_sleeps), 1, num_workers=1, timeout=0.2, thread_pool=thread_pool
    )
    with pytest.raises(MXNetError, match=r"0\.2 seconds"):
        list(loader)


def test_two_loops_over_one_loader_do_not_disturb_each_other():
    loader = data.DataLoader(PAIRS, 3, num_workers=1)
    first = iter(loader)
    next(first)
    assert len(list(loader)) == 3
    assert [batch[1].asnumpy().tolist() for batch in first] == [[3, 4, 5], [6]]


def test_a_loop_that_was_left_early_does_not_disturb_the_next():
    loader = data.DataLoader(PAIRS, 3, num_workers=1)
    for _ in loader:
        break
    assert labels(loader) == [[0, 1, 2], [3, 4, 5], [6]]


class _Random(data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return np.random.rand(), random.random()


def test_workers_draw_other_random_numbers_which_a_seed_repeats():
    def draw():
        mx.random.seed(5)
        return np.concatenate(
            [part.asnumpy() for batch in data.DataLoader(_Random(), 2, num_workers=2) for part in batch]
        )

    first = draw()
    assert len(set(first.tolist())) == 16
    np.testing.assert_array_equal(first, draw())


def test_new_workers_see_the_data_set_as_it_is():
    values = [1, 2]
    loader = data.DataLoader(data.SimpleDataset(values), 2, num_workers=1)
    assert next(iter(loader)).asnumpy().tolist() == [1, 2]
    values[0] = 9
    loader.refresh()
    assert next(iter(loader)).asnumpy().tolist() == [9, 2]


def test_batches_may_be_pinned():
    loader = data.DataLoader(PAIRS, 3, pin_memory=True)
    assert next(iter(loader))[0].context.device_type == "cpu_pinned"


def test_sparse_batches_come_as_they_are():
    loader = data.DataLoader(
        data.SimpleDataset([0.0, 1.0]),
        2,
        num_workers=1,
        batchify_fn=lambda items: mx.nd.array([items]).tostype("csr"),
    )
    batch = next(iter(loader))
    assert batch.stype == "csr"
    assert batch.asnumpy().tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("batch_size must be specified", {}),
        ("shuffle must not be specified", {"batch_size": 2, "shuffle": True, "sampler": [1]}),
        ("must not be specified if batch_sampler is", {"batch_size": 2, "batch_sampler": [[1]]}),
        ("above 0 seconds", {"batch_size": 2, "timeout": 0}),
    ],
)
def test_bad_input_is_refused(message, arguments):
    with pytest.raises(ValueError, match=message):
        data.DataLoader(PAIRS, **arguments)


@how
def test_batches_of_unequal_samples_are_refused(how):
    with pytest.raises((MXNetError, ValueError)):
        list(data.DataLoader(data.SimpleDataset([np.ones(2), np.ones(3)]), 2, **how))
