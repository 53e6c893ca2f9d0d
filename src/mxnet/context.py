"""Contexts: the device on which an array lives, and the current one as a ``with`` scope."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import ClassVar

from mxnet.allocator import return_freed_memory
from mxnet.errors import MXNetError, did_you_mean
from mxnet.historic import lend

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"]


class _HasCurrent(type):
    @property
    def default_ctx(cls) -> Context:
        """The current context, which MXNet's old name lets programs set, too."""
        return _current.get()

    @default_ctx.setter
    def default_ctx(cls, context: Context) -> None:
        _current.set(context)


class Context(metaclass=_HasCurrent):
    """A device: a kind (``cpu``, ``gpu``, ``cpu_pinned``, ``cpu_shared``) and a number.

    Parameters
    ----------
    device_type : str or Context
        The kind of device, or a context to copy.
    device_id : int, default 0
        Which one. All CPU numbers share one processor and memory; they are told apart by name only.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.Context("cpu", 1):
    ...     mx.nd.zeros((1,)).context
    cpu(1)
    """

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    devstr2type: ClassVar[dict[str, int]] = {name: code for code, name in devtype2str.items()}

    __slots__ = ("_tokens", "device_id", "device_typeid")

    def __init__(self, device_type: str | Context, device_id: int = 0) -> None:
        if isinstance(device_type, Context):
            self.device_typeid: int = device_type.device_typeid
            self.device_id: int = device_type.device_id
        else:
            if device_type not in self.devstr2type:
                raise _UnknownDevice(
                    f"{device_type!r} is not a kind of device. Expected one of {', '.join(self.devstr2type)}."
                    + did_you_mean(device_type, self.devstr2type)
                )
            self.device_typeid = self.devstr2type[device_type]
            self.device_id = int(device_id)
        self._tokens: list[Token[Context]] = []

    @property
    def device_type(self) -> str:
        """The kind of device, such as ``"cpu"``."""
        return self.devtype2str[self.device_typeid]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Context)
            and self.device_typeid == other.device_typeid
            and self.device_id == other.device_id
        )

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __repr__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    def __reduce__(self) -> tuple[type[Context], tuple[str, int]]:
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> Context:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *exc_info: object) -> None:
        _current.reset(self._tokens.pop())

    def empty_cache(self) -> None:
        """Give memory that is kept for reuse back to the device, or on a CPU to the system."""
        if self.device_type != "gpu":
            return_freed_memory()
        else:
            import torch

            torch.cuda.empty_cache()


class _UnknownDevice(MXNetError, KeyError, ValueError):
    """A kind of device that does not exist (MXNet raises KeyError)."""

    def __str__(self) -> str:
        return str(self.args[0])


_current: ContextVar[Context] = ContextVar("context", default=Context("cpu", 0))  # noqa: B039 - contexts do not change


def cpu(device_id: int = 0) -> Context:
    """Return a CPU context."""
    return Context("cpu", device_id)


def gpu(device_id: int = 0) -> Context:
    """Return a GPU context; whether that GPU exists is checked when an array is made on it."""
    return Context("gpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Return a context of page-locked CPU memory, from which copies to a GPU are faster."""
    return Context("cpu_pinned", device_id)


def current_context() -> Context:
    """Return the context of the innermost ``with``, ``cpu(0)`` outside of any."""
    return _current.get()


def num_gpus() -> int:
    """Return how many GPUs torch can use."""
    import torch

    return torch.cuda.device_count()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Return the free and the total memory of a GPU in bytes."""
    import torch

    if not 0 <= device_id < torch.cuda.device_count():
        raise MXNetError(
            f"gpu({device_id}) does not exist: this machine has {torch.cuda.device_count()} GPUs that "
            "torch can use."
        )
    return torch.cuda.mem_get_info(device_id)


lend(__name__)
