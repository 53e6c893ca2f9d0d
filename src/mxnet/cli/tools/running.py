"""Runs a model for inference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from mxnet import ndarray as nd
from mxnet.cli.tools.inputs import Array, Look, fitted, from_images, given_inputs, random_inputs
from mxnet.cli.tools.models import Model
from mxnet.cli.tools.shapes import InputShapes, input_names
from mxnet.context import cpu
from mxnet.errors import MXNetError

__all__ = ["Prepared", "largest_difference", "prepare", "run"]


class Prepared(NamedTuple):
    """A model that can be run, and what on.

    Attributes
    ----------
    found : Model
        As it was found.
    model : Model
        Without losses and labels, all its parameters there.
    inputs : dict of str to ndarray
        What it is run on.
    shapes : InputShapes
        Where the shapes come from.
    notes : tuple of str
        What a person has to know before believing the answer.
    """

    found: Model
    model: Model
    inputs: dict[str, Array]
    shapes: InputShapes
    notes: tuple[str, ...]


def prepare(
    model: Model, texts: Iterable[str], shapes: Iterable[str], look: Look, batch: int | None = None
) -> Prepared:
    """Return a model with its inputs.

    Parameters
    ----------
    model : Model
        As it was found.
    texts : iterable of str
        What was given as ``--input``; what is not given is drawn at random.
    shapes : iterable of str
        What was given as ``--shape``.
    look : Look
        How images become numbers.
    batch : int, optional
        How many samples to draw; by default what the shapes say.

    Raises
    ------
    MXNetError
        If inputs or parameters do not fit.
    """
    deployed = model.for_inference()
    names = input_names(deployed.symbol, deployed.every)
    given = given_inputs(texts, names)
    told = list(shapes)
    for name, each in given.items():
        if each.arrays and not any(text.startswith(f"{name}=") or "=" not in text for text in told):
            told += _told(deployed, name, each.arrays, told)
    found = deployed.input_shapes(told)
    arrays = {
        name: from_images(each.images, found.shapes[name], look)
        if each.images
        else np.concatenate([fitted(array, found.shapes[name]) for array in each.arrays])
        for name, each in given.items()
    }
    count = len(next(iter(arrays.values()))) if arrays else batch
    first = next(iter(found.shapes.values()), (1,))
    if (count is not None and arrays.keys() != found.shapes.keys()) or count != first[0]:
        batched = {name: ",".join(map(str, array.shape)) for name, array in arrays.items()}
        if not batched and count is not None:
            batched = {name: ",".join(map(str, (count, *shape[1:]))) for name, shape in found.shapes.items()}
        again = deployed.input_shapes([f"{name}={shape}" for name, shape in batched.items()] or told)
        found = InputShapes(again.shapes, tuple(name for name in found.guessed if name not in given))
    filled = deployed.complete(found.shapes)
    dtypes = filled.dtypes()
    missing = {name: shape for name, shape in found.shapes.items() if name not in arrays}
    inputs = {**arrays, **random_inputs(missing, dtypes)}
    inputs = {name: inputs[name].astype(dtypes[name]) for name in found.shapes}
    return Prepared(model, filled, inputs, found, tuple(_notes(model, found, missing)))


def _told(model: Model, name: str, arrays: list[Array], others: list[str]) -> list[str]:
    """Return the shape of an input as its numbers have it, if the model takes those."""
    for shape in (arrays[0].shape, (1, *arrays[0].shape)):
        text = f"{name}={','.join(map(str, shape))}"
        try:
            model.input_shapes([*others, text])
        except MXNetError:
            continue
        return [text]
    return []


def _notes(model: Model, found: InputShapes, missing: Mapping[str, tuple[int, ...]]) -> Iterable[str]:
    if not model.has_parameters:
        yield (
            f"no parameters stand beside {model.sources[0]}, so they were drawn at random and the numbers "
            "mean nothing. --params names their file."
        )
    if found.guessed:
        yield found.note()
    drawn = [name for name in missing if not name.endswith("label")]
    if drawn:
        yield f"nothing is given for {', '.join(drawn)}, so it is drawn at random. --input names a file."


def run(model: Model, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs of a model by name, an output of a name that was there with its number behind it."""
    symbol = model.symbol
    known = {name: nd.array(array, dtype=array.dtype) for name, array in inputs.items()}
    arguments = {name: {**model.arguments, **known}[name] for name in symbol.list_arguments()}
    states = {name: model.states[name] for name in symbol.list_auxiliary_states()}
    executor = symbol.bind(cpu(), arguments, grad_req="null", aux_states=states or None)
    made: dict[str, Array] = {}
    for number, (name, output) in enumerate(
        zip(symbol.list_outputs(), executor.forward(is_train=False), strict=True)
    ):
        made[f"{name}_{number}" if name in made else name] = output.asnumpy()
    return made


def largest_difference(own: Array, other: Array) -> float:
    """Return the largest difference of two arrays, relative to the largest number of the first, or to 1.

    Examples
    --------
    >>> largest_difference(np.array([1.0, 4.0]), np.array([1.0, 3.0]))
    0.25
    """
    a, b = own.astype("float64"), np.asarray(other).astype("float64")
    if a.shape != b.shape:
        return float("inf")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    apart = np.abs(np.where(same, 0, a - b))
    if not a.size:
        return 0.0
    scale = max(1.0, float(np.abs(np.where(np.isfinite(a), a, 0)).max()))
    return float(np.where(np.isfinite(apart), apart, np.inf).max()) / scale
