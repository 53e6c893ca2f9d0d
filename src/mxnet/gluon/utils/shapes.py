"""Whether a shape is known as a whole."""

from __future__ import annotations

from mxnet.util import is_np_shape

__all__ = ["shape_is_known"]


def shape_is_known(shape: tuple[int, ...] | None) -> bool:
    """Whether every extent of a shape is known.

    A 0 stands for one that is not, and no extent at all for an unknown shape; under ``mx.np_shape`` that are
    -1 and None.

    Examples
    --------
    >>> shape_is_known((2, 3)), shape_is_known((2, 0)), shape_is_known(None)
    (True, False, False)
    """
    if shape is None:
        return False
    if is_np_shape():
        return all(extent >= 0 for extent in shape)
    return len(shape) > 0 and all(extent > 0 for extent in shape)
