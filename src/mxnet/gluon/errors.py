"""The errors of blocks and parameters that are of a kind of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from mxnet.gluon.parameter import Parameter

__all__ = [
    "AttributeChangeError",
    "BlockError",
    "CheckError",
    "DeferredInitializationError",
    "InputsError",
    "MissingConstantError",
    "NoSuchOfASymbolError",
    "NotForwardError",
    "StatesError",
    "StructureError",
    "UninitializedError",
]


class UninitializedError(MXNetError):
    """A parameter has no values yet.

    Attributes
    ----------
    parameter : Parameter or None
        Which one.
    """

    parameter: Parameter | None = None


class DeferredInitializationError(UninitializedError):
    """A parameter has no values yet, as its shape is not known before the first call."""


class CheckError(MXNetError, ValueError, AssertionError):
    """An argument is not what it has to be; MXNet has an ``assert`` there."""


class BlockError(MXNetError, ValueError):
    """Blocks were put together, or called, in a way that makes no network."""


class InputsError(BlockError, TypeError):
    """A block was called with other inputs than those that it takes."""


class StatesError(InputsError, IndexError):
    """A cell was called with other states than those that it has."""


class AttributeChangeError(MXNetError, TypeError):
    """An attribute that holds a block or a parameter was given something else."""


class NotForwardError(MXNetError, NotImplementedError):
    """A block says not what it computes."""


class StructureError(MXNetError, KeyError, ValueError):
    """A file has a network of another structure."""


class NoSuchOfASymbolError(MXNetError, AttributeError):
    """A graph was being composed, and something was asked of a symbol that only arrays have."""


class MissingConstantError(MXNetError, KeyError):
    """A constant was asked for that nobody has made."""
