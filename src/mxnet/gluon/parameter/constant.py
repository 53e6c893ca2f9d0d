"""Constants: arrays that belong to a block, and that no trainer changes."""

from __future__ import annotations

from typing import Any

from mxnet import ndarray as nd
from mxnet.caller import warn
from mxnet.gluon.parameter.parameter import Parameter
from mxnet.initializer import Initializer, register
from mxnet.ndarray import NDArray

__all__ = ["Constant"]


class Constant(Parameter):
    """A parameter that stays as it is: it has no gradient, and is saved with the others.

    Parameters
    ----------
    name : str
        Its name.
    value : NDArray or array-like
        Its values.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Shift(mx.gluon.HybridBlock):
    ...     def __init__(self, by, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.by = self.params.get_constant("by", by)
    ...
    ...     def hybrid_forward(self, F, x, by):
    ...         return F.broadcast_add(x, by)
    >>> shift = Shift([1, 2])
    >>> shift.initialize()
    >>> shift(mx.nd.zeros((1, 2))).asnumpy()
    array([[1., 2.]], dtype=float32)
    """

    def __init__(self, name: str, value: Any) -> None:
        self.value: NDArray = value if isinstance(value, NDArray) else nd.array(value)
        super().__init__(
            name,
            grad_req="null",
            shape=self.value.shape,
            dtype=self.value.dtype,
            init=_initializer_of(name, self.value),
            differentiable=False,
        )

    @property
    def grad_req(self) -> str:
        """Always ``'null'``."""
        return "null"

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req != "null":
            warn(
                f'Constant parameter "{self.name}" does not support grad_req other than "null", and new '
                f'value "{req}" is ignored.'
            )


def _initializer_of(name: str, value: NDArray) -> str:
    """Register an initializer that fills in these values, and return its name, which files may hold."""

    class Fill(Initializer):
        """Fills in the values of one constant."""

        def _init_weight(self, name: str, arr: NDArray) -> None:  # noqa: ARG002 - every parameter has one
            arr[:] = value

    key = f"Constant_{name}_{id(value)}"
    Fill.__name__ = Fill.__qualname__ = key
    register(Fill, key)
    return key
