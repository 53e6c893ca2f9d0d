"""Optimizer states in files: a safe format of our own, and MXNet's pickles, read without running code."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import FileFormatError

RECORDED = Path(__file__).parents[1] / "data" / "states"  # written by MXNet 1.9.1


def trained(name="adam", **kwargs):
    schedule = mx.lr_scheduler.MultiFactorScheduler([2, 4], 0.5)
    optimizer = mx.optimizer.create(
        name, lr_scheduler=schedule, wd=0.1, param_idx2name={0: "a_weight", 1: "b"}, **kwargs
    )
    updater = mx.optimizer.get_updater(optimizer)
    for _ in range(3):
        updater(0, mx.nd.ones((2, 3)) * 0.5, mx.nd.ones((2, 3)))
        updater("by name", mx.nd.ones((3,)), mx.nd.ones((3,)))
    return updater


def flat(state):
    if isinstance(state, (tuple, list)):
        return [part for each in state for part in flat(each)]
    return [None if state is None else state.asnumpy()]


@pytest.mark.parametrize("format", ["symnet", "mxnet"])
@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "dcasgd", "ftml", "lbsgd", "lars", "test"])
def test_states_come_back_as_they_were(name, format):
    updater = trained(name)
    other = mx.optimizer.get_updater(mx.optimizer.create("test"))
    other.set_states(updater.get_states(format=format))
    assert list(other.states) == [0, "by name"]
    for key, state in updater.states.items():
        assert type(other.states[key]) is type(state)
        for mine, theirs in zip(flat(state), flat(other.states[key]), strict=True):
            assert (mine is None and theirs is None) or (mine == theirs).all()


@pytest.mark.parametrize("format", ["symnet", "mxnet"])
def test_the_optimizer_comes_back_with_its_schedule_and_counts(format):
    updater = trained("sgd", momentum=0.9)
    other = mx.optimizer.get_updater(mx.optimizer.create("test"))
    other.set_states(updater.get_states(dump_optimizer=True, format=format))
    assert type(other.optimizer) is mx.optimizer.SGD
    assert other.optimizer.momentum == 0.9
    assert other.optimizer.num_update == 3
    assert other.optimizer.idx2name == {0: "a_weight", 1: "b"}
    assert other.optimizer.wd_mult == {"b": 0.0}
    assert type(other.optimizer.lr_scheduler) is mx.lr_scheduler.MultiFactorScheduler
    assert other.optimizer.learning_rate == updater.optimizer.learning_rate
    weights = [mx.nd.ones((2, 3)), mx.nd.ones((2, 3))]
    for one, weight in zip((updater, other), weights, strict=True):
        one(0, mx.nd.ones((2, 3)), weight)
    assert (weights[0].asnumpy() == weights[1].asnumpy()).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int8", "int64"])
def test_every_dtype_is_kept(dtype):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.states = {0: mx.nd.array([1, 2, 3], dtype=dtype)}
    data = updater.get_states()
    updater.set_states(data)
    assert updater.states[0].dtype == mx.nd.array([1], dtype=dtype).dtype
    assert updater.states[0].asnumpy().tolist() == [1, 2, 3]
    assert updater.get_states() == data


def test_sparse_states_empty_states_and_numbers_are_kept():
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    sparse = mx.nd.array([[0, 0], [1, 2]]).tostype("row_sparse")
    updater.states = {0: (sparse, [None, 1.5, np.float32(2)], {"a": True}), 1: mx.nd.zeros((0, 3))}
    updater.set_states(updater.get_states())
    (array, listed, named) = updater.states[0]
    assert array.stype == "row_sparse"
    assert array.asnumpy().tolist() == [[0, 0], [1, 2]]
    assert (listed, named) == ([None, 1.5, 2.0], {"a": True})
    assert updater.states[1].shape == (0, 3)


@pytest.mark.parametrize(
    ("name", "sums"),
    [
        ("sgd", [-0.036]),
        ("adam", [0.36, 0.00216]),
        ("rmsprop", [0.216, 0.36, -0.02]),
        ("dcasgd", [6.0]),
    ],
)
def test_pickles_of_mxnet_are_read(name, sums):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.set_states((RECORDED / f"{name}.states").read_bytes())
    found = [float(array.sum()) for array in flat(updater.states[0]) if array is not None]
    assert found == pytest.approx(sums, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "weight"), [("sgd", 0.9836), ("adam", 0.9990259), ("rmsprop", 0.9939073), ("dcasgd", 0.989)]
)
def test_training_goes_on_from_an_optimizer_that_mxnet_pickled(name, weight):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.set_states((RECORDED / f"{name}-with-optimizer.states").read_bytes())
    array = mx.nd.ones((2, 3))
    updater(0, mx.nd.ones((2, 3)), array)
    assert updater.optimizer.num_update == 2
    np.testing.assert_allclose(array.asnumpy(), weight, rtol=1e-5)


class Exploit:
    def __reduce__(self):
        return os.system, ("echo run",)


@pytest.mark.parametrize("thing", [Exploit(), {0: Exploit()}, ({0: None}, Exploit())])
def test_a_pickle_cannot_run_code(thing):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError, match=r"This pickle asks for posix\.system.*can run any code"):
        updater.set_states(pickle.dumps(thing))


@pytest.mark.parametrize(
    "name", ["mxnet.files\natomic_write", "mxnet.optimizer.states\nload_states", "mxnet.lr_scheduler\nmath"]
)
def test_a_pickle_names_only_classes_of_optimizers(name):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError, match="This pickle asks for"):
        updater.set_states(f"c{name}\n.".encode())


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("format", ["symnet", "mxnet"])
def test_states_that_are_cut_off_are_refused(format, part):
    data = trained().get_states(format=format)
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError):
        updater.set_states(data[: int(len(data) * part)])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("[]", "is damaged"),
        ('{"states": {"dict": []}}', "is damaged"),
        ('{"states": 3, "optimizer": null}', "does not hold states by parameter"),
        ('{"states": {"dict": [[0]]}, "optimizer": null}', "is damaged"),
        ('{"states": {"nonsense": 1}, "optimizer": null}', "is damaged"),
        ('{"states": {"dict": [], "list": []}, "optimizer": null}', "is damaged"),
        (
            '{"states": {"dict": [[0, {"array": {"dtype": "float32", "shape": [1000000000000], "stype": "default"}}]]},'
            ' "optimizer": null}',
            "cut off: an array of shape",
        ),
        (
            '{"states": {"dict": [[0, {"array": {"dtype": "floaty", "shape": [1], "stype": "default"}}]]},'
            ' "optimizer": null}',
            "floaty",
        ),
        (
            '{"states": {"dict": []}, "optimizer": {"object": ["Nobody", {"dict": []}]}}',
            "saved with 'Nobody'",
        ),
        ('{"states": {"dict": []}, "optimizer": {"object": ["math", {"dict": []}]}}', "saved with 'math'"),
    ],
)
def test_a_hostile_header_is_refused(header, message):
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError, match=message):
        updater.set_states(b"symnet-states 1\n" + header.encode() + b"\n")


def test_what_cannot_be_saved_is_named():
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.states = {0: object()}
    with pytest.raises(FileFormatError, match="a object cannot be saved"):
        updater.get_states()


def test_there_are_two_formats():
    with pytest.raises(ValueError, match="format is 'json'. Expected 'symnet' or 'mxnet'"):
        trained().get_states(format="json")


def test_several_parameters_are_updated_at_once():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=1.0))
    weights = [mx.nd.ones((2,)), mx.nd.ones((3,))]
    updater([0, 1], [mx.nd.ones((2,)), mx.nd.ones((3,)) * 2], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[0, 0], [-1, -1, -1]]
