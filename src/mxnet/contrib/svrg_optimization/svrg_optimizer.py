"""The optimizer of SVRG: one that a store can run, which also keeps full gradients there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet.optimizer import Optimizer, create, register

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray
    from mxnet.optimizer.base import Index, State

__all__ = ["FULL"]

FULL = "_full"
"""What the keys of full gradients end in."""


@register
class _AssignmentOptimizer(Optimizer):
    """Puts what is pushed in the place of what was kept."""

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: State) -> None:  # noqa: ARG002
        weight[:] = grad


@register
class _SVRGOptimizer(Optimizer):
    """Updates parameters by an optimizer of choice, and assigns under the keys of full gradients.

    Parameters
    ----------
    default_optimizer : str or Optimizer
        The optimizer of the parameters.
    **kwargs
        Its parameters, if it is given by name.
    """

    def __init__(self, default_optimizer: str | Optimizer, **kwargs: Any) -> None:
        made = (
            create(default_optimizer, **kwargs) if isinstance(default_optimizer, str) else default_optimizer
        )
        self.default_opt = made
        self.aux_opt = create(_AssignmentOptimizer.__name__)
        super().__init__(rescale_grad=made.rescale_grad, param_idx2name=made.idx2name)

    @property
    def learning_rate(self) -> float:
        """The rate of the parameters."""
        return self.default_opt.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Set the rate of the parameters."""
        self.default_opt.set_learning_rate(lr)

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> State:
        """Return what the optimizer in charge remembers of a parameter."""
        return self._in_charge(index).create_state_multi_precision(index, weight)

    create_state = create_state_multi_precision

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: State) -> None:
        """Let the optimizer in charge change a parameter."""
        self._in_charge(index).update_multi_precision(index, weight, grad, state)

    def update_all(
        self,
        indices: Sequence[Index],
        weights: Sequence[NDArray],
        grads: Sequence[NDArray],
        states: Sequence[State],
    ) -> None:
        """Let the optimizers in charge change several parameters."""
        every = list(zip(indices, weights, grads, states, strict=True))
        for optimizer in (self.default_opt, self.aux_opt):
            share = [each for each in every if self._in_charge(each[0]) is optimizer]
            if share:
                optimizer.update_all(*zip(*share, strict=True))

    update_multi_precision = update

    def _in_charge(self, index: Index) -> Optimizer:
        name = self.idx2name.get(index, index)
        return self.aux_opt if isinstance(name, str) and name.endswith(FULL) else self.default_opt
