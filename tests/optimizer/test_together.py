"""Several parameters that are updated at once move as they would one by one."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import GradientError
from mxnet.optimizer.arrays import Arrays

SHAPES = [(3, 4), (4,), (2, 3), (3,), (2, 2)]
NAMES = dict(enumerate(["a_weight", "a_bias", "b_weight", "b_bias", "c_gamma"]))
ONE_DIMENSIONAL = {"groupadagrad"}  # those that are for matrices alone


def drawn(seed, shapes=SHAPES, dtype="float32"):
    random = np.random.RandomState(seed)
    return [mx.nd.array(random.uniform(-1, 1, shape), dtype=dtype) for shape in shapes]


def made(name, **parameters):
    return mx.optimizer.create(
        name, wd=0.1 if name != "groupadagrad" else 0, param_idx2name=NAMES, **parameters
    )


def moved(optimizer, together, shapes=SHAPES, dtype="float32"):
    """Return parameters, states and counts after three updates."""
    mx.random.seed(0)
    updater = mx.optimizer.get_updater(optimizer)
    weights = drawn(1, shapes, dtype)
    for step in range(3):
        grads = drawn(2 + step, shapes, dtype)
        if together:
            updater(list(range(len(shapes))), grads, weights)
        else:
            for one in zip(range(len(shapes)), grads, weights, strict=True):
                updater(*one)
    return [w.asnumpy() for w in weights], updater.get_states(), dict(optimizer._index_update_count)


ALL = sorted(
    set(mx.optimizer.Optimizer.opt_registry) & {name.lower() for name in mx.optimizer.optimizer.__all__}
)


@pytest.mark.parametrize("clip", [{}, {"clip_gradient": 0.3, "rescale_grad": 0.5}])
@pytest.mark.parametrize("name", [*ALL, "groupadagrad"])
def test_together_is_as_one_by_one(name, clip):
    shapes = [shape for shape in SHAPES if len(shape) == 2] if name in ONE_DIMENSIONAL else SHAPES
    at_once, _, counts = moved(made(name, **clip), True, shapes)
    one_by_one, _, expected_counts = moved(made(name, **clip), False, shapes)
    for found, expected in zip(at_once, one_by_one, strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)
    assert counts == expected_counts


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sgd", {"momentum": 0.9}),
        ("nag", {"momentum": 0.9}),
        ("signum", {"momentum": 0.0}),
        ("rmsprop", {"centered": True, "clip_weights": 0.5}),
    ],
)
def test_together_is_as_one_by_one_with_other_states(name, parameters):
    for found, expected in zip(
        moved(made(name, **parameters), True)[0], moved(made(name, **parameters), False)[0], strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["sgd", "adam", "signum"])
def test_half_precision_moves_through_its_copies_together(name):
    at_once = moved(made(name, multi_precision=True), True, dtype="float16")
    one_by_one = moved(made(name, multi_precision=True), False, dtype="float16")
    for found, expected in zip(at_once[0], one_by_one[0], strict=True):
        assert found.dtype == np.float16
        np.testing.assert_array_equal(found, expected)


def test_a_schedule_is_asked_once_for_all():
    asked = []

    class Schedule(mx.lr_scheduler.LRScheduler):
        def __call__(self, num_update):
            asked.append(num_update)
            return 0.1

    moved(made("sgd", lr_scheduler=Schedule()), True)
    assert asked == [1, 2, 3]


@pytest.mark.parametrize("name", ["sgd", "adam", "nadam"])
def test_an_update_shows_in_the_version_of_the_weight(name):
    weight, grad = drawn(1)[0], drawn(2)[0]
    before = weight.handle._version
    mx.optimizer.get_updater(made(name))([0], [grad], [weight])
    assert weight.handle._version > before


def test_weights_that_are_not_laid_out_row_by_row_are_updated_in_place():
    weight, grad = drawn(1)[0], drawn(2)[0]
    across = mx.nd.NDArray(weight.handle.t().contiguous().t())
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, momentum=0.9))
    updater([0, 1], [grad, grad], [weight, across])
    np.testing.assert_array_equal(across.asnumpy(), weight.asnumpy())


def test_sparse_gradients_go_beside_dense_ones():
    weights = [mx.nd.ones((3, 1)), mx.nd.ones((3, 1)), mx.nd.ones((3, 1)).tostype("row_sparse")]
    grad = mx.nd.array([[1], [0], [0]])
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, wd=0.1))
    updater([0, 1, 2], [grad, grad.tostype("row_sparse"), grad.tostype("row_sparse")], weights)
    found = [weight.asnumpy().ravel() for weight in weights]
    np.testing.assert_allclose(found, [[0.45, 0.95, 0.95], [0.45, 1, 1], [0.45, 1, 1]], rtol=1e-6)
    assert weights[2].stype == "row_sparse"


def test_the_same_parameter_twice_moves_twice():
    weight = mx.nd.ones((2,))
    updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5))
    updater([0, 0], [mx.nd.ones((2,)), mx.nd.ones((2,)) * 3], [weight, weight])
    assert weight.asnumpy().tolist() == [-1, -1]
    assert updater.optimizer.num_update == 2


def test_an_update_of_a_user_s_own_is_called_for_every_parameter():
    class Halving(mx.optimizer.Adam):
        def update(self, index, weight, grad, state):
            weight[:] = weight / 2

    weights = [mx.nd.ones((2,)), mx.nd.ones((3,))]
    mx.optimizer.get_updater(Halving())([0, 1], [None, None], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[0.5, 0.5], [0.5, 0.5, 0.5]]


def test_a_limit_of_0_limits_nothing():
    weight = mx.nd.ones((2,))
    mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, clip_gradient=0.0))(
        0, mx.nd.ones((2,)), weight
    )
    assert weight.asnumpy().tolist() == [0.5, 0.5]


def test_a_weight_is_not_updated_while_its_gradient_is_recorded():
    weight = mx.nd.ones((2,))
    weight.attach_grad()
    updater = mx.optimizer.get_updater(mx.optimizer.SGD())
    with mx.autograd.record(), pytest.raises(GradientError, match="while a gradient of it is being recorded"):
        updater(0, mx.nd.ones((2,)), weight)


def test_arrays_compute_as_tensors_do():
    values = [tensor.handle for tensor in drawn(3)]
    arrays = Arrays(values)
    for found, x in zip((arrays * 3 - arrays / 2 + 1).clamp(-1, 2).sqrt_(), values, strict=True):
        np.testing.assert_allclose(
            found.numpy(), ((x * 3 - x / 2 + 1).clamp(-1, 2).sqrt()).numpy(), rtol=1e-6
        )
