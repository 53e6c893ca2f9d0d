r"""How optimizer states are kept in files: a safe format of our own, and MXNet's, which is a pickle.

Ours is the line ``symnet-states 1``, a line of JSON that describes the states, and the raw values of the
arrays it refers to, one after the other. Reading it runs no code. Of a pickle, only arrays, numbers,
containers and MXNet's own optimizers and schedules are read; anything else in it is refused before it is
made.
"""

from __future__ import annotations

import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import lr_scheduler
from mxnet import ndarray as nd
from mxnet.dtype import dtype_name
from mxnet.errors import DTypeError, FileFormatError
from mxnet.lr_scheduler import LRScheduler
from mxnet.ndarray import NDArray
from mxnet.optimizer.base import Index, Optimizer, State

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["dump_pickle", "dump_states", "load_states"]

_MAGIC = b"symnet-states 1\n"
_Json = Any


def dump_states(states: dict[Index, State], optimizer: Optimizer | None) -> bytes:
    """Write states, and the optimizer if it is given, in the safe format."""
    blobs: list[bytes] = []
    header = {"states": _encode(states, blobs), "optimizer": _encode(optimizer, blobs)}
    return _MAGIC + json.dumps(header).encode() + b"\n" + b"".join(blobs)


def dump_pickle(states: dict[Index, State], optimizer: Optimizer | None) -> bytes:
    """Write states, and the optimizer if it is given, as MXNet 1.x does."""
    return pickle.dumps(states if optimizer is None else (states, optimizer))


def load_states(data: bytes) -> tuple[dict[Index, State], Optimizer | None]:
    """Read states, and the optimizer if there is one, from either format.

    Raises
    ------
    FileFormatError
        If the data is neither, is cut off, or is a pickle with other things in it than MXNet writes.
    """
    content = _read_safe(data) if data.startswith(_MAGIC) else _read_pickle(data)
    states, optimizer = content if isinstance(content, tuple) and len(content) == 2 else (content, None)
    if not isinstance(states, dict) or not isinstance(optimizer, Optimizer | None):
        raise FileFormatError("This is no file of optimizer states: it does not hold states by parameter.")
    return states, optimizer


def _read_safe(data: bytes) -> tuple[Any, Any]:
    start = len(_MAGIC)
    end = data.find(b"\n", start)
    try:
        header = json.loads(data[start : max(end, start)])
        states, optimizer = header["states"], header["optimizer"]
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"The description of these optimizer states is damaged ({error}).") from None
    reader = _Reader(memoryview(data)[end + 1 :])
    return reader.decode(states), reader.decode(optimizer)


def _encode(value: Any, blobs: list[bytes]) -> _Json:
    """Turn a value into JSON, adding the values of its arrays to `blobs`."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, NDArray):
        dense = value.asnumpy()
        blobs.append(np.ascontiguousarray(dense, dense.dtype.newbyteorder("<")).tobytes())
        return {"array": {"dtype": dtype_name(value.dtype), "shape": list(value.shape), "stype": value.stype}}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_encode(item, blobs) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[_encode(key, blobs), _encode(item, blobs)] for key, item in value.items()]}
    if isinstance(value, (Optimizer, LRScheduler)):
        state = value.__getstate__() if isinstance(value, Optimizer) else vars(value)
        return {"object": [type(value).__name__, _encode(state, blobs)]}
    raise FileFormatError(
        f"Optimizer states hold arrays, numbers, texts and containers of them; a {type(value).__name__} "
        f"cannot be "
        "saved. (format='mxnet' writes anything that can be pickled.)"
    )


class _Reader:
    """Turns JSON back into values, taking the arrays' values from the bytes behind it in order."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def decode(self, node: _Json) -> Any:
        """Return the value that a node of the JSON stands for."""
        if not isinstance(node, dict):
            return node
        try:
            ((kind, content),) = node.items()
            made: Callable[[_Json], Any] = getattr(self, f"_make_{kind}")
            return made(content)
        except (ValueError, TypeError, AttributeError, KeyError, DTypeError) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(
                f"The description of these optimizer states is damaged ({error})."
            ) from None

    def _make_array(self, content: _Json) -> NDArray:
        name, shape = dtype_name(content["dtype"]), tuple(int(n) for n in content["shape"])
        stored = np.dtype("float32" if name == "bfloat16" else name).newbyteorder("<")
        size = int(np.prod(shape, dtype=object)) * stored.itemsize
        if min(shape, default=0) < 0 or size > len(self._data):
            raise FileFormatError(
                f"These optimizer states are cut off: an array of shape {shape} and dtype {name} takes "
                f"{size} bytes, "
                f"but {len(self._data)} are left."
            )
        values = np.frombuffer(self._data[:size], stored).reshape(shape)
        self._data = self._data[size:]
        array = nd.array(values, dtype=name)
        return array if content["stype"] == "default" else array.tostype(content["stype"])

    def _make_tuple(self, content: _Json) -> tuple[Any, ...]:
        return tuple(self.decode(item) for item in content)

    def _make_list(self, content: _Json) -> list[Any]:
        return [self.decode(item) for item in content]

    def _make_dict(self, content: _Json) -> dict[Any, Any]:
        return {self.decode(key): self.decode(item) for key, item in content}

    def _make_object(self, content: _Json) -> Optimizer | LRScheduler:
        name, state = content
        made = _class_of(name)
        made.__dict__.update(
            self.decode(state), **({"param_dict": {}} if isinstance(made, Optimizer) else {})
        )
        return made


def _class_of(name: str) -> Optimizer | LRScheduler:
    """Return an empty object of the optimizer or schedule of that name."""
    klass = Optimizer.opt_registry.get(name.lower()) or getattr(lr_scheduler, name, None)
    if not (isinstance(klass, type) and issubclass(klass, (Optimizer, LRScheduler))):
        raise FileFormatError(
            f"These states were saved with {name!r}, which is no known optimizer or schedule. Register the "
            f"class "
            "(mx.optimizer.register) before loading."
        )
    return klass.__new__(klass)


def _read_pickle(data: bytes) -> Any:
    try:
        return _OnlyArrays(io.BytesIO(data)).load()
    except FileFormatError:
        raise
    # What damaged pickles are known to raise, by the documentation of the module.
    except (
        pickle.UnpicklingError,
        EOFError,
        AttributeError,
        ImportError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise FileFormatError(f"This is no file of optimizer states, or it is damaged ({error}).") from None


class _OnlyArrays(pickle.Unpickler):
    """Reads the pickles that MXNet writes of states and makes nothing that is not in this list."""

    _ALLOWED = frozenset(
        {
            ("mxnet.ndarray.ndarray", "NDArray"),
            ("mxnet.ndarray", "NDArray"),
            ("mxnet.ndarray.sparse", "RowSparseNDArray"),
            ("mxnet.ndarray.sparse", "CSRNDArray"),
            ("builtins", "bytearray"),
            ("__builtin__", "bytearray"),
            ("_codecs", "encode"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "scalar"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._ALLOWED:
            return super().find_class(module, name)
        known = {
            "mxnet.optimizer": Optimizer.opt_registry.get(name.lower()),
            "mxnet.optimizer.optimizer": Optimizer.opt_registry.get(name.lower()),
            "mxnet.optimizer.contrib": Optimizer.opt_registry.get(name.lower()),
            "mxnet.lr_scheduler": vars(lr_scheduler).get(name) if name in lr_scheduler.__all__ else None,
        }.get(module)
        if known is not None and known.__module__.startswith("mxnet."):
            return known
        raise FileFormatError(
            f"This pickle asks for {module}.{name}. Of optimizer states, only arrays, numbers and MXNet's "
            f"optimizers "
            "and schedules are read, because a pickle can run any code."
        )
