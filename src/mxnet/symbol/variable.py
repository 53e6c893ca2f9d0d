"""Variables: the inputs of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mxnet.attribute import current_attributes, hidden_key
from mxnet.dtype import CODES, DTypeLike, dtype_name
from mxnet.errors import CompositionError, ParameterError, did_you_mean
from mxnet.ir.declared import STORAGE_TYPES, whole_shape
from mxnet.ir.node import Entry, Node, user_line
from mxnet.ir.op import is_hidden
from mxnet.ir.param import as_text
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.initializer import Initializer

__all__ = ["Variable", "var"]


def Variable(
    name: str,
    attr: Mapping[str, str] | None = None,
    shape: tuple[int, ...] | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: DTypeLike = None,
    init: Initializer | str | None = None,
    stype: str | None = None,
    **kwargs: str,
) -> Symbol:
    """Make a variable: an input of a graph, to which an array is bound later.

    Parameters
    ----------
    name : str
        Its name.
    attr : dict of str to str, optional
        Attributes, of any name.
    shape : tuple of int, optional
        Its shape, 0 for unknown extents; inference starts from it.
    lr_mult, wd_mult : float, optional
        Factors on the learning rate and weight decay of this parameter.
    dtype : str or numpy dtype, optional
        Its dtype; inference starts from it.
    init : Initializer or str, optional
        How ``Module.init_params`` fills it.
    stype : {'default', 'row_sparse', 'csr'}, optional
        Its storage type.
    **kwargs : str
        Further attributes, whose names begin and end with two underscores.

    Raises
    ------
    TypeError
        If the name is not a string.
    ValueError
        If an attribute is not a string, or its name lacks the underscores.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.sym.Variable("data", shape=(32, 784)).infer_shape()
    ([(32, 784)], [(32, 784)], [])
    """
    if not isinstance(name, str):
        raise CompositionError(
            f"A variable's name must be a string, but is {name!r}, of type {type(name).__name__}."
        )
    attrs = _checked(current_attributes().get(attr))
    for key, given in (
        ("__lr_mult__", lr_mult),
        ("__wd_mult__", wd_mult),
        ("__shape__", _shape(name, shape)),
    ):
        if given is not None:
            attrs[key] = as_text(given)
    if dtype is not None:
        attrs["__dtype__"] = str(CODES[dtype_name(dtype)])
    if init is not None:
        attrs["__init__"] = init if isinstance(init, str) else init.dumps()
    if stype is not None:
        if stype not in STORAGE_TYPES:
            raise ParameterError(
                f"stype={stype!r}: expected one of {', '.join(STORAGE_TYPES)}."
                f"{did_you_mean(stype, STORAGE_TYPES)}"
            )
        attrs["__storage_type__"] = str(STORAGE_TYPES.index(stype))
    for key, value in _checked(kwargs).items():
        if not is_hidden(key):
            raise ParameterError(
                f"Variable {name!r} has no parameter {key!r}: further attributes begin and end with two "
                f"underscores (__{key}__), or go into attr={{...}}."
            )
        attrs[key] = value
    return Symbol((Entry(Node(None, name, (), attrs, user_line())),))


var = Variable


def _shape(name: str, given: object) -> object:
    if given is None or isinstance(given, int | np.integer):
        return given
    shape = whole_shape(name, given)
    return list(shape) if isinstance(given, list) else shape  # each is written as it was given


def _checked(attrs: Mapping[str, object]) -> dict[str, str]:
    checked = {}
    for key, value in attrs.items():
        if not isinstance(value, str):
            raise ParameterError(
                f"Attributes are strings, but {key!r} is {value!r}, of type {type(value).__name__}."
            )
        checked[hidden_key(key)] = value
    return checked
