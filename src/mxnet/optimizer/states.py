"""How optimizer states are kept in files: as the pickle that MXNet writes, read without running code.

Of a pickle, only arrays, numbers, containers, MXNet's own optimizers and schedules, and optimizers that the
program has registered are read; anything else in it is refused before it is made.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import Any

import numpy as np

from mxnet import lr_scheduler
from mxnet.dtype import NAMES
from mxnet.errors import FileFormatError, brief, did_you_mean
from mxnet.optimizer.base import Index, Optimizer, State

__all__ = ["dump_states", "load_states"]


def dump_states(states: dict[Index, State], optimizer: Optimizer | None) -> bytes:
    """Write states, and the optimizer if it is given, so that MXNet 1.x reads them too."""
    file = io.BytesIO()
    try:
        _ForMXNet(file, protocol=4).dump(states if optimizer is None else (states, optimizer))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise FileFormatError(f"These optimizer states cannot be written: {error}.") from None
    return file.getvalue()


class _ForMXNet(pickle.Pickler):
    """Writes what other versions of numpy read as well: their numbers are plain ones."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, np.generic):
            return type(obj.item()), (obj.item(),)
        return NotImplemented


def load_states(data: bytes, *, trusted: bool = False) -> tuple[dict[Index, State], Optimizer | None]:
    """Read states, and the optimizer if there is one.

    Parameters
    ----------
    data : bytes
    trusted : bool
        Whether to make whatever the pickle asks for. That may run any code.

    Raises
    ------
    FileFormatError
        If the data is no such pickle, is cut off, or has other things in it than MXNet writes.
    """
    file = io.BytesIO(data)
    try:
        _check_lengths(data)
        content = (pickle.Unpickler if trusted else _OnlyArrays)(file).load()
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
        OverflowError,
        MemoryError,
        RecursionError,
    ) as error:
        raise FileFormatError(f"This is no file of optimizer states, or it is damaged ({error}).") from None
    states, optimizer = content if isinstance(content, tuple) and len(content) == 2 else (content, None)
    if not isinstance(states, dict) or not isinstance(optimizer, Optimizer | None):
        raise FileFormatError("This is no file of optimizer states: it does not hold states by parameter.")
    if optimizer is not None:
        _check_optimizer(optimizer)
    return states, optimizer


_ALWAYS = {"lr", "wd", "rescale_grad", "num_update", "begin_num_update", "idx2name", "lr_mult", "wd_mult"}
"""What optimizers of all versions have."""


def _check_lengths(data: bytes) -> None:
    """Raise ValueError if a pickle says that something is longer than it is itself, before that is made."""
    for opcode, argument, position in pickletools.genops(data):  # reads what is there, and not what is said
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > len(data):
            raise ValueError(f"number {argument} of so many values, at byte {position}")


def _check_optimizer(optimizer: Optimizer) -> None:
    """Refuse an optimizer that lacks what others of its kind have, or has something else there."""
    try:
        other = type(optimizer)()
    except TypeError:  # a user's, which takes arguments
        return
    found = vars(optimizer)
    whose = f"These optimizer states are damaged: their {type(optimizer).__name__}"
    strange = [name for name in found if name not in vars(other)]
    for name, usual in vars(other).items():
        if name not in found:
            hint = did_you_mean(name, strange)
            if hint or name in _ALWAYS:
                raise FileFormatError(f"{whose} has no {name!r}.{hint}")
            setattr(optimizer, name, usual)  # it is younger than the file
        elif isinstance(usual, float | int) and not isinstance(found[name], float | int | np.number | None):
            raise FileFormatError(f"{whose} has {brief(found[name])} as {name!r}, which is no number.")
    try:
        float(optimizer.learning_rate)
    except Exception as error:  # whatever a damaged schedule raises
        raise FileFormatError(f"{whose} has no learning rate ({error}).") from None


class _SavedParameter:
    """A parameter that MXNet 1.2 saved with the optimizer: its name, and its factors."""

    name = ""
    lr_mult = wd_mult = 1.0

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.name = str(state.get("name", ""))
            factors = state.get("lr_mult"), state.get("wd_mult")
            self.lr_mult, self.wd_mult = (float(1 if each is None else each) for each in factors)


class _LeftOut:
    """Stands for what else a parameter has, which nothing reads."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


_PARAMETERS = {("mxnet.gluon.parameter", "Parameter"), ("mxnet.gluon.parameter", "Constant")}
_OF_PARAMETERS = {("mxnet.symbol.symbol", "Symbol"), ("mxnet.context", "Context")}


class _OnlyArrays(pickle.Unpickler):
    """Reads the pickles that MXNet writes of states and makes nothing that is not in this list."""

    _ALLOWED = frozenset(
        {
            ("mxnet.ndarray.ndarray", "NDArray"),
            ("mxnet.ndarray", "NDArray"),
            ("mxnet.ndarray.sparse", "RowSparseNDArray"),
            ("mxnet.ndarray.sparse", "CSRNDArray"),
            *(
                (module, name)
                for module in ("builtins", "__builtin__")
                for name in ("bytearray", "int", "float", "bool")
            ),
            ("_codecs", "encode"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "scalar"),
            *(("numpy", name) for name in NAMES if hasattr(np, name)),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._ALLOWED:
            return super().find_class(module, name)
        if (module, name) in _PARAMETERS:
            return _SavedParameter
        if (module, name) in _OF_PARAMETERS or module == "mxnet.initializer":
            return _LeftOut
        optimizer = Optimizer.opt_registry.get(name.lower())
        if module == "mxnet.lr_scheduler" and name in lr_scheduler.__all__:
            return getattr(lr_scheduler, name)
        if optimizer is not None and (
            optimizer.__module__ == module
            or (module.startswith("mxnet.optimizer") and optimizer.__module__.startswith("mxnet.optimizer"))
        ):
            return optimizer
        raise FileFormatError(
            f"This pickle asks for {module}.{name}. Of optimizer states, only arrays, numbers, MXNet's "
            "optimizers and schedules, and registered optimizers are read, because a pickle can run any "
            "code. If you trust whoever wrote it, load it with trusted=True."
        )
