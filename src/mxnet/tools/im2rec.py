"""Makes lists of pictures, and record files from lists; the command line is that of MXNet's ``im2rec.py``."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from mxnet.errors import FileFormatError, MXNetError
from mxnet.files import access_error, atomic_write, read_file
from mxnet.ops.tools.opencv import decode_as, opencv
from mxnet.recordio import MXIndexedRecordIO, pack, pack_img

__all__ = ["main", "make_lists", "make_records"]

_SEED = 100
"""As in MXNet, so that the same folder makes the same list."""

_REPORT = 1000
"""After how many pictures a line says how far it is."""


class Entry(NamedTuple):
    """A line of a list."""

    number: int
    path: str
    labels: Sequence[float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status."""
    args = _parser().parse_args(arguments)
    try:
        return make_lists(args) if args.list else make_records(args)
    except MXNetError as error:
        print(f"im2rec: {error}", file=sys.stderr)  # noqa: T201 - it talks to a person
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="im2rec",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description="Create an image list, or a record file from the images of a list.",
    )
    parser.add_argument("prefix", help="What the names of lists and record files begin with.")
    parser.add_argument("root", help="The folder of the images.")
    lists = parser.add_argument_group("Options for creating image lists")
    lists.add_argument("--list", action="store_true", help="Create PREFIX.lst, not PREFIX.rec.")
    lists.add_argument("--exts", nargs="+", default=[".jpeg", ".jpg", ".png"], help="Endings of images.")
    lists.add_argument("--chunks", type=int, default=1, help="Number of lists.")
    lists.add_argument("--train-ratio", type=float, default=1.0, help="Share of images for training.")
    lists.add_argument("--test-ratio", type=float, default=0, help="Share of images for testing.")
    lists.add_argument(
        "--recursive",
        action="store_true",
        help="Look into folders, too, each of which is a label of its own.",
    )
    lists.add_argument("--no-shuffle", dest="shuffle", action="store_false", help="Keep the folder's order.")
    records = parser.add_argument_group("Options for creating record files")
    records.add_argument("--pass-through", action="store_true", help="Store files as they are.")
    records.add_argument("--resize", type=int, default=0, help="New size of the shorter side; 0 for none.")
    records.add_argument("--center-crop", action="store_true", help="Cut the middle out, as a square.")
    records.add_argument("--quality", type=int, default=95, help="1 to 100 of JPEG, 0 to 9 of PNG.")
    records.add_argument("--num-thread", type=int, default=1, help="Number of threads that encode.")
    records.add_argument(
        "--color", type=int, default=1, choices=[-1, 0, 1], help="1: colours, 0: grey, -1: as it is."
    )
    records.add_argument("--encoding", default=".jpg", choices=[".jpg", ".png"], help="Format of the images.")
    records.add_argument("--pack-label", action="store_true", help="Store all labels, not the first one.")
    return parser


# ------------------------------------------------------------------------------------------------------ lists


def make_lists(args: argparse.Namespace) -> int:
    """Write the lists of the images in a folder."""
    paths = list(_images(args.root, args.recursive, {ending.lower() for ending in args.exts}))
    entries = [Entry(i, path, [label]) for i, (path, label) in enumerate(paths)]
    if args.shuffle:
        random.Random(_SEED).shuffle(entries)  # noqa: S311 - no secret
    size = -(-len(entries) // args.chunks)
    for chunk in range(args.chunks):
        mine = entries[chunk * size : (chunk + 1) * size]
        name = f"{args.prefix}_{chunk}" if args.chunks > 1 else args.prefix
        test_end, train_end = int(size * args.test_ratio), int(size * (args.test_ratio + args.train_ratio))
        if args.train_ratio == 1.0:
            _write_list(f"{name}.lst", mine)
            continue
        if args.test_ratio:
            _write_list(f"{name}_test.lst", mine[:test_end])
        if args.train_ratio + args.test_ratio < 1.0:
            _write_list(f"{name}_val.lst", mine[train_end:])
        _write_list(f"{name}_train.lst", mine[test_end:train_end])
    return 0


def _images(root: str, recursive: bool, endings: set[str]) -> Iterator[tuple[str, int]]:
    """Yield the path of each image from the root on, and its label: the number of its folder."""
    try:
        here = sorted(os.listdir(root))
    except OSError as error:
        raise access_error(error, f"Cannot read the folder {root!r}") from None
    if not recursive:
        yield from ((name, 0) for name in here if _is_image(os.path.join(root, name), endings))
        return
    labels: dict[str, int] = {}
    for folder, folders, names in os.walk(root, followlinks=True):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            if _is_image(path, endings):
                label = labels.setdefault(folder, len(labels))
                yield os.path.relpath(path, root), label
    for folder, label in labels.items():
        print(os.path.relpath(folder, root), label)  # noqa: T201


def _is_image(path: str, endings: set[str]) -> bool:
    return os.path.isfile(path) and os.path.splitext(path)[1].lower() in endings


def _write_list(path: str, entries: Sequence[Entry]) -> None:
    with atomic_write(path) as file:
        for number, name, labels in entries:
            numbers = "".join(f"{label:f}\t" for label in labels)
            file.write(f"{number}\t{numbers}{name}\n".encode())


# ---------------------------------------------------------------------------------------------------- records


def make_records(args: argparse.Namespace) -> int:
    """Write a record file for each list whose name begins with the prefix."""
    folder, name = os.path.split(os.path.abspath(args.prefix))
    lists = []
    if os.path.isdir(folder):
        lists = sorted(each for each in os.listdir(folder) if each.startswith(name) and each.endswith(".lst"))
    if not lists:
        print(f"Did not find any list file with prefix {args.prefix}")  # noqa: T201
    for each in lists:
        print(f"Creating .rec file from {os.path.join(folder, each)} in {folder}")  # noqa: T201
        _make_record(args, os.path.join(folder, each))
    return 0


def _make_record(args: argparse.Namespace, path: str) -> None:
    entries = _read_list(path)
    base = os.path.splitext(path)[0]
    begin, stored = time.monotonic(), 0

    def encode(entry: Entry) -> bytes | MXNetError:
        try:
            return _encode(args, entry)
        except MXNetError as error:
            return error

    with (
        MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as records,
        ThreadPoolExecutor(max(args.num_thread, 1)) as threads,
    ):
        # A few at a time, so that pictures do not pile up before they are written.
        ahead = 16 * max(args.num_thread, 1)
        groups = (entries[i : i + ahead] for i in range(0, len(entries), ahead))
        made = (pair for group in groups for pair in zip(group, threads.map(encode, group), strict=True))
        for entry, record in tqdm(made, total=len(entries), unit=" images", delay=1, disable=None):
            if isinstance(record, MXNetError):
                print(f"{entry.path} is left out: {record}", file=sys.stderr)  # noqa: T201
                continue
            records.write_idx(entry.number, record)
            if stored % _REPORT == 0:
                print(f"time: {time.monotonic() - begin}  count: {stored}")  # noqa: T201
            stored += 1
    left_out = f"; {len(entries) - stored} are left out" if stored < len(entries) else ""
    print(f"{stored} of {len(entries)} images in {base}.rec{left_out}.")  # noqa: T201


def _read_list(path: str) -> list[Entry]:
    """Return the lines of a list; what is no line of one is said, and left out."""
    entries = []
    for number, line in enumerate(read_file(path).decode(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            first, label, *more, name = (part.strip() for part in line.split("\t"))
            entries.append(Entry(int(first), name, [float(each) for each in (label, *more)]))
        except ValueError:
            print(f"{path}, line {number} is left out: {line[:60]!r}", file=sys.stderr)  # noqa: T201
    return entries


def _encode(args: argparse.Namespace, entry: Entry) -> bytes:
    labels: Any = entry.labels[0]
    if args.pack_label and len(entry.labels) > 1:
        labels = np.array(entry.labels, "float32")
    header = (0, labels, entry.number, 0)
    file = read_file(os.path.join(args.root, entry.path))
    if args.pass_through:
        return pack(header, file)
    if not file:
        raise FileFormatError("the file is empty.")
    cv2 = opencv("Encoding images")
    image = decode_as(file, args.color, "The file")
    if args.center_crop:
        height, width = image.shape[:2]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        image = image[top : top + side, left : left + side]
    if args.resize:
        height, width = image.shape[:2]
        if height > width:
            size = (args.resize, height * args.resize // width)
        else:
            size = (width * args.resize // height, args.resize)
        image = cv2.resize(image, size)
    return pack_img(header, image, args.quality, args.encoding)


if __name__ == "__main__":
    sys.exit(main())
