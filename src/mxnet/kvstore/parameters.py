"""How the parameters of a model get to a key-value store, and updated, by it or by its devices.

Programs outside import these from ``mx.model``, under these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.config import knob
from mxnet.errors import NameLookupError
from mxnet.kvstore.base import KVStoreBase, create
from mxnet.kvstore.kvstore import KVStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.ndarray import NDArray

    Blocks = Sequence[Sequence[NDArray]]  # of each parameter, the array of each device
    Gradients = Sequence[Sequence[NDArray | None]]

__all__: list[str] = []

_LARGE = 2**24  # Parameters with more numbers are updated by their devices, which spares sending them around.


class _NotAStoreError(NameLookupError, TypeError):
    """Something that is no store was to be one (MXNet raises TypeError)."""


def _create_kvstore(kvstore: Any, num_device: int, arg_params: Mapping[str, NDArray]) -> tuple[Any, bool]:
    """Return the store that is needed, if any, and whether it updates the parameters.

    Parameters
    ----------
    kvstore : str, KVStore or None
    num_device : int
    arg_params : dict of str to NDArray
    """
    if kvstore is None:
        return None, False
    if not isinstance(kvstore, (str, KVStoreBase)):
        raise _NotAStoreError(f"kvstore is {kvstore!r}. Expected None, a name such as 'local', or a KVStore.")
    if isinstance(kvstore, str) and num_device == 1 and "dist" not in kvstore:
        return None, False
    update = knob("MXNET_UPDATE_ON_KVSTORE")
    if kvstore == "local":
        update = update and max((array.size for array in arg_params.values()), default=0) <= _LARGE
    store = create(kvstore) if isinstance(kvstore, str) else kvstore
    if "dist" in getattr(store, "type", "") and any(a.stype == "row_sparse" for a in arg_params.values()):
        update = True  # what workers do not push of a row-sparse array stays, which is wrong of gradients
    return store, update and store.is_capable(KVStoreBase.OPTIMIZER)


def _create_sparse_kvstore(kvstore: Any) -> tuple[Any, bool]:
    """Return a store for row-sparse parameters, which always updates them; see `_create_kvstore`."""
    if not isinstance(kvstore, (str, KVStoreBase)):
        raise _NotAStoreError(f"Row-sparse parameters need a store or its name, not {kvstore!r}.")
    return create(kvstore) if isinstance(kvstore, str) else kvstore, True


def _initialize_kvstore(
    kvstore: Any,
    param_arrays: Blocks,
    arg_params: Mapping[str, NDArray],
    param_names: Sequence[str],
    update_on_kvstore: bool,
) -> None:
    """Put parameters in a store; the devices start from what it holds, if that updates them or has workers.

    Parameters
    ----------
    kvstore : KVStore
    param_arrays : list of list of NDArray
        Of each parameter, the array of each device.
    arg_params : dict of str to NDArray
        Their values.
    param_names : list of str
    update_on_kvstore : bool
    """
    for name, arrays in zip(param_names, param_arrays, strict=True):
        if update_on_kvstore or (isinstance(kvstore, KVStore) and kvstore.num_workers > 1):
            kvstore.broadcast(name, arg_params[name], out=arrays)
        else:
            kvstore.init(name, arg_params[name])


def _update_params_on_kvstore(
    param_arrays: Blocks, grad_arrays: Gradients, kvstore: Any, param_names: Sequence[str]
) -> None:
    """Let a store update parameters by their gradients, and fetch them.

    Parameters
    ----------
    param_arrays, grad_arrays : list of list of NDArray
        Of each parameter, the array of each device. Those without a gradient stay as they are.
    kvstore : KVStore
    param_names : list of str
    """
    _exchange(kvstore, param_names, grad_arrays, param_arrays)


def _update_params(
    param_arrays: Blocks,
    grad_arrays: Gradients,
    updater: Callable[[Any, Any, Any], None],
    num_device: int,
    kvstore: Any = None,
    param_names: Sequence[str] | None = None,
    positions: Sequence[int] | None = None,
) -> None:
    """Update parameters by their gradients on each device, once a store has added these up.

    Parameters
    ----------
    param_arrays, grad_arrays : list of list of NDArray
        Of each parameter, the array of each device. Those without a gradient stay as they are.
    updater : callable
        Called for each device with lists of indices, gradients and parameters.
    num_device : int
    kvstore : KVStore, optional
    param_names : list of str, optional
        Under which names the store has the gradients.
    positions : list of int, optional
        The numbers of the parameters, by which the updater knows them; by default one after the other.
    """
    if kvstore is not None:
        _exchange(kvstore, param_names or range(len(grad_arrays)), grad_arrays, None)
    numbers = range(len(grad_arrays)) if positions is None else positions
    learned = [
        (number * num_device, weights, grads)
        for number, weights, grads in zip(numbers, param_arrays, grad_arrays, strict=True)
        if grads[0] is not None
    ]
    for k in range(num_device if learned else 0):
        first, weights, grads = zip(*learned, strict=True)
        updater([i + k for i in first], [g[k] for g in grads], [w[k] for w in weights])


def takes_many(store: Any) -> bool:
    """Whether a store is given many keys by one call; one that somebody else wrote gets them singly."""
    return isinstance(store, KVStore) and type(store).pushpull is KVStore.pushpull


def scale_of_batch(store: Any) -> int:
    """Return how many workers share a batch, whose gradients a store adds up.

    As in MXNet, a store whose name does not say ``_sync``, such as ``dist``, leaves that to the program.
    """
    kind = getattr(store, "type", "")
    return int(store.num_workers) if "dist" in kind and "_sync" in kind else 1


def _exchange(store: Any, names: Sequence[Any], grads: Gradients, out: Blocks | None) -> None:
    """Push gradients to a store, and pull what comes of them into arrays, or back into the gradients."""
    learned = [i for i, grad in enumerate(grads) if grad[0] is not None]
    targets = grads if out is None else out
    if takes_many(store):
        keys = [names[i] for i in learned]
        store.push(keys, [grads[i] for i in learned])
        store.pull(keys, [targets[i] for i in learned], ignore_sparse=False)
        return
    for i in learned:
        if out is None:
            store.pushpull(names[i], grads[i], priority=-i)
        else:
            store.pushpull(names[i], grads[i], out=out[i], priority=-i)
