"""What a file of records holds, as a table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from mxnet.cli.tools.printing import as_bytes, console, print_table
from mxnet.errors import MXNetError
from mxnet.recordio import Records, read_index, unpack

__all__ = ["Item", "index_beside", "items", "print_records", "records_as_json"]

_KINDS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"BM": ".bmp", b"GIF8": ".gif", b"\x93NUMPY": ".npy"}


class Item(NamedTuple):
    """A record: its key, if there is an index, where it begins, and what it holds.

    Attributes
    ----------
    kind : str
        How the name of a file of its contents would end; ``.bin`` if it is none that is known.
    labels : tuple of float
        Those of an image record.
    contents : bytes
        Of an image record the image, else all of it.
    """

    key: str
    offset: int
    size: int
    kind: str
    labels: tuple[float, ...]
    contents: bytes


def index_beside(path: str) -> str:
    """Return where the index of a record file is looked for."""
    return f"{os.path.splitext(path)[0]}.idx"


def items(path: str, index: str | None = None) -> Iterator[Item]:
    """Yield the records of a file, in its order.

    Raises
    ------
    MXNetError
        If it is damaged.
    """
    records = Records(path)
    beside = index or index_beside(path)
    keys = {offset: key for key, offset in read_index(beside, str).items()} if os.path.exists(beside) else {}
    offset = 0
    while not records.is_end(offset):
        record, end = records.read(offset)
        yield _item(keys.get(offset, ""), offset, bytes(record))
        offset = end


def _item(key: str, offset: int, record: bytes) -> Item:
    try:
        header, contents = unpack(record)
    except MXNetError:
        return Item(key, offset, len(record), _kind(record), (), record)
    kind = _kind(contents)
    if kind == ".bin" and _kind(record) != ".bin":
        return Item(key, offset, len(record), _kind(record), (), record)
    labels = tuple(float(each) for each in header.label) if header.flag else (float(header.label),)
    if kind == ".bin":
        return Item(key, offset, len(record), kind, (), record)
    return Item(key, offset, len(record), kind, labels, contents)


def _kind(contents: bytes) -> str:
    return next((ending for mark, ending in _KINDS.items() if contents.startswith(mark)), ".bin")


def print_records(path: str, most: int, index: str | None = None) -> None:
    """Print the first records of a file, and how many there are."""
    rows, count, size = [], 0, 0
    for item in items(path, index):
        if count < most:
            labels = " ".join(f"{each:g}" for each in item.labels[:8])
            more = " …" if len(item.labels) > 8 else ""
            rows.append([item.key, item.offset, as_bytes(item.size), item.kind[1:], labels + more])
        count, size = count + 1, size + item.size
    print_table(["key", "offset", "size", "holds", "labels"], rows, path, ["offset", "size"])
    left = f", {most} of them shown" if count > most else ""
    without = "" if os.path.exists(index or index_beside(path)) else "; there is no index beside it"
    console().print(f"{count:,} records, {as_bytes(size)}{left}{without}", markup=False)


def records_as_json(path: str, index: str | None = None) -> dict[str, Any]:
    """Return what all records hold, but for their contents."""
    rows = [item._asdict() for item in items(path, index)]
    for row in rows:
        del row["contents"]
    return {"file": path, "records": rows}
