"""``mx.symbol_doc``: what is added to the docstrings of functions of symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet.historic import lend
from mxnet.historic.describing import describe_function

if TYPE_CHECKING:
    from mxnet.symbol import Symbol

__all__ = [
    "ActivationDoc",
    "BroadcastPlusDoc",
    "ConcatDoc",
    "DropoutDoc",
    "EmbeddingDoc",
    "FlattenDoc",
    "FullyConnectedDoc",
    "SymbolDoc",
]


class SymbolDoc:
    """Base of the classes whose docstring goes to the function of their name without ``Doc``."""

    @staticmethod
    def get_output_shape(sym: Symbol, **input_shapes: Any) -> dict[str, tuple[int, ...]]:
        """Return the shapes of a symbol's outputs by name, from those of its inputs.

        Examples
        --------
        >>> import mxnet as mx
        >>> layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
        >>> mx.symbol_doc.SymbolDoc.get_output_shape(layer, data=(2, 5))
        {'fc_output': (2, 3)}
        """
        _, shapes, _ = sym.infer_shape(**input_shapes)
        return dict(zip(sym.list_outputs(), shapes or (), strict=False))


class ActivationDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.Activation`, which keeps the shape of its input."""


class BroadcastPlusDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.broadcast_plus`, which repeats axes of extent 1."""


class ConcatDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.Concat`, whose output is as long along an axis as its inputs together."""


class DropoutDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.Dropout`, which scales what it keeps, and keeps everything in inference."""


class EmbeddingDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.Embedding`, whose output has one axis more than its input."""


class FlattenDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.Flatten`, which keeps the first axis and makes one of all others."""


class FullyConnectedDoc(SymbolDoc):
    """Of :func:`mxnet.symbol.FullyConnected`, which makes one axis of all but the first."""


def _build_doc(
    func_name: str,
    desc: str,
    arg_names: Sequence[str],
    arg_types: Sequence[str],
    arg_desc: Sequence[str],
    key_var_num_args: str | None = None,
    ret_type: str | None = None,  # noqa: ARG001 - as MXNet
) -> str:
    """Return the docstring of a function of symbols, with what a class named after it adds."""
    last = (
        "name : string, optional.\n    Name of the resulting symbol.\n\n"
        "Returns\n-------\nSymbol\n    The result symbol."
    )
    function = (func_name, desc, arg_names, arg_types, arg_desc)
    return describe_function(function, bool(key_var_num_args), last, SymbolDoc)


lend(__name__)
