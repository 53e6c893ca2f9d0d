"""Networks over images are one stretch of rows in inference: convolutions, pooling, what joins and flattens."""

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ops.nn import direct
from mxnet.ops.nn.sliding import are_there

pytestmark = [
    pytest.mark.usefixtures("of_threads"),
    pytest.mark.skipif(
        not (are_there() and direct.by_panels()), reason="the processor has kernels of another kind"
    ),
]

IMAGES = {"data": (2, 16, 13, 11)}


def convolution(data, name, **options):
    return mx.sym.Convolution(data, **{"kernel": (1, 1), "num_filter": 32, "name": name, **options})


def relu(data):
    return mx.sym.Activation(data, act_type="relu")


def pooled(data, kind, **options):
    return mx.sym.Pooling(
        data, pool_type=kind, **{"kernel": (3, 3), "stride": (2, 2), "pad": (1, 1), **options}
    )


def net(middle):
    """Return a net whose images come from a convolution, and end in one: in between they have channels last."""
    first = relu(convolution(mx.sym.Variable("data"), "first", kernel=(3, 3), stride=(2, 2)))
    return convolution(middle(first), "last", num_filter=16)


def separable(data, act=relu, *, addend=False, last=relu, **options):
    """Convolve channels apart, with something in between, and pixels, with something behind these."""
    options = {"kernel": (3, 3), "pad": (1, 1), "num_group": 32, **options}
    made = convolution(act(convolution(data, "depth", **options)), "point", num_filter=32, no_bias=addend)
    return last(made + data if addend else made)


SEPARABLE = {
    "": {},
    "clipped": {"act": lambda x: mx.sym.clip(x, 0, 0.25), "last": lambda x: mx.sym.clip(x, -0.5, 0.5)},
    "bent_otherwise": {"act": lambda x: mx.sym.Activation(x, act_type="tanh")},
    "plain": {"act": lambda x: x, "last": lambda x: x, "no_bias": True},
    "sum": {"addend": True},
    "sum_alone": {"addend": True, "last": lambda x: x},
    "steps": {"stride": (2, 1), "kernel": (5, 3), "pad": (0, 2)},
    "holes": {"dilate": (2, 2), "pad": (2, 2)},
}

MIDDLES = {
    "steps": lambda x: relu(convolution(x, "middle", stride=(2, 2))),
    "without_bias": lambda x: convolution(x, "middle", no_bias=True),
    "picture": lambda x: convolution(
        convolution(x, "few", num_filter=3), "middle", kernel=(5, 5), pad=(2, 2)
    ),
    "odd_filters": lambda x: convolution(x, "middle", num_filter=19),
    "winograd": lambda x: relu(convolution(x, "middle", kernel=(3, 3), pad=(1, 1), num_filter=64)),
    "sum": lambda x: relu(convolution(x, "middle") + x),
    "apart": lambda x: relu(convolution(x, "middle", kernel=(3, 3), pad=(1, 1), num_group=32)),
    "clipped": lambda x: mx.sym.clip(convolution(x, "middle"), 0, 0.5),
    "clipped_apart": lambda x: mx.sym.clip(
        convolution(x, "middle", kernel=(3, 3), pad=(1, 1), num_group=32), 0, 0.5
    ),
    "apart_and_sum": lambda x: convolution(x, "middle", kernel=(3, 3), pad=(1, 1), num_group=32) + x,
    "largest": lambda x: pooled(x, "max"),
    "largest_beyond": lambda x: pooled(x, "max", pooling_convention="full", pad=(0, 0)),
    "means": lambda x: pooled(x, "avg"),
    "means_beyond": lambda x: pooled(x, "avg", pooling_convention="full", pad=(0, 0)),
    "means_without_padding": lambda x: pooled(x, "avg", count_include_pad=False),
    "sums": lambda x: pooled(x, "sum"),
    "norms": lambda x: pooled(mx.sym.abs(x), "lp", p_value=2),
    "joined": lambda x: mx.sym.Concat(convolution(x, "a", num_filter=24), x, pooled(x, "max", stride=(1, 1))),
    "joined_below": lambda x: mx.sym.Concat(convolution(x, "a"), x, dim=2),
    "flat": lambda x: mx.sym.reshape(mx.sym.Flatten(pooled(x, "avg", global_pool=True)), shape=(0, -1, 1, 1)),
    "flat_of_many_pixels": lambda x: mx.sym.reshape(mx.sym.Flatten(x), shape=(2, -1, 6, 5)),
}


def run(symbol, images=None, **shapes):
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", **(shapes or IMAGES))
    draw = np.random.default_rng(0)
    for name, array in executor.arg_dict.items():
        array[:] = images if name == "data" and images is not None else draw.normal(0, 0.3, array.shape)
    for _ in range(2):  # the second time in memory that has been used
        executor.forward(is_train=False)
    return executor.program(False), executor.outputs[0].asnumpy()


@pytest.mark.parametrize("middle", MIDDLES)
def test_numbers_are_those_of_other_kernels(middle, monkeypatch, guard):
    _, found = run(net(MIDDLES[middle]))
    assert guard.rests
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    _, expected = run(net(MIDDLES[middle]))
    assert np.linalg.norm(found - expected) <= 1e-5 * np.linalg.norm(expected)


@pytest.mark.parametrize(
    "middle", ["steps", "winograd", "sum", "apart", "largest", "means", "joined", "flat"]
)
def test_torch_is_not_called_in_between(middle):
    program = run(net(MIDDLES[middle]))[0].partition("def forward")[2].partition("return")[0]
    assert program.count("_native(") == 1
    assert not [
        line for line in program.splitlines() if line.startswith("    ") and "Pooling(" in line.split("#")[0]
    ]


@pytest.mark.parametrize("how", SEPARABLE)
def test_channels_apart_and_pixels_behind_them_are_one_row(how, monkeypatch, guard):
    images = np.random.default_rng(1).normal(0, 1, (2, 32, 14, 17))
    middle = separable(relu(convolution(mx.sym.Variable("data"), "first")), **SEPARABLE[how])
    program, found = run(middle, images, data=images.shape)
    together = how != "bent_otherwise"
    assert program.count("= _separable_convolution(") == together
    assert together == (program.partition("def forward")[2].count("_native(") == 1)
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    _, expected = run(middle, images, data=images.shape)
    assert np.linalg.norm(found - expected) <= 1e-5 * np.linalg.norm(expected)


def test_few_lines_of_pixels_are_not_shared_unevenly():
    images = np.zeros((1, 32, 15, 20))
    program, _ = run(separable(mx.sym.Variable("data"), stride=(5, 1)), images, data=images.shape)
    assert program.count("= _separable_convolution(") == (torch.get_num_threads() == 1)


def test_nan_is_never_the_largest_number(monkeypatch):
    images = np.random.default_rng(1).normal(size=IMAGES["data"])
    images[0, :, :5, :5] = np.nan
    images[1, :, 3] = -np.inf
    identity = mx.sym.Convolution(
        mx.sym.Variable("data"),
        kernel=(3, 3),
        pad=(1, 1),
        num_filter=16,
        num_group=16,
        no_bias=True,
        name="one",
    )
    symbol = pooled(identity, "max")

    def largest():
        executor = symbol.simple_bind(mx.cpu(), grad_req="null", **IMAGES)
        executor.arg_dict["data"][:] = images
        executor.arg_dict["one_weight"][:] = 0.25
        return executor.forward(is_train=False)[0].asnumpy()

    found = largest()
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    np.testing.assert_allclose(found, largest(), rtol=1e-5, atol=1e-5)


def test_parameters_are_read_anew_once_they_are_written(monkeypatch):
    executor = net(MIDDLES["apart"]).simple_bind(mx.cpu(), grad_req="null", **IMAGES)
    for array in executor.arg_arrays:
        array[:] = 0.1
    before = executor.forward(is_train=False)[0].asnumpy()
    for name in ("first_weight", "middle_weight", "last_weight"):
        executor.arg_dict[name][:] = 0.2
    after = executor.forward(is_train=False)[0].asnumpy()
    assert (after > 1.5 * before).all()
