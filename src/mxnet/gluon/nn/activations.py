"""Activations as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.initializer import Constant

if TYPE_CHECKING:
    from mxnet.initializer import Initializer

__all__ = ["ELU", "GELU", "SELU", "Activation", "LeakyReLU", "PReLU", "Swish"]


class Activation(HybridBlock):
    """Applies a function to each value.

    Parameters
    ----------
    activation : {'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh', ...}
        An `act_type` of the operator `Activation`.
    **kwargs
        `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.Activation("relu")(mx.nd.array([-1, 2])).asnumpy()
    array([0., 2.], dtype=float32)
    """

    def __init__(self, activation: str, **kwargs: Any) -> None:
        self._act_type = activation
        super().__init__(**kwargs)

    def _alias(self) -> str:
        return self._act_type

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return F.Activation(x, act_type=self._act_type, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._act_type})"


class LeakyReLU(HybridBlock):
    """Lets negative values through, multiplied by a slope.

    Parameters
    ----------
    alpha : float
        The slope, at least 0.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, alpha: float, **kwargs: Any) -> None:
        if alpha < 0:
            raise CheckError(f"The slope of a LeakyReLU has to be at least 0, got {alpha!r}.")
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return F.LeakyReLU(x, act_type="leaky", slope=self._alpha, name="fwd")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._alpha})"


class PReLU(HybridBlock):
    """Lets negative values through, multiplied by a slope that is learned.

    Parameters
    ----------
    alpha_initializer : Initializer or str, default Constant(0.25)
    in_channels : int, default 1
        How many slopes there are: 1, or one for each channel.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        alpha_initializer: Initializer | str = Constant(0.25),  # noqa: B008 - it holds a number and never changes
        in_channels: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.alpha = self.params.get("alpha", shape=(in_channels,), init=alpha_initializer)

    def hybrid_forward(self, F: Any, x: Any, alpha: Any) -> Any:
        """Return the function of each value."""
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")


class ELU(HybridBlock):
    """Replaces negative values by ``alpha * (exp(x) - 1)``.

    Parameters
    ----------
    alpha : float, default 1.0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return F.LeakyReLU(x, act_type="elu", slope=self._alpha)


class SELU(HybridBlock):
    """Scales an ELU so that activations normalize themselves (Klambauer et al. 2017)."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return F.LeakyReLU(x, act_type="selu", name="fwd")


class GELU(HybridBlock):
    """Multiplies each value by the chance that a normal variable lies below it."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return F.LeakyReLU(x, act_type="gelu", name="fwd")


class Swish(HybridBlock):
    """Multiplies each value by ``sigmoid(beta * x)``.

    Parameters
    ----------
    beta : float, default 1.0
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._beta = beta

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the function of each value."""
        return x * F.sigmoid(self._beta * x, name="fwd")
