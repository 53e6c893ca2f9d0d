"""What the table of samples cannot say of grids, samplers and correlation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ops.tools.sampling import weighted_rows
from mxnet.ops.vision.spatial import _slopes

AFFINE = {"transform_type": "affine", "target_shape": (3, 4)}
TRANSFORMER = AFFINE | {"sampler_type": "bilinear"}


def test_a_transformer_is_a_sampler_of_a_generated_grid():
    random = np.random.default_rng(3)
    data, loc = (mx.nd.array(random.normal(size=shape)) for shape in ((2, 3, 5, 6), (2, 6)))
    grid = mx.nd.GridGenerator(loc, **AFFINE)
    expected = mx.nd.BilinearSampler(data, grid).asnumpy()
    np.testing.assert_array_equal(mx.nd.SpatialTransformer(data, loc, **TRANSFORMER).asnumpy(), expected)


def test_no_flow_leaves_an_image_as_it_is():
    data = mx.nd.array(np.random.default_rng(3).normal(size=(1, 2, 4, 5)))
    grid = mx.nd.GridGenerator(mx.nd.zeros((1, 2, 4, 5)), transform_type="warp")
    np.testing.assert_allclose(mx.nd.BilinearSampler(data, grid).asnumpy(), data.asnumpy(), atol=1e-6)


def test_an_image_is_zero_outside():
    grid = mx.nd.array([[[[-3, 3]], [[0, 0]]]])
    assert not mx.nd.BilinearSampler(mx.nd.ones((1, 1, 3, 3)), grid).asnumpy().any()


def test_weighted_sums_can_be_differentiated_twice():
    random = torch.Generator().manual_seed(1)
    rows = torch.randn(5, 3, dtype=torch.float64, generator=random, requires_grad=True)
    weight = torch.randn(2, 4, dtype=torch.float64, generator=random, requires_grad=True)
    index = torch.tensor([[0, 1, 4, 3], [1, 1, 2, 0]])
    assert torch.autograd.gradcheck(lambda r, w: weighted_rows(r, index, w), (rows, weight))
    assert torch.autograd.gradgradcheck(lambda r, w: weighted_rows(r, index, w), (rows, weight))


def test_a_sampler_can_be_differentiated_twice():
    x, grid = mx.sym.Variable("x"), mx.sym.Variable("g")
    slope = mx.sym.BilinearSampler(x, grid).gradient(["g"])
    values = {"x": np.arange(9).reshape(1, 1, 3, 3) ** 2.0, "g": np.full((1, 2, 1, 1), 0.25)}
    arrays = {name: mx.nd.array(value) for name, value in values.items()}
    assert slope.gradient(["x"]).eval(**arrays)[0].shape == (1, 1, 3, 3)


def test_slopes_of_a_sampler_can_be_differentiated():
    random = torch.Generator().manual_seed(2)
    made = {"dtype": torch.float64, "generator": random, "requires_grad": True}
    inputs = [torch.randn(shape, **made) for shape in ((2, 3, 2, 3), (2, 3, 4, 5), (2, 2, 2, 3))]
    assert torch.autograd.gradcheck(_slopes, inputs)
    assert torch.autograd.gradgradcheck(_slopes, inputs)


def test_a_point_that_is_no_number_reads_none():
    grid = mx.nd.array([[[[np.nan]], [[0]]]])
    assert np.isnan(mx.nd.BilinearSampler(mx.nd.ones((1, 1, 3, 3)), grid).asnumpy()).all()


def test_equal_elements_differ_as_if_the_first_were_greater():
    x = mx.nd.ones((1, 1, 1, 1))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Correlation(x, mx.nd.ones((1, 1, 1, 1)), max_displacement=0, is_multiply=False)
    y.backward()
    assert x.grad.asnumpy().item() == 1


@pytest.mark.parametrize(
    ("name", "params", "shapes", "message"),
    [
        ("BilinearSampler", {}, {"data": (1, 2, 4), "grid": (1, 2, 3, 3)}, "batch, channels"),
        ("BilinearSampler", {}, {"data": (1, 2, 4, 4), "grid": (1, 3, 3, 3)}, "batch, 2, rows"),
        ("BilinearSampler", {}, {"data": (1, 2, 4, 4), "grid": (2, 2, 3, 3)}, "batch = 1"),
        ("GridGenerator", AFFINE, {"data": (2, 5)}, r"\(batch, 6\)"),
        ("GridGenerator", {"transform_type": "warp"}, {"data": (2, 3, 4, 4)}, r"\(batch, 2, height"),
        ("SpatialTransformer", TRANSFORMER, {"data": (1, 2, 4, 4), "loc": (1, 5)}, r"\(batch, 6\)"),
        ("Correlation", {}, {"data1": (1, 2, 4, 4), "data2": (1, 2, 4, 5)}, "width = 4"),
        ("Correlation", {"max_displacement": 3}, {"data1": (1, 2, 4, 4), "data2": (1, 2, 4, 4)}, "fit"),
    ],
)
def test_shapes_that_cannot_be_are_explained(name, params, shapes, message):
    function = getattr(mx.sym, name)
    with pytest.raises(mx.MXNetError, match=message):
        function(**{slot: mx.sym.Variable(slot) for slot in shapes}, **params).infer_shape(**shapes)


@pytest.mark.parametrize("target", [(0, 0), (3,), (3, 0)])
@pytest.mark.parametrize(("name", "params"), [("GridGenerator", AFFINE), ("SpatialTransformer", TRANSFORMER)])
def test_a_grid_has_a_height_and_a_width(name, params, target):
    with pytest.raises(mx.MXNetError, match="both positive"):
        getattr(mx.sym, name)(mx.sym.Variable("x"), **params | {"target_shape": target})
