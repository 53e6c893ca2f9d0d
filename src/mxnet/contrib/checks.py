"""The error of what MXNet asserts about arguments."""

from mxnet.errors import MXNetError

__all__ = ["CheckError"]


class CheckError(MXNetError, ValueError, AssertionError):
    """An argument is not what it has to be; MXNet has an ``assert`` there."""
