"""What a check is given: arrays for arguments, states, outputs and gradients, as lists or by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.errors import MXNetError, NameLookupError
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "CheckError",
    "Location",
    "MisuseError",
    "Values",
    "as_ndarray",
    "as_numpy",
    "locate",
    "locate_states",
    "named",
]

Values = np.ndarray[Any, Any]
Location = Sequence[Any] | Mapping[str, Any]


class CheckError(NameLookupError):
    """A check was given inputs that do not fit its symbol."""


class MisuseError(MXNetError, ValueError, AssertionError):
    """A helper was asked for what it does not do (MXNet asserts that nobody asks)."""


def locate(sym: Symbol, location: Location, ctx: Context, dtype: Any) -> dict[str, NDArray]:
    """Return the arguments by name; refuse a location that is not of all of them."""
    names = sym.list_arguments()
    if isinstance(location, Mapping):
        if set(location) != set(names):
            raise CheckError(
                f"The location is for {sorted(location)}, but the symbol's arguments are {sorted(names)}."
            )
        given = dict(location)
    else:
        if len(location) < len(names):
            raise CheckError(
                f"The location has {len(location)} arrays, but the symbol's arguments are {names}."
            )
        given = named(location, names)
    return {name: as_ndarray(given[name], ctx, dtype) for name in names}


def locate_states(sym: Symbol, aux_states: Location | None, ctx: Context, dtype: Any) -> dict[str, NDArray]:
    """Return the auxiliary states by name; refuse a choice that leaves some out."""
    names = sym.list_auxiliary_states()
    given = named({} if aux_states is None else aux_states, names)
    missing = [name for name in names if name not in given]
    if missing:
        raise CheckError(f"The auxiliary states {missing} are not given: pass aux_states.")
    unknown = [name for name in given if name not in names]
    if unknown:
        raise CheckError(f"The symbol has no auxiliary states {unknown}: its own are {names}.")
    return {name: as_ndarray(given[name], ctx, dtype) for name in names}


def named(values: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return values by name, which may be given in the order of the names; the rest is not looked at."""
    if isinstance(values, Mapping):
        return dict(values)
    listed = [values] if isinstance(values, (NDArray, np.ndarray)) else list(values)
    return dict(zip(names, listed, strict=False))


def as_ndarray(value: Any, ctx: Context, dtype: Any = "asnumpy") -> NDArray:
    """Return an NDArray of that dtype; `asnumpy` keeps the dtype, and an NDArray keeps its own."""
    if isinstance(value, NDArray):
        return value.as_in_context(ctx)
    array = np.asarray(value)
    return nd.array(array, ctx, dtype=array.dtype if isinstance(dtype, str) and dtype == "asnumpy" else dtype)


def as_numpy(value: Any) -> Values:
    """Return a numpy array."""
    return value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
