"""The operators in mx.nd; written by tools/make_stubs.py."""

from collections.abc import Sequence
from typing import Any, Literal

from mxnet.dtype import DTypeLike
from mxnet.ndarray.ndarray import NDArray

def Activation(
    data: NDArray | None = None,
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Applies a function to each element."""

def BatchNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Normalises channels over the batch: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`."""

def BatchNorm_v1(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """The batch normalisation of MXNet 0.9; its output ``var`` is the variance. See :class:`BatchNorm`."""

def BilinearSampler(
    data: NDArray | None = None,
    grid: NDArray | None = None,
    cudnn_off: bool | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reads images at points between their elements, by bilinear interpolation."""

def BlockGrad(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its input; no gradient passes."""

def CTCLoss(
    data: NDArray | None = None,
    label: NDArray | None = None,
    data_lengths: NDArray | None = None,
    label_lengths: NDArray | None = None,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes how unlikely a label sequence is to be read, over all ways to align it with time."""

def Cast(
    data: NDArray | None = None,
    dtype: DTypeLike = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Converts elements to another dtype."""

def Concat(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    dim: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Joins arrays along an existing axis, on which alone they may differ."""

def Convolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    cudnn_tune: Literal["fastest", "limited_workspace", "off"] | None = None,
    cudnn_off: bool = False,
    layout: Literal["NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Slides filters over the data: an output element is the sum of a window times a filter, plus a bias."""

def Convolution_v1(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    cudnn_tune: Literal["fastest", "limited_workspace", "off"] | None = None,
    cudnn_off: bool = False,
    layout: Literal["NCDHW", "NCHW", "NDHWC", "NHWC"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """The convolution of MXNet 0.9, over two or three axes of space; see :class:`Convolution`."""

def Correlation(
    data1: NDArray | None = None,
    data2: NDArray | None = None,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares windows of one image with windows of another that are moved, by all displacements up to some."""

def Crop(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    offset: int | Sequence[int] = (0, 0),
    h_w: int | Sequence[int] = (0, 0),
    center_crop: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Cuts a window out of images: of the size `h_w`, or of the height and width of a second input."""

def Custom(
    *data: NDArray | Sequence[NDArray],
    op_type: str = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> Any:
    """Runs an operator that was registered with ``mx.operator.register``."""

def Deconvolution(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    adj: int | Sequence[int] = (),
    target_shape: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = True,
    cudnn_tune: Literal["fastest", "limited_workspace", "off"] | None = None,
    cudnn_off: bool = False,
    layout: Literal["NCDHW", "NCHW", "NCW", "NDHWC", "NHWC"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Applies the transpose of a convolution, which is also its gradient: it grows the data."""

def Dropout(
    data: NDArray | None = None,
    p: float = 0.5,
    mode: Literal["always", "training"] = "training",
    axes: int | Sequence[int] = (),
    cudnn_off: bool | None = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Sets random elements to 0 in training and scales the others, so that the mean stays."""

def ElementWiseSum(
    *args: NDArray | Sequence[NDArray],
    num_args: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds any number of arrays of one shape."""

def Embedding(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: DTypeLike = "float32",
    sparse_grad: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Looks up rows of a matrix: the vectors that stand for words."""

def Flatten(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes a matrix: the first axis stays, the others become one."""

def FullyConnected(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Applies a linear transformation: :math:`Y = XW^T + b`."""

def GridGenerator(
    data: NDArray | None = None,
    transform_type: Literal["affine", "warp"] = ...,
    target_shape: int | Sequence[int] = (0, 0),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes the points at which BilinearSampler reads images: an even grid, transformed, or moved by a flow."""

def GroupNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Normalises groups of channels: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`."""

def IdentityAttachKLSparseReg(
    data: NDArray | None = None,
    moving_avg: NDArray | None = None,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Passes activations through and adds to their gradient that of a sparseness penalty."""

def InstanceNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    eps: float = 0.001,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Normalises each channel of each sample: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`."""

def L2Normalization(
    data: NDArray | None = None,
    eps: float = 1e-10,
    mode: Literal["channel", "instance", "spatial"] = "instance",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Scales vectors to unit length: :math:`x / \sqrt{\sum x^2 + \epsilon}`."""

def LRN(
    data: NDArray | None = None,
    alpha: float = 0.0001,
    beta: float = 0.75,
    knorm: float = 2.0,
    nsize: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Divides by what neighbouring channels have: :math:`x_i / (k + \frac{\alpha}{n} \sum_j x_j^2)^\beta`."""

def LayerNorm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    r"""Normalises along one axis: :math:`\gamma (x - mean) / \sqrt{var + \epsilon} + \beta`."""

def LeakyReLU(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Keeps positive elements and bends negative ones."""

def LinearRegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Passes data through; its gradient is that of half the squared error."""

def LogisticRegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Predicts with the logistic function; its gradient is that of the binary cross entropy."""

def MAERegressionOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Passes data through; its gradient is that of the absolute error."""

def MakeLoss(
    data: NDArray | None = None,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal["batch", "null", "valid"] = "null",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes a loss of any expression: passes data through and starts its gradient with ``grad_scale``."""

def Pad(
    data: NDArray | None = None,
    mode: Literal["constant", "edge", "reflect"] = ...,
    pad_width: int | Sequence[int] = ...,
    constant_value: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Surrounds images or volumes with a constant, their outermost elements, or their mirror image."""

def Pooling(
    data: NDArray | None = None,
    kernel: int | Sequence[int] = (),
    pool_type: Literal["avg", "lp", "max", "sum"] = "max",
    global_pool: bool = False,
    cudnn_off: bool = False,
    pooling_convention: Literal["full", "same", "valid"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal["NCDHW", "NCHW", "NCW", "NDHWC", "NHWC", "NWC"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Slides a window over space and keeps its maximum, mean, sum, or p-norm (without absolute values)."""

def Pooling_v1(
    data: NDArray | None = None,
    kernel: int | Sequence[int] = (),
    pool_type: Literal["avg", "max", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid"] = "valid",
    stride: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """The pooling of MXNet 0.9, over two or three axes of space."""

def RNN(
    data: NDArray | None = None,
    parameters: NDArray | None = None,
    state: NDArray | None = None,
    state_cell: NDArray | None = None,
    sequence_length: NDArray | None = None,
    state_size: int = ...,
    num_layers: int = ...,
    bidirectional: bool = False,
    mode: Literal["gru", "lstm", "rnn_relu", "rnn_tanh"] = ...,
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Applies layers of recurrent cells to sequences."""

def ROIPooling(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Keeps the maximum of each bin of each box."""

def Reshape(
    data: NDArray | None = None,
    shape: int | Sequence[int] = (),
    reverse: bool = False,
    target_shape: int | Sequence[int] = (),
    keep_highest: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Gives an array another shape; the elements keep their order."""

def SVMOutput(
    data: NDArray | None = None,
    label: NDArray | None = None,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Passes scores through; its gradient is that of one hinge loss per class."""

def SequenceLast(
    data: NDArray | None = None,
    sequence_length: NDArray | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes the last step of each sequence."""

def SequenceMask(
    data: NDArray | None = None,
    sequence_length: NDArray | None = None,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Sets the steps after the end of each sequence to a value."""

def SequenceReverse(
    data: NDArray | None = None,
    sequence_length: NDArray | None = None,
    use_sequence_length: bool = False,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reverses each sequence, leaving the steps after its end where they are."""

def SliceChannel(
    data: NDArray | None = None,
    num_outputs: int = ...,
    axis: int = 1,
    squeeze_axis: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Splits an array into equal parts along an axis."""

def Softmax(
    data: NDArray | None = None,
    label: NDArray | None = None,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    preserve_shape: bool = False,
    normalization: Literal["batch", "null", "valid"] = "null",
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Predicts with softmax; its gradient is that of the cross entropy, :math:`p - \mathrm{onehot}(label)`."""

def SoftmaxActivation(
    data: NDArray | None = None,
    mode: Literal["channel", "instance"] = "instance",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Applies softmax over the channels or, in mode ``instance``, over the last axis."""

def SpatialTransformer(
    data: NDArray | None = None,
    loc: NDArray | None = None,
    target_shape: int | Sequence[int] = (0, 0),
    transform_type: Literal["affine"] = ...,
    sampler_type: Literal["bilinear"] = ...,
    cudnn_off: bool | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reads images at the points of an even grid after an affine transform."""

def SwapAxis(
    data: NDArray | None = None,
    dim1: int = 0,
    dim2: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Exchanges two axes."""

def UpSampling(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    scale: int = ...,
    num_filter: int = 0,
    sample_type: Literal["bilinear", "nearest"] = ...,
    multi_input_mode: Literal["concat", "sum"] = "concat",
    workspace: int = 512,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes images `scale` times as high and wide."""

def abs(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`|x|` of each element."""

def adam_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    lr: float = ...,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps by Adam, without its bias correction: :math:`w - \eta m / (\sqrt{v} + \epsilon)`."""

def all_finite(
    data: NDArray | None = None,
    init_output: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns 1 if all elements are finite, else 0; shape (1,)."""

def amp_cast(
    data: NDArray | None = None,
    dtype: DTypeLike = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Converts float16 and float32 to another dtype, and leaves the others alone."""

def amp_multicast(
    *data: NDArray | Sequence[NDArray],
    num_outputs: int = ...,
    cast_narrow: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Gives all float16 and float32 inputs one dtype, the wider or the narrower among them; others stay."""

def arccos(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\arccos x` of each element."""

def arccosh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{arcosh}\, x` of each element."""

def arcsin(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\arcsin x` of each element."""

def arcsinh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{arsinh}\, x` of each element."""

def arctan(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\arctan x` of each element."""

def arctanh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{artanh}\, x` of each element."""

def argmax(
    data: NDArray | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds where the greatest element is, the first of several. The output has the dtype of the data."""

def argmax_channel(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds the channel, along axis 1, of the greatest element; of a vector, its position."""

def argmin(
    data: NDArray | None = None,
    axis: int | None = None,
    keepdims: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds where the least element is, the first of several. The output has the dtype of the data."""

def argsort(
    data: NDArray | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds which element sorting would bring to each place along an axis; equal ones keep their order."""

def batch_dot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["csr", "default", "row_sparse"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies matrices pair by pair; all but the last two axes count the pairs."""

def batch_take(
    a: NDArray | None = None,
    indices: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes one element of each row."""

def broadcast_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds two arrays, repeated to a common shape."""

def broadcast_axes(
    data: NDArray | None = None,
    axis: int | Sequence[int] = (),
    size: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Repeats an array along axes where its extent is 1."""

def broadcast_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides: :math:`a / b`, element by element, of arrays repeated to one shape."""

def broadcast_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares: :math:`a = b`, element by element, of arrays repeated to one shape."""

def broadcast_greater(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares: :math:`a > b`, element by element, of arrays repeated to one shape."""

def broadcast_greater_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares: :math:`a \ge b`, element by element, of arrays repeated to one shape."""

def broadcast_hypot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes the hypotenuse: :math:`\sqrt{a^2 + b^2}`, element by element, of arrays repeated to one shape."""

def broadcast_lesser(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Compares: :math:`a < b`, element by element, of arrays repeated to one shape."""

def broadcast_lesser_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares: :math:`a \le b`, element by element, of arrays repeated to one shape."""

def broadcast_like(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    lhs_axes: int | Sequence[int] | None = None,
    rhs_axes: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Repeats an array to the shape of another, or along some of its axes to extents of the other."""

def broadcast_logical_and(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values: :math:`a \wedge b`, element by element, of arrays repeated to one shape."""

def broadcast_logical_or(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values: :math:`a \vee b`, element by element, of arrays repeated to one shape."""

def broadcast_logical_xor(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Combines truth values: :math:`a \oplus b`, element by element, of arrays repeated to one shape."""

def broadcast_maximum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the greater one: :math:`\max(a, b)`, element by element, of arrays repeated to one shape."""

def broadcast_minimum(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the lesser one: :math:`\min(a, b)`, element by element, of arrays repeated to one shape."""

def broadcast_minus(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts an array from another, both repeated to a common shape."""

def broadcast_mod(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of: :math:`a \bmod b`, element by element, of arrays repeated to one shape."""

def broadcast_mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies: :math:`a b`, element by element, of arrays repeated to one shape."""

def broadcast_not_equal(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Compares: :math:`a \ne b`, element by element, of arrays repeated to one shape."""

def broadcast_power(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Raises to a power: :math:`a^b`, element by element, of arrays repeated to one shape."""

def broadcast_to(
    data: NDArray | None = None,
    shape: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Repeats an array to a given shape with as many axes; a 0 there keeps the extent of the input."""

def cast_storage(
    data: NDArray | None = None,
    stype: Literal["csr", "default", "row_sparse"] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its input in another storage type: dense, by rows, or as a matrix in CSR form."""

def cbrt(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\sqrt[3]{x}` of each element."""

def ceil(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\lceil x \rceil` of each element."""

def choose_element_0index(
    data: NDArray | None = None,
    index: NDArray | None = None,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes one element along an axis, at every position of the other axes."""

def clip(
    data: NDArray | None = None,
    a_min: float = ...,
    a_max: float = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Limits elements to an interval: :math:`\min(\max(x, a_{min}), a_{max})`."""

def col2im(
    data: NDArray | None = None,
    output_size: int | Sequence[int] = ...,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds each column to an image where it is a patch: the transpose of ``im2col``."""

def cos(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\cos x` of each element."""

def cosh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\cosh x` of each element."""

def crop(
    data: NDArray | None = None,
    begin: int | Sequence[int | None] = ...,
    end: int | Sequence[int | None] = ...,
    step: int | Sequence[int | None] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes a part of an array, as ``data[begin[0]:end[0]:step[0], ...]`` does in Python."""

def cumsum(
    a: NDArray | None = None,
    axis: int | None = None,
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the elements before each one, and itself, along an axis."""

def degrees(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`180 x / \pi` of each element."""

def depth_to_space(
    data: NDArray | None = None,
    block_size: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Lays groups of channels out as blocks of pixels."""

def diag(
    data: NDArray | None = None,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes a diagonal of an array, or makes a matrix with a vector on a diagonal."""

def dot(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    forward_stype: Literal["csr", "default", "row_sparse"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Contracts the last axis of one array with the first of another: the product of matrices and vectors."""

def elemwise_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds two arrays of one shape."""

def elemwise_div(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides an array by another of the same shape. Integers are rounded towards zero."""

def elemwise_mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies two arrays of one shape, element by element."""

def elemwise_sub(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Subtracts an array from another of the same shape."""

def erf(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{erf}(x)` of each element."""

def erfinv(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{erf}^{-1}(x)` of each element."""

def exp(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`e^x` of each element."""

def expand_dims(
    data: NDArray | None = None,
    axis: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Inserts an axis of extent 1."""

def expm1(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`e^x - 1` of each element."""

def fill_element_0index(
    lhs: NDArray | None = None,
    mhs: NDArray | None = None,
    rhs: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns `lhs` with one element of each row replaced."""

def fix(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{trunc}(x)` of each element."""

def flip(
    data: NDArray | None = None,
    axis: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reverses the order of the elements along axes. Unlike elsewhere, axes count from the front only."""

def floor(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\lfloor x \rfloor` of each element."""

def ftml_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    d: NDArray | None = None,
    v: NDArray | None = None,
    z: NDArray | None = None,
    lr: float = ...,
    beta1: float = 0.6,
    beta2: float = 0.999,
    epsilon: float = 1e-08,
    t: int = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps by FTML. After Zheng & Kwok, *Follow the moving leader in deep learning*, 2017."""

def ftrl_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    z: NDArray | None = None,
    n: NDArray | None = None,
    lr: float = ...,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps by FTRL-Proximal. After McMahan et al., *Ad click prediction*, 2013."""

def gamma(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\Gamma(x)` of each element."""

def gammaln(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\ln |\Gamma(x)|` of each element."""

def gather_nd(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes the elements, or parts, at coordinates."""

def hard_sigmoid(
    data: NDArray | None = None,
    alpha: float = 0.2,
    beta: float = 0.5,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Approximates sigmoid by a line: :math:`\min(\max(\alpha x + \beta, 0), 1)`."""

def identity(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its input."""

def im2col(
    data: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Copies each patch of an image into a column."""

def khatri_rao(
    *args: NDArray | Sequence[NDArray],
    num_args: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies each column of a matrix with the same column of the next by the Kronecker product."""

def lamb_update_phase1(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Returns the direction in which LAMB will step: Adam's, and :math:`\lambda w`."""

def lamb_update_phase2(
    weight: NDArray | None = None,
    g: NDArray | None = None,
    r1: NDArray | None = None,
    r2: NDArray | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps along the direction from phase 1, as far as the norms of weight (r1) and direction (r2) say."""

def linalg_det(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the determinants of matrices."""

def linalg_extractdiag(
    A: NDArray | None = None,
    offset: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes a diagonal of square matrices."""

def linalg_extracttrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes a triangle of square matrices, packed: a lower one row by row, an upper one column by column."""

def linalg_gelqf(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Factorises matrices into lower triangular ones and ones with orthonormal rows: :math:`A = L Q`."""

def linalg_gemm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    C: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Multiplies matrices and adds: :math:`\alpha\, \mathrm{op}(A)\, \mathrm{op}(B) + \beta C`."""

def linalg_gemm2(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Multiplies matrices: :math:`\alpha\, \mathrm{op}(A)\, \mathrm{op}(B)`, op may transpose."""

def linalg_inverse(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Inverts matrices."""

def linalg_makediag(
    A: NDArray | None = None,
    offset: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes square matrices with a diagonal each, and zeros elsewhere."""

def linalg_maketrian(
    A: NDArray | None = None,
    offset: int = 0,
    lower: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes square matrices of packed triangles, with zeros elsewhere; see ``linalg_extracttrian``."""

def linalg_potrf(
    A: NDArray | None = None,
    lower: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Factorises symmetric, positive definite matrices after Cholesky: :math:`A = L L^T`, or :math:`U^T U`."""

def linalg_potri(
    A: NDArray | None = None,
    lower: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Inverts matrices given by their Cholesky factors: :math:`(A A^T)^{-1}`, or :math:`(A^T A)^{-1}`."""

def linalg_slogdet(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Computes the signs of the determinants of matrices, and the logarithms of their magnitudes."""

def linalg_sumlogdiag(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the logarithms of the elements on the diagonals of square matrices."""

def linalg_syevd(
    A: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    r"""Finds eigenvectors and eigenvalues of symmetric matrices: :math:`A = U^T \mathrm{diag}(L)\, U`."""

def linalg_syrk(
    A: NDArray | None = None,
    transpose: bool = False,
    alpha: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Multiplies matrices by their transposes: :math:`\alpha A A^T`, or :math:`\alpha A^T A`."""

def linalg_trmm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Multiplies by triangular matrices: :math:`\alpha \mathrm{op}(A) B` or :math:`\alpha B \mathrm{op}(A)`."""

def linalg_trsm(
    A: NDArray | None = None,
    B: NDArray | None = None,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Solves triangular systems: :math:`\mathrm{op}(A) X = \alpha B` or :math:`X \mathrm{op}(A) = \alpha B`."""

def log(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\ln x` of each element."""

def log10(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\log_{10} x` of each element."""

def log1p(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\ln(1 + x)` of each element."""

def log2(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\log_2 x` of each element."""

def log_softmax(
    data: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DTypeLike = None,
    use_length: bool | None = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes the logarithm of :class:`Softmax` in one step: :math:`x_i / T - \log \sum_j e^{x_j / T}`."""

def logical_not(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\neg x` of each element."""

def make_loss(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its input and makes it a loss: its gradient is 1, whatever the head gradient is."""

def max(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds the greatest element along some axes. Every element that equals it gets the whole gradient."""

def mean(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the mean along some axes; of integers it is cut off."""

def min(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Finds the least element along some axes. Every element that equals it gets the whole gradient."""

def moments(
    data: NDArray | None = None,
    axes: int | Sequence[int] | None = None,
    keepdims: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Computes mean and variance (the mean squared deviation) along some axes, in this order."""

def mp_lamb_update_phase1(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mean: NDArray | None = None,
    var: NDArray | None = None,
    weight32: NDArray | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-06,
    t: int = ...,
    bias_correction: bool = True,
    wd: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``lamb_update_phase1`` does, in single precision for a weight of half precision."""

def mp_lamb_update_phase2(
    weight: NDArray | None = None,
    g: NDArray | None = None,
    r1: NDArray | None = None,
    r2: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``lamb_update_phase2`` does, in single precision for a weight of half precision."""

def mp_nag_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``nag_mom_update`` does, in single precision for a weight of half precision."""

def mp_sgd_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``sgd_mom_update`` does, in single precision for a weight of half precision."""

def mp_sgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    weight32: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Does what ``sgd_update`` does, in single precision for a weight of half precision."""

def multi_all_finite(
    *data: NDArray | Sequence[NDArray],
    num_arrays: int = 1,
    init_output: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns 1 if all elements of all arrays are finite, else 0; shape (1,)."""

def multi_lars(
    lrs: NDArray | None = None,
    weights_sum_sq: NDArray | None = None,
    grads_sum_sq: NDArray | None = None,
    wds: NDArray | None = None,
    eta: float = ...,
    eps: float = ...,
    rescale_grad: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Scales learning rates by :math:`\eta |w| / (|g| + \lambda |w| + \epsilon)` where norms are positive."""

def multi_mp_sgd_mom_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    wds: float | Sequence[float] = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``mp_sgd_mom_update`` does, for several weights."""

def multi_mp_sgd_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    wds: float | Sequence[float] = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``mp_sgd_update`` does, for several weights."""

def multi_sgd_mom_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    wds: float | Sequence[float] = ...,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``sgd_mom_update`` does, for several weights."""

def multi_sgd_update(
    *data: NDArray | Sequence[NDArray],
    lrs: float | Sequence[float] = ...,
    wds: float | Sequence[float] = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``sgd_update`` does, for several weights."""

def multi_sum_sq(
    *data: NDArray | Sequence[NDArray],
    num_arrays: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns the sum of the squares of each array, as one array; shape (num_arrays,)."""

def nag_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps with Nesterov's momentum: :math:`m \gets \mu m - s` and :math:`w + \mu m - s`."""

def nanprod(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies the elements along some axes; what is not a number counts as 1."""

def nansum(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the elements along some axes; what is not a number counts as 0."""

def negative(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`-x` of each element."""

def norm(
    data: NDArray | None = None,
    ord: int = 2,
    axis: int | Sequence[int] | None = None,
    out_dtype: DTypeLike = None,
    keepdims: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the L2 norm (or L1, with ``ord=1``) along some axes; without `axis` that of all elements."""

def normal(
    loc: float = 0.0,
    scale: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the normal distribution."""

def one_hot(
    indices: NDArray | None = None,
    depth: int = ...,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Marks each position by one value among others, along a new last axis."""

def ones_like(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns ones of the shape and dtype of its input."""

def preloaded_multi_mp_sgd_mom_update(
    *data: NDArray | Sequence[NDArray],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``multi_mp_sgd_mom_update`` does, with learning rates and weight decays in arrays."""

def preloaded_multi_mp_sgd_update(
    *data: NDArray | Sequence[NDArray],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``multi_mp_sgd_update`` does, with learning rates and weight decays in arrays."""

def preloaded_multi_sgd_mom_update(
    *data: NDArray | Sequence[NDArray],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``multi_sgd_mom_update`` does, with learning rates and weight decays in arrays."""

def preloaded_multi_sgd_update(
    *data: NDArray | Sequence[NDArray],
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Does what ``multi_sgd_update`` does, with learning rates and weight decays in arrays."""

def prod(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies the elements along some axes."""

def radians(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\pi x / 180` of each element."""

def random_exponential(
    lam: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the exponential distribution, of mean 1 / lam."""

def random_gamma(
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the gamma distribution, of mean alpha * beta."""

def random_generalized_negative_binomial(
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the negative binomial distribution of mean mu and variance mu + alpha * mu^2."""

def random_negative_binomial(
    k: int = 1,
    p: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the negative binomial distribution: failures before k successes."""

def random_pdf_dirichlet(
    sample: NDArray | None = None,
    alpha: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the Dirichlet distribution; each sample is a vector that adds up to 1."""

def random_pdf_exponential(
    sample: NDArray | None = None,
    lam: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the exponential distribution, of mean 1 / lam."""

def random_pdf_gamma(
    sample: NDArray | None = None,
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the gamma distribution, of mean alpha / beta; where one draws from it, beta is its inverse."""

def random_pdf_generalized_negative_binomial(
    sample: NDArray | None = None,
    mu: NDArray | None = None,
    alpha: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the negative binomial distribution of mean mu and variance mu + alpha * mu^2."""

def random_pdf_negative_binomial(
    sample: NDArray | None = None,
    k: NDArray | None = None,
    p: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the negative binomial distribution: failures before k successes."""

def random_pdf_normal(
    sample: NDArray | None = None,
    mu: NDArray | None = None,
    sigma: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the normal distribution."""

def random_pdf_poisson(
    sample: NDArray | None = None,
    lam: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the Poisson distribution."""

def random_pdf_uniform(
    sample: NDArray | None = None,
    low: NDArray | None = None,
    high: NDArray | None = None,
    is_log: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes the density of the uniform distribution on [low, high); samples outside of it are not looked for."""

def random_poisson(
    lam: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the Poisson distribution; the numbers are whole, their dtype is not."""

def random_randint(
    low: int = ...,
    high: int = ...,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws whole numbers uniformly from [low, high)."""

def random_uniform(
    low: float = 0.0,
    high: float = 1.0,
    shape: int | Sequence[int] | None = None,
    ctx: str = "",
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the uniform distribution on [low, high)."""

def ravel_multi_index(
    data: NDArray | None = None,
    shape: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Turns coordinates into positions in the flattened array."""

def rcbrt(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`1 / \sqrt[3]{x}` of each element."""

def reciprocal(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`1 / x` of each element."""

def relu(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\max(x, 0)` of each element."""

def repeat(
    data: NDArray | None = None,
    repeats: int = ...,
    axis: int | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Repeats every element along an axis, or every element of the flattened array."""

def reset_arrays(
    *data: NDArray | Sequence[NDArray],
    num_arrays: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Sets arrays to 0, and returns nothing."""

def reshape_like(
    lhs: NDArray | None = None,
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
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{round}(x)` (halves down) :math:`\,` of each element."""

def rmsprop_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    n: NDArray | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps by the gradient over its root mean square. After Tieleman & Hinton, *RMSProp*, 2012."""

def rmspropalex_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    n: NDArray | None = None,
    g: NDArray | None = None,
    delta: NDArray | None = None,
    lr: float = ...,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-08,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps by centred RMSProp with momentum. After Graves, *Generating sequences*, 2013."""

def round(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{round}(x)` (halves away from zero) :math:`\,` of each element."""

def rsqrt(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`1 / \sqrt{x}` of each element."""

def sample_exponential(
    lam: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the exponential distribution, of mean 1 / lam, one for each element of the inputs."""

def sample_gamma(
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the gamma distribution, of mean alpha * beta, one for each element of the inputs."""

def sample_generalized_negative_binomial(
    mu: NDArray | None = None,
    alpha: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the negative binomial distribution of mean mu and variance mu + alpha * mu^2, one for each element of the inputs."""

def sample_multinomial(
    data: NDArray | None = None,
    shape: int | Sequence[int] = (),
    get_prob: bool = False,
    dtype: DTypeLike = "int32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Draws class numbers from rows of probabilities."""

def sample_negative_binomial(
    k: NDArray | None = None,
    p: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the negative binomial distribution: failures before k successes, one for each element of the inputs."""

def sample_normal(
    mu: NDArray | None = None,
    sigma: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the normal distribution, one for each element of the inputs."""

def sample_poisson(
    lam: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the Poisson distribution; the numbers are whole, their dtype is not, one for each element of the inputs."""

def sample_uniform(
    low: NDArray | None = None,
    high: NDArray | None = None,
    shape: int | Sequence[int] = (),
    dtype: DTypeLike = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Draws from the uniform distribution on [low, high), one for each element of the inputs."""

def scatter_nd(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    shape: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Writes the elements, or parts, of an array at coordinates of zeros; undoes :class:`GatherNd`."""

def sgd_mom_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps with momentum: :math:`m \gets \mu m - \eta (g + \lambda w)`, :math:`w + m`."""

def sgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps along the gradient: :math:`w - \eta (g + \lambda w)`."""

def shape_array(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns the shape of data as an array."""

def shuffle(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Puts the rows of an array, along its first axis, in random order."""

def sigmoid(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`1 / (1 + e^{-x})` of each element."""

def sign(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{sign}(x)` of each element."""

def signsgd_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    lr: float = ...,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps along the gradient's sign: :math:`w - \eta (\mathrm{sign}(g) + \lambda w)`."""

def signum_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    mom: NDArray | None = None,
    lr: float = ...,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps along the sign of the momentum :math:`m \gets \mu m - (1 - \mu) (g + \lambda w)`."""

def sin(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\sin x` of each element."""

def sinh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\sinh x` of each element."""

def size_array(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns the number of elements of data as an array of shape (1,)."""

def slice_axis(
    data: NDArray | None = None,
    axis: int = ...,
    begin: int = ...,
    end: int | None = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes the positions `begin` to `end` of one axis. Unlike in :class:`Slice`, they must exist."""

def slice_like(
    data: NDArray | None = None,
    shape_like: NDArray | None = None,
    axes: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes the first part of an array, as large as another array: on the axes named, or on all."""

def smooth_l1(
    data: NDArray | None = None,
    scalar: float = 1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes a loss that is quadratic near 0 and linear elsewhere."""

def softmax(
    data: NDArray | None = None,
    length: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DTypeLike = None,
    use_length: bool | None = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Makes elements positive and their sum along an axis 1: :math:`e^{x_i / T} / \sum_j e^{x_j / T}`."""

def softmax_cross_entropy(
    data: NDArray | None = None,
    label: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Sums the cross entropy of softmax over the samples: :math:`-\sum_i \log p_{i, label_i}`."""

def softmin(
    data: NDArray | None = None,
    axis: int = -1,
    temperature: float | None = None,
    dtype: DTypeLike = None,
    use_length: bool | None = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :class:`Softmax` of the negative input."""

def softsign(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`x / (1 + |x|)` of each element."""

def sort(
    data: NDArray | None = None,
    axis: int | None = -1,
    is_ascend: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Sorts along an axis; equal elements keep their order."""

def space_to_depth(
    data: NDArray | None = None,
    block_size: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Stacks the pixels of each block as channels; undoes :class:`DepthToSpace`."""

def sqrt(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\sqrt{x}` of each element."""

def square(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes :math:`x^2` of each element."""

def squeeze(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Removes axes of extent 1: those named, or all. One stays if nothing else would."""

def stack(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Joins arrays of one shape along a new axis."""

def sum(
    data: NDArray | None = None,
    axis: int | Sequence[int] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the elements along some axes."""

def take(
    a: NDArray | None = None,
    indices: NDArray | None = None,
    axis: int = 0,
    mode: Literal["clip", "raise", "wrap"] = "clip",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Takes the elements at positions along an axis."""

def tan(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\tan x` of each element."""

def tanh(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\tanh x` of each element."""

def tile(
    data: NDArray | None = None,
    reps: int | Sequence[int] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Repeats the whole array along its last axes, as often as `reps` says; a longer one adds axes in front."""

def topk(
    data: NDArray | None = None,
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
    data: NDArray | None = None,
    axes: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Puts the axes in another order, by default in the reverse one."""

def trunc(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{trunc}(x)` of each element."""

def unravel_index(
    data: NDArray | None = None,
    shape: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Turns positions in the flattened array into coordinates."""

def where(
    condition: NDArray | None = None,
    x: NDArray | None = None,
    y: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Chooses from `x` where the condition is not 0, and from `y` elsewhere."""

def zeros_like(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns zeros of the shape and dtype of its input."""

SoftmaxOutput = Softmax
add_n = ElementWiseSum
broadcast_axis = broadcast_axes
broadcast_plus = broadcast_add
broadcast_sub = broadcast_minus
cast = Cast
concat = Concat
ctc_loss = CTCLoss
flatten = Flatten
max_axis = max
min_axis = min
pad = Pad
pick = choose_element_0index
random_normal = normal
reshape = Reshape
reverse = flip
slice = crop
split = SliceChannel
stop_gradient = BlockGrad
sum_axis = sum
swapaxes = SwapAxis
uniform = random_uniform
