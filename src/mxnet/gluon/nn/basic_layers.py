"""The layers that most networks have: dense, dropout, embedding, and those of its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.nn.activations import Activation
from mxnet.gluon.nn.axes import lengths_of
from mxnet.gluon.nn.containers import HybridLambda, HybridSequential, Lambda, Sequential
from mxnet.gluon.nn.norm_layers import (
    BatchNorm,
    BatchNormReLU,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    _BatchNorm,  # noqa: F401 - programs outside import it from here
)

if TYPE_CHECKING:
    from mxnet.initializer import Initializer

__all__ = [
    "BatchNorm",
    "BatchNormReLU",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "HybridLambda",
    "HybridSequential",
    "InstanceNorm",
    "Lambda",
    "LayerNorm",
    "Sequential",
]


class Dense(HybridBlock):
    """Computes ``activation(x · weightᵀ + bias)``.

    Parameters
    ----------
    units : int
        The size of the output.
    activation : str, optional
        An `act_type` of `Activation`.
    use_bias : bool, default True
    flatten : bool, default True
        Whether all axes but the first are made one; else the last is multiplied alone.
    dtype : str or dtype, default 'float32'
        Of the parameters.
    weight_initializer, bias_initializer : Initializer or str, optional
    in_units : int, optional
        The size of the input. By default the first input tells.
    **kwargs
        `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.nn.Dense(2, weight_initializer="ones")
    >>> layer.initialize()
    >>> layer(mx.nd.array([[1, 2, 3]])).asnumpy(), layer
    (array([[6., 6.]], dtype=float32), Dense(3 -> 2, linear))
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Initializer | str | None = None,
        bias_initializer: Initializer | str | None = "zeros",
        in_units: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._flatten = flatten
        self._units = units
        self._in_units = in_units
        late: dict[str, Any] = {"dtype": dtype, "allow_deferred_init": True}
        with self.name_scope():
            self.weight = self.params.get("weight", shape=(units, in_units), init=weight_initializer, **late)
            self.bias = (
                self.params.get("bias", shape=(units,), init=bias_initializer, **late) if use_bias else None
            )
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Return the output, of shape (batch, units), or (..., units) without `flatten`."""
        y = F.FullyConnected(
            x,
            weight,
            bias,
            no_bias=bias is None,
            num_hidden=self._units,
            flatten=self._flatten,
            name="fwd",
        )
        return y if self.act is None else self.act(y)

    def __repr__(self) -> str:
        units, in_units = lengths_of(self.weight)
        return f"{type(self).__name__}({in_units or None} -> {units}, {self.act or 'linear'})"


class Dropout(HybridBlock):
    """Sets a random part of the values to 0 in training, and scales the others up.

    Parameters
    ----------
    rate : float
        Which part; with 0 the layer does nothing.
    axes : tuple of int, default ()
        Along which values are dropped together.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, rate: float, axes: tuple[int, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._rate = rate
        self._axes = axes

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return what is kept."""
        if self._rate > 0:
            return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd", cudnn_off=False)
        return F.identity(x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p = {self._rate}, axes={self._axes})"


class Embedding(HybridBlock):
    """Replaces whole numbers by the vectors at these rows of its weight.

    Parameters
    ----------
    input_dim : int
        How many numbers there are.
    output_dim : int
        The length of the vectors.
    dtype : str or dtype, default 'float32'
    weight_initializer : Initializer or str, optional
    sparse_grad : bool, default False
        Whether the gradient is stored by rows.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Initializer | str | None = None,
        sparse_grad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "dtype": dtype,
            "sparse_grad": sparse_grad,
        }
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(input_dim, output_dim),
                init=weight_initializer,
                dtype=dtype,
                allow_deferred_init=True,
                grad_stype="row_sparse" if sparse_grad else "default",
            )

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        """Return the vectors, of the shape of `x` and one axis more."""
        return F.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({{input_dim}} -> {{output_dim}}, {{dtype}})".format_map(self._kwargs)


class Flatten(HybridBlock):
    """Makes all axes but the first one."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return an array of shape (batch, values)."""
        return F.Flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__
