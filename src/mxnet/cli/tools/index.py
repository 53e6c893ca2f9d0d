"""Writes the index of a record file anew, from the file itself."""

from __future__ import annotations

import itertools
import struct
from typing import NamedTuple

from mxnet.files import atomic_write
from mxnet.recordio import Records

__all__ = ["Repaired", "repair_index"]

_HEADER = struct.Struct("<IfQQ")
"""How an image record begins: flag, label, its number, another number."""


class Repaired(NamedTuple):
    """What `repair_index` found.

    Attributes
    ----------
    records : int
        How many whole records there are.
    kept : int
        How many of them have the key that the old index gave them.
    lost : int
        How many bytes of the file belong to no whole record.
    """

    records: int
    kept: int
    lost: int


def repair_index(idx_path: str, uri: str) -> Repaired:
    """Write the index of a record file anew, from the file itself.

    A record keeps its key of the old index, where that has a line for it. Others get the number that an image
    record says it has, if these are unlike, or else the lowest that are free. Damaged parts of the file are
    passed over; the file itself stays as it is.

    Parameters
    ----------
    idx_path : str
        The index, which is replaced as a whole.
    uri : str
        The file of records.

    Raises
    ------
    FileAccessError
        If a file cannot be read or written.

    Examples
    --------
    >>> import os, tempfile
    >>> import mxnet as mx
    >>> base = os.path.join(tempfile.mkdtemp(), "data")
    >>> with mx.recordio.MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as records:
    ...     for key in (7, 8):
    ...         records.write_idx(key, b"record")
    >>> os.remove(f"{base}.idx")
    >>> repair_index(f"{base}.idx", f"{base}.rec")
    Repaired(records=2, kept=0, lost=0)
    """
    records = Records(uri)
    places = list(records.whole())
    old = _keys_by_offset(idx_path)
    keys = {offset: old[offset] for offset, _ in places if offset in old}
    kept = len(keys)
    others = [offset for offset, _ in places if offset not in keys]
    said = [_number_of(records.begin(offset, _HEADER.size)) for offset in others]
    taken = set(keys.values())
    if None not in said and len({*said, *taken}) == len(said) + len(taken):
        keys.update((offset, str(number)) for offset, number in zip(others, said, strict=True))
    else:
        free = (str(i) for i in itertools.count() if str(i) not in taken)
        keys.update(zip(others, free, strict=False))
    with atomic_write(idx_path) as file:
        for offset, _ in places:
            file.write(f"{keys[offset]}\t{offset}\n".encode())
    return Repaired(len(places), kept, records.size - sum(end - begin for begin, end in places))


def _keys_by_offset(path: str) -> dict[int, str]:
    """Return what an index says, as far as it can be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pairs = [line.rstrip("\n").split("\t") for line in file]
    except OSError:
        return {}
    found = {int(pair[1]): pair[0] for pair in pairs if len(pair) == 2 and pair[1].isdecimal() and pair[0]}
    return found if len(set(found.values())) == len(found) else {}


def _number_of(begin: bytes) -> str | None:
    """Return the number that an image record says it has; None if it looks like no image record."""
    if len(begin) < _HEADER.size:
        return None
    flag, _, number, other = _HEADER.unpack(begin)
    return str(number) if flag < 1 << 16 and number < 1 << 40 and other < 1 << 40 else None
