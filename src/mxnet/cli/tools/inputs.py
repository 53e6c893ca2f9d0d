"""What a model is run on: images, arrays and tables from files, or numbers at random."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.cli.tools.failing import Failure
from mxnet.cli.tools.files import absent
from mxnet.errors import FileFormatError, few
from mxnet.files import read_file
from mxnet.ops.tools.opencv import decode_pixels, opencv

__all__ = ["Array", "Given", "Look", "given_inputs", "random_inputs"]

Array = np.ndarray[Any, Any]

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"GIF8", b"II*\x00", b"MM\x00*", b"RIFF")


@dataclass(frozen=True)
class Look:
    """How images become numbers: ``(pixel - mean) / std * scale``.

    Attributes
    ----------
    mean, std : str
        A number, one for each channel with commas between, or a file of arrays such as ``mean_224.nd``.
    scale : float
        What the result is multiplied by.
    bgr : bool
        Whether blue is the first channel.
    fit : {'crop', 'stretch', 'pad'}
        How an image is brought to the model's size: scaled until it covers it, and cut; scaled along each
        axis for itself; or scaled until all of it is seen, the rest black.
    layout : {'auto', 'NCHW', 'NHWC'}
        Where the channels stand.
    """

    mean: str = "0"
    std: str = "1"
    scale: float = 1.0
    bgr: bool = False
    fit: str = "crop"
    layout: str = "auto"


@dataclass
class Given:
    """What was given for an input: numbers, or images that still need its size."""

    arrays: list[Array]
    images: list[bytes]


def given_inputs(texts: Iterable[str], names: Sequence[str]) -> dict[str, Given]:
    """Return what ``--input`` names, read, by input.

    Parameters
    ----------
    texts : iterable of str
        ``NAME=FILE`` or, for the first input, ``FILE``; ``-`` is the standard input. Several of one input are
        its batch.
    names : sequence of str
        The inputs of the model.
    """
    found: dict[str, Given] = {}
    for text in texts:
        name, path = _name_and_path(text, names)
        given = found.setdefault(name, Given([], []))
        contents, source = (sys.stdin.buffer.read(), "the standard input") if path == "-" else _read(path)
        if contents.startswith(_IMAGES):
            given.images.append(contents)
        else:
            given.arrays.append(_numbers(contents, source))
        if given.images and given.arrays:
            raise Failure(f"The input {name!r} is given both images and other numbers.")
    return found


def _name_and_path(text: str, names: Sequence[str]) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if equals and name in names:
        return name, path
    if equals and not os.path.exists(text):
        raise Failure(f"--input {text!r}: the model has no input {name!r}, only {few(names)}.")
    if not names:
        raise Failure(f"--input {text!r}: the model has no inputs.")
    return names[0], text


def _read(path: str) -> tuple[bytes, str]:
    if not os.path.exists(path):
        raise absent(path)
    return read_file(path), repr(path)


def _numbers(contents: bytes, source: str) -> Array:
    """Return the numbers in a file: numpy's, of one array, or a table of numbers."""
    if contents.startswith(b"\x93NUMPY"):
        try:
            return np.lib.format.read_array(io.BytesIO(contents), allow_pickle=False)
        except (ValueError, EOFError, MemoryError) as error:
            raise FileFormatError(f"Cannot read {source}: {error}.") from None
    if contents[:8] == (0x112).to_bytes(8, "little") or contents.startswith(b"PK\x03\x04"):
        arrays = nd.load_frombuffer(contents)
        values = list(arrays.values()) if isinstance(arrays, dict) else arrays
        if len(values) != 1:
            raise Failure(f"{source} holds {len(values)} arrays; an input is one.")
        return values[0].asnumpy()
    return _table(contents, source)


def _table(contents: bytes, source: str) -> Array:
    try:
        text = contents.decode()
    except UnicodeDecodeError:
        raise FileFormatError(
            f"{source} is neither an image nor .npy, .npz, .nd nor a table of numbers."
        ) from None
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [each for each in re.split(r"[,;\s]+", line.strip()) if each]
        if not cells or line.lstrip().startswith("#"):
            continue
        try:
            rows.append([float(each) for each in cells])
        except ValueError as error:
            if not rows and number == 1:
                continue  # the headings
            raise FileFormatError(f"{source}, line {number}: {error}.") from None
    if not rows:
        raise FileFormatError(f"{source} is no image, and holds no numbers.")
    if len({len(row) for row in rows}) != 1:
        raise FileFormatError(f"{source} has rows of {few(sorted({str(len(row)) for row in rows}))} numbers.")
    return np.array(rows, "float32")


# --------------------------------------------------------------------------------------------------- arrays


def fitted(array: Array, shape: Sequence[int] | None) -> Array:
    """Return numbers in the shape of an input, whose first extent is how many there are.

    Raises
    ------
    Failure
        If they do not fit.
    """
    if shape is None or (array.ndim == len(shape) and array.shape[1:] == tuple(shape[1:])):
        return array
    if array.shape == tuple(shape[1:]):
        return array[None]
    size = int(np.prod(shape[1:]))
    if array.size % max(size, 1) == 0 and array.size:
        return array.reshape(-1, *shape[1:])
    raise Failure(f"The input has shape {array.shape}, but the model takes {tuple(shape)}.")


def from_images(images: Sequence[bytes], shape: Sequence[int], look: Look) -> Array:
    """Return images as the numbers of a batch.

    Raises
    ------
    Failure
        If the input takes no images.
    """
    if len(shape) != 4:
        raise Failure(f"The input of shape {tuple(shape)} takes no images.")
    last = look.layout == "NHWC" or (look.layout == "auto" and shape[3] in (1, 3) and shape[1] not in (1, 3))
    height, width, channels = (shape[1], shape[2], shape[3]) if last else (shape[2], shape[3], shape[1])
    if channels not in (1, 3):
        raise Failure(f"The input of shape {tuple(shape)} has {channels} channels; images have 1 or 3.")
    made = []
    for number, encoded in enumerate(images):
        pixels = decode_pixels(encoded, f"image {number}", is_color=channels == 3, to_rgb=not look.bgr)
        placed = _placed(np.asarray(pixels), height, width, look.fit).astype("float32")
        placed = placed.reshape(height, width, channels)
        placed = (placed - _levels(look.mean, placed, "mean")) / _levels(look.std, placed, "std") * look.scale
        made.append(placed if last else placed.transpose(2, 0, 1))
    return np.stack(made).astype("float32")


def _placed(pixels: Array, height: int, width: int, fit: str) -> Array:
    """Return an image in the size that is wanted."""
    cv2: Any = opencv("Scaling images")
    rows, columns = pixels.shape[:2]
    if fit == "stretch" or (rows, columns) == (height, width):
        return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR))
    ratios = (height / rows, width / columns)
    ratio = max(ratios) if fit == "crop" else min(ratios)
    size = (round(columns * ratio), round(rows * ratio))
    scaled = np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
    )
    if fit == "crop":
        top, left = (scaled.shape[0] - height) // 2, (scaled.shape[1] - width) // 2
        return scaled[top : top + height, left : left + width]
    padded = np.zeros((height, width, *scaled.shape[2:]), scaled.dtype)
    padded[: scaled.shape[0], : scaled.shape[1]] = scaled[:height, :width]
    return padded


def _levels(text: str, pixels: Array, what: str) -> Array:
    """Return what is taken from pixels, or divides them: a number, one per channel, or an image in a file."""
    try:
        numbers = np.array([float(each) for each in text.split(",")], "float32")
    except ValueError:
        if not os.path.exists(text):
            raise Failure(f"--{what} {text!r} is neither numbers nor a file.") from None
        image = _numbers(*_read(text))
        image = image.reshape(image.shape[-3:]) if image.ndim > 3 else image
        if image.ndim == 3 and image.shape[0] in (1, 3):
            image = image.transpose(1, 2, 0)
        if image.shape != pixels.shape:
            raise Failure(
                f"--{what} {text!r} has shape {image.shape}, but images are {pixels.shape}."
            ) from None
        return image
    if len(numbers) not in (1, pixels.shape[2]):
        raise Failure(f"--{what} {text} has {len(numbers)} numbers for images of {pixels.shape[2]} channels.")
    return numbers


def random_inputs(shapes: Mapping[str, Sequence[int]], dtypes: Mapping[str, str]) -> dict[str, Array]:
    """Return numbers for inputs: normal ones, small whole ones where the type is whole, 0 for states.

    An input of the size of an image gets that.
    """
    random = np.random.default_rng(0)
    made: dict[str, Array] = {}
    for name, shape in shapes.items():
        dtype = dtypes.get(name, "float32")
        if name == "im_info":
            made[name] = np.array([[600, 800, 1]] * shape[0], dtype)[:, : shape[1]]
        elif "init_" in name or "begin_state" in name or name.endswith("label"):
            made[name] = np.zeros(shape, dtype)
        elif "float" in dtype:
            made[name] = random.standard_normal(shape).astype(dtype)
        else:
            made[name] = random.integers(0, 2, shape).astype(dtype)
    return made
