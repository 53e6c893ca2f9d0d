"""Graphs in whose place MXNet put one operator, for oneDNN: a file holds both, and the graph is what is read.

``_sg_mkldnn_conv`` and ``_sg_mkldnn_fully_connected`` run a layer and what follows it at once. One that is
quantized reads and returns integers with the ends of their ranges; the graph runs between two conversions.
"""

from __future__ import annotations

from typing import Final

from mxnet.ir.records import Listing, Record, Reference

__all__ = ["spelled_out"]

_PREFIX: Final = "_sg_mkldnn_"
_CALIBRATED = ("min_calib_range", "max_calib_range")


def spelled_out(listing: Listing) -> Listing:
    """Return what a file lists, with their graphs in the place of such operators."""
    fused = {i: record for i, record in enumerate(listing.records) if _is_fused(record)}
    if not fused:
        return listing
    made = {i: _Fused(record) for i, record in fused.items()}
    places: dict[int, int] = {}  # by old number, where a node or the first one in its place is now
    count = 0
    for i in range(len(listing.records)):
        places[i] = count
        count += made[i].size if i in made else 1

    def moved(reference: Reference) -> Reference:
        node, output, version = reference
        if node in made:
            node, output = made[node].output(places[node], output)
            return [node, output, version]
        return [places.get(node, node), output, version]

    records: list[Record] = []
    for i, record in enumerate(listing.records):
        inputs = [moved(each) for each in record.inputs]
        if i in made:
            records += made[i].records(places[i], inputs)
        else:
            records.append(Record(record.op, record.name, record.attrs, inputs, record.subgraphs))
    return Listing(listing.place, records, [moved(each) for each in listing.heads])


def _is_fused(record: Record) -> bool:
    return (
        record.op.startswith(_PREFIX)
        and len(record.subgraphs) == 1
        and len(record.inputs) >= sum(each.op == "null" for each in record.subgraphs[0].records)
    )


class _Fused:
    """One such operator: its graph, which of its inputs are quantized, and whether its output is."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.graph = spelled_out(record.subgraphs[0])
        self.variables = [i for i, each in enumerate(self.graph.records) if each.op == "null"]
        self.operators = [i for i, each in enumerate(self.graph.records) if each.op != "null"]
        given, ends = record.inputs[: len(self.variables)], record.inputs[len(self.variables) :]
        # After the graph's own inputs come both ends of the ranges of those that are quantized.
        self.ends = {low[0]: len(given) + 2 * i for i, low in enumerate(ends[::2]) if 2 * i + 1 < len(ends)}
        self.quantized = [i for i, each in enumerate(given) if each[0] in self.ends and each[1] == 0]
        says = record.attrs.get
        self.returns_integers = says("quantized") in {"true", "True", "1"} and says(
            "enable_float_output"
        ) not in {"true", "True", "1"}

    @property
    def size(self) -> int:
        """How many nodes stand in its place."""
        return len(self.quantized) + len(self.operators) + self.returns_integers

    def output(self, first: int, output: int) -> tuple[int, int]:
        """Return the node and the number of an output, if the first of its nodes has that number."""
        if self.returns_integers:
            return first + self.size - 1, output
        node, index, _ = self.graph.heads[min(output, len(self.graph.heads) - 1)]
        return first + len(self.quantized) + self.operators.index(node), index

    def records(self, first: int, inputs: list[Reference]) -> list[Record]:
        """Return the nodes, for inputs that have the numbers of today."""
        name, made = self.record.name, []
        values = {node: inputs[i] for i, node in enumerate(self.variables)}
        for number, i in enumerate(self.quantized):
            end = self.ends[self.record.inputs[i][0]]
            read = [inputs[i], inputs[end], inputs[end + 1]]
            made.append(Record("_contrib_dequantize", f"{name}_dequantize{number}", {}, read, []))
            values[self.variables[i]] = [first + number, 0, 0]
        start = first + len(made)
        for i in self.operators:
            each = self.graph.records[i]
            read = [
                values[node] if node in values else [start + self.operators.index(node), output, version]
                for node, output, version in each.inputs
            ]
            made.append(Record(each.op, each.name, each.attrs, read, each.subgraphs))
        if self.returns_integers:
            ranges = {key: self.record.attrs[key] for key in _CALIBRATED if key in self.record.attrs}
            node, output, version = self.graph.heads[0]
            head = [start + self.operators.index(node), output, version]
            made.append(Record("_contrib_quantize_v2", name, {"out_type": "auto", **ranges}, [head], []))
        return made
