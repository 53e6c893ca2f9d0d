"""Convolutions by Winograd's way, with tiles that a pass has chosen, and filters transformed for these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NOWHERE, Into
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.types import PACKED
from mxnet.lazy import torch
from mxnet.ops.nn.convolution import Convolution, is_last
from mxnet.ops.nn.winograd import Winograd
from mxnet.ops.tools.layout import channels_first, channels_last, empty_last, takes_native

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["WinogradConvolution", "WinogradFilters"]

_TILE = param(default=0, doc="Side of an output tile; 0 for another way.")


class WinogradFilters(Op):
    """Transforms filters for tiles of a size.

    Shapes: weight (filter, channel, 3, 3), output (elements of an input tile, filter, channel).
    """

    name = "_winograd_filters"
    inputs = {"weight": "Filters."}
    result = "new"
    tile: int = _TILE

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.weight is None else {"output": ((self.tile + 2) ** 2, *s.weight[:2])}

    def layouts(self, ins: Sequence[str]) -> tuple[str, ...]:
        return (PACKED,)

    def forward(self, run: Run, weight: Tensor) -> Tensor:
        return Winograd.transformed(weight, self.tile)


class WinogradConvolution(Convolution):
    """A convolution in training, each part of which has its own tiles."""

    name = "_winograd_convolution"
    output_tile: int = _TILE
    data_tile: int = _TILE
    weight_tile: int = _TILE

    def forward(self, run: Run, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if not self.output_tile or not takes_native(data, weight, bias):
            return super().forward(run, data, weight, bias)
        sliding = self.sliding(tuple(data.shape))
        result = empty_last((sliding.batch, sliding.filters, *sliding.places[1:]))
        filters = Winograd.transformed(weight, self.output_tile)
        Winograd(sliding, self.output_tile).multiply(channels_last(data), filters, bias, result)
        return result if is_last(run, data) else channels_first(result)

    def _backward_in_parts(
        self,
        grad: Tensor,
        data: Tensor,
        weight: Tensor,
        wanted: list[bool],
        *,
        last: bool,
        out: Mapping[str, Into] = NOWHERE,
    ) -> list[Tensor | None]:
        tiles = self.data_tile, self.weight_tile
        others = [want and not tile for want, tile in zip(wanted, tiles, strict=True)]
        into = super()._backward_in_parts(grad, data, weight, others, last=last, out=out)
        sliding, grad = self.sliding(tuple(data.shape)), channels_last(grad)
        if wanted[0] and self.data_tile:
            into[0] = made = empty_last(data.shape)
            filters = Winograd.transformed(weight, self.data_tile, turned=True)
            Winograd(sliding, self.data_tile).spread(grad, filters, made)
        if wanted[1] and self.weight_tile:
            into[1] = made = torch.empty_like(weight, memory_format=torch.contiguous_format)
            Winograd(sliding, self.weight_tile).collect(channels_last(data), grad, made)
        return into
