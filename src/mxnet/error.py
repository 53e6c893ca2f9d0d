"""``mx.error``: errors by the name that stands at the beginning of a message."""

from __future__ import annotations

from mxnet.base import MXNetError, register_error
from mxnet.base import register_error as register
from mxnet.historic import lend

__all__ = ["InternalError", "MXNetError", "register"]


@register
class InternalError(MXNetError):
    """Something went wrong that is nobody's fault but the library's.

    Parameters
    ----------
    msg : str
        What it is.
    """

    def __init__(self, msg: str) -> None:
        super().__init__(f"{msg}\nThis is a fault of the library. Please report it, with what led to it.")


for _error in (ValueError, TypeError, AttributeError, IndexError, NotImplementedError):
    register_error(_error.__name__, _error)


lend(__name__)
