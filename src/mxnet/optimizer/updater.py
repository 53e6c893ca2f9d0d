"""The updater: an optimizer together with the states of the parameters it has met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.ndarray import NDArray
from mxnet.optimizer.base import OptimizerError
from mxnet.optimizer.states import dump_states, load_states

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.optimizer.base import Index, Optimizer, State

__all__ = ["Updater", "get_updater"]


class Updater:
    """Updates parameters by an optimizer, making the state of each when it first comes by.

    Parameters
    ----------
    optimizer : Optimizer

    Examples
    --------
    >>> import mxnet as mx
    >>> updater = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5))
    >>> weight = mx.nd.ones((2,))
    >>> updater(0, mx.nd.ones((2,)), weight)
    >>> weight.asnumpy()
    array([0.5, 0.5], dtype=float32)
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.states: dict[Index, State] = {}
        self.states_synced: dict[Index, bool] = {}
        self.aggregate_updates = optimizer.aggregate_num > 0

    def __call__(self, index: Any, grad: Any, weight: Any) -> None:
        """Update one parameter, or several together, in place.

        Parameters
        ----------
        index : int, str or list of them
            Which parameter, as the optimizer counts them.
        grad : NDArray or list of NDArray
        weight : NDArray or list of NDArray
        """
        if isinstance(index, (list, tuple)):
            indices, grads, weights = index, grad, weight
        else:
            indices, grads, weights = [index], [grad], [weight]
        if not indices and not weights:
            return
        if not len(indices) == len(grads) == len(weights):
            raise OptimizerError(
                f"There are {len(indices)} indices, {len(grads)} gradients and {len(weights)} weights: their "
                "numbers must be equal."
            )
        optimizer = self.optimizer
        optimizer._set_current_context(weights[0].context.device_id)
        states = [self._state_of(*one) for one in zip(indices, weights, strict=True)]
        if optimizer.steps_together and len(set(indices)) == len(indices):
            optimizer.update_all(indices, weights, grads, states)
        elif self.aggregate_updates:
            self._update_in_parts(list(zip(indices, weights, grads, states, strict=True)))
        else:
            for one in zip(indices, weights, grads, states, strict=True):
                optimizer.update_multi_precision(*one)

    def _update_in_parts(self, several: Sequence[tuple[Any, ...]]) -> None:
        """Hand the optimizer as many parameters of one dtype as it wants at a time, as MXNet does."""
        by_dtype: dict[Any, list[tuple[Any, ...]]] = {}
        for one in several:
            by_dtype.setdefault(one[1].dtype, []).append(one)
        size = self.optimizer.aggregate_num
        for alike in by_dtype.values():
            for start in range(0, len(alike), size):
                indices, weights, grads, states = zip(*alike[start : start + size], strict=True)
                self.optimizer.update_multi_precision(indices, weights, grads, list(states))

    def _state_of(self, index: Index, weight: NDArray) -> State:
        """Return the state of a parameter, on its device; a new one if it has none yet."""
        if index not in self.states:
            self.states[index] = self.optimizer.create_state_multi_precision(index, weight)
        elif not self.states_synced.get(index):
            self.states[index] = self.sync_state_context(self.states[index], weight.context)
        self.states_synced[index] = True
        return self.states[index]

    def sync_state_context(self, state: State, context: Context) -> State:
        """Return a state whose arrays are on the given device."""
        if isinstance(state, NDArray):
            return state.as_in_context(context)
        if isinstance(state, (tuple, list)):
            return type(state)(self.sync_state_context(part, context) for part in state)
        return state

    def set_states(self, states: bytes, *, trusted: bool = False) -> None:
        """Take over saved states, and the optimizer if it was saved with them.

        Parameters
        ----------
        states : bytes
            What `get_states` returned, here or in MXNet, or the contents of a ``.states`` file. That is a
            pickle: of it only arrays, numbers and MXNet's own or registered optimizers are read, anything
            else raises.
        trusted : bool
            Whether to make whatever the pickle asks for. That may run any code.
        """
        self.states, optimizer = load_states(bytes(states), trusted=trusted)
        if optimizer is not None:
            self.optimizer = optimizer
            self.aggregate_updates = optimizer.aggregate_num > 0
        self.states_synced = dict.fromkeys(self.states, False)

    def get_states(self, dump_optimizer: bool = False) -> bytes:
        """Return all states, for a file, as a pickle that MXNet reads too.

        Parameters
        ----------
        dump_optimizer : bool
            Whether the optimizer is saved with them.
        """
        return dump_states(self.states, self.optimizer if dump_optimizer else None)


def get_updater(optimizer: Optimizer) -> Updater:
    """Return an `Updater` of an optimizer."""
    return Updater(optimizer)
