"""The updater: an optimizer together with the states of the parameters it has met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.errors import NameLookupError
from mxnet.ndarray import NDArray
from mxnet.optimizer.states import dump_pickle, dump_states, load_states

if TYPE_CHECKING:
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

    def __call__(
        self,
        index: Any,
        grad: Any,
        weight: Any,
    ) -> None:
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
        states = [self._state_of(*one) for one in zip(indices, weights, strict=True)]
        self.optimizer.update_all(indices, weights, grads, states)

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

    def set_states(self, states: bytes) -> None:
        """Take over saved states, and the optimizer if it was saved with them.

        Parameters
        ----------
        states : bytes
            What `get_states` returned, or the contents of a ``.states`` file of MXNet. MXNet's are pickles:
            of them only arrays, numbers and MXNet's own optimizers are read, anything else raises.
        """
        self.states, optimizer = load_states(bytes(states))
        if optimizer is not None:
            self.optimizer = optimizer
        self.states_synced = dict.fromkeys(self.states, False)

    def get_states(self, dump_optimizer: bool = False, *, format: str = "symnet") -> bytes:
        """Return all states, for a file.

        Parameters
        ----------
        dump_optimizer : bool
            Whether the optimizer is saved with them.
        format : {'symnet', 'mxnet'}
            A format that can be read without running code, or the pickle that MXNet reads.
        """
        writers: dict[str, Any] = {"symnet": dump_states, "mxnet": dump_pickle}
        if format not in writers:
            raise NameLookupError(f"format is {format!r}. Expected 'symnet' or 'mxnet'.")
        data: bytes = writers[format](self.states, self.optimizer if dump_optimizer else None)
        return data


def get_updater(optimizer: Optimizer) -> Updater:
    """Return an `Updater` of an optimizer."""
    return Updater(optimizer)
