"""Blocks side by side, sparse embeddings, batch normalization over devices, and pixels from channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet import ndarray as nd
from mxnet.context import num_gpus
from mxnet.gluon.block import Block, HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.nn import HybridSequential, Sequential
from mxnet.gluon.nn.norm_layers import _BatchNorm

if TYPE_CHECKING:
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import ParameterDict

__all__ = [
    "Concurrent",
    "HybridConcurrent",
    "Identity",
    "PixelShuffle1D",
    "PixelShuffle2D",
    "PixelShuffle3D",
    "SparseEmbedding",
    "SyncBatchNorm",
]


class Concurrent(Sequential):
    """Calls all blocks with the same input, and joins their outputs.

    Parameters
    ----------
    axis : int, default -1
        Along which they are joined.
    prefix, params
        See `Block`.
    """

    def __init__(
        self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Call the blocks and join their outputs."""
        return nd.concat(*[block(x) for block in self], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """Calls all hybrid blocks with the same input, and joins their outputs.

    Parameters
    ----------
    axis : int, default -1
        Along which they are joined.
    prefix, params
        See `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.contrib.nn.HybridConcurrent(axis=1)
    >>> net.add(mx.gluon.contrib.nn.Identity(), mx.gluon.nn.Activation("relu"))
    >>> net(mx.nd.array([[-1, 2]])).asnumpy()
    array([[-1.,  2.,  0.,  2.]], dtype=float32)
    """

    def __init__(
        self, axis: int = -1, prefix: str | None = None, params: ParameterDict | None = None
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Call the blocks and join their outputs."""
        return F.concat(*[block(x) for block in self], dim=self.axis)


class Identity(HybridBlock):
    """Returns its input, for a connection that skips others."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - it computes nothing
        """Return the input."""
        return x


class SparseEmbedding(Block):
    """An embedding whose weight is stored by rows, as its gradient is.

    Parameters
    ----------
    input_dim : int
        How many numbers there are.
    output_dim : int
        The length of the vectors.
    dtype : str or dtype, default 'float32'
    weight_initializer : Initializer or str, optional
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Init = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "dtype": dtype,
            "sparse_grad": True,
        }
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            grad_stype="row_sparse",
            stype="row_sparse",
        )

    def forward(self, x: Any) -> Any:
        """Return the vectors of the numbers in `x`."""
        return nd.Embedding(x, self.weight.row_sparse_data(x), name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return "{name}({input_dim} -> {output_dim}, {dtype})".format(name=type(self).__name__, **self._kwargs)


class SyncBatchNorm(_BatchNorm):
    """Batch normalization whose statistics are those of the batches of all devices together.

    Parameters
    ----------
    in_channels : int, optional
        By default the first input tells.
    num_devices : int, optional
        By default the number of GPUs, or 1.
    momentum, epsilon, center, scale, use_global_stats
        See `mx.gluon.nn.BatchNorm`.
    beta_initializer, gamma_initializer, running_mean_initializer, running_variance_initializer
        Initializers or their names.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Init = "zeros",
        gamma_initializer: Init = "ones",
        running_mean_initializer: Init = "zeros",
        running_variance_initializer: Init = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            1,
            momentum,
            epsilon,
            center,
            scale,
            use_global_stats,
            beta_initializer,
            gamma_initializer,
            running_mean_initializer,
            running_variance_initializer,
            in_channels,
            **kwargs,
        )
        del self._kwargs["axis"]  # it is always 1
        self._kwargs |= {
            "ndev": max(1, num_gpus()) if num_devices is None else num_devices,
            "key": self.prefix,
        }

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Return the normalized values; recorded, `backward` moves the statistics."""
        return F.contrib.SyncBatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)


class _PixelShuffle(HybridBlock):
    """What the three of them share: one factor for each axis."""

    _axes: ClassVar[int]

    def __init__(self, factor: int | Sequence[int]) -> None:
        super().__init__()
        self._factors = tuple(factor) if isinstance(factor, Sequence) else (int(factor),) * self._axes
        if len(self._factors) != self._axes:
            raise CheckError(
                f"{type(self).__name__} needs a factor, or {self._axes} of them, got {factor!r}."
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors if self._axes > 1 else self._factors[0]})"


class PixelShuffle1D(_PixelShuffle):
    """Makes sequences longer by a factor, and takes the values from channels.

    Parameters
    ----------
    factor : int
        Arrays of shape (batch, factor * channels, width) become (batch, channels, factor * width).

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.contrib.nn.PixelShuffle1D(2)(mx.nd.zeros((1, 8, 3))).shape
    (1, 4, 6)
    """

    _axes = 1

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the larger array."""
        (factor,) = self._factors
        x = F.reshape(x, (0, -4, -1, factor, 0))  # batch, channels, factor, width
        x = F.transpose(x, (0, 1, 3, 2))
        return F.reshape(x, (0, 0, -3))


class PixelShuffle2D(_PixelShuffle):
    """Makes images larger by factors, and takes the pixels from channels.

    Parameters
    ----------
    factor : int or tuple of int
        Arrays of shape (batch, f1 * f2 * channels, height, width) become
        (batch, channels, f1 * height, f2 * width).
    """

    _axes = 2

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the larger array."""
        one, two = self._factors
        x = F.reshape(x, (0, -4, -1, one * two, 0, 0))  # batch, channels, both factors, height, width
        x = F.reshape(x, (0, 0, -4, one, two, 0, 0))
        x = F.transpose(x, (0, 1, 4, 2, 5, 3))
        return F.reshape(x, (0, 0, -3, -3))


class PixelShuffle3D(_PixelShuffle):
    """Makes volumes larger by factors, and takes the values from channels.

    Parameters
    ----------
    factor : int or tuple of int
        Arrays of shape (batch, f1 * f2 * f3 * channels, depth, height, width) become
        (batch, channels, f1 * depth, f2 * height, f3 * width).
    """

    _axes = 3

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the larger array."""
        one, two, three = self._factors
        # Arrays of MXNet's operators have six axes at most: each factor is brought to its axis by itself.
        x = F.reshape(x, (0, -4, -1, one * two * three, 0, 0, 0))
        x = F.swapaxes(x, 2, 3)
        x = F.reshape(x, (0, 0, 0, -4, one, two * three, 0, 0))
        x = F.reshape(x, (0, 0, -3, 0, 0, 0))
        x = F.swapaxes(x, 3, 4)
        x = F.reshape(x, (0, 0, 0, 0, -4, two, three, 0))
        x = F.reshape(x, (0, 0, 0, -3, 0, 0))
        x = F.swapaxes(x, 4, 5)
        return F.reshape(x, (0, 0, 0, 0, -3))
