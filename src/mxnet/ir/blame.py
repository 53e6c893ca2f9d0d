"""Blame: an error knows the node it happened in, and says so; what users' own code raised stays as it is."""

from __future__ import annotations

import os
import sysconfig
from traceback import walk_tb
from typing import TypeVar

from mxnet.caller import OURS
from mxnet.errors import MXNetError, add_note
from mxnet.ir.node import Node, describe_node, user_line
from mxnet.ir.op import Op

__all__ = ["blame", "call_of", "is_of_user"]

_E = TypeVar("_E", bound=Exception)

_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_INSTALLED = "-packages" + os.sep
_TORCH = f"{_INSTALLED}torch{os.sep}"


def blame(error: _E, node: Node) -> _E:
    """Return an error that knows in which node it happened.

    Parameters
    ----------
    error : Exception
        An `MXNetError` gets its `node`, and begins with it when it is printed; one that has a node already
        happened within this one. Any other, and whatever a user's own code raised, gets a note.
    node : Node
        With an operator.
    """
    if not isinstance(error, MXNetError) or is_of_user(error):
        add_note(error, f"in operator {describe_node(node)}")
    elif error.node is None:
        error.node = node
    elif node is not error.node:
        error.within = (node, *error.within)
    return error


def call_of(op: Op) -> Node:
    """Return what stands for a call of an operator on arrays: a node without a name, at the user's line."""
    return Node(op, "", (), dict(op.given), user_line())


def is_of_user(error: Exception) -> bool:
    """Whether code that is not ours, nor torch's or Python's, was running when an exception was raised."""
    return any(map(_is_foreign, {frame.f_code.co_filename for frame, _ in walk_tb(error.__traceback__)}))


def _is_foreign(filename: str) -> bool:
    if filename.startswith(OURS):
        return False
    if _INSTALLED in filename:
        return _TORCH not in filename
    return not filename.startswith(_LIBRARY)
