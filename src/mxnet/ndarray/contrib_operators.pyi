"""The operators in mx.nd.contrib; written by tools/make_stubs.py."""

from collections.abc import Sequence
from typing import Any, Literal

from mxnet.dtype import DTypeLike
from mxnet.ndarray.ndarray import NDArray

def AdaptiveAvgPooling2D(
    data: NDArray | None = None,
    output_size: int | Sequence[int] = (),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides images into as many windows as there are elements in the output, and keeps the mean of each."""

def BatchNormWithReLU(
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
    """Normalises channels over the batch as BatchNorm does, and then replaces negative numbers with 0."""

def BilinearResize2D(
    data: NDArray | None = None,
    like: NDArray | None = None,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal["like", "odd_scale", "size", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"] = "size",
    align_corners: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Resizes images by bilinear interpolation."""

def DeformableConvolution(
    data: NDArray | None = None,
    offset: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    num_deformable_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    layout: Literal["NCDHW", "NCHW", "NCW"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Convolves images with windows that are bent at each place."""

def DeformablePSROIPooling(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    trans: NDArray | None = None,
    spatial_scale: float = ...,
    output_dim: int = ...,
    group_size: int = ...,
    pooled_size: int = ...,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps the mean of some points of bins of boxes, where bins are moved and read channels of their own."""

def ModulatedDeformableConvolution(
    data: NDArray | None = None,
    offset: NDArray | None = None,
    mask: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    kernel: int | Sequence[int] = ...,
    stride: int | Sequence[int] = (),
    dilate: int | Sequence[int] = (),
    pad: int | Sequence[int] = (),
    num_filter: int = ...,
    num_group: int = 1,
    num_deformable_group: int = 1,
    workspace: int = 1024,
    no_bias: bool = False,
    im2col_step: int = 64,
    layout: Literal["NCDHW", "NCHW", "NCW"] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Convolves images with windows that are bent and weighted at each place."""

def MultiBoxDetection(
    cls_prob: NDArray | None = None,
    loc_pred: NDArray | None = None,
    anchor: NDArray | None = None,
    clip: bool = True,
    threshold: float = 0.01,
    background_id: int = 0,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Reads boxes from predictions, and drops those that overlap with a better one of their class."""

def MultiBoxPrior(
    data: NDArray | None = None,
    sizes: float | Sequence[float] = (1.0,),
    ratios: float | Sequence[float] = (1.0,),
    clip: bool = False,
    steps: float | Sequence[float] = (-1.0, -1.0),
    offsets: float | Sequence[float] = (0.5, 0.5),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Lays anchors over an image, the same ones around each element of a map of features."""

def MultiBoxTarget(
    anchor: NDArray | None = None,
    label: NDArray | None = None,
    cls_pred: NDArray | None = None,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    minimum_negative_samples: int = 0,
    variances: float | Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Says what each anchor should predict, given the objects in each image."""

def MultiProposal(
    cls_prob: NDArray | None = None,
    bbox_pred: NDArray | None = None,
    im_info: NDArray | None = None,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: float | Sequence[float] = (4.0, 8.0, 16.0, 32.0),
    ratios: float | Sequence[float] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Proposes the boxes in each image that are most likely objects, and do not overlap much."""

def PSROIPooling(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    spatial_scale: float = ...,
    output_dim: int = ...,
    pooled_size: int = ...,
    group_size: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps the mean of each bin of each box, where each bin reads channels of its own."""

def Proposal(
    cls_prob: NDArray | None = None,
    bbox_pred: NDArray | None = None,
    im_info: NDArray | None = None,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: float | Sequence[float] = (4.0, 8.0, 16.0, 32.0),
    ratios: float | Sequence[float] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Proposes boxes in a single image; otherwise as MultiProposal."""

def ROIAlign(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps the mean of some points of each bin of each box, interpolated between elements."""

def RROIAlign(
    data: NDArray | None = None,
    rois: NDArray | None = None,
    pooled_size: int | Sequence[int] = ...,
    spatial_scale: float = ...,
    sampling_ratio: int = -1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps the mean of some points of each bin of each box, for boxes that are turned."""

def SparseEmbedding(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: DTypeLike = "float32",
    sparse_grad: bool = False,
    deterministic: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Looks up rows of a matrix, whose gradient is always stored by rows: an older name of ``Embedding``."""

def SyncBatchNorm(
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
    ndev: int = 1,
    key: str = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Normalises channels over the batch, of which MXNet's devices each hold a part."""

def allclose(
    a: NDArray | None = None,
    b: NDArray | None = None,
    rtol: float = 1e-05,
    atol: float = 1e-08,
    equal_nan: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Tells whether all elements are close: :math:`|a - b| \le atol + rtol\, |b|`."""

def arange_like(
    data: NDArray | None = None,
    start: float = 0.0,
    step: float = 1.0,
    repeat: int = 1,
    ctx: str = "",
    axis: int | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Counts up in an array shaped like data, or in a vector as long as one of its axes."""

def backward_gradientmultiplier(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies, element by element: :math:`a b`, where a is the data and b the number."""

def backward_hawkesll(
    grad: NDArray | None = None,
    lda: NDArray | None = None,
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    state: NDArray | None = None,
    lags: NDArray | None = None,
    marks: NDArray | None = None,
    valid_length: NDArray | None = None,
    max_time: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Computes the gradients of the log-likelihoods of ``contrib.hawkesll``."""

def backward_index_copy(
    grad: NDArray | None = None,
    index_vector: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Splits the gradient of ``contrib.index_copy`` into those of the old rows and of the new ones."""

def backward_quadratic(
    grad: NDArray | None = None,
    data: NDArray | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes grad (2 a x + b), element by element: the gradient of ``contrib.quadratic``."""

def bipartite_matching(
    data: NDArray | None = None,
    is_ascend: bool = False,
    threshold: float = ...,
    topk: int = -1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Pairs rows with columns: the pair with the best score first, then the best of what is left."""

def boolean_mask(
    data: NDArray | None = None,
    index: NDArray | None = None,
    axis: int = 0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps the rows whose mask is not 0; how many, only the mask tells."""

def box_decode(
    data: NDArray | None = None,
    anchors: NDArray | None = None,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["center", "corner"] = "center",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Makes boxes of predicted offsets from anchors: undoes the encoding."""

def box_encode(
    samples: NDArray | None = None,
    matches: NDArray | None = None,
    anchors: NDArray | None = None,
    refs: NDArray | None = None,
    means: NDArray | None = None,
    stds: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Encodes the boxes that anchors are matched with as offsets from these, normalised: training targets."""

def box_iou(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    format: Literal["center", "corner"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides the intersection of two boxes by their union, for each box of one array and each of another."""

def box_nms(
    data: NDArray | None = None,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["center", "corner"] = "corner",
    out_format: Literal["center", "corner"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Keeps the boxes with the best scores, and drops those that overlap with a better one of their class."""

def calibrate_entropy(
    hist: NDArray | None = None,
    hist_edges: NDArray | None = None,
    num_quantized_bins: int = 255,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Finds the threshold for which the quantized values are distributed most like the values (Migacz, 2017)."""

def count_sketch(
    data: NDArray | None = None,
    h: NDArray | None = None,
    s: NDArray | None = None,
    out_dim: int = ...,
    processing_batch_size: int = 32,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds each element, with a sign, to one of fewer places (Charikar, Chen and Farach-Colton, 2002)."""

def dequantize(
    data: NDArray | None = None,
    min_range: NDArray | None = None,
    max_range: NDArray | None = None,
    out_type: DTypeLike = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Converts integers of 8 bits to the real numbers that they stand for."""

def div_sqrt_dim(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Divides by the square root of the last extent, as attention scales its scores (Vaswani et al., 2017)."""

def edge_id(
    data: NDArray | None = None,
    u: NDArray | None = None,
    v: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Looks up elements of a CSR matrix, the edges of a graph between two vertices; -1 where none is stored."""

def fft(
    data: NDArray | None = None,
    compute_size: int = 128,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Transforms real rows; the output holds the real and imaginary parts in turn."""

def getnnz(
    data: NDArray | None = None,
    axis: int | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Counts what a CSR matrix stores, as int64."""

def gradientmultiplier(
    data: NDArray | None = None,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns its input, and multiplies the gradient that comes back by a number."""

def group_adagrad_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    history: NDArray | None = None,
    lr: float = ...,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-05,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Steps by AdaGrad with one history per row: the sum of the mean squares of that row's gradients."""

def hawkesll(
    lda: NDArray | None = None,
    alpha: NDArray | None = None,
    beta: NDArray | None = None,
    state: NDArray | None = None,
    lags: NDArray | None = None,
    marks: NDArray | None = None,
    valid_length: NDArray | None = None,
    max_time: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Computes the log-likelihood of sequences of events under a Hawkes process (Hawkes, 1971)."""

def ifft(
    data: NDArray | None = None,
    compute_size: int = 128,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Transforms rows of real and imaginary parts in turn back, and returns the real part."""

def index_array(
    data: NDArray | None = None,
    axes: int | Sequence[int] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Returns for each element where it stands: its index along all axes, or along some."""

def index_copy(
    old_tensor: NDArray | None = None,
    index_vector: NDArray | None = None,
    new_tensor: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Overwrites rows of an array; in a copy, as all operators do."""

def interleaved_matmul_encdec_qk(
    queries: NDArray | None = None,
    keys_values: NDArray | None = None,
    heads: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies the queries of a sequence by the keys of another, over the square root of a head's extent."""

def interleaved_matmul_encdec_valatt(
    keys_values: NDArray | None = None,
    attention: NDArray | None = None,
    heads: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the values of another sequence, weighted by attention."""

def interleaved_matmul_selfatt_qk(
    queries_keys_values: NDArray | None = None,
    heads: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Multiplies the queries of a sequence by its keys, over the square root of a head's extent."""

def interleaved_matmul_selfatt_valatt(
    queries_keys_values: NDArray | None = None,
    attention: NDArray | None = None,
    heads: int = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Adds up the values of a sequence, weighted by attention."""

def quadratic(
    data: NDArray | None = None,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Computes a x^2 + b x + c, element by element; of integers the fraction is cut off."""

def quantize(
    data: NDArray | None = None,
    min_range: NDArray | None = None,
    max_range: NDArray | None = None,
    out_type: DTypeLike = "uint8",
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Converts real numbers to integers of 8 bits; what lies outside of the range saturates."""

def quantize_asym(
    data: NDArray | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    r"""Converts real numbers to unsigned integers: :math:`\lfloor x \cdot scale + shift + 0.5 \rfloor`."""

def quantize_v2(
    data: NDArray | None = None,
    out_type: Literal["auto", "int8", "uint8"] = "int8",
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Converts real numbers to integers of 8 bits; the range is calibrated, or that of the data."""

def quantized_act(
    data: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"] = ...,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Replaces negative numbers with 0; other kinds of activation are not there for integers."""

def quantized_batch_norm(
    data: NDArray | None = None,
    gamma: NDArray | None = None,
    beta: NDArray | None = None,
    moving_mean: NDArray | None = None,
    moving_var: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
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
) -> list[NDArray]:
    """Normalises channels with the moving statistics; the range of the output has to be calibrated."""

def quantized_concat(
    *data: NDArray | Sequence[NDArray],
    num_args: int = ...,
    dim: int = 1,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Joins arrays along an existing axis, and converts them to the range of them all."""

def quantized_conv(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
    min_weight: NDArray | None = None,
    max_weight: NDArray | None = None,
    min_bias: NDArray | None = None,
    max_bias: NDArray | None = None,
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
) -> list[NDArray]:
    """Slides filters over the data, and adds a bias."""

def quantized_elemwise_add(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    lhs_min: NDArray | None = None,
    lhs_max: NDArray | None = None,
    rhs_min: NDArray | None = None,
    rhs_max: NDArray | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Adds arrays element by element."""

def quantized_elemwise_mul(
    lhs: NDArray | None = None,
    rhs: NDArray | None = None,
    lhs_min: NDArray | None = None,
    lhs_max: NDArray | None = None,
    rhs_min: NDArray | None = None,
    rhs_max: NDArray | None = None,
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    enable_float_output: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> Any:
    """Multiplies arrays of int8 element by element."""

def quantized_embedding(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    min_weight: NDArray | None = None,
    max_weight: NDArray | None = None,
    input_dim: int = ...,
    output_dim: int = ...,
    dtype: DTypeLike = "float32",
    sparse_grad: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Looks up rows of a matrix; positions are clipped."""

def quantized_flatten(
    data: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Makes a matrix: the first axis stays, the others become one."""

def quantized_fully_connected(
    data: NDArray | None = None,
    weight: NDArray | None = None,
    bias: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
    min_weight: NDArray | None = None,
    max_weight: NDArray | None = None,
    min_bias: NDArray | None = None,
    max_bias: NDArray | None = None,
    num_hidden: int = ...,
    no_bias: bool = False,
    flatten: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Applies a linear transformation."""

def quantized_pooling(
    data: NDArray | None = None,
    min_data: NDArray | None = None,
    max_data: NDArray | None = None,
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
) -> list[NDArray]:
    """Slides a window over two or three axes of space and keeps its maximum or mean."""

def quantized_rnn(
    data: NDArray | None = None,
    parameters: NDArray | None = None,
    state: NDArray | None = None,
    state_cell: NDArray | None = None,
    data_scale: NDArray | None = None,
    data_shift: NDArray | None = None,
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
    """Applies layers of recurrent cells to sequences of bytes, made by ``contrib.quantize_asym``."""

def requantize(
    data: NDArray | None = None,
    min_range: NDArray | None = None,
    max_range: NDArray | None = None,
    out_type: Literal["auto", "int8", "uint8"] = "int8",
    min_calib_range: float | None = None,
    max_calib_range: float | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> list[NDArray]:
    """Converts sums of products, which are int32, to integers of 8 bits."""

def round_ste(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{round}(x)` of each element."""

def sign_ste(
    data: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Computes :math:`\mathrm{sign}(x)` of each element."""

from mxnet.ndarray.operators import CTCLoss as CTCLoss
from mxnet.ndarray.operators import CTCLoss as CTCLoss
box_non_maximum_suppression = box_nms
ctc_loss = CTCLoss
