"""The operators in mx.nd._internal; written by tools/make_stubs.py."""

from collections.abc import Sequence
from typing import Any

from mxnet.dtype import DTypeLike
from mxnet.ndarray.ndarray import NDArray

def _CachedOp(
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """A graph that Gluon has hybridised."""

def _CachedOpThreadSafe(
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """A graph that several threads of a C++ program share."""

def _CrossDeviceCopy(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Copies an array; MXNet puts it where a graph goes from one device to another."""

def _CustomFunction(
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """A recorded call of ``autograd.Function``."""

def _DivScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides, element by element: :math:`a / b`, where a is the data and b the number."""

def _Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a = b`."""

def _EqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a = b`, where a is the data and b the number."""

def _Greater(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a > b`."""

def _GreaterEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \ge b`, where a is the data and b the number."""

def _GreaterScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a > b`, where a is the data and b the number."""

def _Greater_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \ge b`."""

def _Hypot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes the hypotenuse, element by element: :math:`\sqrt{a^2 + b^2}`."""

def _HypotScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes the hypotenuse, element by element: :math:`\sqrt{a^2 + b^2}`, where a is the data and b the number."""

def _Lesser(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a < b`."""

def _LesserEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \le b`, where a is the data and b the number."""

def _LesserScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares, element by element: :math:`a < b`, where a is the data and b the number."""

def _Lesser_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \le b`."""

def _LogicalAndScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \wedge b`, where a is the data and b the number."""

def _LogicalOrScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \vee b`, where a is the data and b the number."""

def _LogicalXorScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \oplus b`, where a is the data and b the number."""

def _Logical_And(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \wedge b`."""

def _Logical_Or(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \vee b`."""

def _Logical_Xor(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values, element by element: :math:`a \oplus b`."""

def _Maximum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the greater one, element by element: :math:`\max(a, b)`."""

def _MaximumScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the greater one, element by element: :math:`\max(a, b)`, where a is the data and b the number."""

def _Minimum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the lesser one, element by element: :math:`\min(a, b)`."""

def _MinimumScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the lesser one, element by element: :math:`\min(a, b)`, where a is the data and b the number."""

def _MinusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts, element by element: :math:`a - b`, where a is the data and b the number."""

def _Mod(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`."""

def _ModScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`, where a is the data and b the number."""

def _NDArray(
    info: str = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """A call of an ``NDArrayOp``, by its address in the process that made the graph."""

def _Native(
    info: str = ...,
    need_top_grad: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """A call of a ``NumpyOp``, by its address in the process that made the graph."""

def _NoGradient(
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Stands where MXNet finds no gradient."""

def _NotEqualScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \ne b`, where a is the data and b the number."""

def _Not_Equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares, element by element: :math:`a \ne b`."""

def _PlusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds, element by element: :math:`a + b`, where a is the data and b the number."""

def _Power(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Raises to a power, element by element: :math:`a^b`."""

def _PowerScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Raises to a power, element by element: :math:`a^b`, where a is the data and b the number."""

def _RDivScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides, element by element: :math:`a / b`, where b is the data and a the number."""

def _RMinusScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts, element by element: :math:`a - b`, where b is the data and a the number."""

def _RModScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`, where b is the data and a the number."""

def _RPowerScalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Raises to a power, element by element: :math:`a^b`, where b is the data and a the number."""

def _adamw_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    rescale_grad: NDArray | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps by AdamW: :math:`w - \eta (\alpha m / (\sqrt{v} + \epsilon) + \lambda w)`."""

def _arange(
    start: float = ...,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes evenly spaced values from `start` up to, but not including, `stop`."""

def _broadcast_backward(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """The gradient of an early broadcasting operator, without the parameters it would need."""

def _cond(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    num_outputs: int = ...,
    cond_input_locs: int | Sequence[int] = ...,
    then_input_locs: int | Sequence[int] = ...,
    else_input_locs: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Runs one of two graphs: the first if another graph, of one value, is true."""

def _copyto(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Copies an array."""

def _crop_assign(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    begin: int | Sequence[int | None] = ...,
    end: int | Sequence[int | None] = ...,
    step: int | Sequence[int | None] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns `lhs` with a part of it, described as in :class:`Slice`, replaced by `rhs`."""

def _crop_assign_scalar(
    data: NDArray | None = None,
    scalar: float = 0.0,
    begin: int | Sequence[int | None] = ...,
    end: int | Sequence[int | None] = ...,
    step: int | Sequence[int | None] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns `data` with a part of it, described as in :class:`Slice`, replaced by a number."""

def _cvcopyMakeBorder(
    data: NDArray | None = None,
    top: int = ...,
    bot: int = ...,
    left: int = ...,
    right: int = ...,
    type: int = 0,
    value: float = 0.0,
    values: float | Sequence[float] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Puts a frame around an image."""

def _cvimdecode(
    data: NDArray | None = None,
    flag: int = 1,
    to_rgb: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Decodes an image, in any format that Pillow reads."""

def _cvimread(
    filename: str = ...,
    flag: int = 1,
    to_rgb: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reads an image from a file, in any format that Pillow reads."""

def _cvimresize(
    data: NDArray | None = None,
    w: int = ...,
    h: int = ...,
    interp: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Scales an image to another size."""

def _eye(
    N: int = ...,
    M: int = 0,
    k: int = 0,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes a matrix with ones on a diagonal and zeros elsewhere."""

def _foreach(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    in_state_locs: int | Sequence[int] = ...,
    in_data_locs: int | Sequence[int] = ...,
    remain_locs: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Runs a graph on each item of the data along the first axis, passing states from one item to the next."""

def _full(
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    value: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes an array that holds one number everywhere. A 0 in its shape is inferred from its use."""

def _grad_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds two arrays of one shape. The name under which MXNet adds up gradients."""

def _histogram(
    data: NDArray | None = None,
    bins: NDArray | None = None,
    bin_cnt: int | None = None,
    range: float | Sequence[float] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Counts how many values fall into each bin; a value on an edge belongs to the bin it begins."""

def _identity_with_attr_like_rhs(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its left input, which has the shape and dtype of the right one."""

def _imdecode(
    data: NDArray | None = None,
    index: int = 0,
    x0: int = 0,
    y0: int = 0,
    x1: int = 0,
    y1: int = 0,
    c: int = 3,
    size: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """Decodes an image, cuts a window out of it, and subtracts a mean image."""

def _linspace(
    start: float = ...,
    stop: float = ...,
    num: int = ...,
    endpoint: bool = True,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes `num` evenly spaced values from `start` to `stop`."""

def _mp_adamw_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    weight32: NDArray | None = None,
    rescale_grad: NDArray | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``_adamw_update`` does, in single precision for a weight of half; the gradient stays."""

def _multi_adamw_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float] = ...,
    etas: float | Sequence[float] = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``_adamw_update`` does, for several weights; the gradients stay."""

def _multi_lamb_update(
    *data: NDArray | Sequence[NDArray],
    learning_rates: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: float | Sequence[float] = ...,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: int | Sequence[int] = ...,
    num_tensors: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does both phases of LAMB, for several weights."""

def _multi_mp_adamw_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float] = ...,
    etas: float | Sequence[float] = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``_mp_adamw_update`` does, for several weights."""

def _multi_mp_lamb_update(
    *data: NDArray | Sequence[NDArray],
    learning_rates: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    wds: float | Sequence[float] = ...,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: int | Sequence[int] = ...,
    num_tensors: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does both phases of LAMB in single precision, for several weights of half precision."""

def _onehot_encode(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes rows that are 1 at one position and 0 elsewhere."""

def _ones(
    shape: int | Sequence[int] = (),
    ctx: str = "",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes an array of ones. A 0 in its shape is inferred from its use."""

def _rnn_param_concat(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    dim: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Joins the weights and biases of a recurrent network to the one vector that RNN takes."""

def _sample_unique_zipfian(
    range_max: int = ...,
    shape: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Draws class numbers without repetition, small ones more often than large ones."""

def _scatter_elemwise_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides like ``elemwise_div``. For sparse arrays MXNet divides by it only what is stored."""

def _scatter_minus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts, element by element: :math:`a - b`, where a is the data and b the number."""

def _scatter_plus_scalar(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds, element by element: :math:`a + b`, where a is the data and b the number."""

def _scatter_set_nd(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    indices: NDArray | None = None,
    shape: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns `lhs` with the elements, or parts, at coordinates replaced by those of `rhs`."""

def _set_value(
    src: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Fills an array with a number."""

def _split_v2(
    data: NDArray | None = None,
    indices: int | Sequence[int] = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Splits an array along an axis, before the positions given or into sections."""

def _split_v2_backward(
    indices: int | Sequence[int] = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """The gradient of ``split_v2``."""

def _square_sum(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Sums the squares along an axis of a matrix that is stored by rows."""

def _while_loop(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    max_iterations: int = ...,
    cond_input_locs: int | Sequence[int] = ...,
    func_input_locs: int | Sequence[int] = ...,
    func_var_locs: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Runs a graph on states as long as another graph, of one value, is true of them."""

def _zeros(
    shape: int | Sequence[int] = (),
    ctx: str = "",
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes an array of zeros. A 0 in its shape is inferred from its use."""

def _zeros_without_dtype(
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: int = -1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes an array of zeros, of a data type that is inferred from its use unless it is given."""

from mxnet.ndarray.operators import elemwise_div as elemwise_div
from mxnet.ndarray.operators import elemwise_sub as elemwise_sub
from mxnet.ndarray.operators import elemwise_mul as elemwise_mul
from mxnet.ndarray.contrib_operators import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.ndarray.operators import elemwise_add as elemwise_add
from mxnet.ndarray.operators import elemwise_add as elemwise_add
from mxnet.ndarray.contrib_operators import AdaptiveAvgPooling2D as AdaptiveAvgPooling2D
from mxnet.ndarray.contrib_operators import BatchNormWithReLU as BatchNormWithReLU
from mxnet.ndarray.contrib_operators import BilinearResize2D as BilinearResize2D
from mxnet.ndarray.operators import CTCLoss as CTCLoss
from mxnet.ndarray.contrib_operators import DeformableConvolution as DeformableConvolution
from mxnet.ndarray.contrib_operators import DeformablePSROIPooling as DeformablePSROIPooling
from mxnet.ndarray.contrib_operators import ModulatedDeformableConvolution as ModulatedDeformableConvolution
from mxnet.ndarray.contrib_operators import MultiBoxDetection as MultiBoxDetection
from mxnet.ndarray.contrib_operators import MultiBoxPrior as MultiBoxPrior
from mxnet.ndarray.contrib_operators import MultiBoxTarget as MultiBoxTarget
from mxnet.ndarray.contrib_operators import MultiProposal as MultiProposal
from mxnet.ndarray.contrib_operators import PSROIPooling as PSROIPooling
from mxnet.ndarray.contrib_operators import Proposal as Proposal
from mxnet.ndarray.contrib_operators import ROIAlign as ROIAlign
from mxnet.ndarray.contrib_operators import RROIAlign as RROIAlign
from mxnet.ndarray.contrib_operators import SparseEmbedding as SparseEmbedding
from mxnet.ndarray.contrib_operators import SyncBatchNorm as SyncBatchNorm
from mxnet.ndarray.contrib_operators import allclose as allclose
from mxnet.ndarray.contrib_operators import arange_like as arange_like
from mxnet.ndarray.contrib_operators import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.ndarray.contrib_operators import backward_hawkesll as backward_hawkesll
from mxnet.ndarray.contrib_operators import backward_index_copy as backward_index_copy
from mxnet.ndarray.contrib_operators import backward_quadratic as backward_quadratic
from mxnet.ndarray.contrib_operators import bipartite_matching as bipartite_matching
from mxnet.ndarray.contrib_operators import boolean_mask as boolean_mask
from mxnet.ndarray.contrib_operators import box_decode as box_decode
from mxnet.ndarray.contrib_operators import box_encode as box_encode
from mxnet.ndarray.contrib_operators import box_iou as box_iou
from mxnet.ndarray.contrib_operators import box_nms as box_nms
from mxnet.ndarray.contrib_operators import box_nms as box_nms
from mxnet.ndarray.contrib_operators import calibrate_entropy as calibrate_entropy
from mxnet.ndarray.contrib_operators import count_sketch as count_sketch
from mxnet.ndarray.operators import CTCLoss as CTCLoss
from mxnet.ndarray.contrib_operators import dequantize as dequantize
from mxnet.ndarray.contrib_operators import div_sqrt_dim as div_sqrt_dim
from mxnet.ndarray.contrib_operators import edge_id as edge_id
from mxnet.ndarray.contrib_operators import fft as fft
from mxnet.ndarray.contrib_operators import getnnz as getnnz
from mxnet.ndarray.contrib_operators import gradientmultiplier as gradientmultiplier
from mxnet.ndarray.contrib_operators import group_adagrad_update as group_adagrad_update
from mxnet.ndarray.contrib_operators import hawkesll as hawkesll
from mxnet.ndarray.contrib_operators import ifft as ifft
from mxnet.ndarray.contrib_operators import index_array as index_array
from mxnet.ndarray.contrib_operators import index_copy as index_copy
from mxnet.ndarray.contrib_operators import interleaved_matmul_encdec_qk as interleaved_matmul_encdec_qk
from mxnet.ndarray.contrib_operators import interleaved_matmul_encdec_valatt as interleaved_matmul_encdec_valatt
from mxnet.ndarray.contrib_operators import interleaved_matmul_selfatt_qk as interleaved_matmul_selfatt_qk
from mxnet.ndarray.contrib_operators import interleaved_matmul_selfatt_valatt as interleaved_matmul_selfatt_valatt
from mxnet.ndarray.contrib_operators import quadratic as quadratic
from mxnet.ndarray.contrib_operators import quantize as quantize
from mxnet.ndarray.contrib_operators import quantize_asym as quantize_asym
from mxnet.ndarray.contrib_operators import quantize_v2 as quantize_v2
from mxnet.ndarray.contrib_operators import quantized_act as quantized_act
from mxnet.ndarray.contrib_operators import quantized_batch_norm as quantized_batch_norm
from mxnet.ndarray.contrib_operators import quantized_concat as quantized_concat
from mxnet.ndarray.contrib_operators import quantized_conv as quantized_conv
from mxnet.ndarray.contrib_operators import quantized_elemwise_add as quantized_elemwise_add
from mxnet.ndarray.contrib_operators import quantized_elemwise_mul as quantized_elemwise_mul
from mxnet.ndarray.contrib_operators import quantized_embedding as quantized_embedding
from mxnet.ndarray.contrib_operators import quantized_flatten as quantized_flatten
from mxnet.ndarray.contrib_operators import quantized_fully_connected as quantized_fully_connected
from mxnet.ndarray.contrib_operators import quantized_pooling as quantized_pooling
from mxnet.ndarray.contrib_operators import quantized_rnn as quantized_rnn
from mxnet.ndarray.contrib_operators import requantize as requantize
from mxnet.ndarray.contrib_operators import round_ste as round_ste
from mxnet.ndarray.contrib_operators import sign_ste as sign_ste
from mxnet.ndarray.operators import identity as identity
from mxnet.ndarray.operators import elemwise_div as elemwise_div
from mxnet.ndarray.image import adjust_lighting as adjust_lighting
from mxnet.ndarray.image import crop as crop
from mxnet.ndarray.image import flip_left_right as flip_left_right
from mxnet.ndarray.image import flip_top_bottom as flip_top_bottom
from mxnet.ndarray.image import normalize as normalize
from mxnet.ndarray.image import random_brightness as random_brightness
from mxnet.ndarray.image import random_color_jitter as random_color_jitter
from mxnet.ndarray.image import random_contrast as random_contrast
from mxnet.ndarray.image import random_flip_left_right as random_flip_left_right
from mxnet.ndarray.image import random_flip_top_bottom as random_flip_top_bottom
from mxnet.ndarray.image import random_hue as random_hue
from mxnet.ndarray.image import random_lighting as random_lighting
from mxnet.ndarray.image import random_saturation as random_saturation
from mxnet.ndarray.image import resize as resize
from mxnet.ndarray.image import to_tensor as to_tensor
from mxnet.ndarray.operators import linalg_det as linalg_det
from mxnet.ndarray.operators import linalg_extractdiag as linalg_extractdiag
from mxnet.ndarray.operators import linalg_extracttrian as linalg_extracttrian
from mxnet.ndarray.operators import linalg_gelqf as linalg_gelqf
from mxnet.ndarray.operators import linalg_gemm as linalg_gemm
from mxnet.ndarray.operators import linalg_gemm2 as linalg_gemm2
from mxnet.ndarray.operators import linalg_inverse as linalg_inverse
from mxnet.ndarray.operators import linalg_makediag as linalg_makediag
from mxnet.ndarray.operators import linalg_maketrian as linalg_maketrian
from mxnet.ndarray.operators import linalg_potrf as linalg_potrf
from mxnet.ndarray.operators import linalg_potri as linalg_potri
from mxnet.ndarray.operators import linalg_slogdet as linalg_slogdet
from mxnet.ndarray.operators import linalg_sumlogdiag as linalg_sumlogdiag
from mxnet.ndarray.operators import linalg_syevd as linalg_syevd
from mxnet.ndarray.operators import linalg_syrk as linalg_syrk
from mxnet.ndarray.operators import linalg_trmm as linalg_trmm
from mxnet.ndarray.operators import linalg_trsm as linalg_trsm
from mxnet.ndarray.operators import elemwise_sub as elemwise_sub
from mxnet.ndarray.operators import elemwise_mul as elemwise_mul
from mxnet.ndarray.contrib_operators import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.ndarray.operators import cumsum as cumsum
from mxnet.ndarray.operators import elemwise_add as elemwise_add
from mxnet.ndarray.operators import random_exponential as random_exponential
from mxnet.ndarray.random_operators import exponential_like as exponential_like
from mxnet.ndarray.operators import random_gamma as random_gamma
from mxnet.ndarray.random_operators import gamma_like as gamma_like
from mxnet.ndarray.operators import random_generalized_negative_binomial as random_generalized_negative_binomial
from mxnet.ndarray.random_operators import generalized_negative_binomial_like as generalized_negative_binomial_like
from mxnet.ndarray.operators import random_negative_binomial as random_negative_binomial
from mxnet.ndarray.random_operators import negative_binomial_like as negative_binomial_like
from mxnet.ndarray.operators import normal as normal
from mxnet.ndarray.random_operators import normal_like as normal_like
from mxnet.ndarray.operators import random_pdf_dirichlet as random_pdf_dirichlet
from mxnet.ndarray.operators import random_pdf_exponential as random_pdf_exponential
from mxnet.ndarray.operators import random_pdf_gamma as random_pdf_gamma
from mxnet.ndarray.operators import random_pdf_generalized_negative_binomial as random_pdf_generalized_negative_binomial
from mxnet.ndarray.operators import random_pdf_negative_binomial as random_pdf_negative_binomial
from mxnet.ndarray.operators import random_pdf_normal as random_pdf_normal
from mxnet.ndarray.operators import random_pdf_poisson as random_pdf_poisson
from mxnet.ndarray.operators import random_pdf_uniform as random_pdf_uniform
from mxnet.ndarray.operators import random_poisson as random_poisson
from mxnet.ndarray.random_operators import poisson_like as poisson_like
from mxnet.ndarray.operators import random_randint as random_randint
from mxnet.ndarray.operators import random_uniform as random_uniform
from mxnet.ndarray.random_operators import uniform_like as uniform_like
from mxnet.ndarray.operators import ravel_multi_index as ravel_multi_index
from mxnet.ndarray.operators import sample_exponential as sample_exponential
from mxnet.ndarray.operators import sample_gamma as sample_gamma
from mxnet.ndarray.operators import sample_generalized_negative_binomial as sample_generalized_negative_binomial
from mxnet.ndarray.operators import sample_multinomial as sample_multinomial
from mxnet.ndarray.operators import sample_negative_binomial as sample_negative_binomial
from mxnet.ndarray.operators import sample_normal as sample_normal
from mxnet.ndarray.operators import sample_poisson as sample_poisson
from mxnet.ndarray.operators import sample_uniform as sample_uniform
from mxnet.ndarray.operators import shuffle as shuffle
from mxnet.ndarray.operators import ElementWiseSum as ElementWiseSum
from mxnet.ndarray.operators import Embedding as Embedding
from mxnet.ndarray.operators import FullyConnected as FullyConnected
from mxnet.ndarray.operators import LinearRegressionOutput as LinearRegressionOutput
from mxnet.ndarray.operators import LogisticRegressionOutput as LogisticRegressionOutput
from mxnet.ndarray.operators import MAERegressionOutput as MAERegressionOutput
from mxnet.ndarray.contrib_operators import round_ste as round_ste
from mxnet.ndarray.contrib_operators import sign_ste as sign_ste
from mxnet.ndarray.operators import abs as abs
from mxnet.ndarray.sparse_operators import adagrad_update as adagrad_update
from mxnet.ndarray.operators import adam_update as adam_update
from mxnet.ndarray.operators import ElementWiseSum as ElementWiseSum
from mxnet.ndarray.operators import arccos as arccos
from mxnet.ndarray.operators import arccosh as arccosh
from mxnet.ndarray.operators import arcsin as arcsin
from mxnet.ndarray.operators import arcsinh as arcsinh
from mxnet.ndarray.operators import arctan as arctan
from mxnet.ndarray.operators import arctanh as arctanh
from mxnet.ndarray.operators import broadcast_add as broadcast_add
from mxnet.ndarray.operators import broadcast_div as broadcast_div
from mxnet.ndarray.operators import broadcast_minus as broadcast_minus
from mxnet.ndarray.operators import broadcast_mul as broadcast_mul
from mxnet.ndarray.operators import broadcast_add as broadcast_add
from mxnet.ndarray.operators import broadcast_minus as broadcast_minus
from mxnet.ndarray.operators import cast_storage as cast_storage
from mxnet.ndarray.operators import cbrt as cbrt
from mxnet.ndarray.operators import ceil as ceil
from mxnet.ndarray.operators import clip as clip
from mxnet.ndarray.operators import Concat as Concat
from mxnet.ndarray.operators import cos as cos
from mxnet.ndarray.operators import cosh as cosh
from mxnet.ndarray.operators import degrees as degrees
from mxnet.ndarray.operators import dot as dot
from mxnet.ndarray.operators import elemwise_add as elemwise_add
from mxnet.ndarray.operators import elemwise_div as elemwise_div
from mxnet.ndarray.operators import elemwise_mul as elemwise_mul
from mxnet.ndarray.operators import elemwise_sub as elemwise_sub
from mxnet.ndarray.operators import exp as exp
from mxnet.ndarray.operators import expm1 as expm1
from mxnet.ndarray.operators import fix as fix
from mxnet.ndarray.operators import floor as floor
from mxnet.ndarray.operators import ftrl_update as ftrl_update
from mxnet.ndarray.operators import gamma as gamma
from mxnet.ndarray.operators import gammaln as gammaln
from mxnet.ndarray.operators import log as log
from mxnet.ndarray.operators import log10 as log10
from mxnet.ndarray.operators import log1p as log1p
from mxnet.ndarray.operators import log2 as log2
from mxnet.ndarray.operators import make_loss as make_loss
from mxnet.ndarray.operators import mean as mean
from mxnet.ndarray.operators import negative as negative
from mxnet.ndarray.operators import norm as norm
from mxnet.ndarray.operators import radians as radians
from mxnet.ndarray.operators import relu as relu
from mxnet.ndarray.sparse_operators import retain as retain
from mxnet.ndarray.operators import rint as rint
from mxnet.ndarray.operators import round as round
from mxnet.ndarray.operators import rsqrt as rsqrt
from mxnet.ndarray.operators import sgd_mom_update as sgd_mom_update
from mxnet.ndarray.operators import sgd_update as sgd_update
from mxnet.ndarray.operators import sigmoid as sigmoid
from mxnet.ndarray.operators import sign as sign
from mxnet.ndarray.operators import sin as sin
from mxnet.ndarray.operators import sinh as sinh
from mxnet.ndarray.operators import crop as operators_crop
from mxnet.ndarray.operators import softsign as softsign
from mxnet.ndarray.operators import sqrt as sqrt
from mxnet.ndarray.operators import square as square
from mxnet.ndarray.operators import BlockGrad as BlockGrad
from mxnet.ndarray.operators import sum as sum
from mxnet.ndarray.operators import tan as tan
from mxnet.ndarray.operators import tanh as tanh
from mxnet.ndarray.operators import trunc as trunc
from mxnet.ndarray.operators import where as where
from mxnet.ndarray.operators import zeros_like as zeros_like
from mxnet.ndarray.operators import elemwise_sub as elemwise_sub
from mxnet.ndarray.operators import unravel_index as unravel_index
_Div = elemwise_div
_Minus = elemwise_sub
_Mul = elemwise_mul
_MulScalar = backward_gradientmultiplier
_Plus = elemwise_add
_add = elemwise_add
_contrib_AdaptiveAvgPooling2D = AdaptiveAvgPooling2D
_contrib_BatchNormWithReLU = BatchNormWithReLU
_contrib_BilinearResize2D = BilinearResize2D
_contrib_CTCLoss = CTCLoss
_contrib_DeformableConvolution = DeformableConvolution
_contrib_DeformablePSROIPooling = DeformablePSROIPooling
_contrib_ModulatedDeformableConvolution = ModulatedDeformableConvolution
_contrib_MultiBoxDetection = MultiBoxDetection
_contrib_MultiBoxPrior = MultiBoxPrior
_contrib_MultiBoxTarget = MultiBoxTarget
_contrib_MultiProposal = MultiProposal
_contrib_PSROIPooling = PSROIPooling
_contrib_Proposal = Proposal
_contrib_ROIAlign = ROIAlign
_contrib_RROIAlign = RROIAlign
_contrib_SparseEmbedding = SparseEmbedding
_contrib_SyncBatchNorm = SyncBatchNorm
_contrib_allclose = allclose
_contrib_arange_like = arange_like
_contrib_backward_gradientmultiplier = backward_gradientmultiplier
_contrib_backward_hawkesll = backward_hawkesll
_contrib_backward_index_copy = backward_index_copy
_contrib_backward_quadratic = backward_quadratic
_contrib_bipartite_matching = bipartite_matching
_contrib_boolean_mask = boolean_mask
_contrib_box_decode = box_decode
_contrib_box_encode = box_encode
_contrib_box_iou = box_iou
_contrib_box_nms = box_nms
_contrib_box_non_maximum_suppression = box_nms
_contrib_calibrate_entropy = calibrate_entropy
_contrib_count_sketch = count_sketch
_contrib_ctc_loss = CTCLoss
_contrib_dequantize = dequantize
_contrib_div_sqrt_dim = div_sqrt_dim
_contrib_edge_id = edge_id
_contrib_fft = fft
_contrib_getnnz = getnnz
_contrib_gradientmultiplier = gradientmultiplier
_contrib_group_adagrad_update = group_adagrad_update
_contrib_hawkesll = hawkesll
_contrib_ifft = ifft
_contrib_index_array = index_array
_contrib_index_copy = index_copy
_contrib_interleaved_matmul_encdec_qk = interleaved_matmul_encdec_qk
_contrib_interleaved_matmul_encdec_valatt = interleaved_matmul_encdec_valatt
_contrib_interleaved_matmul_selfatt_qk = interleaved_matmul_selfatt_qk
_contrib_interleaved_matmul_selfatt_valatt = interleaved_matmul_selfatt_valatt
_contrib_quadratic = quadratic
_contrib_quantize = quantize
_contrib_quantize_asym = quantize_asym
_contrib_quantize_v2 = quantize_v2
_contrib_quantized_act = quantized_act
_contrib_quantized_batch_norm = quantized_batch_norm
_contrib_quantized_concat = quantized_concat
_contrib_quantized_conv = quantized_conv
_contrib_quantized_elemwise_add = quantized_elemwise_add
_contrib_quantized_elemwise_mul = quantized_elemwise_mul
_contrib_quantized_embedding = quantized_embedding
_contrib_quantized_flatten = quantized_flatten
_contrib_quantized_fully_connected = quantized_fully_connected
_contrib_quantized_pooling = quantized_pooling
_contrib_quantized_rnn = quantized_rnn
_contrib_requantize = requantize
_contrib_round_ste = round_ste
_contrib_sign_ste = sign_ste
_copy = identity
_div = elemwise_div
_div_scalar = _DivScalar
_equal = _Equal
_equal_scalar = _EqualScalar
_greater = _Greater
_greater_equal = _Greater_Equal
_greater_equal_scalar = _GreaterEqualScalar
_greater_scalar = _GreaterScalar
_hypot = _Hypot
_hypot_scalar = _HypotScalar
_image_adjust_lighting = adjust_lighting
_image_crop = crop
_image_flip_left_right = flip_left_right
_image_flip_top_bottom = flip_top_bottom
_image_normalize = normalize
_image_random_brightness = random_brightness
_image_random_color_jitter = random_color_jitter
_image_random_contrast = random_contrast
_image_random_flip_left_right = random_flip_left_right
_image_random_flip_top_bottom = random_flip_top_bottom
_image_random_hue = random_hue
_image_random_lighting = random_lighting
_image_random_saturation = random_saturation
_image_resize = resize
_image_to_tensor = to_tensor
_lesser = _Lesser
_lesser_equal = _Lesser_Equal
_lesser_equal_scalar = _LesserEqualScalar
_lesser_scalar = _LesserScalar
_linalg_det = linalg_det
_linalg_extractdiag = linalg_extractdiag
_linalg_extracttrian = linalg_extracttrian
_linalg_gelqf = linalg_gelqf
_linalg_gemm = linalg_gemm
_linalg_gemm2 = linalg_gemm2
_linalg_inverse = linalg_inverse
_linalg_makediag = linalg_makediag
_linalg_maketrian = linalg_maketrian
_linalg_potrf = linalg_potrf
_linalg_potri = linalg_potri
_linalg_slogdet = linalg_slogdet
_linalg_sumlogdiag = linalg_sumlogdiag
_linalg_syevd = linalg_syevd
_linalg_syrk = linalg_syrk
_linalg_trmm = linalg_trmm
_linalg_trsm = linalg_trsm
_logical_and = _Logical_And
_logical_and_scalar = _LogicalAndScalar
_logical_or = _Logical_Or
_logical_or_scalar = _LogicalOrScalar
_logical_xor = _Logical_Xor
_logical_xor_scalar = _LogicalXorScalar
_maximum = _Maximum
_maximum_scalar = _MaximumScalar
_minimum = _Minimum
_minimum_scalar = _MinimumScalar
_minus = elemwise_sub
_minus_scalar = _MinusScalar
_mod = _Mod
_mod_scalar = _ModScalar
_mul = elemwise_mul
_mul_scalar = backward_gradientmultiplier
_not_equal = _Not_Equal
_not_equal_scalar = _NotEqualScalar
_np_cumsum = cumsum
_plus = elemwise_add
_plus_scalar = _PlusScalar
_power = _Power
_power_scalar = _PowerScalar
_random_exponential = random_exponential
_random_exponential_like = exponential_like
_random_gamma = random_gamma
_random_gamma_like = gamma_like
_random_generalized_negative_binomial = random_generalized_negative_binomial
_random_generalized_negative_binomial_like = generalized_negative_binomial_like
_random_negative_binomial = random_negative_binomial
_random_negative_binomial_like = negative_binomial_like
_random_normal = normal
_random_normal_like = normal_like
_random_pdf_dirichlet = random_pdf_dirichlet
_random_pdf_exponential = random_pdf_exponential
_random_pdf_gamma = random_pdf_gamma
_random_pdf_generalized_negative_binomial = random_pdf_generalized_negative_binomial
_random_pdf_negative_binomial = random_pdf_negative_binomial
_random_pdf_normal = random_pdf_normal
_random_pdf_poisson = random_pdf_poisson
_random_pdf_uniform = random_pdf_uniform
_random_poisson = random_poisson
_random_poisson_like = poisson_like
_random_randint = random_randint
_random_uniform = random_uniform
_random_uniform_like = uniform_like
_ravel_multi_index = ravel_multi_index
_rdiv_scalar = _RDivScalar
_rminus_scalar = _RMinusScalar
_rmod_scalar = _RModScalar
_rpower_scalar = _RPowerScalar
_sample_exponential = sample_exponential
_sample_gamma = sample_gamma
_sample_generalized_negative_binomial = sample_generalized_negative_binomial
_sample_multinomial = sample_multinomial
_sample_negative_binomial = sample_negative_binomial
_sample_normal = sample_normal
_sample_poisson = sample_poisson
_sample_uniform = sample_uniform
_shuffle = shuffle
_slice_assign = _crop_assign
_slice_assign_scalar = _crop_assign_scalar
_sparse_ElementWiseSum = ElementWiseSum
_sparse_Embedding = Embedding
_sparse_FullyConnected = FullyConnected
_sparse_LinearRegressionOutput = LinearRegressionOutput
_sparse_LogisticRegressionOutput = LogisticRegressionOutput
_sparse_MAERegressionOutput = MAERegressionOutput
_sparse__contrib_round_ste = round_ste
_sparse__contrib_sign_ste = sign_ste
_sparse_abs = abs
_sparse_adagrad_update = adagrad_update
_sparse_adam_update = adam_update
_sparse_add_n = ElementWiseSum
_sparse_arccos = arccos
_sparse_arccosh = arccosh
_sparse_arcsin = arcsin
_sparse_arcsinh = arcsinh
_sparse_arctan = arctan
_sparse_arctanh = arctanh
_sparse_broadcast_add = broadcast_add
_sparse_broadcast_div = broadcast_div
_sparse_broadcast_minus = broadcast_minus
_sparse_broadcast_mul = broadcast_mul
_sparse_broadcast_plus = broadcast_add
_sparse_broadcast_sub = broadcast_minus
_sparse_cast_storage = cast_storage
_sparse_cbrt = cbrt
_sparse_ceil = ceil
_sparse_clip = clip
_sparse_concat = Concat
_sparse_cos = cos
_sparse_cosh = cosh
_sparse_degrees = degrees
_sparse_dot = dot
_sparse_elemwise_add = elemwise_add
_sparse_elemwise_div = elemwise_div
_sparse_elemwise_mul = elemwise_mul
_sparse_elemwise_sub = elemwise_sub
_sparse_exp = exp
_sparse_expm1 = expm1
_sparse_fix = fix
_sparse_floor = floor
_sparse_ftrl_update = ftrl_update
_sparse_gamma = gamma
_sparse_gammaln = gammaln
_sparse_log = log
_sparse_log10 = log10
_sparse_log1p = log1p
_sparse_log2 = log2
_sparse_make_loss = make_loss
_sparse_mean = mean
_sparse_negative = negative
_sparse_norm = norm
_sparse_radians = radians
_sparse_relu = relu
_sparse_retain = retain
_sparse_rint = rint
_sparse_round = round
_sparse_rsqrt = rsqrt
_sparse_sgd_mom_update = sgd_mom_update
_sparse_sgd_update = sgd_update
_sparse_sigmoid = sigmoid
_sparse_sign = sign
_sparse_sin = sin
_sparse_sinh = sinh
_sparse_slice = operators_crop
_sparse_softsign = softsign
_sparse_sqrt = sqrt
_sparse_square = square
_sparse_stop_gradient = BlockGrad
_sparse_sum = sum
_sparse_tan = tan
_sparse_tanh = tanh
_sparse_trunc = trunc
_sparse_where = where
_sparse_zeros_like = zeros_like
_sub = elemwise_sub
_unravel_index = unravel_index
