"""Every optimizer takes the steps that MXNet 1.9.1 takes."""

import json
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "optimizer_steps.json").read_text())


def drawn(seed, shape=(3, 4)):
    return mx.nd.array(np.random.RandomState(seed).uniform(-1, 1, shape))


@pytest.mark.parametrize(
    "case", RECORDED, ids=lambda c: f"{c['optimizer']}-{'-'.join(map(str, c['parameters']))}"
)
def test_steps_are_those_of_mxnet(case):
    updater = mx.optimizer.get_updater(mx.optimizer.create(case["optimizer"], **case["parameters"]))
    weight = drawn(1)
    found = []
    for step in range(7):
        updater(0, drawn(10 + step), weight)
        if step in {0, 2, 6}:
            found.append(weight.asnumpy().ravel())
    np.testing.assert_allclose(found, case["weights"], rtol=2e-5, atol=4e-6)


# What MXNet 1.9.1 leaves of three ones after gradients in the first row, then in the second.
@pytest.mark.parametrize(
    ("name", "lazy", "stype", "expected"),
    [
        ("sgd", True, "default", [0.89, 0.89, 1.0]),
        ("sgd", True, "row_sparse", [0.89, 0.89, 1.0]),
        ("sgd", False, "default", [0.8261, 0.8751, 0.9751]),
        ("adam", True, "default", [0.8999994, 0.92558587, 1.0]),
        ("adam", False, "row_sparse", [0.82714534, 0.8197777, 0.8004114]),
    ],
)
def test_sparse_gradients_touch_their_rows_only_if_lazy(name, lazy, stype, expected):
    momentum = {"momentum": 0.5} if name == "sgd" else {}
    optimizer = mx.optimizer.create(name, wd=0.1, learning_rate=0.1, lazy_update=lazy, **momentum)
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.ones((3, 1)).tostype(stype)
    for row in (0, 1):
        grad = np.zeros((3, 1))
        grad[row] = 1
        updater(0, mx.nd.array(grad).tostype("row_sparse"), weight)
    assert weight.stype == stype
    np.testing.assert_allclose(weight.asnumpy().ravel(), expected, rtol=1e-5)


# What MXNet 1.9.1 leaves of ones (4, 2) after two gradients in rows 0 and 3, then 1 and 3, twice.
_FEW_ROWS = [
    (
        "lbsgd",
        {"batch_scale": 2},
        [[0.8014390, 0.7021586], [0.6028781, 0.8014390], [1, 1], [0.6028781, 0.7021586]],
    ),
    (
        "lbsgd",
        {"batch_scale": 2, "warmup_strategy": "lars", "momentum": 0.9},
        [[0.7614492, 0.6421739], [0.5228984, 0.7614492], [1, 1], [0.5228984, 0.6421739]],
    ),
    (
        "lbsgd",
        {"warmup_strategy": "lars"},
        [[0.7611036, 0.6018394], [0.6011653, 0.8290709], [1, 1], [0.4921318, 0.6037859]],
    ),
    (
        "lars",
        {"clip_gradient": 1.5, "rescale_grad": 0.5, "momentum": 0.9},
        [[0.9994472, 0.9991708], [0.9985821, 0.9992911], [1, 1], [0.9969651, 0.9974689]],
    ),
    (
        "lars",
        {"clip_gradient": 1.5, "rescale_grad": 0.5, "lazy_update": False},
        [[0.9993336, 0.9991270], [0.9987808, 0.9992871], [0.9995402] * 2, [0.9988273, 0.9990805]],
    ),
]


@pytest.mark.parametrize(("name", "parameters", "expected"), _FEW_ROWS)
@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_rates_by_norms_know_all_rows_and_move_those_of_the_gradient(name, parameters, expected, stype):
    optimizer = mx.optimizer.create(name, learning_rate=0.1, wd=0.5, **parameters)
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.ones((4, 2)).tostype(stype)
    grads = [[1, 2], [0, 0], [0, 0], [1, 1]], [[0, 0], [3, 1], [0, 0], [2, 1]]
    for i in range(4):
        if name == "lars":
            optimizer.set_learning_rate(0.1 * (i + 1))
        updater(0, mx.nd.array(grads[i % 2]).tostype("row_sparse"), weight)
    assert weight.stype == stype
    np.testing.assert_allclose(weight.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("stype", "expected"),
    [("default", [0.44726366, -0.04925373, 0.0]), ("row_sparse", [0.44726366, 0.44726366, 1.0])],
)
def test_ftrl_is_lazy_for_sparse_weights(stype, expected):
    updater = mx.optimizer.get_updater(mx.optimizer.create("ftrl", wd=0.1, learning_rate=0.1))
    weight = mx.nd.ones((3, 1)).tostype(stype)
    for row in (0, 1):
        grad = np.zeros((3, 1))
        grad[row] = 1
        updater(0, mx.nd.array(grad).tostype("row_sparse"), weight)
    np.testing.assert_allclose(weight.asnumpy().ravel(), expected, rtol=1e-5, atol=1e-7)


def test_langevin_noise_has_the_variance_of_the_rate():
    mx.random.seed(1)
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgld", learning_rate=0.25, wd=0.1))
    weight = mx.nd.ones((20000,))
    updater(0, mx.nd.ones((20000,)) * 2, weight)
    assert weight.asnumpy().mean() == pytest.approx(1 - 0.125 * 2.1, abs=0.02)
    assert weight.asnumpy().std() == pytest.approx(0.5, abs=0.02)


# Recorded with MXNet 1.9.1: momentum that is corrected for a falling rate, and the names that keep the plain rate.
@pytest.mark.parametrize(
    ("correction", "expected"),
    [(True, [0.9499463, 1.9799784]), (False, [0.93282914, 1.9731315])],
)
def test_lars_corrects_its_momentum_for_the_rate(correction, expected):
    optimizer = mx.optimizer.LARS(
        momentum=0.5,
        learning_rate=0.1,
        lr_scheduler=mx.lr_scheduler.FactorScheduler(1, 0.5),
        momentum_correction=correction,
        eta=0.1,
    )
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.array([1.0, 2.0])
    for _ in range(4):
        updater(0, mx.nd.array([0.5, 0.2]), weight)
    np.testing.assert_allclose(weight.asnumpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a_weight", [0.982396, 1.988264]),
        ("a_bias", [0.95, 1.98]),
        ("a_gamma", [0.95, 1.98]),
        ("x", [0.9792386, 1.9916954]),
    ],
)
def test_lars_leaves_biases_and_gammas_their_rate(name, expected):
    optimizer = mx.optimizer.LARS(momentum=0.5, learning_rate=0.1, wd=0.1, eta=0.1, param_idx2name={0: name})
    weight = mx.nd.array([1.0, 2.0])
    mx.optimizer.get_updater(optimizer)(0, mx.nd.array([0.5, 0.2]), weight)
    np.testing.assert_allclose(weight.asnumpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("weight", [[0.0, 0.0], [1.0, 1.0]])
def test_lars_trusts_the_rate_where_a_norm_is_0(weight):
    array = mx.nd.array(weight)
    grad = mx.nd.zeros((2,)) if any(weight) else mx.nd.array([0.5, 0.2])
    mx.optimizer.get_updater(mx.optimizer.LARS(learning_rate=0.1, eta=0.1))(0, grad, array)
    np.testing.assert_allclose(array.asnumpy(), np.array(weight) - 0.1 * grad.asnumpy(), rtol=1e-5)


@pytest.mark.parametrize("name", ["sgd", "adam", "nag", "lamb", "lars", "signum", "nadam"])
def test_half_precision_weights_keep_a_float32_copy(name):
    optimizer = mx.optimizer.create(name, multi_precision=True, learning_rate=1e-4)
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.ones((4,), dtype="float16")
    for _ in range(30):
        updater(0, mx.nd.ones((4,), dtype="float16"), weight)
    assert weight.dtype == np.float16
    master = updater.states[0][0 if optimizer._master_first else 1]
    assert master.dtype == np.float32
    assert (master.asnumpy() < 1).all()
    assert (weight.asnumpy() == master.asnumpy().astype("float16")).all()


# What MXNet 1.9.1 leaves of a weight in half precision, whether lazy or not: its operators for that move all
# rows, though the gradient lacks the one in the middle.
@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize(
    ("name", "momentum", "expected"),
    [
        ("sgd", 0, [[-0.312, -0.625], [1.688, 2.25], [4.812, 3.625]]),
        ("sgd", 0.9, [[-0.987, -1.975], [1.013, 1.35], [3.688, 1.375]]),
        ("lars", 0, [[0.078, 0.156], [2.078, 2.771], [5.465, 4.926]]),
        ("lars", 0.9, [[-0.39, -0.78], [1.61, 2.146], [4.684, 3.367]]),
    ],
)
def test_half_precision_with_its_own_operator_moves_all_rows(name, momentum, expected, stype, lazy):
    own = {"eta": 0.5} if name == "lars" else {}
    common = {"learning_rate": 0.5, "wd": 0.5, "momentum": momentum, "lazy_update": lazy}
    updater = mx.optimizer.get_updater(mx.optimizer.create(name, multi_precision=True, **common, **own))
    weight = mx.nd.array([[1, 2], [3, 4], [7, 8]], dtype="float16").tostype(stype)
    for _ in range(2):
        updater(0, mx.nd.array([[1, 2], [0, 0], [-1, 1]], dtype="float16").tostype("row_sparse"), weight)
    assert weight.stype == stype
    np.testing.assert_allclose(weight.asnumpy(), expected, atol=2e-3)


def test_half_precision_without_a_copy_warns():
    with pytest.warns(UserWarning, match="multi_precision=True"):
        mx.optimizer.SGD(momentum=0.9).create_state_multi_precision(0, mx.nd.ones((2,), dtype="float16"))


def test_dcasgd_has_no_momentum():
    with pytest.raises(ValueError, match="DCASGD has no momentum.*momentum=0.9"):
        mx.optimizer.create("dcasgd", momentum=0.9)


def test_group_adagrad_is_for_matrices_without_decay():
    optimizer = mx.optimizer.contrib.GroupAdaGrad(wd=0.1)
    with pytest.raises(ValueError, match=r"groups the rows of matrices, got a weight of shape \(3,\)"):
        optimizer.create_state(0, mx.nd.ones((3,)))
    weight = mx.nd.ones((3, 2))
    with pytest.raises(ValueError, match="GroupAdaGrad has no weight decay"):
        optimizer.update(0, weight, weight, optimizer.create_state(0, weight))


def test_ftrl_leaves_a_schedule_its_own_rate():
    schedule = mx.lr_scheduler.FactorScheduler(10, base_lr=0.3)
    assert mx.optimizer.Ftrl(learning_rate=0.1, lr_scheduler=schedule).learning_rate == 0.3
    assert mx.optimizer.Ftrl().learning_rate == 0.1
