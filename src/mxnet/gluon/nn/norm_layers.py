"""Layers that normalize their input: over the batch, an instance, a layer or groups of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.nn.axes import lengths_of

if TYPE_CHECKING:
    from mxnet.gluon.parameter import Parameter
    from mxnet.initializer import Initializer

    Init = Initializer | str | None

__all__ = ["BatchNorm", "BatchNormReLU", "GroupNorm", "InstanceNorm", "LayerNorm"]


class _Norm(HybridBlock):
    """A layer with a scale and an offset for each channel."""

    gamma: Parameter
    beta: Parameter
    _kwargs: dict[str, Any]

    def _scale_and_offset(
        self, channels: int, scale: bool, center: bool, gamma_initializer: Init, beta_initializer: Init
    ) -> None:
        """Make both parameters; what is not learned stays as it starts."""
        with self.name_scope():
            self.gamma = self._per_channel("gamma", channels, gamma_initializer, scale)
            self.beta = self._per_channel("beta", channels, beta_initializer, center)

    def _per_channel(self, name: str, channels: int, init: Init, learned: bool = False) -> Parameter:
        parameter: Parameter = self.params.get(
            name,
            grad_req="write" if learned else "null",
            shape=(channels,),
            init=init,
            allow_deferred_init=True,
            differentiable=learned,
        )
        return parameter

    def __repr__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self._facts().items())
        return f"{type(self).__name__}({facts})"

    def _facts(self) -> dict[str, Any]:
        """Return what the repr tells."""
        return {**self._kwargs, "in_channels": lengths_of(self.gamma)[0]}


class _BatchNorm(_Norm):
    """What both kinds of batch normalization share; see `BatchNorm`."""

    fuse_relu = False

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Init = "zeros",
        gamma_initializer: Init = "ones",
        running_mean_initializer: Init = "zeros",
        running_variance_initializer: Init = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        self._scale_and_offset(in_channels, scale, center, gamma_initializer, beta_initializer)
        with self.name_scope():
            self.running_mean = self._per_channel("running_mean", in_channels, running_mean_initializer)
            self.running_var = self._per_channel("running_var", in_channels, running_variance_initializer)

    def cast(self, dtype: Any) -> None:
        """Cast the layer; what belongs to half precision is kept in float32."""
        super().cast("float32" if np.dtype(dtype).name == "float16" else dtype)

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Return the normalized values; recorded, `backward` moves the statistics."""
        operator = F.contrib.BatchNormWithReLU if self.fuse_relu else F.BatchNorm
        return operator(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)

    def _facts(self) -> dict[str, Any]:
        return {**self._kwargs, "in_channels": lengths_of(self.gamma)[0] or None}


class BatchNorm(_BatchNorm):
    """Normalizes each channel over the batch, and learns its scale and offset.

    Parameters
    ----------
    axis : int, default 1
        That of the channels.
    momentum : float, default 0.9
        How much of the moving statistics stays in each step.
    epsilon : float, default 1e-5
        Is added to the variance.
    center, scale : bool, default True
        Whether the offset and the scale are learned.
    use_global_stats : bool, default False
        Whether the moving statistics are used in training too.
    beta_initializer, gamma_initializer, running_mean_initializer, running_variance_initializer
        Initializers or their names.
    in_channels : int, optional
        By default the first input tells.
    **kwargs
        `prefix` and `params`, see `Block`.

    Notes
    -----
    `epsilon` is 1e-5 here and 1e-3 in the operator, as in MXNet.
    """


class BatchNormReLU(_BatchNorm):
    """`BatchNorm` and then the positive part; see there for the parameters."""

    fuse_relu = True


class InstanceNorm(_Norm):
    """Normalizes each channel of each sample by itself.

    Parameters
    ----------
    axis : int, default 1
        That of the channels.
    epsilon : float, default 1e-5
    center : bool, default True
        Whether the offset is learned.
    scale : bool, default False
        Whether the scale is learned.
    beta_initializer, gamma_initializer : Initializer or str
    in_channels : int, optional
        By default the first input tells.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Init = "zeros",
        gamma_initializer: Init = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        self._scale_and_offset(in_channels, scale, center, gamma_initializer, beta_initializer)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """Return the normalized values."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        x = F.InstanceNorm(x.swapaxes(1, self._axis), gamma, beta, name="fwd", eps=self._epsilon)
        return x.swapaxes(1, self._axis)


class LayerNorm(_Norm):
    """Normalizes each sample along one axis.

    Parameters
    ----------
    axis : int, default -1
    epsilon : float, default 1e-5
    center, scale : bool, default True
        Whether the offset and the scale are learned.
    beta_initializer, gamma_initializer : Initializer or str
    in_channels : int, optional
        By default the first input tells.
    prefix, params
        See `Block`.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Init = "zeros",
        gamma_initializer: Init = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        self._center = center
        self._scale = scale
        self._scale_and_offset(in_channels, scale, center, gamma_initializer, beta_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Return the normalized values."""
        return F.LayerNorm(data, gamma=gamma, beta=beta, axis=self._axis, eps=self._epsilon)


class GroupNorm(_Norm):
    """Normalizes groups of channels of each sample.

    Parameters
    ----------
    num_groups : int, default 1
    epsilon : float, default 1e-5
    center, scale : bool, default True
        Whether the offset and the scale are learned.
    beta_initializer, gamma_initializer : Initializer or str
    prefix, params
        See `Block`.

    Notes
    -----
    Scale and offset belong to groups, not to channels, as in MXNet 1.x.
    """

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Init = "zeros",
        gamma_initializer: Init = "ones",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "num_groups": num_groups, "center": center, "scale": scale}
        self._num_groups = num_groups
        self._epsilon = epsilon
        self._center = center
        self._scale = scale
        self._scale_and_offset(num_groups, scale, center, gamma_initializer, beta_initializer)

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Return the normalized values."""
        return F.GroupNorm(data, gamma=gamma, beta=beta, num_groups=self._num_groups, eps=self._epsilon)

    def _facts(self) -> dict[str, Any]:
        return self._kwargs
