"""What operators that compare make of NaN and of infinity: what real MXNet makes of it.

The values are those of 1.9.1 for float32; 1.2.1 gives the same but for ``relu``, whose value and gradient at NaN are 0
there. An order of NaN is not among them: MXNet's sorting on the CPU takes it for a border between parts that it sorts
each for itself, its sorting on a GPU and ours for the greatest number.
"""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

NAN, INF, LOWEST = np.nan, np.inf, np.finfo("float32").min
X = [NAN, -1, 2, 0, NAN, 1, -INF, INF]
IMAGE = [NAN, 1, 2, 3, -1, NAN, 0, 5, 7, 8, NAN, NAN, 1, 1, NAN, NAN]


def _values(name, *arrays, **params):
    """Return the output, and the gradient of the first array where the head gradient counts from 1."""
    operator = getattr(mx.sym, name)
    names = [f"v{i}" for i in range(len(arrays))]
    given = {each: mx.nd.array(a) for each, a in zip(names, arrays, strict=True)}
    gradient = mx.nd.zeros(given["v0"].shape)
    executor = operator(*map(mx.sym.Variable, names), **params).bind(mx.cpu(), given, {"v0": gradient})
    output = executor.forward(is_train=True)[0]
    executor.backward([mx.nd.arange(1, output.size + 1).reshape(output.shape)])
    return output.asnumpy().ravel(), gradient.asnumpy().ravel()


@pytest.mark.parametrize(
    ("name", "params", "output", "gradient"),
    [
        ("relu", {}, [NAN, 0, 2, 0, NAN, 1, 0, INF], [NAN, 0, 3, 0, NAN, 6, 0, 8]),
        ("Activation", {"act_type": "relu"}, [0, 0, 2, 0, 0, 1, 0, INF], [0, 0, 3, 0, 0, 6, 0, 8]),
        ("sign", {}, [0, -1, 1, 0, 0, 1, -1, 1], [0] * 8),
        (
            "clip",
            {"a_min": -0.5, "a_max": 1.5},
            [NAN, -0.5, 1.5, 0, NAN, 1, -0.5, 1.5],
            [1, 0, 0, 4, 5, 6, 0, 0],
        ),
        ("hard_sigmoid", {}, [NAN, 0.3, 0.9, 0.5, NAN, 0.7, 0, 1], [0, 0.4, 0.6, 0.8, 0, 1.2, 0, 0]),
        (
            "gammaln",
            {},
            [NAN, INF, 0, INF, NAN, 0, INF, INF],
            [NAN, INF, 1.268353, INF, NAN, -3.463294, INF, INF],
        ),
        ("max", {}, [NAN], [0] * 8),
        ("min", {}, [NAN], [0] * 8),
        ("argmax", {}, [0], [0] * 8),
        ("argmin", {}, [0], [0] * 8),
    ],
)
def test_functions_of_one_array(name, params, output, gradient):
    found = _values(name, X, **params)
    np.testing.assert_allclose(found[0], output, rtol=1e-5)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-5)


@pytest.mark.parametrize("is_native", [True, False])
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("relu", {}),
        ("clip", {"a_min": -1, "a_max": 1}),
        ("hard_sigmoid", {}),
        ("smooth_l1", {"scalar": 1}),
        *(("Activation", {"act_type": each}) for each in ("relu", "sigmoid", "softrelu", "softsign", "tanh")),
        *(("LeakyReLU", {"act_type": each}) for each in ("leaky", "elu", "selu", "gelu")),
    ],
    ids=str,
)
def test_it_makes_no_difference_where_in_a_long_array_a_number_lies(name, params, is_native, monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "" if is_native else "native")
    data = np.tile(X, 5)[:-1]  # vectors of numbers, and some beside them
    output, gradient = _values(name, data, **params)
    slope = gradient / np.arange(1, data.size + 1)
    for i in range(len(X)):
        alone = _values(name, X[i : i + 1], **params)
        np.testing.assert_allclose(output[i :: len(X)], alone[0][0], rtol=1e-5)
        np.testing.assert_allclose(slope[i :: len(X)], alone[1][0], rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "output", "gradient"),
    [
        ("broadcast_maximum", [NAN, NAN, NAN, NAN, NAN, 1, 2, INF], [0, 0, 0, 0, 0, 6, 0, 8]),
        ("broadcast_minimum", [NAN, NAN, NAN, NAN, NAN, 1, -INF, 3], [0, 0, 0, 0, 0, 6, 7, 0]),
        ("broadcast_greater", [0, 0, 0, 0, 0, 0, 0, 1], [0] * 8),
        ("broadcast_not_equal", [1, 1, 1, 1, 1, 0, 1, 1], [0] * 8),
    ],
)
def test_functions_of_two_arrays(name, output, gradient):
    found = _values(name, X, [0, NAN, NAN, NAN, NAN, 1, 2, 3])
    np.testing.assert_array_equal(found[0], output)
    np.testing.assert_array_equal(found[1], gradient)


@pytest.mark.parametrize(
    ("shape", "window", "output", "gradient"),
    [
        (
            (1, 1, 4, 4),
            {"kernel": (2, 2), "stride": (2, 2)},
            [1, 5, 8, LOWEST],
            [0, 1, 0, 0, 0, 0, 0, 2, 0, 3, 4, 0, 0, 0, 0, 0],
        ),
        (
            (1, 1, 4, 4),
            {"kernel": (3, 3), "pad": (1, 1)},
            [1, 2, 5, 5, 8, 8, 8, 5, 8, 8, 8, 5, 8, 8, 8, LOWEST],
            [0, 1, 2, 0, 0, 0, 0, 27, 0, 90, 16, 0, 0, 0, 0, 0],
        ),
        ((1, 1, 4, 4), {"kernel": (1, 1), "global_pool": True}, [8], [0] * 9 + [1] + [0] * 6),
        (
            (1, 1, 16),
            {"kernel": (2,), "stride": (2,)},
            [1, 3, -1, 5, 8, LOWEST, 1, LOWEST],
            [0, 1, 0, 2, 3, 0, 0, 4, 0, 5, 6, 0, 7, 0, 8, 0],
        ),
        (
            (1, 1, 1, 4, 4),
            {"kernel": (1, 2, 2), "stride": (1, 2, 2)},
            [1, 5, 8, LOWEST],
            [0, 1, 0, 0, 0, 0, 0, 2, 0, 3, 4, 0, 0, 0, 0, 0],
        ),
    ],
)
def test_max_pooling(shape, window, output, gradient):
    found = _values("Pooling", np.reshape(IMAGE, shape), pool_type="max", **window)
    np.testing.assert_array_equal(found[0], np.array(output, "float32"))
    np.testing.assert_array_equal(found[1], gradient)


def test_the_lowest_number_is_the_maximum_of_minus_infinities():
    assert _values("Pooling", [[[-INF, -INF]]], kernel=(2,), pool_type="max")[0] == LOWEST


def test_max_pooling_of_boxes():
    boxes = [[0, 0, 0, 3, 3]]
    found = _values("ROIPooling", np.reshape(IMAGE, (1, 1, 4, 4)), boxes, pooled_size=(2, 2), spatial_scale=1)
    np.testing.assert_array_equal(found[0], np.array([1, 5, 8, LOWEST], "float32"))
    np.testing.assert_array_equal(found[1], [0, 1, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 0, 0, 0])


def test_hinge_loss_has_no_slope():
    _, gradient = _values("SVMOutput", np.reshape(X, (2, 4)), [0, 1])
    np.testing.assert_array_equal(gradient, [0, 0, 6, 2, 0, 0, 0, INF])


@pytest.mark.parametrize("is_train", [False, True])
@pytest.mark.parametrize("layer", ["FullyConnected", "Convolution", "add"])
def test_rectified_layers_do_the_same_in_training_and_joined_by_a_pass(layer, is_train):
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    made = {
        "FullyConnected": lambda: mx.sym.FullyConnected(x, w, num_hidden=1, no_bias=True),
        "Convolution": lambda: mx.sym.Convolution(x, w, kernel=(1,), num_filter=1, no_bias=True),
        "add": lambda: x + mx.sym.tanh(w),
    }[layer]()
    shape = (3, 1, 1) if layer == "Convolution" else (3, 1)
    values = {"x": mx.nd.array([NAN, 2, -1]).reshape(shape), "w": mx.nd.ones((1,) * len(shape))}
    if layer == "add":
        values["w"] = mx.nd.zeros(shape)
    executor = mx.sym.Activation(made, act_type="relu").bind(mx.cpu(), values)
    assert executor.forward(is_train=is_train)[0].asnumpy().ravel().tolist() == [0, 2, 0]


def test_sorting_takes_it_for_the_greatest_number():
    x = mx.nd.array([2, NAN, -INF, 1, INF])
    np.testing.assert_array_equal(mx.nd.sort(x).asnumpy(), [-INF, 1, 2, INF, NAN])
    assert mx.nd.argsort(x, is_ascend=False).asnumpy().tolist() == [1, 4, 0, 3, 2]
    assert mx.nd.topk(x, k=2).asnumpy().tolist() == [1, 4]
