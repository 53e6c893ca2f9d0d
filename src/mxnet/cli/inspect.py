"""``symnet inspect``: what a file of arrays or records holds."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from mxnet import ndarray as nd
from mxnet.archives import is_archive, read_archive
from mxnet.cli.tools.failing import Failure
from mxnet.cli.tools.files import absent
from mxnet.cli.tools.options import JSON
from mxnet.cli.tools.printing import as_bytes, as_shape, console, print_json, print_table, width, working
from mxnet.cli.tools.records import print_records, records_as_json
from mxnet.dtype import dtype_name
from mxnet.errors import FileFormatError
from mxnet.files import read_file
from mxnet.optimizer.states import load_states

__all__ = ["Array", "arrays_of", "command"]


_HEADINGS = {"min": "least", "max": "largest", "mean": "mean", "std": "std"}
_NARROW = 100
"""From how many columns on a terminal has room for all."""


class Array(NamedTuple):
    """An array of a file: what it is called, how it is stored, and its numbers."""

    name: str
    dtype: str
    stype: str
    values: np.ndarray[Any, Any]


def command(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A .params, .nd, .states, .npz, .npy, .safetensors or .rec file, or an archive.",
            show_default=False,
        ),
    ],
    only: Annotated[
        str,
        typer.Option(
            "--only", metavar="TEXT", help="Only arrays with this in their name.", show_default=False
        ),
    ] = "",
    json: JSON = False,
) -> None:
    """Show what a file of arrays or records holds: names, shapes, data types, statistics, NaNs.

    It ends with status 1 if there are NaNs or infinite numbers.
    """
    if not os.path.exists(file):
        raise absent(file)
    if file.endswith(".rec"):
        if json:
            print_json(records_as_json(file))
        else:
            print_records(file, most=10)
        return
    if is_archive(file) and not file.endswith(".npz"):
        members = {name: len(contents) for name, contents in read_archive(file).items()}
        if json:
            print_json({"file": file, "members": members})
        else:
            print_table(
                ["member", "size"], [[name, as_bytes(size)] for name, size in members.items()], file, ["size"]
            )
        return
    with working(f"Reading {file}"):
        note, arrays = arrays_of(file)
        rows = [_described(each) for each in arrays if only in each.name]
    if only and not rows:
        raise Failure(f"{file!r} holds no array with {only!r} in its name.")
    odd = sum(row["nans"] + row["infinite"] for row in rows)
    if json:
        print_json({"file": file, "note": note, "arrays": rows})
    else:
        _print(file, note, rows, odd)
    if odd:
        raise typer.Exit(1)


def arrays_of(path: str) -> tuple[str, list[Array]]:
    """Return what a person should know of a file of arrays, and the arrays.

    Raises
    ------
    MXNetError
        If it is damaged, or of another kind.
    """
    if path.endswith(".states"):
        states, optimizer = load_states(read_file(path))
        note = f"states of {type(optimizer).__name__}" if optimizer is not None else "states of an optimizer"
        return note, [each for key, state in states.items() for each in _of_state(str(key), state)]
    if path.endswith(".npy"):
        return "", [Array("", *_plain(_npy(path)))]
    contents = read_file(path)
    if contents[:1] in (b"\x80", b"("):
        raise FileFormatError(f"{path!r} is a pickle, of which only .states files are read.")
    loaded = nd.load(path)
    pairs = loaded.items() if isinstance(loaded, dict) else ((str(i), each) for i, each in enumerate(loaded))
    return "", [_array(name, each) for name, each in pairs]


def _npy(path: str) -> np.ndarray[Any, Any]:
    try:
        return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]
    except (ValueError, EOFError, MemoryError) as error:
        raise FileFormatError(f"Cannot read {path!r}: {error}.") from None


def _plain(values: np.ndarray[Any, Any]) -> tuple[str, str, np.ndarray[Any, Any]]:
    return str(values.dtype), "default", values


def _array(name: str, array: Any) -> Array:
    return Array(name, dtype_name(array.dtype), array.stype, array.asnumpy())


def _of_state(name: str, state: Any) -> Iterable[Array]:
    """Yield the arrays of an optimizer's state, which may be several, one within another."""
    if isinstance(state, nd.NDArray):
        yield _array(name, state)
    elif isinstance(state, tuple | list):
        for i, each in enumerate(state):
            yield from _of_state(f"{name}.{i}", each)


def _described(array: Array) -> dict[str, Any]:
    values = array.values
    row: dict[str, Any] = {
        "name": array.name,
        "shape": list(values.shape),
        "dtype": array.dtype,
        "storage": array.stype,
        "bytes": values.nbytes,
        "nans": 0,
        "infinite": 0,
    }
    if values.dtype.kind not in "fiub" or not values.size:
        return row
    numbers = values.astype("float64") if values.dtype.kind == "f" else values
    finite = np.isfinite(numbers)
    row["nans"] = int(np.isnan(numbers).sum())
    row["infinite"] = int(values.size - finite.sum() - row["nans"])
    if finite.any():
        good = numbers[finite]
        row |= {
            "min": float(good.min()),
            "max": float(good.max()),
            "mean": float(good.mean()),
            "std": float(good.std()),
            "zeros": float((good == 0).mean()),
        }
    return row


def _print(file: str, note: str, rows: list[dict[str, Any]], odd: int) -> None:
    limit = width()
    narrow = limit is not None and limit < _NARROW
    cells = [_cells(row, narrow=narrow) for row in rows]
    columns = list(cells[0]) if cells else ["name"]
    if not odd:
        columns = [each for each in columns if each != "NaN, inf"]
    table = [[each[column] for column in columns] for each in cells]
    styles = ["red" if row["nans"] + row["infinite"] else None for row in rows]
    print_table(columns, table, f"{file}: {note}" if note else file, columns[1:], styles)
    count = sum(math.prod(row["shape"]) for row in rows)
    size = as_bytes(sum(row["bytes"] for row in rows))
    bad = f"; {odd:,} of them are NaN or infinite" if odd else ""
    console().print(f"{len(rows)} arrays, {count:,} numbers, {size}{bad}", markup=False)


def _cells(row: dict[str, Any], *, narrow: bool) -> dict[str, str]:
    """Return what stands in a row by column; a narrow terminal has room for the most important."""
    numbers = ("min", "max", "mean") if narrow else ("min", "max", "mean", "std")
    return {
        "name": row["name"],
        "shape": as_shape(row["shape"]),
        "dtype": row["dtype"] if row["storage"] == "default" else f"{row['dtype']}, {row['storage']}",
        **{_HEADINGS[key]: f"{row[key]:.4g}" if key in row else "" for key in numbers},
        **({} if narrow else {"zeros": f"{row['zeros']:.0%}" if row.get("zeros") else ""}),
        "NaN, inf": _odd(row),
    }


def _odd(row: dict[str, Any]) -> str:
    found = [f"{row[key]:,} {what}" for key, what in (("nans", "NaN"), ("infinite", "inf")) if row[key]]
    return ", ".join(found)
