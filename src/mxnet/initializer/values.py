"""What weights start from: numbers, random distributions, and matrices of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import ShapeError
from mxnet.initializer.base import Initializer, alias, bilinear_kernel, not_one_of, plain, register

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxnet.ndarray import NDArray

__all__ = ["Bilinear", "Constant", "MSRAPrelu", "Normal", "One", "Orthogonal", "Uniform", "Xavier", "Zero"]


@alias("zero", "zeros")
class Zero(Initializer):
    """Sets weights to 0."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("one", "ones")
class One(Initializer):
    """Sets weights to 1."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """Sets weights to a value.

    Parameters
    ----------
    value : float or array
        A number, or values that fit the parameter's shape.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value=plain(value))
        self.value = value

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = np.asarray(self.value) if isinstance(self.value, (list, tuple)) else self.value


@register
class Uniform(Initializer):
    """Draws weights evenly from ``[-scale, scale]``.

    Parameters
    ----------
    scale : float, default 0.07
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=plain(scale))
        self.scale = scale

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw(nd.random.uniform, -self.scale, self.scale, arr)


@register
class Normal(Initializer):
    """Draws weights from a normal distribution around 0.

    Parameters
    ----------
    sigma : float, default 0.01
        Its standard deviation.
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=plain(sigma))
        self.sigma = sigma

    def _init_weight(self, _: str, arr: NDArray) -> None:
        _draw(nd.random.normal, 0, self.sigma, arr)


@register
class Orthogonal(Initializer):
    """Makes a weight whose rows (seen as a matrix) are orthogonal.

    Parameters
    ----------
    scale : float, default 1.414
        The length of the rows.
    rand_type : {'uniform', 'normal'}
        From what the random matrix is drawn whose singular vectors are taken.

    References
    ----------
    Saxe, McClelland, Ganguli: "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2013.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=plain(scale), rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _: str, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        if self.rand_type == "uniform":
            values = nd.random.uniform(-1.0, 1.0, shape=shape)
        elif self.rand_type == "normal":
            values = nd.random.normal(0.0, 1.0, shape=shape)
        else:
            raise not_one_of("rand_type", self.rand_type, ("uniform", "normal"))
        left, _scales, right = np.linalg.svd(values.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (left if left.shape == shape else right).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Draws weights so that signals keep their size through a layer.

    The scale is ``sqrt(magnitude / factor)``, where the factor is the number of inputs of an output (``in``),
    of outputs of an input (``out``) or their mean (``avg``). A convolution's kernel positions count on both
    sides.

    Parameters
    ----------
    rnd_type : {'uniform', 'gaussian'}
        Evenly from ``[-scale, scale]``, or normally with the scale as standard deviation.
    factor_type : {'avg', 'in', 'out'}
    magnitude : float, default 3

    References
    ----------
    Glorot, Bengio: "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=plain(magnitude))
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if len(arr.shape) < 2:
            raise ShapeError(
                f"Xavier counts inputs and outputs, so it needs a weight of two or more dimensions; "
                f"{str(name)!r} has the shape {arr.shape}. Give the variable another initializer: "
                "mx.sym.Variable(name, init=...)."
            )
        positions = float(np.prod(arr.shape[2:]))
        inputs, outputs = arr.shape[1] * positions, arr.shape[0] * positions
        factors = {"avg": (inputs + outputs) / 2.0, "in": inputs, "out": outputs}
        if self.factor_type not in factors:
            raise not_one_of("factor_type", self.factor_type, factors)
        scale = float(np.sqrt(self.magnitude / factors[self.factor_type]))
        if self.rnd_type == "uniform":
            _draw(nd.random.uniform, -scale, scale, arr)
        elif self.rnd_type == "gaussian":
            _draw(nd.random.normal, 0, scale, arr)
        else:
            raise not_one_of("rnd_type", self.rnd_type, ("uniform", "gaussian"))


@register
class MSRAPrelu(Xavier):
    """Draws weights for layers that are followed by a (leaky) rectifier.

    Parameters
    ----------
    factor_type : {'avg', 'in', 'out'}
    slope : float, default 0.25
        The slope of the rectifier for negative values.

    References
    ----------
    He, Zhang, Ren, Sun: "Delving Deep into Rectifiers", 2015.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": plain(slope)}


@register
class Bilinear(Initializer):
    """Sets the weight of a Deconvolution so that it enlarges images by bilinear interpolation."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: str, arr: NDArray) -> None:
        arr[:] = bilinear_kernel(arr.shape)


def _draw(distribution: Callable[..., NDArray], first: float, second: float, arr: NDArray) -> None:
    distribution(first, second, dtype=arr.dtype, out=arr)
