"""What the table of samples cannot say of pooling."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx


def _gradient(operator, data, **parameters):
    executor = getattr(mx.sym, operator)(mx.sym.Variable("x"), **parameters).simple_bind(
        mx.cpu(), x=data.shape
    )
    executor.forward(is_train=True, x=mx.nd.array(data))
    executor.backward(mx.nd.ones(executor.outputs[0].shape))
    return executor.grad_dict["x"].asnumpy()


def test_the_first_of_equal_maxima_gets_the_gradient():
    assert _gradient("Pooling", np.zeros((1, 1, 2, 2)), kernel=(2, 2)).ravel().tolist() == [1, 0, 0, 0]


def test_all_of_equal_maxima_get_the_gradient_in_the_old_pooling():
    assert _gradient("Pooling_v1", np.zeros((1, 1, 2, 2)), kernel=(2, 2)).ravel().tolist() == [1, 1, 1, 1]


def test_padding_never_wins_but_in_the_old_pooling():
    x = mx.nd.full((1, 1, 2, 2), -3)
    assert mx.nd.Pooling(x, kernel=(2, 2), pad=(1, 1)).asnumpy().max() == -3
    assert mx.nd.Pooling_v1(x, kernel=(2, 2), pad=(1, 1)).asnumpy()[0, 0, 0, 0] == 0


def test_padding_may_be_larger_than_half_a_window():
    """torch knows no such padding; MXNet fills windows that see nothing with the lowest number."""
    y = mx.nd.Pooling(mx.nd.ones((1, 1, 2)), kernel=(2,), pad=(2,)).asnumpy()[0, 0]
    assert y.tolist() == [np.finfo("float32").min, 1, 1, 1, np.finfo("float32").min]


def test_windows_beyond_the_padding_count_only_what_is_there():
    """The last window of the convention `full` covers three elements, of which one lies past the padding."""
    x = mx.nd.array([[[1, 2, 3, 4]]])
    y = mx.nd.Pooling(x, kernel=(3,), stride=(2,), pool_type="avg", pooling_convention="full")
    assert y.asnumpy()[0, 0].tolist() == [2, 3.5]


def test_means_of_the_old_pooling_divide_by_whole_windows():
    x = mx.nd.ones((1, 1, 2, 4))
    y = mx.nd.Pooling_v1(x, kernel=(2, 3), stride=(2, 2), pool_type="avg", pooling_convention="full")
    np.testing.assert_allclose(y.asnumpy()[0, 0, 0], [1, 2 / 3], rtol=1e-6)


def test_norms_do_not_take_absolute_values():
    x = mx.nd.array([[[-1, -2, 3, -5]]])
    assert mx.nd.Pooling(
        x, kernel=(2,), stride=(2,), pool_type="lp", p_value=1
    ).asnumpy().ravel().tolist() == [-3, -2]


def test_same_convention_starts_windows_at_the_first_element():
    x = mx.nd.array([[[7, 1, 2, 3, 4]]])
    y = mx.nd.Pooling(x, kernel=(3,), stride=(2,), pooling_convention="same")
    assert y.asnumpy().ravel().tolist() == [7, 4, 4]


def test_global_pooling_ignores_kernel_stride_and_pad():
    x = mx.nd.array(np.arange(6).reshape(1, 1, 2, 3))
    for ignored in ({}, {"kernel": (7, 7)}, {"kernel": (2,), "stride": (2,), "pad": (1,)}):
        assert mx.nd.Pooling(x, global_pool=True, pool_type="avg", **ignored).asnumpy().ravel().tolist() == [
            2.5
        ]


def test_only_max_pooling_shows_a_monitor_where_its_maxima_were():
    seen = []
    for kind in ("max", "avg"):
        pooling = mx.sym.Pooling(mx.sym.Variable("x"), kernel=(2, 2), pool_type=kind, name=kind)
        assert pooling.list_outputs() == [f"{kind}_output"]
        executor = pooling.simple_bind(mx.cpu(), x=(1, 1, 4, 4))
        executor.set_monitor_callback(lambda name, _: seen.append(name))
        executor.forward()
    assert seen == ["max_output", "max_workspace", "avg_output"]


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({}, None, r"the kernel \(\) has 0 axes"),
        ({"kernel": (2,)}, (1, 2, 4, 4), r"expected data of 3 dimensions \(NCW\), but got 4"),
        (
            {"kernel": (5, 5), "pad": (0, 1)},
            (1, 2, 4, 4),
            r"reaches over 5 elements of axis 0 of space, but the data has 4",
        ),
        ({"kernel": (2, 2), "pool_type": "lp"}, None, r"'lp' needs p_value 1, 2 or 3, but it is None"),
        ({"kernel": (2, 2), "pooling_convention": "same"}, None, r"'same' is for max pooling over one axis"),
        (
            {"global_pool": True},
            (1, 2),
            r"global pooling expects \(batch, channels, space, ...\), got \(1, 2\)",
        ),
    ],
)
def test_pooling_says_what_does_not_fit(parameters, data, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.sym.Pooling(name="pool", **parameters).infer_shape(pool_data=data)


@pytest.mark.parametrize(
    ("extents", "kernel", "stride", "pad"),
    [
        ((6, 21), (2, 2), (2, 2), (0, 0)),
        ((9, 22), (3, 3), (2, 2), (1, 1)),
        ((5, 19), (3, 3), (1, 1), (1, 1)),
        ((7, 23), (4, 5), (3, 4), (2, 1)),
        ((1, 20), (1, 2), (1, 2), (0, 0)),
    ],
)
def test_gradients_go_to_the_maxima_wherever_windows_lie(extents, kernel, stride, pad):
    x = np.random.RandomState(0).permutation(6 * extents[0] * extents[1]).reshape(2, 3, *extents)
    x = torch.tensor(x.astype("float32"), requires_grad=True)
    torch.nn.functional.max_pool2d(x, kernel, stride, pad).sum().backward()
    made = _gradient("Pooling", x.detach().numpy(), kernel=kernel, stride=stride, pad=pad)
    np.testing.assert_array_equal(made, x.grad.numpy())


@pytest.mark.parametrize("kernel", [(2, 2), (3, 3)])
@pytest.mark.parametrize("number", [np.nan, -np.inf])
def test_windows_without_a_number_have_the_lowest_one_for_their_maximum(kernel, number):
    x = np.full((1, 1, *kernel), number, "float32")
    assert mx.nd.Pooling(mx.nd.array(x), kernel=kernel, stride=(2, 2)).asnumpy() == np.finfo("float32").min
    x[..., 1, 1] = -5
    assert mx.nd.Pooling(mx.nd.array(x), kernel=kernel, stride=(2, 2)).asnumpy() == -5
