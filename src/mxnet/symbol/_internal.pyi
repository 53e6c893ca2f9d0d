"""The operators in mx.sym._internal; written by tools/make_stubs.py."""

from collections.abc import Mapping, Sequence
from typing import Any

from mxnet.dtype import DTypeLike
from mxnet.symbol.symbol import Symbol

def _CachedOp(
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """A graph that Gluon has hybridised."""

def _CachedOpThreadSafe(
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """A graph that several threads of a C++ program share."""

def _CrossDeviceCopy(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Copies an array; MXNet puts it where a graph goes from one device to another."""

def _CustomFunction(
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """A recorded call of ``autograd.Function``."""

def _DivScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Divides, element by element: :math:`a / b`, where a is the data and b the number."""

def _Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a = b`."""

def _EqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a = b`, where a is the data and b the number."""

def _Greater(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a > b`."""

def _GreaterEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \ge b`, where a is the data and b the number."""

def _GreaterScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a > b`, where a is the data and b the number."""

def _Greater_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \ge b`."""

def _Hypot(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Computes the hypotenuse, element by element: :math:`\sqrt{a^2 + b^2}`."""

def _HypotScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Computes the hypotenuse, element by element: :math:`\sqrt{a^2 + b^2}`, where a is the data and b the number."""

def _Lesser(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a < b`."""

def _LesserEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \le b`, where a is the data and b the number."""

def _LesserScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Compares, element by element: :math:`a < b`, where a is the data and b the number."""

def _Lesser_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \le b`."""

def _LogicalAndScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \wedge b`, where a is the data and b the number."""

def _LogicalOrScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \vee b`, where a is the data and b the number."""

def _LogicalXorScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \oplus b`, where a is the data and b the number."""

def _Logical_And(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \wedge b`."""

def _Logical_Or(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \vee b`."""

def _Logical_Xor(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Combines truth values, element by element: :math:`a \oplus b`."""

def _Maximum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the greater one, element by element: :math:`\max(a, b)`."""

def _MaximumScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the greater one, element by element: :math:`\max(a, b)`, where a is the data and b the number."""

def _Minimum(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the lesser one, element by element: :math:`\min(a, b)`."""

def _MinimumScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the lesser one, element by element: :math:`\min(a, b)`, where a is the data and b the number."""

def _MinusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Subtracts, element by element: :math:`a - b`, where a is the data and b the number."""

def _Mod(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`."""

def _ModScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`, where a is the data and b the number."""

def _NDArray(
    info: str = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """A call of an ``NDArrayOp``, by its address in the process that made the graph."""

def _Native(
    info: str = ...,
    need_top_grad: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """A call of a ``NumpyOp``, by its address in the process that made the graph."""

def _NoGradient(
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Stands where MXNet finds no gradient."""

def _NotEqualScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \ne b`, where a is the data and b the number."""

def _Not_Equal(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Compares, element by element: :math:`a \ne b`."""

def _PlusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Adds, element by element: :math:`a + b`, where a is the data and b the number."""

def _Power(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Raises to a power, element by element: :math:`a^b`."""

def _PowerScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Raises to a power, element by element: :math:`a^b`, where a is the data and b the number."""

def _RDivScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Divides, element by element: :math:`a / b`, where b is the data and a the number."""

def _RMinusScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Subtracts, element by element: :math:`a - b`, where b is the data and a the number."""

def _RModScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of, element by element: :math:`a \bmod b`, where b is the data and a the number."""

def _RPowerScalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Raises to a power, element by element: :math:`a^b`, where b is the data and a the number."""

def _adamw_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Steps by AdamW: :math:`w - \eta (\alpha m / (\sqrt{v} + \epsilon) + \lambda w)`."""

def _arange(
    start: float = ...,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes evenly spaced values from `start` up to, but not including, `stop`."""

def _broadcast_backward(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """The gradient of an early broadcasting operator, without the parameters it would need."""

def _cond(
    *data: Symbol | Sequence[Symbol],
    num_args: int = ...,
    num_outputs: int = ...,
    cond_input_locs: int | Sequence[int] = ...,
    then_input_locs: int | Sequence[int] = ...,
    else_input_locs: int | Sequence[int] = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Runs one of two graphs: the first if another graph, of one value, is true."""

def _copyto(
    data: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Copies an array."""

def _crop_assign(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    begin: int | Sequence[int | None] = ...,
    end: int | Sequence[int | None] = ...,
    step: int | Sequence[int | None] = (),
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Returns `lhs` with a part of it, described as in :class:`Slice`, replaced by `rhs`."""

def _crop_assign_scalar(
    data: Symbol | None = None,
    scalar: float = 0.0,
    begin: int | Sequence[int | None] = ...,
    end: int | Sequence[int | None] = ...,
    step: int | Sequence[int | None] = (),
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Returns `data` with a part of it, described as in :class:`Slice`, replaced by a number."""

def _cvcopyMakeBorder(
    data: Symbol | None = None,
    top: int = ...,
    bot: int = ...,
    left: int = ...,
    right: int = ...,
    type: int = 0,
    value: float = 0.0,
    values: float | Sequence[float] = (),
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Puts a frame around an image."""

def _cvimdecode(
    data: Symbol | None = None,
    flag: int = 1,
    to_rgb: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Decodes an image, in any format that Pillow reads."""

def _cvimread(
    filename: str = ...,
    flag: int = 1,
    to_rgb: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Reads an image from a file, in any format that Pillow reads."""

def _cvimresize(
    data: Symbol | None = None,
    w: int = ...,
    h: int = ...,
    interp: int = 1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Scales an image to another size."""

def _eye(
    N: int = ...,
    M: int = 0,
    k: int = 0,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes a matrix with ones on a diagonal and zeros elsewhere."""

def _foreach(
    *data: Symbol | Sequence[Symbol],
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    in_state_locs: int | Sequence[int] = ...,
    in_data_locs: int | Sequence[int] = ...,
    remain_locs: int | Sequence[int] = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Runs a graph on each item of the data along the first axis, passing states from one item to the next."""

def _full(
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    value: float = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes an array that holds one number everywhere. A 0 in its shape is inferred from its use."""

def _grad_add(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Adds two arrays of one shape. The name under which MXNet adds up gradients."""

def _histogram(
    data: Symbol | None = None,
    bins: Symbol | None = None,
    bin_cnt: int | None = None,
    range: float | Sequence[float] | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Counts how many values fall into each bin; a value on an edge belongs to the bin it begins."""

def _identity_with_attr_like_rhs(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Returns its left input, which has the shape and dtype of the right one."""

def _imdecode(
    data: Symbol | None = None,
    index: int = 0,
    x0: int = 0,
    y0: int = 0,
    x1: int = 0,
    y1: int = 0,
    c: int = 3,
    size: int = 0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
    **kwargs: Any,
) -> Symbol:
    """Decodes an image, cuts a window out of it, and subtracts a mean image."""

def _linspace(
    start: float = ...,
    stop: float = ...,
    num: int = ...,
    endpoint: bool = True,
    ctx: str = "",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes `num` evenly spaced values from `start` to `stop`."""

def _mp_adamw_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    mean: Symbol | None = None,
    var: Symbol | None = None,
    weight32: Symbol | None = None,
    rescale_grad: Symbol | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    eta: float = ...,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Does what ``_adamw_update`` does, in single precision for a weight of half; the gradient stays."""

def _multi_adamw_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float] = ...,
    etas: float | Sequence[float] = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Does what ``_adamw_update`` does, for several weights; the gradients stay."""

def _multi_lamb_update(
    *data: Symbol | Sequence[Symbol],
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
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Does both phases of LAMB, for several weights."""

def _multi_mp_adamw_update(
    *data: Symbol | Sequence[Symbol],
    lrs: float | Sequence[float] = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wds: float | Sequence[float] = ...,
    etas: float | Sequence[float] = ...,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Does what ``_mp_adamw_update`` does, for several weights."""

def _multi_mp_lamb_update(
    *data: Symbol | Sequence[Symbol],
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
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Does both phases of LAMB in single precision, for several weights of half precision."""

def _onehot_encode(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes rows that are 1 at one position and 0 elsewhere."""

def _ones(
    shape: int | Sequence[int] = (),
    ctx: str = "",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes an array of ones. A 0 in its shape is inferred from its use."""

def _rnn_param_concat(
    *data: Symbol | Sequence[Symbol],
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Joins the weights and biases of a recurrent network to the one vector that RNN takes."""

def _sample_unique_zipfian(
    range_max: int = ...,
    shape: int | Sequence[int] | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Draws class numbers without repetition, small ones more often than large ones."""

def _scatter_elemwise_div(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Divides like ``elemwise_div``. For sparse arrays MXNet divides by it only what is stored."""

def _scatter_minus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Subtracts, element by element: :math:`a - b`, where a is the data and b the number."""

def _scatter_plus_scalar(
    data: Symbol | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Adds, element by element: :math:`a + b`, where a is the data and b the number."""

def _scatter_set_nd(
    lhs: Symbol | None = None,
    rhs: Symbol | None = None,
    indices: Symbol | None = None,
    shape: int | Sequence[int] = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Returns `lhs` with the elements, or parts, at coordinates replaced by those of `rhs`."""

def _set_value(
    src: float = 0.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Fills an array with a number."""

def _split_v2(
    data: Symbol | None = None,
    indices: int | Sequence[int] = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Splits an array along an axis, before the positions given or into sections."""

def _split_v2_backward(
    indices: int | Sequence[int] = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    sections: int = 0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """The gradient of ``split_v2``."""

def _square_sum(
    data: Symbol | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Sums the squares along an axis of a matrix that is stored by rows."""

def _while_loop(
    *data: Symbol | Sequence[Symbol],
    num_args: int = ...,
    num_outputs: int = ...,
    num_out_data: int = ...,
    max_iterations: int = ...,
    cond_input_locs: int | Sequence[int] = ...,
    func_input_locs: int | Sequence[int] = ...,
    func_var_locs: int | Sequence[int] = ...,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Runs a graph on states as long as another graph, of one value, is true of them."""

def _zeros(
    shape: int | Sequence[int] = (),
    ctx: str = "",
    dtype: DTypeLike = "float32",
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes an array of zeros. A 0 in its shape is inferred from its use."""

def _zeros_without_dtype(
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: int = -1,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Makes an array of zeros, of a data type that is inferred from its use unless it is given."""

from mxnet.symbol.operators import elemwise_div as elemwise_div
from mxnet.symbol.operators import elemwise_sub as elemwise_sub
from mxnet.symbol.operators import elemwise_mul as elemwise_mul
from mxnet.symbol.contrib import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.symbol.operators import elemwise_add as elemwise_add
from mxnet.symbol.operators import elemwise_add as elemwise_add
from mxnet.symbol.contrib import AdaptiveAvgPooling2D as AdaptiveAvgPooling2D
from mxnet.symbol.contrib import BatchNormWithReLU as BatchNormWithReLU
from mxnet.symbol.contrib import BilinearResize2D as BilinearResize2D
from mxnet.symbol.operators import CTCLoss as CTCLoss
from mxnet.symbol.contrib import DeformableConvolution as DeformableConvolution
from mxnet.symbol.contrib import DeformablePSROIPooling as DeformablePSROIPooling
from mxnet.symbol.contrib import ModulatedDeformableConvolution as ModulatedDeformableConvolution
from mxnet.symbol.contrib import MultiBoxDetection as MultiBoxDetection
from mxnet.symbol.contrib import MultiBoxPrior as MultiBoxPrior
from mxnet.symbol.contrib import MultiBoxTarget as MultiBoxTarget
from mxnet.symbol.contrib import MultiProposal as MultiProposal
from mxnet.symbol.contrib import PSROIPooling as PSROIPooling
from mxnet.symbol.contrib import Proposal as Proposal
from mxnet.symbol.contrib import ROIAlign as ROIAlign
from mxnet.symbol.contrib import RROIAlign as RROIAlign
from mxnet.symbol.contrib import SparseEmbedding as SparseEmbedding
from mxnet.symbol.contrib import SyncBatchNorm as SyncBatchNorm
from mxnet.symbol.contrib import allclose as allclose
from mxnet.symbol.contrib import arange_like as arange_like
from mxnet.symbol.contrib import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.symbol.contrib import backward_hawkesll as backward_hawkesll
from mxnet.symbol.contrib import backward_index_copy as backward_index_copy
from mxnet.symbol.contrib import backward_quadratic as backward_quadratic
from mxnet.symbol.contrib import bipartite_matching as bipartite_matching
from mxnet.symbol.contrib import boolean_mask as boolean_mask
from mxnet.symbol.contrib import box_decode as box_decode
from mxnet.symbol.contrib import box_encode as box_encode
from mxnet.symbol.contrib import box_iou as box_iou
from mxnet.symbol.contrib import box_nms as box_nms
from mxnet.symbol.contrib import box_nms as box_nms
from mxnet.symbol.contrib import calibrate_entropy as calibrate_entropy
from mxnet.symbol.contrib import count_sketch as count_sketch
from mxnet.symbol.operators import CTCLoss as CTCLoss
from mxnet.symbol.contrib import dequantize as dequantize
from mxnet.symbol.contrib import div_sqrt_dim as div_sqrt_dim
from mxnet.symbol.contrib import edge_id as edge_id
from mxnet.symbol.contrib import fft as fft
from mxnet.symbol.contrib import getnnz as getnnz
from mxnet.symbol.contrib import gradientmultiplier as gradientmultiplier
from mxnet.symbol.contrib import group_adagrad_update as group_adagrad_update
from mxnet.symbol.contrib import hawkesll as hawkesll
from mxnet.symbol.contrib import ifft as ifft
from mxnet.symbol.contrib import index_array as index_array
from mxnet.symbol.contrib import index_copy as index_copy
from mxnet.symbol.contrib import interleaved_matmul_encdec_qk as interleaved_matmul_encdec_qk
from mxnet.symbol.contrib import interleaved_matmul_encdec_valatt as interleaved_matmul_encdec_valatt
from mxnet.symbol.contrib import interleaved_matmul_selfatt_qk as interleaved_matmul_selfatt_qk
from mxnet.symbol.contrib import interleaved_matmul_selfatt_valatt as interleaved_matmul_selfatt_valatt
from mxnet.symbol.contrib import quadratic as quadratic
from mxnet.symbol.contrib import quantize as quantize
from mxnet.symbol.contrib import quantize_asym as quantize_asym
from mxnet.symbol.contrib import quantize_v2 as quantize_v2
from mxnet.symbol.contrib import quantized_act as quantized_act
from mxnet.symbol.contrib import quantized_batch_norm as quantized_batch_norm
from mxnet.symbol.contrib import quantized_concat as quantized_concat
from mxnet.symbol.contrib import quantized_conv as quantized_conv
from mxnet.symbol.contrib import quantized_elemwise_add as quantized_elemwise_add
from mxnet.symbol.contrib import quantized_elemwise_mul as quantized_elemwise_mul
from mxnet.symbol.contrib import quantized_embedding as quantized_embedding
from mxnet.symbol.contrib import quantized_flatten as quantized_flatten
from mxnet.symbol.contrib import quantized_fully_connected as quantized_fully_connected
from mxnet.symbol.contrib import quantized_pooling as quantized_pooling
from mxnet.symbol.contrib import quantized_rnn as quantized_rnn
from mxnet.symbol.contrib import requantize as requantize
from mxnet.symbol.contrib import round_ste as round_ste
from mxnet.symbol.contrib import sign_ste as sign_ste
from mxnet.symbol.operators import identity as identity
from mxnet.symbol.operators import elemwise_div as elemwise_div
from mxnet.symbol.image import adjust_lighting as adjust_lighting
from mxnet.symbol.image import crop as crop
from mxnet.symbol.image import flip_left_right as flip_left_right
from mxnet.symbol.image import flip_top_bottom as flip_top_bottom
from mxnet.symbol.image import normalize as normalize
from mxnet.symbol.image import random_brightness as random_brightness
from mxnet.symbol.image import random_color_jitter as random_color_jitter
from mxnet.symbol.image import random_contrast as random_contrast
from mxnet.symbol.image import random_flip_left_right as random_flip_left_right
from mxnet.symbol.image import random_flip_top_bottom as random_flip_top_bottom
from mxnet.symbol.image import random_hue as random_hue
from mxnet.symbol.image import random_lighting as random_lighting
from mxnet.symbol.image import random_saturation as random_saturation
from mxnet.symbol.image import resize as resize
from mxnet.symbol.image import to_tensor as to_tensor
from mxnet.symbol.operators import linalg_det as linalg_det
from mxnet.symbol.operators import linalg_extractdiag as linalg_extractdiag
from mxnet.symbol.operators import linalg_extracttrian as linalg_extracttrian
from mxnet.symbol.operators import linalg_gelqf as linalg_gelqf
from mxnet.symbol.operators import linalg_gemm as linalg_gemm
from mxnet.symbol.operators import linalg_gemm2 as linalg_gemm2
from mxnet.symbol.operators import linalg_inverse as linalg_inverse
from mxnet.symbol.operators import linalg_makediag as linalg_makediag
from mxnet.symbol.operators import linalg_maketrian as linalg_maketrian
from mxnet.symbol.operators import linalg_potrf as linalg_potrf
from mxnet.symbol.operators import linalg_potri as linalg_potri
from mxnet.symbol.operators import linalg_slogdet as linalg_slogdet
from mxnet.symbol.operators import linalg_sumlogdiag as linalg_sumlogdiag
from mxnet.symbol.operators import linalg_syevd as linalg_syevd
from mxnet.symbol.operators import linalg_syrk as linalg_syrk
from mxnet.symbol.operators import linalg_trmm as linalg_trmm
from mxnet.symbol.operators import linalg_trsm as linalg_trsm
from mxnet.symbol.operators import elemwise_sub as elemwise_sub
from mxnet.symbol.operators import elemwise_mul as elemwise_mul
from mxnet.symbol.contrib import backward_gradientmultiplier as backward_gradientmultiplier
from mxnet.symbol.operators import cumsum as cumsum
from mxnet.symbol.operators import elemwise_add as elemwise_add
from mxnet.symbol.operators import random_exponential as random_exponential
from mxnet.symbol.random_operators import exponential_like as exponential_like
from mxnet.symbol.operators import random_gamma as random_gamma
from mxnet.symbol.random_operators import gamma_like as gamma_like
from mxnet.symbol.operators import random_generalized_negative_binomial as random_generalized_negative_binomial
from mxnet.symbol.random_operators import generalized_negative_binomial_like as generalized_negative_binomial_like
from mxnet.symbol.operators import random_negative_binomial as random_negative_binomial
from mxnet.symbol.random_operators import negative_binomial_like as negative_binomial_like
from mxnet.symbol.operators import normal as normal
from mxnet.symbol.random_operators import normal_like as normal_like
from mxnet.symbol.operators import random_pdf_dirichlet as random_pdf_dirichlet
from mxnet.symbol.operators import random_pdf_exponential as random_pdf_exponential
from mxnet.symbol.operators import random_pdf_gamma as random_pdf_gamma
from mxnet.symbol.operators import random_pdf_generalized_negative_binomial as random_pdf_generalized_negative_binomial
from mxnet.symbol.operators import random_pdf_negative_binomial as random_pdf_negative_binomial
from mxnet.symbol.operators import random_pdf_normal as random_pdf_normal
from mxnet.symbol.operators import random_pdf_poisson as random_pdf_poisson
from mxnet.symbol.operators import random_pdf_uniform as random_pdf_uniform
from mxnet.symbol.operators import random_poisson as random_poisson
from mxnet.symbol.random_operators import poisson_like as poisson_like
from mxnet.symbol.operators import random_randint as random_randint
from mxnet.symbol.operators import random_uniform as random_uniform
from mxnet.symbol.random_operators import uniform_like as uniform_like
from mxnet.symbol.operators import ravel_multi_index as ravel_multi_index
from mxnet.symbol.operators import sample_exponential as sample_exponential
from mxnet.symbol.operators import sample_gamma as sample_gamma
from mxnet.symbol.operators import sample_generalized_negative_binomial as sample_generalized_negative_binomial
from mxnet.symbol.operators import sample_multinomial as sample_multinomial
from mxnet.symbol.operators import sample_negative_binomial as sample_negative_binomial
from mxnet.symbol.operators import sample_normal as sample_normal
from mxnet.symbol.operators import sample_poisson as sample_poisson
from mxnet.symbol.operators import sample_uniform as sample_uniform
from mxnet.symbol.operators import shuffle as shuffle
from mxnet.symbol.operators import ElementWiseSum as ElementWiseSum
from mxnet.symbol.operators import Embedding as Embedding
from mxnet.symbol.operators import FullyConnected as FullyConnected
from mxnet.symbol.operators import LinearRegressionOutput as LinearRegressionOutput
from mxnet.symbol.operators import LogisticRegressionOutput as LogisticRegressionOutput
from mxnet.symbol.operators import MAERegressionOutput as MAERegressionOutput
from mxnet.symbol.contrib import round_ste as round_ste
from mxnet.symbol.contrib import sign_ste as sign_ste
from mxnet.symbol.operators import abs as abs
from mxnet.symbol.sparse import adagrad_update as adagrad_update
from mxnet.symbol.operators import adam_update as adam_update
from mxnet.symbol.operators import ElementWiseSum as ElementWiseSum
from mxnet.symbol.operators import arccos as arccos
from mxnet.symbol.operators import arccosh as arccosh
from mxnet.symbol.operators import arcsin as arcsin
from mxnet.symbol.operators import arcsinh as arcsinh
from mxnet.symbol.operators import arctan as arctan
from mxnet.symbol.operators import arctanh as arctanh
from mxnet.symbol.operators import broadcast_add as broadcast_add
from mxnet.symbol.operators import broadcast_div as broadcast_div
from mxnet.symbol.operators import broadcast_minus as broadcast_minus
from mxnet.symbol.operators import broadcast_mul as broadcast_mul
from mxnet.symbol.operators import broadcast_add as broadcast_add
from mxnet.symbol.operators import broadcast_minus as broadcast_minus
from mxnet.symbol.operators import cast_storage as cast_storage
from mxnet.symbol.operators import cbrt as cbrt
from mxnet.symbol.operators import ceil as ceil
from mxnet.symbol.operators import clip as clip
from mxnet.symbol.operators import Concat as Concat
from mxnet.symbol.operators import cos as cos
from mxnet.symbol.operators import cosh as cosh
from mxnet.symbol.operators import degrees as degrees
from mxnet.symbol.operators import dot as dot
from mxnet.symbol.operators import elemwise_add as elemwise_add
from mxnet.symbol.operators import elemwise_div as elemwise_div
from mxnet.symbol.operators import elemwise_mul as elemwise_mul
from mxnet.symbol.operators import elemwise_sub as elemwise_sub
from mxnet.symbol.operators import exp as exp
from mxnet.symbol.operators import expm1 as expm1
from mxnet.symbol.operators import fix as fix
from mxnet.symbol.operators import floor as floor
from mxnet.symbol.operators import ftrl_update as ftrl_update
from mxnet.symbol.operators import gamma as gamma
from mxnet.symbol.operators import gammaln as gammaln
from mxnet.symbol.operators import log as log
from mxnet.symbol.operators import log10 as log10
from mxnet.symbol.operators import log1p as log1p
from mxnet.symbol.operators import log2 as log2
from mxnet.symbol.operators import make_loss as make_loss
from mxnet.symbol.operators import mean as mean
from mxnet.symbol.operators import negative as negative
from mxnet.symbol.operators import norm as norm
from mxnet.symbol.operators import radians as radians
from mxnet.symbol.operators import relu as relu
from mxnet.symbol.sparse import retain as retain
from mxnet.symbol.operators import rint as rint
from mxnet.symbol.operators import round as round
from mxnet.symbol.operators import rsqrt as rsqrt
from mxnet.symbol.operators import sgd_mom_update as sgd_mom_update
from mxnet.symbol.operators import sgd_update as sgd_update
from mxnet.symbol.operators import sigmoid as sigmoid
from mxnet.symbol.operators import sign as sign
from mxnet.symbol.operators import sin as sin
from mxnet.symbol.operators import sinh as sinh
from mxnet.symbol.operators import crop as operators_crop
from mxnet.symbol.operators import softsign as softsign
from mxnet.symbol.operators import sqrt as sqrt
from mxnet.symbol.operators import square as square
from mxnet.symbol.operators import BlockGrad as BlockGrad
from mxnet.symbol.operators import sum as sum
from mxnet.symbol.operators import tan as tan
from mxnet.symbol.operators import tanh as tanh
from mxnet.symbol.operators import trunc as trunc
from mxnet.symbol.operators import where as where
from mxnet.symbol.operators import zeros_like as zeros_like
from mxnet.symbol.operators import elemwise_sub as elemwise_sub
from mxnet.symbol.operators import unravel_index as unravel_index
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
