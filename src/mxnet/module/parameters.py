"""How the parameters of a module get room on the CPU, and their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.context import cpu
from mxnet.errors import BindError, MXNetError, ShapeError, did_you_mean
from mxnet.initializer import InitDesc, create
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxnet.module.steps import ParamValues

__all__ = ["MissingParameterError", "give_value", "make_room"]


class MissingParameterError(MXNetError, RuntimeError):
    """A parameter was left out of those given."""


def make_room(
    own: dict[str, NDArray], names: Sequence[str], blocks: Sequence[Sequence[NDArray]]
) -> list[str]:
    """Add zeros for those parameters that are not there yet, stored as on the devices; return their names."""
    new = [(name, block[0]) for name, block in zip(names, blocks, strict=True) if name not in own]
    for name, array in new:
        own[name] = nd.zeros(array.shape, cpu(), dtype=array.dtype, stype=array.stype)
    return [name for name, _ in new]


def give_value(
    name: str,
    array: NDArray,
    given: Mapping[str, NDArray] | None,
    wanted: ParamValues,
    attributes: Mapping[str, dict[str, str]],
) -> None:
    """Write a value into an array: the one that is given, or an initial one.

    Parameters
    ----------
    name : str
        Of the parameter.
    array : NDArray
    given : dict of str to NDArray, optional
        Values by name, of `wanted`.
    wanted : ParamValues
    attributes : dict of str to dict
        What the variables of the network say.
    """
    if given is not None and name in given:
        _copy(name, given[name], array)
    elif given is not None and not wanted.allow_missing:
        raise MissingParameterError(
            f"No value is given for {name!r}.{did_you_mean(name, given)} allow_missing=True leaves it to the "
            "initializer."
        )
    elif wanted.initializer is not None:
        by_name = isinstance(wanted.initializer, str)
        initializer: Any = create(wanted.initializer) if by_name else wanted.initializer
        initializer(InitDesc(name, attributes.get(name)), array)


def _copy(name: str, source: NDArray, target: NDArray) -> None:
    if not isinstance(source, NDArray):
        raise BindError(f"The value given for {name!r} must be an NDArray, not {type(source).__name__}.")
    if tuple(source.shape) != target.shape:
        raise ShapeError(
            f"The value given for {name!r} has the shape {tuple(source.shape)}, but the network needs "
            f"{target.shape}."
        )
    if source is not target:
        source.tostype(target.stype).astype(target.dtype).copyto(target)
