"""``symnet run``: a model answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from mxnet.cli.tools.failing import Failure, warn
from mxnet.cli.tools.files import check_target, read_text
from mxnet.cli.tools.inputs import Array, Look
from mxnet.cli.tools.models import find_model
from mxnet.cli.tools.options import CUT, EPOCH, FORCE, JSON, MODEL, PARAMS, SHAPE
from mxnet.cli.tools.printing import as_shape, print_json, print_table, working
from mxnet.cli.tools.running import prepare, run
from mxnet.files import atomic_write

__all__ = ["command"]

_CLASSES = ("synset.txt", "classes.txt", "labels.txt", "classes.names")
_FIRST = 6


def command(
    model: MODEL,
    inputs: Annotated[
        list[str],
        typer.Option(
            "--input",
            "-i",
            metavar="[NAME=]FILE",
            help="An image, .npy, .csv or - for the standard input; several of one input are a batch. "
            "What is not given is drawn at random.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer asks for it
    params: PARAMS = None,
    epoch: EPOCH = None,
    cut: CUT = None,
    shape: SHAPE = [],  # noqa: B006
    top: Annotated[int, typer.Option(min=1, help="How many of the likeliest classes to show.")] = 5,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Names of classes, one a line; by default synset.txt or the like beside the model.",
            show_default=False,
        ),
    ] = None,
    mean: Annotated[
        str,
        typer.Option(metavar="N,N,N|FILE", help="Taken from pixels: 123.68,116.78,103.94 or mean_224.nd."),
    ] = "0",
    std: Annotated[str, typer.Option(metavar="N,N,N", help="Divides pixels afterwards.")] = "1",
    scale: Annotated[float, typer.Option(help="Multiplies pixels last, such as 0.0078125.")] = 1.0,
    bgr: Annotated[bool, typer.Option("--bgr", help="Blue is the first channel, not red.")] = False,
    fit: Annotated[
        str, typer.Option(metavar="crop|stretch|pad", help="How images get the model's size.")
    ] = "crop",
    layout: Annotated[
        str, typer.Option(metavar="NCHW|NHWC|auto", help="Where channels stand; auto sees it by the shape.")
    ] = "auto",
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write all outputs as .npz.", show_default=False),
    ] = None,
    force: FORCE = False,
    json: JSON = False,
) -> None:
    """Run a model on images, arrays or tables, and show what it answers.

    Losses become what they predict; labels are not needed.
    """
    for name, value, choices in (
        ("fit", fit, ("crop", "stretch", "pad")),
        ("layout", layout, ("auto", "NCHW", "NHWC")),
    ):
        if value not in choices:
            raise Failure(f"--{name} is one of {', '.join(choices)}, not {value!r}.")
    target = check_target(output, force=force) if output else None
    with working("Loading the model"):
        found = find_model(model, params, epoch, cut)
        prepared = prepare(found, inputs, shape, Look(mean, std, scale, bgr, fit, layout))
    with working("Running"):
        answers = run(prepared.model, prepared.inputs)
    names = _classes(classes, found.sources[0])
    if target:
        _write(target, answers)
    if json:
        print_json(
            {
                "inputs": {name: list(array.shape) for name, array in prepared.inputs.items()},
                "notes": list(prepared.notes),
                "outputs": [_as_json(name, each, names, top) for name, each in answers.items()],
            }
        )
        return
    for note in prepared.notes:
        warn(note)
    for name, each in answers.items():
        _print_answer(name, each, names, top)


def _classes(path: str | None, model: str) -> list[str]:
    """Return the names of classes, from a file that is given or stands beside the model."""
    folder = model if os.path.isdir(model) else os.path.dirname(model)
    for each in (path,) if path else (os.path.join(folder, name) for name in _CLASSES):
        if path or os.path.isfile(str(each)):
            return [line.strip() for line in read_text(str(each)).splitlines() if line.strip()]
    return []


def _write(path: str, answers: dict[str, Array]) -> None:
    with atomic_write(path) as file:
        np.savez(file, **answers)  # type: ignore[arg-type] # numpy's own parameters are no names of outputs


def _is_of_classes(answer: Array) -> bool:
    return answer.ndim == 2 and answer.shape[1] > 1


def _best(row: Array, top: int) -> list[int]:
    return [int(each) for each in np.argsort(-row, kind="stable")[:top]]


def _as_json(name: str, answer: Array, names: Sequence[str], top: int) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name, "shape": list(answer.shape), "dtype": str(answer.dtype)}
    if _is_of_classes(answer):
        described["top"] = [
            [{"index": i, "class": _named(names, i, answer), "value": float(row[i])} for i in _best(row, top)]
            for row in answer
        ]
    elif answer.size:
        described |= {"min": float(answer.min()), "mean": float(answer.mean()), "max": float(answer.max())}
        described["first"] = [float(each) for each in answer.reshape(-1)[:_FIRST]]
    return described


def _named(names: Sequence[str], index: int, answer: Array) -> str | None:
    return names[index] if len(names) == answer.shape[1] else None


def _print_answer(name: str, answer: Array, names: Sequence[str], top: int) -> None:
    if not _is_of_classes(answer):
        title = f"{name}: {as_shape(answer.shape)} {answer.dtype}"
        if not answer.size:
            print_table(["values"], [["none"]], title)
            return
        first = " ".join(f"{each:.6g}" for each in answer.reshape(-1)[:_FIRST])
        more = " …" if answer.size > _FIRST else ""
        print_table(
            ["least", "mean", "largest", "first values"],
            [[f"{answer.min():.6g}", f"{answer.mean():.6g}", f"{answer.max():.6g}", first + more]],
            title,
        )
        return
    for number, row in enumerate(answer):
        which = f", sample {number}" if len(answer) > 1 else ""
        rows = [[i, _named(names, i, answer) or "", f"{row[i]:.6g}"] for i in _best(row, top)]
        columns = ["class", "name", "value"]
        if not any(name for _, name, _ in rows):
            columns, rows = ["class", "value"], [[i, value] for i, _, value in rows]
        title = f"{name}{which}: the {len(rows)} largest of {len(row)}"
        print_table(columns, rows, title, numbers=["class", "value"])
