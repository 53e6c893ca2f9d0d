"""The variables that a node gets for the inputs nobody gave it, and what it notes on its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.ir.node import Entry, Node, SourceLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxnet.ir.op import Op

__all__ = ["complete_inputs", "note_initializers"]


def complete_inputs(
    op: Op, name: str, attrs: Mapping[str, str], given: Sequence[Entry | None], source: SourceLine | None
) -> tuple[Entry, ...]:
    """Return the inputs of a new node, with a variable ``NAME_slot`` for each that is missing.

    As in MXNet such a variable takes over all attributes of the node, even ``num_hidden``.

    Parameters
    ----------
    op : Op
        The node's operator.
    name : str
        The node's name.
    attrs : mapping of str to str
        The node's attributes.
    given : sequence of (Entry or None)
        What is given, by slot; None, or nothing at the end, for what is missing.
    source : SourceLine or None
        The line that made the node.
    """
    slots = op.input_names() + op.aux_names()
    padded = [*given, *[None] * (len(slots) - len(given))]
    entries = tuple(
        Entry(Node(None, f"{name}_{slot}" if name else slot, (), dict(attrs), source))
        if entry is None
        else entry
        for slot, entry in zip(slots, padded, strict=True)
    )
    note_initializers(op, entries)
    return entries


def note_initializers(op: Op, entries: Sequence[Entry]) -> None:
    """Note on the variables that a node uses how they start, if its operator says so and they do not."""
    if not op.initializers:
        return
    slots = op.input_names() + op.aux_names()
    for slot, entry in zip(slots, entries, strict=True):
        if slot in op.initializers and entry.node.op is None:
            entry.node.attrs.setdefault("__init__", op.initializers[slot])
