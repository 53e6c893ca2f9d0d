"""What every key-value store does, and how the store of a name is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.base import _as_list
from mxnet.errors import MXNetError, NameLookupError

if TYPE_CHECKING:
    from mxnet.optimizer import Optimizer

__all__ = ["KVStoreBase", "StoreError", "TestStore", "create"]


class StoreError(MXNetError, ValueError):
    """A key-value store was used in a way that makes no sense."""


class NotANameError(MXNetError, TypeError):
    """The type of a store is no text."""


class KVStoreBase:
    """Base of key-value stores; register subclasses to bring other means of communication.

    Examples
    --------
    >>> import mxnet as mx
    >>> @mx.kv.KVStoreBase.register
    ... class Elsewhere(mx.kv.KVStoreBase):
    ...     pass
    >>> type(mx.kv.create("elsewhere")).__name__
    'Elsewhere'
    """

    OPTIMIZER: ClassVar[str] = "optimizer"
    kv_registry: ClassVar[dict[str, type[KVStoreBase]]] = {}

    @staticmethod
    def register(klass: type[KVStoreBase]) -> type[KVStoreBase]:
        """Register a subclass under its name in lower case, for `create`."""
        KVStoreBase.kv_registry[klass.__name__.lower()] = klass
        return klass

    @staticmethod
    def is_capable(capability: str) -> bool:  # noqa: ARG004 - subclasses look at it
        """Whether the store can do something, such as run an optimizer (``KVStoreBase.OPTIMIZER``)."""
        raise _not_defined("is_capable")

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Put a first value in the store, and copy it to arrays on all devices."""
        raise _not_defined("broadcast")

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Add up values, and copy the result to arrays."""
        raise _not_defined("pushpull")

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Let the store update what it keeps by an optimizer."""
        raise _not_defined("set_optimizer")

    @property
    def type(self) -> str:
        """The name of the kind of store."""
        raise _not_defined("type")

    @property
    def rank(self) -> int:
        """The number of this process among all workers."""
        raise _not_defined("rank")

    @property
    def num_workers(self) -> int:
        """The number of processes."""
        raise _not_defined("num_workers")

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Save the optimizer's states to a file."""
        raise _not_defined("save_optimizer_states")

    def load_optimizer_states(self, fname: str) -> None:
        """Load the optimizer's states from a file."""
        raise _not_defined("load_optimizer_states")


@KVStoreBase.register
class TestStore(KVStoreBase):
    """The smallest store there can be: it keeps nothing, and adds up what it is given.

    Examples
    --------
    >>> import mxnet as mx
    >>> total = mx.nd.zeros((2,))
    >>> mx.kv.create("teststore").pushpull("a", [mx.nd.ones((2,)), mx.nd.ones((2,))], out=total)
    >>> total.asnumpy()
    array([2., 2.], dtype=float32)
    """

    __test__ = False  # pytest takes it for a test

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Return False: it has no optimizer."""
        if capability != KVStoreBase.OPTIMIZER:
            raise StoreError(f"{capability!r} is no known capability. Known: {KVStoreBase.OPTIMIZER!r}.")
        return False

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Copy a value to one array or several."""
        for target in _as_list(out):
            _as_list(value)[0].copyto(target)

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Add up values, and copy the sum to arrays; by default to where the values were."""
        values = _as_list(value)
        total = sum(values[1:], values[0].copy())
        for target in _as_list(value if out is None else out):
            total.copyto(target)

    @property
    def type(self) -> str:
        """The name of the kind of store."""
        return "teststore"

    @property
    def rank(self) -> int:
        """0: there is one worker."""
        return 0

    @property
    def num_workers(self) -> int:
        """1: there is one worker."""
        return 1


def create(name: str = "local") -> KVStoreBase:
    """Make a key-value store.

    Parameters
    ----------
    name : str, default 'local'
        ``local`` adds up gradients on the CPU, ``device`` on the device of the first one; ``dist_sync`` and
        ``dist_device_sync`` do so over all workers, for which several processes are started. Names that are
        not known make a local store, as in MXNet.
    """
    if not isinstance(name, str):
        raise NotANameError(
            f"The type of a store is a text such as 'local' or 'device', got {type(name).__name__}."
        )
    kind = name.lower()
    if kind in KVStoreBase.kv_registry:
        return KVStoreBase.kv_registry[kind]()
    if "_async" in kind:
        raise NameLookupError(
            f"{name!r} lets every worker update the parameters at its own pace, which takes servers, and "
            "there are none here. Use 'dist_sync': the workers wait for each other, and the numbers are "
            "those of one process with the whole batch."
        )
    if "dist" in kind:
        return KVStoreBase.kv_registry["kvstoredist"](kind)  # type: ignore[call-arg]
    return KVStoreBase.kv_registry["kvstore"](kind)  # type: ignore[call-arg]


def _not_defined(method: str) -> NotImplementedError:
    return NotImplementedError(f"This store does not define {method}.")
