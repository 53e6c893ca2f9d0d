"""The operators in mx.sym.image; written by tools/make_stubs.py."""

from collections.abc import Mapping, Sequence

from mxnet.symbol.symbol import Symbol

def adjust_lighting(
    data: Symbol | None = None,
    alpha: float | Sequence[float] = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Adds multiples of the principal components of the colours of ImageNet."""

def crop(
    data: Symbol | None = None,
    x: int = ...,
    y: int = ...,
    width: int = ...,
    height: int = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Cuts a window out of images."""

def flip_left_right(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Mirrors an image, left to right."""

def flip_top_bottom(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Mirrors an image, top to bottom."""

def normalize(
    data: Symbol | None = None,
    mean: float | Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    std: float | Sequence[float] = (1.0, 1.0, 1.0, 1.0),
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Subtracts a mean from each channel and divides by a standard deviation."""

def random_brightness(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Multiplies an image by a random factor between two limits."""

def random_color_jitter(
    data: Symbol | None = None,
    brightness: float = ...,
    contrast: float = ...,
    saturation: float = ...,
    hue: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Changes brightness, contrast, saturation and hue at random, in random order."""

def random_contrast(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Moves an image away from its mean brightness (or towards it), by a random factor between two limits."""

def random_flip_left_right(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Mirrors an image, left to right, or leaves it, each half of the times."""

def random_flip_top_bottom(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Mirrors an image, top to bottom, or leaves it, each half of the times."""

def random_hue(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Turns colours around the colour circle, by a random share of it between two limits."""

def random_lighting(
    data: Symbol | None = None,
    alpha_std: float = 0.05,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Adds random multiples of the principal components of the colours of ImageNet."""

def random_saturation(
    data: Symbol | None = None,
    min_factor: float = ...,
    max_factor: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Moves an image away from its grey version (or towards it), by a random factor between two limits."""

def resize(
    data: Symbol | None = None,
    size: int | Sequence[int] = (),
    keep_ratio: bool = False,
    interp: int = 1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Scales images to another size."""

def to_tensor(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Converts images with numbers from 0 to 255 to the layout and the range of networks: from 0 to 1."""

