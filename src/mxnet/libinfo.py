"""``mxnet.libinfo``: the version, and the files that MXNet's C library had."""

from __future__ import annotations

from mxnet.errors import MXNetError

__all__ = ["__version__", "find_conf_path", "find_include_path", "find_lib_path"]

__version__ = "1.9.1"
"""The MXNet whose behaviour this is, for scripts that ask. The distribution has a version of its own."""


class NoLibraryError(MXNetError):
    """A part of MXNet's C library was looked for."""


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """Raise what MXNet raises where there is no ``libmxnet.so``.

    Raises
    ------
    MXNetError
        Always: the kernels are PyTorch's.
    """
    raise NoLibraryError(f"Cannot find {prefix!r}. {_WHY}")


def find_include_path() -> str:
    """Raise what MXNet raises where its C headers are not installed.

    Raises
    ------
    MXNetError
        Always.
    """
    raise NoLibraryError(f"Cannot find MXNet's C headers. {_WHY}")


def find_conf_path(prefix: str = "tvmop") -> str:
    """Raise what MXNet raises where it was built without TVM.

    Raises
    ------
    MXNetError
        Always.
    """
    raise NoLibraryError(f"Cannot find the configuration {prefix!r} of TVM's operators. {_WHY}")


_WHY = (
    "Symnet has no C library of its own, its kernels are PyTorch's: what is compiled against MXNet's cannot "
    "be used with it."
)
