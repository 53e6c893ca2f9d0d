"""OpenCV, which decodes, encodes and scales images here as it does in MXNet; the extra ``image`` installs it.

Its answers are MXNet's to the last bit, for JPEG files too, where other libraries differ by some grey levels.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Buffer

    Pixels = np.ndarray[Any, Any]

__all__ = ["decode_as", "decode_pixels", "encode", "opencv"]


def opencv(what: str) -> ModuleType:
    """Return OpenCV's module.

    Parameters
    ----------
    what : str
        What needs it, for the error.

    Raises
    ------
    MXNetError
        If it is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise MXNetError(
            f"{what} needs OpenCV, which is not installed: pip install 'symnet[image]'."
        ) from None
    return cv2


def decode_pixels(encoded: Buffer, source: str, *, is_color: bool = True, to_rgb: bool = True) -> Pixels:
    """Return the image (height, width, channels) of uint8 that a file holds, in any format OpenCV reads.

    As in MXNet, a photograph stays as the camera was held.

    Parameters
    ----------
    encoded : bytes
        The file.
    source : str
        What it is, for errors.
    is_color : bool, optional
        Whether the image is to have three channels, not one.
    to_rgb : bool, optional
        Whether red comes first, not blue.

    Raises
    ------
    MXNetError
        If OpenCV is not installed, or cannot read the file.
    """
    cv2 = opencv("Decoding images")
    colours = cv2.IMREAD_COLOR_RGB if to_rgb else cv2.IMREAD_COLOR
    flags = (colours if is_color else cv2.IMREAD_GRAYSCALE) | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = decode_as(encoded, flags, source)
    return pixels if is_color else pixels[..., None]


def decode_as(encoded: Buffer, flags: int, source: str) -> Pixels:
    """Return an image as OpenCV makes it with some of its flags: a grey one is (height, width).

    Raises
    ------
    MXNetError
        If OpenCV is not installed, or cannot read the file.
    """
    cv2 = opencv("Decoding images")
    stored = np.frombuffer(memoryview(encoded), "uint8")
    pixels: Pixels | None = None
    if len(stored):
        try:
            pixels = cv2.imdecode(stored, flags)
        except cv2.error:  # there are too many pixels, or the file contradicts itself
            pixels = None
    if pixels is None:
        raise MXNetError(f"{source} cannot be decoded: it is no image, or damaged.")
    return pixels


def encode(pixels: Any, quality: int = 95, kind: str = ".jpg") -> bytes:
    """Return an image, blue first, as a file of some format.

    Parameters
    ----------
    pixels : array
        Of uint8, (height, width, channels) or (height, width).
    quality : int
        JPEG's quality from 1 to 100, or how hard PNG compresses, from 0 to 9.
    kind : str
        The ending of such files' names, such as ``".jpg"``.

    Raises
    ------
    MXNetError
        If OpenCV is not installed, or cannot write that.
    """
    cv2 = opencv("Encoding images")
    options: Sequence[int] = ()
    if kind.lower() in (".jpg", ".jpeg"):
        options = (cv2.IMWRITE_JPEG_QUALITY, quality)
    elif kind.lower() == ".png":
        options = (cv2.IMWRITE_PNG_COMPRESSION, quality)
    image = np.ascontiguousarray(pixels)
    try:
        done, stored = cv2.imencode(kind, image, options)
    except cv2.error:
        done = False
    if not done:
        raise MXNetError(
            f"An image of shape {image.shape} and dtype {image.dtype} cannot be encoded as {kind!r}."
        )
    encoded: bytes = stored.tobytes()
    return encoded
