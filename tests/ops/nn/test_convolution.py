"""What the table of samples cannot say of convolution and its transpose."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ir.op import find_operator
from mxnet.ops.nn.few_windows import fits


def test_convolution_learns_batch_and_unstrided_extents_from_its_output():
    data = mx.sym.Variable("data", shape=(0, 2, 0, 0))
    layer = mx.sym.Convolution(data, kernel=(3, 3), stride=(2, 1), num_filter=4, name="conv")
    both = layer + mx.sym.Variable("other", shape=(1, 4, 3, 3))
    shapes = dict(zip(both.list_arguments(), both.infer_shape_partial()[0], strict=True))
    assert shapes["data"] == (1, 2, 0, 5)


def test_convolution_knows_channels_last_shapes():
    layer = mx.sym.Convolution(kernel=(3, 3), num_filter=4, layout="NHWC", name="conv")
    arguments, outputs, _ = layer.infer_shape(conv_data=(1, 5, 5, 2))
    assert arguments == [(1, 5, 5, 2), (4, 3, 3, 2), (4,)]
    assert outputs == [(1, 3, 3, 4)]


@pytest.mark.parametrize("operator", ["Convolution", "Deconvolution"])
def test_channels_last_is_refused_on_the_cpu(operator):
    with pytest.raises(mx.MXNetError, match="layout 'NHWC' works on GPUs only; use 'NCHW'"):
        getattr(mx.nd, operator)(
            mx.nd.ones((1, 4, 4, 2)),
            mx.nd.ones((2, 3, 3, 2)),
            kernel=(3, 3),
            num_filter=2,
            no_bias=True,
            layout="NHWC",
        ).wait_to_read()


@pytest.mark.parametrize(
    ("parameters", "data", "message"),
    [
        ({"kernel": (3, 3, 3, 3)}, None, r"kernel \(3, 3, 3, 3\) has 4 axes; it may have 1, 2, 3"),
        ({"kernel": (3, 3), "pad": (1,)}, None, r"pad=\(1,\) does not fit kernel=\(3, 3\)"),
        ({"kernel": (3, 3), "stride": (0, 1)}, None, r"stride=\(0, 1\) is too small"),
        ({"kernel": (3, 3), "layout": "NCW"}, None, r"layout 'NCW' does not fit kernel=\(3, 3\)"),
        ({"kernel": (3, 3)}, (1, 2, 5), r"expected data of 4 dimensions \(NCHW\), but got 3: \(1, 2, 5\)"),
        (
            {"kernel": (3, 3), "dilate": (2, 1)},
            (1, 2, 4, 4),
            r"reaches over 5 elements of axis 0 of space, but the data has 4",
        ),
        (
            {"kernel": (3, 3), "num_group": 2},
            (1, 3, 5, 5),
            r"3 channels of the data cannot be divided into 2 groups",
        ),
        ({"kernel": (3, 3), "num_group": 3}, (1, 3, 5, 5), r"4 filters cannot be divided into 3 groups"),
    ],
)
def test_convolution_says_what_does_not_fit(parameters, data, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.sym.Convolution(name="conv", num_filter=4, **parameters).infer_shape(conv_data=data)


def test_target_shape_of_deconvolution_overrides_pad_and_adj():
    layer = mx.sym.Deconvolution(
        name="up", kernel=(3, 3), stride=(2, 2), pad=(1, 1), adj=(1, 0), target_shape=(7, 8), num_filter=4
    )
    assert layer.infer_shape(up_data=(1, 2, 4, 4))[1] == [(1, 4, 7, 8)]


def test_deconvolution_says_what_it_cannot_reach():
    layer = mx.sym.Deconvolution(name="up", kernel=(3, 3), stride=(2, 2), target_shape=(10, 9), num_filter=4)
    with pytest.raises(
        mx.MXNetError, match=r"target_shape=\(10, 9\) is too big: 4 elements along axis 0 of space grow to 9"
    ):
        layer.infer_shape(up_data=(1, 2, 4, 4))


def test_adj_of_deconvolution_is_less_than_its_stride():
    layer = mx.sym.Deconvolution(name="up", kernel=(3, 3), adj=(1, 1), num_filter=4)
    with pytest.raises(mx.MXNetError, match=r"adj is 1, but must be less than stride=\(1, 1\)"):
        layer.infer_shape(up_data=(1, 2, 4, 4))


def test_deconvolution_is_the_gradient_of_convolution():
    """Also where stride and dilation meet, which MXNet 1.9 gets wrong on the CPU."""
    shape = {"kernel": (3,), "stride": (3,), "dilate": (2,), "pad": (1,), "num_filter": 2, "no_bias": True}
    random = np.random.default_rng(0)
    weight, head = mx.nd.array(random.normal(size=(2, 4, 3))), mx.nd.array(random.normal(size=(1, 2, 3)))
    convolution = mx.sym.Convolution(mx.sym.Variable("x"), mx.sym.Variable("w"), **shape)
    executor = convolution.simple_bind(mx.cpu(), x=(1, 4, 9))
    executor.copy_params_from({"w": weight})
    executor.forward(is_train=True)
    executor.backward(head)
    grown = mx.nd.Deconvolution(head, weight, **{**shape, "num_filter": 4})
    np.testing.assert_allclose(grown.asnumpy(), executor.grad_dict["x"].asnumpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("window", [{"pad": (1, 1)}, {"stride": (2, 2), "pad": (1, 0)}, {"dilate": (2, 2)}])
def test_few_windows_are_convolved_as_many_are(window, at_once):
    random = np.random.RandomState(0)
    shapes = {"data": (2, 3, 5, 5), "weight": (512, 3, 3, 3), "bias": (512,)}
    arrays = {name: mx.nd.array(random.normal(size=shape)) for name, shape in shapes.items()}
    parameters = {"kernel": (3, 3), "num_filter": 512, **window}
    layer = find_operator("Convolution").make(**parameters)
    assert [fits(layer.sliding((n, 3, 5, 5))) for n in (2, 120)] == [True, False]

    def gradients(arrays):
        own = {name: array.copy() for name, array in arrays.items()}
        for array in own.values():
            array.attach_grad()
        with mx.autograd.record():
            y = mx.nd.Convolution(*own.values(), **parameters)
        y.backward(mx.nd.cos(y))
        return [y, *(array.grad for array in own.values())]

    repeated = {**arrays, "data": mx.nd.concat(*[arrays["data"]] * 60, dim=0)}  # which makes them many
    expected = gradients(repeated)
    found = gradients(arrays)
    if not at_once:
        layer = mx.sym.Convolution(*map(mx.sym.var, shapes), **parameters)
        executor = mx.sym.sin(layer).bind(mx.cpu(), arrays, {k: mx.nd.zeros(v) for k, v in shapes.items()})
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(found[0].shape))
        found[1:] = executor.grad_arrays
    for name, one, many in zip(("output", *shapes), found, expected, strict=True):
        share = many[:2] if name in {"output", "data"} else many / 60
        np.testing.assert_allclose(one.asnumpy(), share.asnumpy(), 1e-4, 1e-4, err_msg=name)
