"""``mx.library``: loads libraries of operators that were compiled for MXNet, or says why not."""

from __future__ import annotations

import os

from mxnet.errors import MXNetError
from mxnet.historic import lend

__all__ = ["load"]


def load(path: str, verbose: bool = True) -> None:  # noqa: ARG001 - as MXNet
    """Refuse to load a library of operators.

    Raises
    ------
    MXNetError
        Always: such libraries are compiled against MXNet's C headers.
    """
    if not os.path.exists(path):
        raise MXNetError(f"The library {path!r} does not exist.")
    raise MXNetError(
        f"{path!r} cannot be loaded: libraries of operators are compiled against MXNet's C headers, and "
        "Symnet's kernels are PyTorch's. Write the operator in Python, see mx.operator.CustomOp."
    )


lend(__name__)
