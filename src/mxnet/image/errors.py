"""The errors of images and their iterators, each an ``MXNetError`` and of the kind that MXNet raises."""

from __future__ import annotations

from mxnet.errors import MXNetError

__all__ = ["ImageTypeError", "ImageUseError", "ImageValueError", "NotWrittenError"]


class ImageTypeError(MXNetError, TypeError, ValueError):
    """Something is of a kind that images are not made of."""


class ImageUseError(MXNetError, AssertionError):
    """Arguments do not fit together (MXNet asserts)."""


class ImageValueError(MXNetError, ValueError):
    """A value is none of those that are allowed."""


class NotWrittenError(MXNetError, NotImplementedError):
    """A class was used for what its subclasses have to write."""
