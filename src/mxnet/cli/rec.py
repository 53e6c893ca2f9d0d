"""``symnet rec``: lists and extracts records, and repairs an index."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from tqdm import tqdm

from mxnet.cli.tools.failing import Failure
from mxnet.cli.tools.files import absent
from mxnet.cli.tools.index import repair_index
from mxnet.cli.tools.options import JSON
from mxnet.cli.tools.printing import console, print_json
from mxnet.cli.tools.records import Item, index_beside, items, print_records, records_as_json
from mxnet.files import access_error, atomic_write

__all__ = ["command"]


def command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file of records, NAME.rec.", show_default=False)
    ],
    extract: Annotated[
        str | None,
        typer.Option(
            "--extract", "-x", metavar="FOLDER", help="Write each record as a file.", show_default=False
        ),
    ] = None,
    keys: Annotated[
        str, typer.Option("--keys", metavar="K,K", help="Only the records of these keys.", show_default=False)
    ] = "",
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Write the index anew; records keep their keys where they had some."),
    ] = False,
    index: Annotated[
        str | None,
        typer.Option(
            "--index", metavar="FILE", help="The index; by default NAME.idx beside it.", show_default=False
        ),
    ] = None,
    most: Annotated[int, typer.Option("--most", "-n", min=0, help="How many records to list.")] = 20,
    json: JSON = False,
) -> None:
    """List the records of a file, extract them, or repair the index that says where they are.

    Images are extracted as they are stored, named by their key, with labels.tsv beside them.
    """
    if not os.path.exists(file):
        raise absent(file)
    if repair:
        beside = index or index_beside(file)
        found = repair_index(beside, file)
        lost = f"; {found.lost:,} bytes are damaged and left out" if found.lost else ""
        told = {"index": beside, **found._asdict()}
        if json:
            print_json(told)
        else:
            console().print(
                f"{beside}: {found.records:,} records, {found.kept:,} with the key they had{lost}.",
                markup=False,
            )
        return
    if extract:
        wanted = {each.strip() for each in keys.split(",") if each.strip()}
        count = _extract(file, extract, wanted, index)
        if json:
            print_json({"folder": extract, "records": count})
        else:
            console().print(f"{count:,} records in {extract}", markup=False)
    elif json:
        print_json(records_as_json(file, index))
    else:
        print_records(file, most, index)


def _extract(file: str, folder: str, wanted: set[str], index: str | None) -> int:
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise access_error(error, f"Cannot make the folder {folder!r}") from None
    lines = []
    for number, item in enumerate(tqdm(items(file, index), unit=" records", delay=1, disable=None)):
        if wanted and item.key not in wanted:
            continue
        name = f"{_plain(item.key) or number}{item.kind}"
        with atomic_write(os.path.join(folder, name)) as target:
            target.write(item.contents)
        lines.append(_line(name, item))
    if wanted and len(lines) < len(wanted):
        raise Failure(f"{file!r} has {len(lines)} of the {len(wanted)} keys that were asked for.")
    with atomic_write(os.path.join(folder, "labels.tsv")) as target:
        target.write("".join(lines).encode())
    return len(lines)


def _plain(key: str) -> str:
    """Return a key as the name of a file: what could lead elsewhere is left out."""
    return "".join(each if each.isalnum() or each in "-_." else "_" for each in key).lstrip(".")


def _line(name: str, item: Item) -> str:
    return "\t".join([name, *(f"{each:g}" for each in item.labels)]) + "\n"
