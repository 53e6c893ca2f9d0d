"""Convolutions whose filters look where another convolution says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.nn import Activation
from mxnet.gluon.nn.axes import convolution_text, per_axis

if TYPE_CHECKING:
    from mxnet.gluon.nn.axes import Size
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import Parameter, ParameterDict

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]


class _Deformable(HybridBlock):
    """What both kinds share: two convolutions, of which one tells the other where to look."""

    _operator: ClassVar[str]
    _numbers: ClassVar[int]  # that the first convolution tells of each place
    _order: ClassVar[tuple[str, str]] = ("offset", "deformable_conv")  # in which parameters are made

    offset_weight: Parameter
    deformable_conv_weight: Parameter
    deformable_conv_bias: Parameter | None

    def __init__(
        self,
        channels: int,
        kernel_size: Size = (1, 1),
        strides: Size = (1, 1),
        padding: Size = (0, 0),
        dilation: Size = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "NCHW",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: Init = None,
        bias_initializer: Init = "zeros",
        offset_weight_initializer: Init = "zeros",
        offset_bias_initializer: Init = "zeros",
        offset_use_bias: bool = True,
        op_name: str | None = None,
        adj: Size | None = None,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._channels = channels
        self._in_channels = in_channels
        self._op_name = self._operator if op_name is None else op_name
        kernel = per_axis(self, "kernel_size", kernel_size, 2)
        places = math.prod(kernel) * num_deformable_group
        window = {
            "kernel": kernel,
            "stride": per_axis(self, "strides", strides, 2),
            "dilate": per_axis(self, "dilation", dilation, 2),
            "pad": per_axis(self, "padding", padding, 2),
            "num_group": groups,
            "layout": layout,
            **({} if adj is None else {"adj": adj}),
        }
        self.offset_split_index = 2 * places
        self._kwargs_offset = {**window, "num_filter": self._numbers * places, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {
            **window,
            "num_filter": channels,
            "no_bias": not use_bias,
            "num_deformable_group": num_deformable_group,
        }
        parts = {
            "offset": (
                self._kwargs_offset,
                in_channels // groups,
                offset_weight_initializer,
                offset_bias_initializer,
            ),
            # Its second input is not known yet, and without it the operator says nothing, as in MXNet.
            "deformable_conv": (self._kwargs_deformable_conv, 0, weight_initializer, bias_initializer),
        }
        with self.name_scope():
            for part in self._order:
                self._make_parameters(part, *parts[part])
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def _make_parameters(
        self, part: str, kwargs: dict[str, Any], channels: int, weight_init: Init, bias_init: Init
    ) -> None:
        filters = kwargs["num_filter"]
        made = {
            "weight": ((filters, channels, *kwargs["kernel"]), weight_init),
            "bias": ((filters,), bias_init),
        }
        for kind, (shape, init) in made.items():
            name = f"{part}_{kind}"
            given = kind == "weight" or not kwargs["no_bias"]
            setattr(
                self,
                name,
                self.params.get(name, shape=shape, init=init, allow_deferred_init=True) if given else None,
            )

    def hybrid_forward(
        self,
        F: Any,
        x: Any,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        """Return the convolution."""
        told = F.Convolution(x, *_given(offset_weight, offset_bias), cudnn_off=True, **self._kwargs_offset)
        y = getattr(F.contrib, self._op_name)(
            x,
            *self._places(F, told),
            *_given(deformable_conv_weight, deformable_conv_bias),
            name="fwd",
            **self._kwargs_deformable_conv,
        )
        return y if self.act is None else self.act(y)

    def _places(self, F: Any, told: Any) -> tuple[Any, ...]:
        """Return what the operator is told of its places."""
        raise NotImplementedError


def _given(*arrays: Any) -> list[Any]:
    return [array for array in arrays if array is not None]


class DeformableConvolution(_Deformable):
    """A convolution whose filters look at places that another convolution finds (Dai et al. 2017).

    Parameters
    ----------
    channels, kernel_size, strides, padding, dilation, groups, layout, use_bias, in_channels, activation
        See `mx.gluon.nn.Conv2D`.
    num_deformable_group : int, default 1
        How many parts the channels have that look at places of their own.
    weight_initializer, bias_initializer : Initializer or str, optional
    offset_weight_initializer, offset_bias_initializer : Initializer or str, default 'zeros'
        Of the convolution that finds the places.
    offset_use_bias : bool, default True
    op_name : str, default 'DeformableConvolution'
        The operator.
    adj : tuple of int, optional
        Of a transposed operator.
    prefix, params
        See `Block`.
    """

    _operator = "DeformableConvolution"
    _numbers = 2

    def _alias(self) -> str:
        return "deformable_conv"

    def _places(self, F: Any, told: Any) -> tuple[Any, ...]:  # noqa: ARG002 - they are what is told
        return (told,)

    def __repr__(self) -> str:
        weight = self.deformable_conv_weight
        return convolution_text(
            self, weight, self._kwargs_deformable_conv, self.deformable_conv_bias, self.act
        )


class ModulatedDeformableConvolution(_Deformable):
    """A deformable convolution that weighs its places, too (Zhu et al. 2018); see `DeformableConvolution`."""

    _operator = "ModulatedDeformableConvolution"
    _numbers = 3
    _order = ("deformable_conv", "offset")

    def _alias(self) -> str:
        return "modulated_deformable_conv"

    def _places(self, F: Any, told: Any) -> tuple[Any, ...]:
        offset = F.slice_axis(told, axis=1, begin=0, end=self.offset_split_index)
        mask = F.slice_axis(told, axis=1, begin=self.offset_split_index, end=None)
        return offset, F.sigmoid(mask) * 2
