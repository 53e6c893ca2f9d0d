"""The operators that are methods of NDArray; written by tools/make_stubs.py."""

from collections.abc import Sequence
from typing import Any, Literal

from mxnet.dtype import DTypeLike
from mxnet.ndarray.ndarray import NDArray

class FluentMethods:
    def abs(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`|x|` of each element."""

    def arccos(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\arccos x` of each element."""

    def arccosh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{arcosh}\, x` of each element."""

    def arcsin(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\arcsin x` of each element."""

    def arcsinh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{arsinh}\, x` of each element."""

    def arctan(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\arctan x` of each element."""

    def arctanh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{artanh}\, x` of each element."""

    def argmax(
        self,
        axis: int | None = None,
        keepdims: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds where the greatest element is, the first of several. The output has the dtype of the data."""

    def argmax_channel(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds the channel, along axis 1, of the greatest element; of a vector, its position."""

    def argmin(
        self,
        axis: int | None = None,
        keepdims: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds where the least element is, the first of several. The output has the dtype of the data."""

    def argsort(
        self,
        axis: int | None = -1,
        is_ascend: bool = True,
        dtype: DTypeLike = "float32",
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds which element sorting would bring to each place along an axis; equal ones keep their order."""

    def broadcast_axes(
        self,
        axis: int | Sequence[int] = (),
        size: int | Sequence[int] = (),
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Repeats an array along axes where its extent is 1."""

    def cbrt(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\sqrt[3]{x}` of each element."""

    def ceil(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\lceil x \rceil` of each element."""

    def clip(
        self,
        a_min: float = ...,
        a_max: float = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Limits elements to an interval: :math:`\min(\max(x, a_{min}), a_{max})`."""

    def cos(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\cos x` of each element."""

    def cosh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\cosh x` of each element."""

    def degrees(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`180 x / \pi` of each element."""

    def depth_to_space(
        self,
        block_size: int = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Lays groups of channels out as blocks of pixels."""

    def diag(
        self,
        k: int = 0,
        axis1: int = 0,
        axis2: int = 1,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes a diagonal of an array, or makes a matrix with a vector on a diagonal."""

    def exp(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`e^x` of each element."""

    def expm1(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`e^x - 1` of each element."""

    def fix(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{trunc}(x)` of each element."""

    def flip(
        self,
        axis: int | Sequence[int] = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Reverses the order of the elements along axes. Unlike elsewhere, axes count from the front only."""

    def floor(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\lfloor x \rfloor` of each element."""

    def log(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\ln x` of each element."""

    def log10(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\log_{10} x` of each element."""

    def log1p(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\ln(1 + x)` of each element."""

    def log2(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\log_2 x` of each element."""

    def log_softmax(
        self,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike = None,
        use_length: bool | None = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes the logarithm of :class:`Softmax` in one step: :math:`x_i / T - \log \sum_j e^{x_j / T}`."""

    def max(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds the greatest element along some axes. Every element that equals it gets the whole gradient."""

    def mean(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes the mean along some axes; of integers it is cut off."""

    def min(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Finds the least element along some axes. Every element that equals it gets the whole gradient."""

    def nanprod(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Multiplies the elements along some axes; what is not a number counts as 1."""

    def nansum(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Adds up the elements along some axes; what is not a number counts as 0."""

    def norm(
        self,
        ord: int = 2,
        axis: int | Sequence[int] | None = None,
        out_dtype: DTypeLike = None,
        keepdims: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes the L2 norm (or L1, with ``ord=1``) along some axes; without `axis` that of all elements."""

    def one_hot(
        self,
        depth: int = ...,
        on_value: float = 1.0,
        off_value: float = 0.0,
        dtype: DTypeLike = "float32",
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Marks each position by one value among others, along a new last axis."""

    def ones_like(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Returns ones of the shape and dtype of its input."""

    def pad(
        self,
        mode: Literal["constant", "edge", "reflect"] = ...,
        pad_width: int | Sequence[int] = ...,
        constant_value: float = 0.0,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Surrounds images or volumes with a constant, their outermost elements, or their mirror image."""

    def pick(
        self,
        index: NDArray | None = None,
        axis: int | None = -1,
        keepdims: bool = False,
        mode: Literal["clip", "wrap"] = "clip",
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes one element along an axis, at every position of the other axes."""

    def prod(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Multiplies the elements along some axes."""

    def radians(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\pi x / 180` of each element."""

    def rcbrt(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`1 / \sqrt[3]{x}` of each element."""

    def reciprocal(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`1 / x` of each element."""

    def relu(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\max(x, 0)` of each element."""

    def repeat(
        self,
        repeats: int = ...,
        axis: int | None = None,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Repeats every element along an axis, or every element of the flattened array."""

    def reshape_like(
        self,
        rhs: NDArray | None = None,
        lhs_begin: int | None = None,
        lhs_end: int | None = None,
        rhs_begin: int | None = None,
        rhs_end: int | None = None,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Gives an array the shape of another, or some of its axes the extents of some of the other's."""

    def rint(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{round}(x)` (halves down) :math:`\,` of each element."""

    def round(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{round}(x)` (halves away from zero) :math:`\,` of each element."""

    def rsqrt(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`1 / \sqrt{x}` of each element."""

    def shape_array(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Returns the shape of data as an array."""

    def sigmoid(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`1 / (1 + e^{-x})` of each element."""

    def sign(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{sign}(x)` of each element."""

    def sin(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\sin x` of each element."""

    def sinh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\sinh x` of each element."""

    def size_array(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Returns the number of elements of data as an array of shape (1,)."""

    def slice(
        self,
        begin: int | Sequence[int | None] = ...,
        end: int | Sequence[int | None] = ...,
        step: int | Sequence[int | None] = (),
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes a part of an array, as ``data[begin[0]:end[0]:step[0], ...]`` does in Python."""

    def slice_axis(
        self,
        axis: int = ...,
        begin: int = ...,
        end: int | None = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes the positions `begin` to `end` of one axis. Unlike in :class:`Slice`, they must exist."""

    def slice_like(
        self,
        shape_like: NDArray | None = None,
        axes: int | Sequence[int] = (),
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes the first part of an array, as large as another array: on the axes named, or on all."""

    def softmax(
        self,
        length: NDArray | None = None,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike = None,
        use_length: bool | None = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Makes elements positive and their sum along an axis 1: :math:`e^{x_i / T} / \sum_j e^{x_j / T}`."""

    def softmin(
        self,
        axis: int = -1,
        temperature: float | None = None,
        dtype: DTypeLike = None,
        use_length: bool | None = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :class:`Softmax` of the negative input."""

    def sort(
        self,
        axis: int | None = -1,
        is_ascend: bool = True,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> Any:
        """Sorts along an axis; equal elements keep their order."""

    def space_to_depth(
        self,
        block_size: int = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Stacks the pixels of each block as channels; undoes :class:`DepthToSpace`."""

    def split(
        self,
        num_outputs: int = ...,
        axis: int = 1,
        squeeze_axis: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> Any:
        """Splits an array into equal parts along an axis."""

    def sqrt(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\sqrt{x}` of each element."""

    def square(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Computes :math:`x^2` of each element."""

    def sum(
        self,
        axis: int | Sequence[int] | None = None,
        keepdims: bool = False,
        exclude: bool = False,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Adds up the elements along some axes."""

    def swapaxes(
        self,
        dim1: int = 0,
        dim2: int = 0,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Exchanges two axes."""

    def take(
        self,
        indices: NDArray | None = None,
        axis: int = 0,
        mode: Literal["clip", "raise", "wrap"] = "clip",
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Takes the elements at positions along an axis."""

    def tan(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\tan x` of each element."""

    def tanh(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\tanh x` of each element."""

    def tile(
        self,
        reps: int | Sequence[int] = ...,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Repeats the whole array along its last axes, as often as `reps` says; a longer one adds axes in front."""

    def topk(
        self,
        axis: int | None = -1,
        k: int = 1,
        ret_typ: Literal["both", "indices", "mask", "value"] = "indices",
        is_ascend: bool = False,
        dtype: DTypeLike = "float32",
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> Any:
        """Finds the `k` largest (or smallest) elements along an axis, and where they are."""

    def transpose(
        self,
        axes: int | Sequence[int] = (),
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Puts the axes in another order, by default in the reverse one."""

    def trunc(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        r"""Computes :math:`\mathrm{trunc}(x)` of each element."""

    def zeros_like(
        self,
        out: NDArray | Sequence[NDArray] | None = None,
        name: str | None = None,
    ) -> NDArray:
        """Returns zeros of the shape and dtype of its input."""

    def split_v2(self, *args: Any, **kwargs: Any) -> Any: ...
