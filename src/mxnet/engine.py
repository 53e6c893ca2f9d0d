"""``mx.engine``: how many operations MXNet's engine may run as one."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from mxnet.historic import lend

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bulk", "set_bulk_size"]

_bulk_size: ContextVar[int] = ContextVar("bulk_size", default=0)


def set_bulk_size(size: int) -> int:
    """Set how many operations on arrays may run as one, and return what it was before.

    A hint that changes no result. It is kept and nothing more: operations on arrays run one by one, and those
    of a graph always together.
    """
    before = _bulk_size.get()
    _bulk_size.set(int(size))
    return before


@contextmanager
def bulk(size: int) -> Iterator[None]:
    """Set the bulk size in a ``with`` block, see :func:`set_bulk_size`.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.ones((2,))
    >>> with mx.engine.bulk(10):
    ...     for _ in range(3):
    ...         x += 1
    >>> x.asnumpy()
    array([4., 4.], dtype=float32)
    """
    before = set_bulk_size(size)
    try:
        yield
    finally:
        set_bulk_size(before)


lend(__name__)
