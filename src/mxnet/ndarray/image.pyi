"""The operators in mx.nd.image; written by tools/make_stubs.py."""

from collections.abc import Sequence

from mxnet.ndarray.ndarray import NDArray

def adjust_lighting(
    data: NDArray | None = None,
    alpha: float | Sequence[float] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds multiples of the principal components of the colours of ImageNet."""

def crop(
    data: NDArray | None = None,
    x: int = ...,
    y: int = ...,
    width: int = ...,
    height: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Cuts a window out of images."""

def flip_left_right(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Mirrors an image, left to right."""

def flip_top_bottom(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Mirrors an image, top to bottom."""

def normalize(
    data: NDArray | None = None,
    mean: float | Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    std: float | Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts a mean from each channel and divides by a standard deviation."""

def random_brightness(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies an image by a random factor between two limits."""

def random_color_jitter(
    data: NDArray | None = None,
    brightness: float = ...,
    contrast: float = ...,
    saturation: float = ...,
    hue: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Changes brightness, contrast, saturation and hue at random, in random order."""

def random_contrast(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Moves an image away from its mean brightness (or towards it), by a random factor between two limits."""

def random_flip_left_right(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Mirrors an image, left to right, or leaves it, each half of the times."""

def random_flip_top_bottom(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Mirrors an image, top to bottom, or leaves it, each half of the times."""

def random_hue(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Turns colours around the colour circle, by a random share of it between two limits."""

def random_lighting(
    data: NDArray | None = None,
    alpha_std: float = 0.05,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds random multiples of the principal components of the colours of ImageNet."""

def random_saturation(
    data: NDArray | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Moves an image away from its grey version (or towards it), by a random factor between two limits."""

def resize(
    data: NDArray | None = None,
    size: int | Sequence[int] = (),
    keep_ratio: bool = False,
    interp: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Scales images to another size."""

def to_tensor(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Converts images with numbers from 0 to 255 to the layout and the range of networks: from 0 to 1."""

