"""Composing: nodes made of operators and values, with names, attributes and variables for what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mxnet.attribute import current_attributes, hidden_key
from mxnet.errors import CompositionError, ParameterError, few
from mxnet.ir.automatic import complete_inputs
from mxnet.ir.node import Entry, Node, user_line
from mxnet.ir.op import Op, find_operator, is_hidden
from mxnet.ir.param import as_text
from mxnet.ir.preparations import FOR_SYMBOLS, prepared
from mxnet.name import current_names

__all__ = ["Outputs", "apply"]

Outputs = Sequence[Entry]
"""What stands for an input: the outputs of a symbol, of which there must be one."""


def apply(
    op: str | type[Op],
    inputs: Sequence[Outputs | None] | Mapping[str, Outputs],
    params: Mapping[str, object],
    *,
    hint: str,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> tuple[Entry, ...]:
    """Apply an operator to values and return its visible outputs.

    Parameters
    ----------
    op : str or Op class
        The operator.
    inputs : list of (Outputs or None), or dict of str to Outputs
        By position or by slot name; what is missing becomes a variable named after the node.
    params : dict
        Parameters as Python values.
    hint : str
        What an automatic name starts with.
    name : str, optional
        The name of the node.
    attr : dict of str to str, optional
        Attributes; those of the scope are added.

    Raises
    ------
    MXNetError
        If a parameter is missing, unknown or not allowed, or an input does not fit.
    """
    cls = find_operator(op) if isinstance(op, str) else op
    given = {hidden_key(key): as_text(value) for key, value in params.items()}
    if cls.variadic in cls.params and cls.variadic not in given:
        given[cls.variadic] = str(len(inputs))
    notes = current_attributes().get(attr)
    attrs = {**{hidden_key(key): str(value) for key, value in notes.items()}, **given}
    bound = cls.bind({key: value for key, value in attrs.items() if not is_hidden(key)})
    node_name = current_names().get(name, hint)
    slots = bound.input_names() + bound.aux_names()
    source = user_line()
    entries = complete_inputs(bound, node_name, attrs, _arrange(bound, slots, inputs), source)
    entries = tuple(prepared(FOR_SYMBOLS, bound, entries))
    if not bound.params and not bound.accepts_any_parameter:
        attrs = {key: value for key, value in attrs.items() if is_hidden(key) or key in notes or key in given}
    node = Node(bound, node_name, entries, attrs, source)
    return node.outputs[: bound.visible_outputs()]


def _arrange(
    op: Op, slots: tuple[str, ...], inputs: Sequence[Outputs | None] | Mapping[str, Outputs]
) -> list[Entry | None]:
    """Return one entry per slot, None where nothing was given."""
    if not isinstance(inputs, Mapping):
        if len(inputs) > len(slots):
            raise CompositionError(
                f"{op.name} has {len(slots)} inputs ({few(slots)}), but {len(inputs)} were given."
            )
        inputs = {slot: each for slot, each in zip(slots, inputs, strict=False) if each is not None}
    arranged: dict[str, Entry] = {}
    for slot, outputs in inputs.items():
        if slot not in slots:
            raise ParameterError(f"{op!r} has no input {slot!r}. Its inputs are: {few(slots)}.")
        if len(outputs) != 1:
            raise CompositionError(
                f"The input {slot!r} of {op.name} must be one output, but was given {len(outputs)}: "
                f"{few([each.output_name for each in outputs])}. Pick one by index."
            )
        arranged[slot] = outputs[0]
    return [arranged.get(slot) for slot in slots]
