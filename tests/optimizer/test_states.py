"""Optimizer states in files: pickles that MXNet reads too, read here without running code."""

import io
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


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "dcasgd", "ftml", "lbsgd", "lars", "test"])
def test_states_come_back_as_they_were(name):
    updater = trained(name)
    other = mx.optimizer.get_updater(mx.optimizer.create("test"))
    other.set_states(updater.get_states())
    assert list(other.states) == [0, "by name"]
    for key, state in updater.states.items():
        assert type(other.states[key]) is type(state)
        for mine, theirs in zip(flat(state), flat(other.states[key]), strict=True):
            assert (mine is None and theirs is None) or (mine == theirs).all()


def test_the_optimizer_comes_back_with_its_schedule_and_counts():
    updater = trained("sgd", momentum=0.9)
    other = mx.optimizer.get_updater(mx.optimizer.create("test"))
    other.set_states(updater.get_states(dump_optimizer=True))
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
def test_states_that_are_cut_off_are_refused(part):
    data = trained().get_states()
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError):
        updater.set_states(data[: int(len(data) * part)])


def test_what_cannot_be_saved_is_named():
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.states = {0: lambda: None}
    with pytest.raises(FileFormatError, match="These optimizer states cannot be written.*lambda"):
        updater.get_states()


def named_in(data):
    """Return the names that a pickle asks for."""
    names = set()

    class Noting(pickle.Unpickler):
        def find_class(self, module, name):
            names.add((module, name))
            return super().find_class(module, name)

    Noting(io.BytesIO(data)).load()
    return names


def test_what_is_written_asks_for_what_mxnet_has():
    updater = trained("sgd", momentum=np.float32(0.9), multi_precision=True)
    updater(1, mx.nd.ones((2,), dtype="float16"), mx.nd.ones((2,), dtype="float16"))
    assert named_in(updater.get_states(dump_optimizer=True)) == {
        ("builtins", "bytearray"),
        ("builtins", "float"),
        ("mxnet.ndarray.ndarray", "NDArray"),
        ("mxnet.optimizer.optimizer", "SGD"),
        ("mxnet.lr_scheduler", "MultiFactorScheduler"),
    }


@pytest.mark.parametrize("name", ["adam", "lars", "lbsgd", "dcasgd"])
def test_a_pickled_optimizer_has_the_attributes_of_mxnet_s(name):
    common = {"rescale_grad", "lr", "wd", "num_update", "_index_update_count", "aggregate_num", "idx2name"}
    own = {
        "adam": {"beta1", "beta2", "epsilon", "lazy_update"},
        "lars": {"skip", "last_lr", "cur_lr", "momentum_correction"},
        "lbsgd": {"lbmult", "cumgrads", "adaptive", "admult"},
        "dcasgd": {"weight_previous", "lamda"},
    }
    assert common | own[name] <= set(trained(name).optimizer.__getstate__())


def test_the_state_is_a_dictionary_by_index():
    states = pickle.loads(trained("sgd", momentum=0.9).get_states())
    assert {key: array.shape for key, array in states.items()} == {0: (2, 3), "by name": (3,)}
    _, optimizer = pickle.loads(trained("sgd").get_states(dump_optimizer=True))
    assert type(optimizer) is mx.optimizer.SGD


class Mine(mx.optimizer.SGD):
    """Is registered by a test alone."""


def test_a_registered_optimizer_is_read_and_no_other():
    updater = mx.optimizer.get_updater(Mine(learning_rate=0.5))
    data = updater.get_states(dump_optimizer=True)
    other = mx.optimizer.get_updater(mx.optimizer.create("test"))
    with pytest.raises(FileFormatError, match="asks for .*Mine"):
        other.set_states(data)
    mx.optimizer.register(Mine)
    try:
        other.set_states(data)
    finally:
        del mx.optimizer.Optimizer.opt_registry["mine"]
        mx.registry._registries[mx.optimizer.Optimizer].pop("mine")
    assert type(other.optimizer) is Mine


def test_whoever_trusts_a_file_reads_all_of_it():
    updater = mx.optimizer.get_updater(mx.optimizer.create("test"))
    updater.set_states(pickle.dumps({0: Path("anything")}), trusted=True)
    assert updater.states == {0: Path("anything")}


def test_several_parameters_are_updated_at_once():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=1.0))
    weights = [mx.nd.ones((2,)), mx.nd.ones((3,))]
    updater([0, 1], [mx.nd.ones((2,)), mx.nd.ones((3,)) * 2], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[0, 0], [-1, -1, -1]]


@pytest.mark.parametrize("index", [0, [0, 1]])
def test_states_of_another_optimizer_are_refused_when_they_do_not_fit(index):
    updater = mx.optimizer.get_updater(mx.optimizer.create("adam"))
    updater.set_states(trained("sgd", momentum=0.9).get_states())
    arrays = mx.nd.ones((2, 3)) if index == 0 else [mx.nd.ones((2, 3)), mx.nd.ones(2)]
    with pytest.raises(
        mx.MXNetError, match=r"Adam keeps arrays of the shapes \[\(2, 3\), \(2, 3\)\].*another opt"
    ):
        updater(index, arrays, arrays)
