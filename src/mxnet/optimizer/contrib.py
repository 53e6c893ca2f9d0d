"""Optimizers that MXNet keeps under ``mx.optimizer.contrib``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.ops.optimizer.steps import group_adagrad
from mxnet.optimizer.base import Index, OptimizerError, State, register
from mxnet.optimizer.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.ndarray import NDArray
    from mxnet.ops.optimizer.steps import Values

__all__ = ["GroupAdaGrad"]


@register
class GroupAdaGrad(Rule):
    r"""AdaGrad with one sum for each row of a matrix, as for embeddings.

    .. math::
        h &= h + \mathrm{mean}(g^2, axis=1) \\
        w &= w - \eta \frac{g}{\sqrt{h + \epsilon}}

    Parameters
    ----------
    eps : float, default 1e-5
    **kwargs
        Those of `Optimizer`; weight decay is not supported.
    """

    def __init__(self, eps: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    @property
    def epsilon(self) -> float:
        """The number that keeps the denominator from 0, under the name of other optimizers."""
        return self.float_stable_eps

    def create_state(self, index: Index, weight: NDArray) -> State:
        """Return one number for each row, 0 at first."""
        if len(weight.shape) != 2:
            raise OptimizerError(
                f"GroupAdaGrad groups the rows of matrices, got a weight of shape {weight.shape}."
            )
        return nd.zeros((weight.shape[0], 1), weight.context, dtype=np.float32)

    def _only_rows(self, weight: NDArray) -> bool:
        return True

    _together = False

    def _step(
        self, index: Index, weight: Values, grad: Values, states: Sequence[Values], lr: float, wd: float
    ) -> None:
        if wd:
            raise OptimizerError(f"GroupAdaGrad has no weight decay, got wd={wd}.")
        group_adagrad(self, weight, grad, states, lr, wd)
