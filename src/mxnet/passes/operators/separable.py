"""A convolution of each channel by itself and one of single pixels behind it, in one node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NEW
from mxnet.ir.op import Run, Slots, param
from mxnet.ir.types import CHANNELS_LAST
from mxnet.ops.nn import separable
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.layout import channels_last
from mxnet.passes.operators.fused import FusedConvolution

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = ["SeparableConvolution", "joined"]


class SeparableConvolution(FusedConvolution):
    """Convolves channels apart, and then pixels; the parameters are the second one's."""

    name = "_separable_convolution"
    inputs = {
        "data": "Input data.",
        "depth_weight": "Filters of the channels, apart.",
        "weight": "Filters of the pixels, in panels.",
        "addend": "What is added to the result.",
        "depth_bias": "One number for each channel.",
        "bias": "One number for each filter.",
    }
    learned = ("depth_weight", "weight", "depth_bias", "bias")
    memory = NEW
    adds: bool = param(default=False, doc="Whether there is an addend.")
    depth_kernel: tuple[int, ...] = param(doc="The window of the first.")
    depth_stride: tuple[int, ...] = param(doc="Its step.")
    depth_pad: tuple[int, ...] = param(doc="Its padding.")
    depth_dilate: tuple[int, ...] = param(doc="Its dilation.")
    depth_act: str = param(default="none", doc="What is done to what it makes.")
    depth_scalars: tuple[float, ...] = param(default=(), doc="The numbers of that.")
    depth_no_bias: bool = param(default=False, doc="Whether it has no bias.")

    def input_names(self) -> tuple[str, ...]:
        missing = {"addend": not self.adds, "depth_bias": self.depth_no_bias, "bias": self.no_bias}
        return tuple(name for name in self.inputs if not missing.get(name))

    def image_inputs(self) -> tuple[int, ...]:
        return (0, 3) if self.adds else (0,)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None or None in s.data:
            return {}
        apart = self._apart(s.data)
        return {"output": (apart.batch, self.num_filter, *apart.places[1:])}

    def forward(self, run: Run, data: Tensor, depth_weight: Tensor, weight: Tensor, *rest: Tensor) -> Tensor:  # type: ignore[override]
        left = iter(rest)
        addend, depth_bias, bias = (
            None if missing else next(left) for missing in (not self.adds, self.depth_no_bias, self.no_bias)
        )
        first: Any = FusedConvolution.make(
            kernel=self.depth_kernel,
            stride=self.depth_stride,
            pad=self.depth_pad,
            dilate=self.depth_dilate,
            num_filter=data.shape[1],
            num_group=data.shape[1],
            no_bias=self.depth_no_bias,
            act=self.depth_act,
            scalars=self.depth_scalars,
            apart=True,
        )
        between = first.forward(run, data, depth_weight, depth_bias)
        if addend is not None:
            return self._convolve_natively(between, weight, bias, channels_last(addend))
        made: Tensor = super().forward(run, between, weight, bias)
        return made

    def as_rows(self, to: Rows) -> None:
        if self.act not in ("none", "relu", "hardtanh"):
            to.decline()
        places = [to.data, to.output, *([to.addend] if self.adds else [])]
        if any(place.layout != CHANNELS_LAST for place in places):
            to.decline()
        channels = self._apart(to.data.shape)
        pixels = self.sliding((channels.batch, channels.channels, *channels.places[1:]))
        if not separable.fits(channels, pixels):
            to.decline()
        shares = separable.shares_in_rows(
            channels,
            pixels,
            to,
            to.addend if self.adds else None,
            relus=(self.depth_act == "relu", self.act == "relu"),
            limits=self.depth_scalars if self.depth_act == "hardtanh" else (),
        )
        to.shares("convolve_separably", shares)
        if self.act == "hardtanh":
            to("clip", to.output, *map(float, self.scalars), to.output.size)

    def _apart(self, shape: tuple[int, ...]) -> Sliding:
        """Return how the first one's windows move."""
        window = {name: getattr(self, f"depth_{name}") for name in ("kernel", "stride", "pad", "dilate")}
        op = Convolution.make(num_filter=shape[1], num_group=shape[1], **window)
        assert isinstance(op, Convolution)
        return op.sliding(shape)


def joined(
    channels: FusedConvolution, pixels: FusedConvolution, shape: tuple[int, ...]
) -> SeparableConvolution | None:
    """Return what does both, for data of that shape; None if they are better done one after the other."""
    if not (channels.apart and pixels.panels) or channels.act not in ("none", "relu", "hardtanh"):
        return None
    first = channels.sliding(shape)
    if not separable.fits(first, pixels.sliding((first.batch, first.channels, *first.places[1:]))):
        return None
    facts = {
        "kernel": channels.kernel,
        "stride": channels.strides,
        "pad": channels.pads,
        "dilate": channels.dilates,
        "act": channels.act,
        "scalars": channels.scalars,
        "no_bias": channels.no_bias,
    }
    given = pixels.given | {f"depth_{name}": str(fact) for name, fact in facts.items()}
    made = SeparableConvolution.bind(given)
    assert isinstance(made, SeparableConvolution)
    return made
