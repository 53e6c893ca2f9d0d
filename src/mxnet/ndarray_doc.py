"""``mx.ndarray_doc``: what is added to the docstrings of functions of arrays."""

from __future__ import annotations

from collections.abc import Sequence

from mxnet.historic import lend
from mxnet.historic.describing import describe_function

__all__ = ["BroadcastToDoc", "CustomDoc", "NDArrayDoc", "ReshapeDoc", "StackDoc", "elemwise_addDoc"]


class NDArrayDoc:
    """Base of the classes whose docstring goes to the function of their name without ``Doc``."""


class ReshapeDoc(NDArrayDoc):
    """Of :func:`mxnet.ndarray.Reshape`, whose shape may hold the codes 0 to -4."""


class elemwise_addDoc(NDArrayDoc):  # noqa: N801 - the function's name
    """Of :func:`mxnet.ndarray.elemwise_add`, which adds arrays of one shape."""


class BroadcastToDoc(NDArrayDoc):
    """Of :func:`mxnet.ndarray.broadcast_to`, which repeats axes of extent 1."""


class StackDoc(NDArrayDoc):
    """Of :func:`mxnet.ndarray.stack`, which puts arrays side by side along a new axis."""


class CustomDoc(NDArrayDoc):
    """Of :func:`mxnet.ndarray.Custom`, which runs an operator that is written in Python."""


def _build_doc(
    func_name: str,
    desc: str,
    arg_names: Sequence[str],
    arg_types: Sequence[str],
    arg_desc: Sequence[str],
    key_var_num_args: str | None = None,
    ret_type: str | None = None,
) -> str:
    """Return the docstring of a function of arrays, with what a class named after it adds."""
    last = (
        "out : NDArray, optional\n    The output NDArray to hold the result.\n\n"
        f"Returns\n-------\nout : {ret_type or 'NDArray or list of NDArrays'}\n"
        "    The output of this function."
    )
    function = (func_name, desc, arg_names, arg_types, arg_desc)
    return describe_function(function, bool(key_var_num_args), last, NDArrayDoc)


lend(__name__)
