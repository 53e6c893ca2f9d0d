"""Bending images: grids of points, images read at these points, and how images match when one is moved.

After: Jaderberg et al., *Spatial Transformer Networks*, 2015; Dosovitskiy et al., *FlowNet*, 2015.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.expect import expect_real, extents_of
from mxnet.ops.tools.keeping import kept
from mxnet.ops.tools.onnx_graph import InexpressibleError
from mxnet.ops.tools.sampling import between_or_zero, bilinear

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_IMAGES = "batch channels height width"
_SAMPLER = (
    0,
    0,
    True,
)  # torch's: bilinear, zeros outside, -1 and 1 are the middles of the outermost elements


def _scale(extents: Sequence[int], like: Tensor) -> Tensor:
    """Return half the distance between the first and the last element, for x and y: (2, 1, 1)."""
    height, width = extents
    return like.new_tensor([(width - 1) / 2, (height - 1) / 2])[:, None, None]


def _elements(extents: Sequence[int], like: Tensor) -> Tensor:
    """Return x and y of each element (2, height, width), in elements."""
    y, x = (torch.arange(n, dtype=like.dtype, device=like.device) for n in extents)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))


@kept
def _even_grid(extents: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return x, y and 1 of each point of an even grid (3, height * width); nobody may write it."""
    y, x = (torch.arange(n, dtype=dtype, device=device) / ((n - 1) / 2) - 1 for n in extents)
    grid = torch.meshgrid(x, y, indexing="xy")
    return torch.stack([*grid, torch.ones_like(grid[0])]).flatten(1)


def _affine_grid(transforms: Tensor, extents: tuple[int, ...]) -> Tensor:
    """Return the points (batch, 2, height, width) of an even grid after transforms (batch, 6)."""
    even = _even_grid(extents, transforms.dtype, transforms.device)
    return (transforms.reshape(-1, 3) @ even).view(-1, 2, *extents)


def _affine_slope(grad: Tensor) -> Tensor:
    """Return the gradient of transforms, given that of the points (batch, 2, height, width)."""
    even = _even_grid(tuple(grad.shape[2:]), grad.dtype, grad.device)
    return (grad.reshape(-1, even.shape[1]) @ even.t()).view(-1, 6)


def _read(data: Tensor, grid: Tensor) -> Tensor:
    """Read images at the points of a grid (batch, 2, height, width), x and y between -1 and 1."""
    wide = torch.promote_types(data.dtype, torch.float32)
    points = grid.to(wide).permute(0, 2, 3, 1)
    return torch.grid_sampler_2d(data.to(wide), points, *_SAMPLER).to(data.dtype)


def read_in_onnx(to: OnnxGraph, data: Value, grid: Value) -> Value:
    """Do what :func:`_read` does."""
    if to.opset < 16:
        raise InexpressibleError("images are read at points since opset 16")
    points = to.Transpose(grid, perm=[0, 2, 3, 1])
    mode = "linear" if to.opset >= 20 else "bilinear"
    return to.GridSample(data, points, align_corners=1, mode=mode, padding_mode="zeros")


def _affine_in_onnx(to: OnnxGraph, transforms: Value, extents: tuple[int, ...]) -> Value:
    """Do what :func:`_affine_grid` does."""
    even = to.constant(_even_grid(extents, torch.float32, torch.device("cpu")).numpy())
    moved = to.MatMul(to.Reshape(transforms, [-1, 2, 3]), even)
    return to.Reshape(moved, [0, 2, *extents])


def _slopes(grad: Tensor, data: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of images and points, given that of what was read."""
    wide = torch.promote_types(data.dtype, torch.float32)
    into_data, into_grid = _slopes_function().apply(*(each.to(wide) for each in (grad, data, grid)))
    return into_data.to(data.dtype), into_grid.to(grid.dtype)


@functools.cache
def _slopes_function() -> Any:
    """Return torch's gradients of its sampler, made differentiable."""

    class Slopes(torch.autograd.Function):
        @staticmethod
        def forward(grad: Tensor, data: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
            points, both = grid.permute(0, 2, 3, 1), [True, True]
            found = torch.ops.aten.grid_sampler_2d_backward(grad, data, points, *_SAMPLER, both)
            return found[0], found[1].permute(0, 3, 1, 2)

        @staticmethod
        def setup_context(context: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:  # noqa: ARG004
            context.save_for_backward(*inputs)

        @staticmethod
        def backward(context: Any, *heads: Tensor) -> tuple[Tensor, ...]:
            def slopes(grad: Tensor, data: Tensor, grid: Tensor) -> tuple[Tensor, ...]:
                into: tuple[Tensor, ...] = torch.func.vjp(_read_by_sums, data, grid)[1](grad)
                return into

            into: tuple[Tensor, ...] = torch.func.vjp(slopes, *context.saved_tensors)[1](heads)
            return into

    return Slopes


def _read_by_sums(data: Tensor, grid: Tensor) -> Tensor:
    """Read as :func:`_read` does, but by sums that can be differentiated to any order."""
    height, width = data.shape[2:]
    x, y = ((grid + 1) * _scale((height, width), grid)).flatten(2).unbind(1)
    read = bilinear(data, between_or_zero(y, height), between_or_zero(x, width))
    return read.transpose(1, 2).reshape(*data.shape[:2], *grid.shape[2:])


class BilinearSampler(Op, name="BilinearSampler"):
    """Reads images at points between their elements, by bilinear interpolation.

    Shapes: data (batch, channels, height, width), grid (batch, 2, rows, columns): x and y of each point, -1
    and 1 being the first and the last element; output (batch, channels, rows, columns). Outside, the image
    is 0.
    """

    example = "mx.nd.arange(16).reshape((1, 1, 4, 4)); mx.nd.zeros((1, 2, 1, 2))"
    inputs = {"data": "Images.", "grid": "Points."}
    cudnn_off: bool | None = param(default=None, doc="Has no effect.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(self, s, data=_IMAGES, grid="batch 2 rows columns")
        if not is_complete(s.data) or not is_complete(s.grid):
            return {}
        return {"output": (*s.data[:2], *s.grid[2:])}

    def forward(self, run: Run, data: Tensor, grid: Tensor) -> Tensor:
        expect_real(self, data)
        return _read(data, grid)

    def backward(self, run: Run, grad: Tensor, data: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
        return _slopes(grad, data, grid)

    def onnx(self, to: OnnxGraph, data: Value, grid: Value) -> Value:
        return read_in_onnx(to, data, grid)


class GridGenerator(Op, name="GridGenerator"):
    """Makes the points at which BilinearSampler reads images: an even grid, transformed, or moved by a flow.

    Shapes: data (batch, 6), rows of the matrices of affine transforms, or for ``warp`` (batch, 2, height,
    width), shifts along x and y in elements; output (batch, 2, height, width).
    """

    example = '[[1, 0, 0, 0, 1, 0]] | transform_type="affine", target_shape=(2, 3)'
    transform_type: str = param(choices=("affine", "warp"), doc="What the data are: transforms, or a flow.")
    target_shape: tuple[int, ...] = param(default=(0, 0), doc="Height and width of the grid of a transform.")

    def validate(self) -> None:
        if self.transform_type == "affine":
            _check_target(self, self.target_shape)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.transform_type == "warp":
            extents_of(self, s, data="batch 2 height width")
            return {"output": s.data}
        found = extents_of(self, s, data="batch 6")
        return {} if s.data is None else {"output": (found["batch"], 2, *self.target_shape[:2])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        expect_real(self, data)
        if self.transform_type == "affine":
            return _affine_grid(data, self.target_shape[:2])
        extents = data.shape[2:]
        return (data + _elements(extents, data)) / _scale(extents, data) - 1

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return _affine_slope(grad) if self.transform_type == "affine" else grad / _scale(grad.shape[2:], grad)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        if self.transform_type == "affine":
            return _affine_in_onnx(to, data, self.target_shape[:2])
        height, width = (data.extent(axis) for axis in (2, 3))
        elements = np.stack(np.meshgrid(np.arange(width), np.arange(height))).astype(data.dtype)
        scale = np.asarray([(width - 1) / 2, (height - 1) / 2], data.dtype)[:, None, None]
        return (data + to.constant(elements)) / to.constant(scale) - 1


def _check_target(op: Op, target: Sequence[int]) -> None:
    if len(target) < 2 or min(target[:2]) < 1:
        raise ParameterError(
            f"{op.name}: target_shape={tuple(target)} must be height and width, both positive."
        )


class SpatialTransformer(Op, name="SpatialTransformer"):
    """Reads images at the points of an even grid after an affine transform.

    Shapes: data (batch, channels, height, width), loc (batch, 6), rows of the matrices of the transforms;
    output (batch, channels, *target_shape). Outside, the image is 0.
    """

    example = (
        "mx.nd.arange(16).reshape((1, 1, 4, 4)); [[1, 0, 0, 0, 1, 0]] | "
        'target_shape=(2, 2), transform_type="affine", sampler_type="bilinear"'
    )
    inputs = {"data": "Images.", "loc": "Transforms."}
    target_shape: tuple[int, ...] = param(default=(0, 0), doc="Height and width of the output.")
    transform_type: str = param(choices=("affine",), doc="What the transforms are.")
    sampler_type: str = param(choices=("bilinear",), doc="How images are read between their elements.")
    cudnn_off: bool | None = param(default=None, doc="Has no effect.")

    def validate(self) -> None:
        _check_target(self, self.target_shape)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(self, s, data=_IMAGES, loc="batch 6")
        if not is_complete(s.data) or not is_complete(s.loc):
            return {}
        return {"output": (*s.data[:2], *self.target_shape[:2])}

    def forward(self, run: Run, data: Tensor, loc: Tensor) -> Tensor:
        expect_real(self, data)
        return _read(data, _affine_grid(loc, self.target_shape[:2]))

    def backward(self, run: Run, grad: Tensor, data: Tensor, loc: Tensor) -> tuple[Tensor, Tensor]:
        into_data, into_grid = _slopes(grad, data, _affine_grid(loc, self.target_shape[:2]))
        return into_data, _affine_slope(into_grid)

    def onnx(self, to: OnnxGraph, data: Value, loc: Value) -> Value:
        return read_in_onnx(to, data, _affine_in_onnx(to, loc, self.target_shape[:2]))


class Correlation(Op, name="Correlation"):
    """Compares windows of one image with windows of another that are moved, by all displacements up to some.

    Shapes: data1 and data2 (batch, channels, height, width), output (batch, displacements^2, *out): means of
    products, or of absolute differences, over the channels and elements of two windows.
    """

    example = (
        "mx.nd.ones((1, 2, 5, 5)); mx.nd.ones((1, 2, 5, 5)) | "
        "kernel_size=1, max_displacement=1, stride1=1, stride2=1, pad_size=1"
    )
    inputs = {"data1": "Images.", "data2": "Other images."}
    kernel_size: int = param(default=1, ge=1, doc="Height and width of the windows.")
    max_displacement: int = param(default=1, ge=0, doc="The largest displacement along each axis.")
    stride1: int = param(default=1, ge=1, doc="Distance of the windows of data1.")
    stride2: int = param(default=1, ge=1, doc="Distance of displacements.")
    pad_size: int = param(default=0, ge=0, doc="How many zeros surround the images on each side.")
    is_multiply: bool = param(default=True, doc="Whether elements are multiplied, or subtracted.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data1=_IMAGES, data2=_IMAGES)
        if None in s.ins:
            return {}
        out = [self._windows(extent) for extent in (found["height"], found["width"])]
        return {"output": (found["batch"], (2 * self._radius + 1) ** 2, *out)}

    @property
    def _radius(self) -> int:
        """How many displacements there are in each direction."""
        return self.max_displacement // self.stride2

    def _windows(self, extent: int | None) -> int | None:
        """Return how many windows there are along one axis."""
        if extent is None:
            return None
        border = self.max_displacement + (self.kernel_size - 1) // 2
        count = -(-(extent + 2 * self.pad_size - 2 * border) // self.stride1)
        if count < 1:
            raise ShapeError(
                f"{self.name}: windows of {self.kernel_size} elements that are moved by "
                f"{self.max_displacement} do not fit into {extent} elements with padding {self.pad_size}."
            )
        return count

    def forward(self, run: Run, data1: Tensor, data2: Tensor) -> Tensor:
        expect_real(self, data1)
        rows, columns = (self._windows(extent) for extent in data1.shape[2:])
        assert rows is not None
        assert columns is not None
        reach = [(n - 1) * self.stride1 + self.kernel_size for n in (rows, columns)]
        far = self.max_displacement
        # An even window reaches one element further than the border leaves room for; MXNet reads zeros there.
        margins = [self.pad_size, self.pad_size + (self.kernel_size + 1) % 2] * 2
        first, other = F.pad(data1, margins), F.pad(data2, margins)
        still = first[:, :, far : far + reach[0], far : far + reach[1]].unsqueeze(2)
        steps = [far + i * self.stride2 for i in range(-self._radius, self._radius + 1)]
        # (batch, channels, displacements along x, height, width) for one displacement along y at a time
        moved = torch.stack([other[..., x : x + reach[1]] for x in steps], 2)
        means = [self._compare(still, moved[:, :, :, y : y + reach[0]]) for y in steps]
        return torch.stack(means, 1).flatten(1, 2)

    def _compare(self, still: Tensor, moved: Tensor) -> Tensor:
        """Return the means over windows of how two arrays match: (batch, displacements, *out)."""
        match = (
            still * moved if self.is_multiply else torch.where(still >= moved, still - moved, moved - still)
        )
        return F.avg_pool2d(match.mean(1), self.kernel_size, self.stride1)
