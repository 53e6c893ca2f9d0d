"""What MXNet has OpenCV do for its image iterators: decoding, scaling and framing images."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import DTypeError, ParameterError, ShapeError
from mxnet.files import read_file
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.interpolation import resize
from mxnet.ops.tools.opencv import decode_pixels

if TYPE_CHECKING:
    from torch import Tensor

_FLAG = param(default=1, ge=0, le=1, doc="Whether the image is to have three colours (1) or be grey (0).")
_TO_RGB = param(
    default=True, doc="Whether the colours are red, green and blue; otherwise the other way round."
)


_MOST_VALUES = 4
"""The channels that OpenCV has constants for."""


class ImageDecode(Op, name="_cvimdecode"):
    """Decodes an image, in any format that OpenCV reads.

    Shapes: data (bytes,) of uint8, output (height, width, channels) of uint8; they are not known before the
    operator runs. MXNet operator ``_internal._cvimdecode``.
    """

    inputs = {"data": "The bytes of the file."}
    flag: int = _FLAG
    to_rgb: bool = _TO_RGB

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data not in (None, "uint8"):
            raise DTypeError(f"{self.name}: expected bytes of uint8, but got {t.data}.")
        return {"data": "uint8", "output": "uint8"}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        encoded = data.cpu().numpy().tobytes()
        pixels = decode_pixels(encoded, "The array", is_color=bool(self.flag), to_rgb=self.to_rgb)
        return torch.from_numpy(pixels).to(data.device)


class ImageRead(Op, name="_cvimread"):
    """Reads an image from a file, in any format that OpenCV reads.

    Shapes: output (height, width, channels) of uint8. MXNet operator ``_internal._cvimread``.
    """

    inputs = {}
    pure = False
    filename: str = param(doc="Name of the file.")
    flag: int = _FLAG
    to_rgb: bool = _TO_RGB

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": "uint8"}

    def forward(self, run: Run) -> Tensor:
        encoded = read_file(self.filename)
        pixels = decode_pixels(encoded, repr(self.filename), is_color=bool(self.flag), to_rgb=self.to_rgb)
        return torch.from_numpy(pixels)


class ImageResize(Op, name="_cvimresize"):
    """Scales an image to another size.

    Shapes: data (height, width, channels), output (h, w, channels). Integers are rounded. MXNet operator
    ``_internal._cvimresize``.
    """

    example = 'mx.nd.ones((6, 8, 3), dtype="uint8") | w=4, h=3'
    inputs = {"data": "An image."}
    w: int = param(ge=1, doc="The new width.")
    h: int = param(ge=1, doc="The new height.")
    interp: int = param(
        default=1, doc="Interpolation: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos over 8 x 8."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        _expect_image(self, s.data)
        return {"output": (self.h, self.w, s.data[2])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return resize(data, self.h, self.w, self.interp, self.name)


class MakeBorder(Op, name="_cvcopyMakeBorder"):
    """Puts a frame around an image.

    Shapes: data (height, width, channels), output (top + height + bot, left + width + right, channels).
    `type` is OpenCV's: 0 constant, 1 the outermost pixels, 2 the mirror image, 3 the image over again, 4 the
    mirror image without the outermost pixels. MXNet operator ``_internal._cvcopyMakeBorder``.
    """

    example = 'mx.nd.ones((2, 3, 3), dtype="uint8") | top=1, bot=2, left=3, right=1'
    inputs = {"data": "An image."}
    top: int = param(ge=0, doc="Rows above.")
    bot: int = param(ge=0, doc="Rows below.")
    left: int = param(ge=0, doc="Columns on the left.")
    right: int = param(ge=0, doc="Columns on the right.")
    type: int = param(default=0, ge=0, le=4, doc="What the frame shows.")
    value: float = param(default=0.0, doc="The constant.")
    values: tuple[float, ...] = param(
        default=(), doc="The constant of each channel, if they differ; 0 for those left out."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        _expect_image(self, s.data)
        height, width, channels = s.data
        if len(self.values) > _MOST_VALUES:
            raise ShapeError(f"{self.name}: there are at most {_MOST_VALUES} values, got {self.values}.")
        if self.type and 0 in (height, width):
            raise ShapeError(f"{self.name}: an image of shape {s.data} has nothing to show in a frame.")
        tall = None if height is None else self.top + height + self.bot
        wide = None if width is None else self.left + width + self.right
        return {"output": (tall, wide, channels)}

    def _sources(self, before: int, extent: int, after: int) -> Tensor:
        """Return from which row (or column) each one of the output is copied."""
        where = torch.arange(-before, extent + after)
        if self.type == 1:
            return where.clamp(0, extent - 1)
        if self.type == 3:
            return where % extent
        period = 2 * extent if self.type == 2 else max(2 * extent - 2, 1)
        folded = where % period
        return torch.minimum(folded, period - (self.type == 2) - folded)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        height, width, channels = data.shape
        if self.type:
            rows = self._sources(self.top, height, self.bot).to(data.device)
            return data[rows][:, self._sources(self.left, width, self.right).to(data.device)]
        values = (*self.values, *[0.0] * channels)[:channels] if self.values else (self.value,)
        constant = torch.tensor(values, dtype=torch.float64)
        if not data.dtype.is_floating_point:
            limits = torch.iinfo(data.dtype)
            constant = constant.round().clamp(limits.min, limits.max)
        shape = self.top + height + self.bot, self.left + width + self.right, channels
        framed = constant.to(data.device, data.dtype).expand(shape).clone()
        framed[self.top : self.top + height, self.left : self.left + width] = data
        return framed


def _expect_image(op: Op, shape: tuple[int | None, ...]) -> None:
    if len(shape) != 3:
        raise ShapeError(f"{op.name}: expected an image (height, width, channels), but got {shape}.")


class LegacyDecode(Op, name="_imdecode"):
    """Decodes an image, cuts a window out of it, and subtracts a mean image.

    Shapes: data (channels, height, width) of the window, or one element for none; output like the window, of
    float32. The file comes in the parameter ``str_img``. MXNet operator ``_internal._imdecode``, of 2015.
    """

    inputs = {"data": "What is subtracted."}
    accepts_any_parameter = True
    index: int = param(default=0, doc="Has no effect.")
    x0: int = param(default=0, ge=0, doc="Left edge of the window.")
    y0: int = param(default=0, ge=0, doc="Upper edge of the window.")
    x1: int = param(default=0, ge=0, doc="Right edge of the window; 0 for that of the image.")
    y1: int = param(default=0, ge=0, doc="Lower edge of the window; 0 for that of the image.")
    c: int = param(default=3, doc="Number of channels: 1 or 3.")
    size: int = param(default=0, doc="Has no effect.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"data": "float32", "output": "float32"}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        text = self.given.get("str_img")
        if text is None:
            raise ParameterError(f"{self.name} needs the bytes of a file as str_img.")
        image = torch.from_numpy(decode_pixels(ast.literal_eval(text), "str_img", is_color=self.c == 3))
        height, width, _ = image.shape
        window = image[self.y0 : self.y1 or height, self.x0 : self.x1 or width].movedim(-1, 0)
        return window.float().to(data.device) - data
