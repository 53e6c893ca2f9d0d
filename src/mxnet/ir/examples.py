"""One example for each operator, as its help shows it: calls are written here, what they print is filled in.

A new operator gets a line with its name, its inputs and its parameters, apart by ``|``; an input is a list of
numbers, or an expression that gives an array. ``python tools/make_examples.py`` runs the calls and writes
below each what is shown of the result (its values, or only its shape) and what that prints.
"""

from __future__ import annotations

from typing import NamedTuple

from mxnet.ir.namespaces import home_of
from mxnet.ir.op import Op

__all__ = ["EXAMPLES", "Example", "example_of"]

_WIDTH = 100
_DECIDED_BY_VALUES = frozenset(
    {"_contrib_boolean_mask"}
)  # the shapes of their results: they cannot be planned


class Example(NamedTuple):
    """A call of an operator, and what it gives.

    Attributes
    ----------
    inputs : tuple of str
        Expressions of the inputs; ``"None"`` for one that is left out.
    parameters : str
        The parameters, as they are written in the call.
    shown : str
        What is shown of each result, such as ``"asnumpy()"``.
    result : str
        What that prints.
    """

    inputs: tuple[str, ...]
    parameters: str
    shown: str
    result: str

    @property
    def several(self) -> bool:
        """Whether there are several results."""
        return self.shown.startswith("each ")

    def arguments(self, cls: type[Op]) -> dict[str, str]:
        """Return the expressions of the inputs that are given, by name."""
        slots = "abcdefgh" if cls.variadic else cls.call_order or (*cls.inputs, *cls.aux)
        named = zip(slots, self.inputs, strict=False)
        return {name: _as_array(text) for name, text in named if text != "None"}

    def call(self, cls: type[Op], package: str) -> str:
        """Return the call as it is written, with variables for the inputs."""
        names = list(self.arguments(cls))
        if "None" in self.inputs:
            names = [f"{name}={name}" for name in names]
        return (
            f"{package}.{home_of(cls)}({', '.join([*names, self.parameters] if self.parameters else names)})"
        )


def _as_array(text: str) -> str:
    return f"mx.nd.array({text})" if text.startswith("[") else text


def example_of(cls: type[Op], package: str) -> str:
    """Return the example of an operator as lines to type; empty if it has none.

    Parameters
    ----------
    cls : type of Op
        The operator.
    package : str
        ``"mx.nd"``, or ``"mx.sym"``, which shows it composed and evaluated.
    """
    example = EXAMPLES.get(cls.name)
    if example is None:
        return ""
    arguments, call = example.arguments(cls), example.call(cls, package)
    shown = example.shown.removeprefix("each ")
    if package == "mx.nd":
        lines = [f"{name} = {text}" for name, text in arguments.items()]
        lines.append(f"[each.{shown} for each in {call}]" if example.several else f"{call}.{shown}")
        return _transcript(lines, example.result)
    lines = [f'{name} = mx.sym.Variable("{name}")' for name in arguments]
    lines.append(f"y = {call}")
    if cls.name in _DECIDED_BY_VALUES:
        return _transcript([*lines, "y.list_arguments()"], repr(list(arguments)))
    if cls.aux:
        states = ", ".join(f'"{name}": {text}' for name, text in arguments.items() if name in cls.aux)
        inputs = ", ".join(f'"{name}": {text}' for name, text in arguments.items() if name not in cls.aux)
        lines.append(f"executor = y.bind(mx.cpu(), {{{inputs}}}, aux_states={{{states}}})")
        results = "executor.forward()"
    else:
        results = f"y.eval({', '.join(f'{name}={text}' for name, text in arguments.items())})"
    lines.append(f"[each.{shown} for each in {results}]" if example.several else f"{results}[0].{shown}")
    return _transcript(lines, example.result)


def _transcript(lines: list[str], result: str) -> str:
    return "\n".join([*(_typed(line) for line in lines), result])


def _typed(line: str) -> str:
    """Return a line as it is typed, folded after a comma where it is long."""
    folded, rest = [], line
    while len(rest) > _WIDTH and (end := rest.rfind(", ", 0, _WIDTH)) > 0:
        folded.append(rest[: end + 1])
        rest = "    " + rest[end + 2 :]
    return "\n... ".join([">>> " + folded[0], *folded[1:], rest] if folded else [">>> " + rest])


def _read(table: str) -> dict[str, Example]:
    """Return the examples of a table by the name of the operator."""
    examples = {}
    for entry in table.strip().split("\n\n"):
        head, *rest = entry.splitlines()
        shown, *result = rest or ["shape"]  # of a new one
        name, inputs, parameters = (*(part.strip() for part in head.split("|")), "", "")[:3]
        given = tuple(inputs.split("; ")) if inputs else ()
        examples[name] = Example(given, parameters, shown.strip(), "\n".join(line[4:] for line in result))
    return examples


EXAMPLES = _read(
    """
Activation | [-1, 0, 2] | act_type="relu"
    asnumpy()
    array([0., 0., 2.], dtype=float32)

LeakyReLU | [-1, 0, 2] | act_type="leaky", slope=0.25
    asnumpy()
    array([-0.25,  0.  ,  2.  ], dtype=float32)

log_softmax | [0, 1, 2]
    asnumpy().round(3)
    array([-2.408, -1.408, -0.408], dtype=float32)

softmax | [0, 1, 2]
    asnumpy().round(3)
    array([0.09 , 0.245, 0.665], dtype=float32)

SoftmaxActivation | [[0, 1, 2]]
    asnumpy().round(3)
    array([[0.09 , 0.245, 0.665]], dtype=float32)

softmin | [0, 1, 2]
    asnumpy().round(3)
    array([0.665, 0.245, 0.09 ], dtype=float32)

_contrib_interleaved_matmul_encdec_qk | mx.nd.ones((3, 2, 4)); mx.nd.ones((5, 2, 8)) | heads=2
    shape
    (4, 3, 5)

_contrib_interleaved_matmul_encdec_valatt | mx.nd.ones((5, 2, 8)); mx.nd.ones((4, 3, 5)) | heads=2
    shape
    (3, 2, 4)

_contrib_interleaved_matmul_selfatt_qk | mx.nd.ones((3, 2, 12)) | heads=2
    shape
    (4, 3, 3)

_contrib_interleaved_matmul_selfatt_valatt | mx.nd.ones((3, 2, 12)); mx.nd.ones((4, 3, 3)) | heads=2
    shape
    (3, 2, 4)

_contrib_bipartite_matching | [[0.5, 0.6], [0.1, 0.2], [0.3, 0.4]] | threshold=0.01
    each asnumpy()
    [array([ 1., -1.,  0.], dtype=float32), array([2., 0.], dtype=float32)]

_contrib_box_decode | [[[0, 0, 0, 0]]]; [[[0.1, 0.1, 0.3, 0.5]]]
    shape
    (1, 1, 4)

_contrib_box_encode | [[1]]; [[0]]; [[[0, 0, 2, 2]]]; [[[0, 0, 2, 4]]]; [0, 0, 0, 0]; [1, 1, 1, 1]
    each shape
    [(1, 1, 4), (1, 1, 4)]

_contrib_box_iou | [[0, 0, 2, 2]]; [[1, 1, 3, 3], [0, 0, 2, 2]]
    asnumpy().round(3)
    array([[0.143, 1.   ]], dtype=float32)

_contrib_box_nms | [[0.9, 0, 0, 2, 2], [0.8, 0, 0, 2, 1.8], [0.7, 5, 5, 6, 6]] | coord_start=1, score_index=0
    shape
    (3, 5)

broadcast_add | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[3., 4.],
           [6., 7.]], dtype=float32)

broadcast_axis | [[1], [2]] | axis=1, size=3
    asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)

broadcast_div | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy().round(3)
    array([[0.5  , 1.   ],
           [1.   , 1.333]], dtype=float32)

broadcast_equal | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[0., 1.],
           [1., 0.]], dtype=float32)

broadcast_greater | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[0., 0.],
           [0., 1.]], dtype=float32)

broadcast_greater_equal | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[0., 1.],
           [1., 1.]], dtype=float32)

broadcast_hypot | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy().round(3)
    array([[2.236, 2.828],
           [4.243, 5.   ]], dtype=float32)

broadcast_lesser | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[1., 0.],
           [0., 0.]], dtype=float32)

broadcast_lesser_equal | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[1., 1.],
           [1., 0.]], dtype=float32)

broadcast_like | [[1], [2]]; mx.nd.ones((2, 3))
    asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)

broadcast_logical_and | [[0, 1]]; [[0], [1]]
    asnumpy()
    array([[0., 0.],
           [0., 1.]], dtype=float32)

broadcast_logical_or | [[0, 1]]; [[0], [1]]
    asnumpy()
    array([[0., 1.],
           [1., 1.]], dtype=float32)

broadcast_logical_xor | [[0, 1]]; [[0], [1]]
    asnumpy()
    array([[0., 1.],
           [1., 0.]], dtype=float32)

broadcast_maximum | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[2., 2.],
           [3., 4.]], dtype=float32)

broadcast_minimum | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[1., 2.],
           [3., 3.]], dtype=float32)

broadcast_mod | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)

broadcast_mul | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[ 2.,  4.],
           [ 9., 12.]], dtype=float32)

broadcast_not_equal | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)

broadcast_power | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[ 1.,  4.],
           [27., 64.]], dtype=float32)

broadcast_sub | [[1, 2], [3, 4]]; [[2], [3]]
    asnumpy()
    array([[-1.,  0.],
           [ 0.,  1.]], dtype=float32)

broadcast_to | [[1], [2]] | shape=(2, 3)
    asnumpy()
    array([[1., 1., 1.],
           [2., 2., 2.]], dtype=float32)

_contrib_calibrate_entropy | mx.nd.ones((1001,)); mx.nd.arange(1002) | num_quantized_bins=255
    each asnumpy()
    [array([1001.], dtype=float32), array([0.], dtype=float32)]

amp_cast | [0.5, 1.5] | dtype="float16"
    asnumpy()
    array([0.5, 1.5], dtype=float16)

amp_multicast | [1, 2]; mx.nd.ones((2,), dtype="float16") | num_outputs=2
    each asnumpy()
    [array([1., 2.], dtype=float32), array([1., 1.], dtype=float32)]

Cast | [0.9, 1.3] | dtype="int32"
    asnumpy()
    array([0, 1], dtype=int32)

col2im | mx.nd.ones((1, 4, 9)) | output_size=(4, 4), kernel=(2, 2)
    shape
    (1, 1, 4, 4)

im2col | mx.nd.ones((1, 1, 4, 4)) | kernel=(2, 2)
    shape
    (1, 4, 9)

_contrib_allclose | [1, 2]; [1, 2.5] | atol=0.1
    asnumpy()
    array(0, dtype=uint8)

_contrib_backward_quadratic | [1, 1]; [1, 2] | a=1, b=3
    asnumpy()
    array([5., 7.], dtype=float32)

_contrib_div_sqrt_dim | [[2, 4, 6, 8]]
    asnumpy()
    array([[1., 2., 3., 4.]], dtype=float32)

_contrib_gradientmultiplier | [1, 2] | scalar=0.5
    asnumpy()
    array([1., 2.], dtype=float32)

_contrib_quadratic | [1, 2] | a=1, b=2, c=3
    asnumpy()
    array([ 6., 11.], dtype=float32)

Convolution | mx.nd.ones((1, 3, 8, 8)); mx.nd.ones((4, 3, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4, pad=(1, 1)
    shape
    (1, 4, 8, 8)

Convolution_v1 | mx.nd.ones((1, 3, 8, 8)); mx.nd.ones((4, 3, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4
    shape
    (1, 4, 6, 6)

Deconvolution | mx.nd.ones((1, 4, 4, 4)); mx.nd.ones((4, 3, 2, 2)) | kernel=(2, 2), num_filter=3, stride=(2, 2)
    shape
    (1, 3, 8, 8)

_arange | | start=2, stop=8, step=2
    asnumpy()
    array([2., 4., 6.], dtype=float32)

_contrib_arange_like | mx.nd.ones((2, 3)) | axis=1
    asnumpy()
    array([0., 1., 2.], dtype=float32)

_eye | | N=2
    asnumpy()
    array([[1., 0.],
           [0., 1.]], dtype=float32)

_full | | shape=(2, 2), value=2.5
    asnumpy()
    array([[2.5, 2.5],
           [2.5, 2.5]], dtype=float32)

_linspace | | start=0, stop=1, num=5
    asnumpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)

_ones | | shape=(2, 2)
    asnumpy()
    array([[1., 1.],
           [1., 1.]], dtype=float32)

_zeros | | shape=(2, 2)
    asnumpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)

_zeros_without_dtype | | shape=(2, 2), dtype=0
    asnumpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)

CTCLoss | mx.nd.zeros((4, 1, 3)); [[1, 2]]
    asnumpy().round(3)
    array([1.686], dtype=float32)

_np_cumsum | [[1, 2, 3], [4, 5, 6]] | axis=1
    asnumpy()
    array([[ 1.,  3.,  6.],
           [ 4.,  9., 15.]], dtype=float32)

_contrib_DeformableConvolution | mx.nd.ones((1, 2, 5, 5)); mx.nd.zeros((1, 18, 3, 3)); mx.nd.ones((4, 2, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4
    shape
    (1, 4, 3, 3)

_contrib_DeformablePSROIPooling | mx.nd.ones((1, 8, 8, 8)); [[0, 0, 0, 4, 4]] | spatial_scale=1.0, output_dim=2, group_size=2, pooled_size=2, no_trans=True
    asnumpy().tolist()
    [[[[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]]

_contrib_ModulatedDeformableConvolution | mx.nd.ones((1, 2, 5, 5)); mx.nd.zeros((1, 18, 3, 3)); mx.nd.ones((1, 9, 3, 3)); mx.nd.ones((4, 2, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4
    shape
    (1, 4, 3, 3)

_random_pdf_dirichlet | [[0.25, 0.75]]; [[1, 2]]
    asnumpy()
    array([1.5], dtype=float32)

_random_pdf_exponential | [[0, 1]]; [2]
    asnumpy().round(3)
    array([[2.   , 0.271]], dtype=float32)

_random_pdf_gamma | [[1, 2]]; [2]; [1]
    asnumpy().round(3)
    array([[0.368, 0.271]], dtype=float32)

_random_pdf_generalized_negative_binomial | [[0, 1]]; [2]; [0.5]
    asnumpy()
    array([[0.25, 0.25]], dtype=float32)

_random_pdf_negative_binomial | [[0, 1]]; [2]; [0.5]
    asnumpy()
    array([[0.25, 0.25]], dtype=float32)

_random_pdf_normal | [[0, 1]]; [0]; [1]
    asnumpy().round(3)
    array([[0.399, 0.242]], dtype=float32)

_random_pdf_poisson | [[0, 1]]; [2]
    asnumpy().round(3)
    array([[0.135, 0.271]], dtype=float32)

_random_pdf_uniform | [[0.5, 1]]; [0]; [2]
    asnumpy()
    array([[0.5, 0.5]], dtype=float32)

_contrib_MultiBoxDetection | [[[0.1, 0.8], [0.9, 0.2]]]; mx.nd.zeros((1, 8)); [[[0.1, 0.1, 0.3, 0.3], [0.5, 0.5, 0.9, 0.9]]]
    shape
    (1, 2, 6)

_contrib_MultiBoxPrior | mx.nd.ones((1, 3, 1, 1)) | sizes=(0.5, 0.25)
    asnumpy().tolist()
    [[[0.25, 0.25, 0.75, 0.75], [0.375, 0.375, 0.625, 0.625]]]

_contrib_MultiBoxTarget | [[[0.1, 0.1, 0.3, 0.3]]]; [[[0, 0.1, 0.1, 0.3, 0.3]]]; mx.nd.zeros((1, 2, 1))
    each asnumpy()
    [array([[0., 0., 0., 0.]], dtype=float32), array([[1., 1., 1., 1.]], dtype=float32), array([[1.]], dtype=float32)]

Dropout | [1, 2, 3] | p=0.5
    shape
    (3,)

_copy | [1, 2]
    asnumpy()
    array([1., 2.], dtype=float32)

_equal | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([0., 1., 0.], dtype=float32)

_grad_add | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([4., 4., 4.], dtype=float32)

_greater | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([0., 0., 1.], dtype=float32)

_greater_equal | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([0., 1., 1.], dtype=float32)

_hypot | [1, 2, 3]; [3, 2, 1]
    asnumpy().round(3)
    array([3.162, 2.828, 3.162], dtype=float32)

_lesser | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 0., 0.], dtype=float32)

_lesser_equal | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 1., 0.], dtype=float32)

_logical_and | [0, 0, 1, 1]; [0, 1, 0, 1]
    asnumpy()
    array([0., 0., 0., 1.], dtype=float32)

_logical_or | [0, 0, 1, 1]; [0, 1, 0, 1]
    asnumpy()
    array([0., 1., 1., 1.], dtype=float32)

_logical_xor | [0, 0, 1, 1]; [0, 1, 0, 1]
    asnumpy()
    array([0., 1., 1., 0.], dtype=float32)

_maximum | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([3., 2., 3.], dtype=float32)

_minimum | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 2., 1.], dtype=float32)

_mod | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 0., 0.], dtype=float32)

_not_equal | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 0., 1.], dtype=float32)

_power | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([1., 4., 3.], dtype=float32)

_scatter_elemwise_div | [1, 2, 3]; [3, 2, 1]
    asnumpy().round(3)
    array([0.333, 1.   , 3.   ], dtype=float32)

add_n | [1, 2]; [3, 4]; [5, 6]
    asnumpy()
    array([ 9., 12.], dtype=float32)

BlockGrad | [1, 2]
    asnumpy()
    array([1., 2.], dtype=float32)

elemwise_add | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([4., 4., 4.], dtype=float32)

elemwise_div | [1, 2, 3]; [3, 2, 1]
    asnumpy().round(3)
    array([0.333, 1.   , 3.   ], dtype=float32)

elemwise_mul | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([3., 4., 3.], dtype=float32)

elemwise_sub | [1, 2, 3]; [3, 2, 1]
    asnumpy()
    array([-2.,  0.,  2.], dtype=float32)

make_loss | [1, 2]
    asnumpy()
    array([1., 2.], dtype=float32)

where | [1, 0]; [1, 2]; [3, 4]
    asnumpy()
    array([1., 4.], dtype=float32)

_image_adjust_lighting | mx.nd.ones((4, 4, 3)) | alpha=(0.01, 0.02, 0.03)
    shape
    (4, 4, 3)

_image_crop | mx.nd.ones((6, 8, 3), dtype="uint8") | x=1, y=2, width=4, height=3
    shape
    (3, 4, 3)

_image_flip_left_right | [[[1, 2, 3], [4, 5, 6]]]
    asnumpy().tolist()
    [[[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]]

_image_flip_top_bottom | [[[1, 2, 3]], [[4, 5, 6]]]
    asnumpy().tolist()
    [[[4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]]]

_image_normalize | mx.nd.ones((3, 2, 2)) | mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)
    asnumpy().tolist()
    [[[2.0, 2.0], [2.0, 2.0]], [[2.0, 2.0], [2.0, 2.0]], [[2.0, 2.0], [2.0, 2.0]]]

_image_random_brightness | mx.nd.ones((4, 4, 3)) | min_factor=0.5, max_factor=1.5
    shape
    (4, 4, 3)

_image_random_color_jitter | mx.nd.ones((4, 4, 3)) | brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5
    shape
    (4, 4, 3)

_image_random_contrast | mx.nd.ones((4, 4, 3)) | min_factor=0.5, max_factor=1.5
    shape
    (4, 4, 3)

_image_random_flip_left_right | mx.nd.ones((4, 4, 3))
    shape
    (4, 4, 3)

_image_random_flip_top_bottom | mx.nd.ones((4, 4, 3))
    shape
    (4, 4, 3)

_image_random_hue | mx.nd.ones((4, 4, 3)) | min_factor=0.5, max_factor=1.5
    shape
    (4, 4, 3)

_image_random_lighting | mx.nd.ones((4, 4, 3))
    shape
    (4, 4, 3)

_image_random_saturation | mx.nd.ones((4, 4, 3)) | min_factor=0.5, max_factor=1.5
    shape
    (4, 4, 3)

_image_resize | mx.nd.ones((6, 8, 3), dtype="uint8") | size=(4, 3)
    shape
    (3, 4, 3)

_image_to_tensor | mx.nd.ones((4, 5, 3), dtype="uint8")
    shape
    (3, 4, 5)

_ravel_multi_index | [[0, 1], [2, 1]] | shape=(2, 3)
    asnumpy()
    array([2., 4.], dtype=float32)

_scatter_set_nd | [1, 2, 3]; [9]; [[1]] | shape=(3,)
    asnumpy()
    array([1., 9., 3.], dtype=float32)

_unravel_index | [2, 4] | shape=(2, 3)
    asnumpy()
    array([[0., 1.],
           [2., 1.]], dtype=float32)

batch_take | [[1, 2], [3, 4]]; mx.nd.array([0, 1], dtype="int32")
    asnumpy()
    array([1., 4.], dtype=float32)

Embedding | [1, 0]; [[1, 2], [3, 4], [5, 6]] | input_dim=3, output_dim=2
    asnumpy()
    array([[3., 4.],
           [1., 2.]], dtype=float32)

fill_element_0index | [[1, 2], [3, 4]]; [8, 9]; [1, 0]
    asnumpy()
    array([[1., 8.],
           [9., 4.]], dtype=float32)

gather_nd | [[1, 2], [3, 4]]; [[0, 1], [1, 0]]
    asnumpy()
    array([2., 3.], dtype=float32)

one_hot | [1, 0] | depth=3
    asnumpy()
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)

pick | [[1, 2], [3, 4]]; [0, 1]
    asnumpy()
    array([1., 4.], dtype=float32)

scatter_nd | [8, 9]; [[0, 1], [1, 0]] | shape=(2, 2)
    asnumpy()
    array([[0., 8.],
           [9., 0.]], dtype=float32)

take | [[1, 2], [3, 4], [5, 6]]; [2, 0]
    asnumpy()
    array([[5., 6.],
           [1., 2.]], dtype=float32)

_copyto | [1, 2]
    asnumpy()
    array([1., 2.], dtype=float32)

_CrossDeviceCopy | [1, 2]
    asnumpy()
    array([1., 2.], dtype=float32)

_onehot_encode | [1, 0]; mx.nd.zeros((2, 3))
    asnumpy()
    array([[0., 1., 0.],
           [1., 0., 0.]], dtype=float32)

_rnn_param_concat | [1, 2]; [3] | dim=0
    asnumpy()
    array([1., 2., 3.], dtype=float32)

_split_v2 | [1, 2, 3, 4] | indices=(0, 1), axis=0
    each asnumpy()
    [array([1.], dtype=float32), array([2., 3., 4.], dtype=float32)]

Concat | [[1, 2]]; [[3, 4]] | dim=0
    asnumpy()
    array([[1., 2.],
           [3., 4.]], dtype=float32)

SliceChannel | [[1, 2, 3, 4]] | num_outputs=2, axis=1
    each asnumpy()
    [array([[1., 2.]], dtype=float32), array([[3., 4.]], dtype=float32)]

stack | [1, 2]; [3, 4] | axis=1
    asnumpy()
    array([[1., 3.],
           [2., 4.]], dtype=float32)

_identity_with_attr_like_rhs | [1, 2]; [3, 4]
    asnumpy()
    array([1., 2.], dtype=float32)

ones_like | [[1, 2], [3, 4]]
    asnumpy()
    array([[1., 1.],
           [1., 1.]], dtype=float32)

zeros_like | [[1, 2], [3, 4]]
    asnumpy()
    array([[0., 0.],
           [0., 0.]], dtype=float32)

_linalg_det | [[1, 2], [3, 4]]
    asnumpy()
    array([-2.], dtype=float32)

_linalg_extractdiag | [[1, 2], [3, 4]]
    asnumpy()
    array([1., 4.], dtype=float32)

_linalg_extracttrian | [[1, 2], [3, 4]]
    asnumpy()
    array([1., 3., 4.], dtype=float32)

_linalg_gelqf | [[3, 4]]
    each asnumpy()
    [array([[-0.6, -0.8]], dtype=float32), array([[-5.]], dtype=float32)]

_linalg_gemm | [[1, 2]]; [[3], [4]]; [[5]] | alpha=1.0, beta=2.0
    asnumpy()
    array([[21.]], dtype=float32)

_linalg_gemm2 | [[1, 2]]; [[3], [4]]
    asnumpy()
    array([[11.]], dtype=float32)

_linalg_inverse | [[1, 2], [3, 4]]
    asnumpy().round(3)
    array([[-2. ,  1. ],
           [ 1.5, -0.5]], dtype=float32)

_linalg_makediag | [1, 2]
    asnumpy()
    array([[1., 0.],
           [0., 2.]], dtype=float32)

_linalg_maketrian | [1, 2, 3]
    asnumpy()
    array([[1., 0.],
           [2., 3.]], dtype=float32)

_linalg_potrf | [[4, 2], [2, 5]]
    asnumpy()
    array([[2., 0.],
           [1., 2.]], dtype=float32)

_linalg_potri | [[2, 0], [1, 2]]
    asnumpy().round(3)
    array([[ 0.312, -0.125],
           [-0.125,  0.25 ]], dtype=float32)

_linalg_slogdet | [[1, 2], [3, 4]]
    each asnumpy().round(3)
    [array([-1.], dtype=float32), array([0.693], dtype=float32)]

_linalg_sumlogdiag | [[1, 0], [0, 2]]
    asnumpy().round(3)
    array([0.693], dtype=float32)

_linalg_syevd | [[2, 0], [0, 3]]
    each asnumpy()
    [array([[1., 0.],
           [0., 1.]], dtype=float32), array([2., 3.], dtype=float32)]

_linalg_syrk | [[1, 2], [3, 4]]
    asnumpy()
    array([[ 5., 11.],
           [11., 25.]], dtype=float32)

_linalg_trmm | [[1, 0], [2, 3]]; [[1], [1]]
    asnumpy()
    array([[1.],
           [5.]], dtype=float32)

_linalg_trsm | [[1, 0], [2, 4]]; [[1], [6]]
    asnumpy()
    array([[1.],
           [1.]], dtype=float32)

IdentityAttachKLSparseReg | [[0.25, 0.5]]; [0.1, 0.1]
    shape
    (1, 2)

LinearRegressionOutput | [0.5, 2]; [1, 2]
    asnumpy()
    array([0.5, 2. ], dtype=float32)

LogisticRegressionOutput | [0, 2]; [0, 1]
    asnumpy().round(3)
    array([0.5  , 0.881], dtype=float32)

MAERegressionOutput | [0.5, 2]; [1, 2]
    asnumpy()
    array([0.5, 2. ], dtype=float32)

MakeLoss | [1, 2] | grad_scale=2.0
    asnumpy()
    array([1., 2.], dtype=float32)

softmax_cross_entropy | [[0, 1, 2]]; [2]
    asnumpy().round(3)
    array([0.408], dtype=float32)

SoftmaxOutput | [[0, 1, 2]]; [2]
    asnumpy().round(3)
    array([[0.09 , 0.245, 0.665]], dtype=float32)

SVMOutput | [[1, 3], [2, 0]]; [1, 0]
    asnumpy()
    array([[1., 3.],
           [2., 0.]], dtype=float32)

batch_dot | mx.nd.ones((2, 3, 4)); mx.nd.ones((2, 4, 5))
    shape
    (2, 3, 5)

diag | [1, 2]
    asnumpy()
    array([[1., 0.],
           [0., 2.]], dtype=float32)

dot | [[1, 2]]; [[3], [4]]
    asnumpy()
    array([[11.]], dtype=float32)

khatri_rao | [[1, 2]]; [[3, 4], [5, 6]]
    asnumpy()
    array([[ 3.,  8.],
           [ 5., 12.]], dtype=float32)

FullyConnected | [[1, 2]]; [[1, 0], [0, 1], [1, 1]]; [0, 0, 1] | num_hidden=3
    asnumpy()
    array([[1., 2., 4.]], dtype=float32)

BatchNorm | [[1, 2], [3, 4]]; [1, 1]; [0, 0]; [1, 2]; [1, 1]
    asnumpy().round(3)
    array([[0.   , 0.   ],
           [1.999, 1.999]], dtype=float32)

BatchNorm_v1 | [[1, 2], [3, 4]]; [1, 1]; [0, 0]; [1, 2]; [1, 1]
    asnumpy().round(3)
    array([[0.   , 0.   ],
           [1.999, 1.999]], dtype=float32)

GroupNorm | [[[1], [3], [2], [6]]]; [1, 1]; [0, 0] | num_groups=2
    shape
    (1, 4, 1)

InstanceNorm | [[[1, 3], [2, 6]]]; [1, 1]; [0, 0]
    shape
    (1, 2, 2)

L2Normalization | [[3, 4]]
    asnumpy()
    array([[0.6, 0.8]], dtype=float32)

LayerNorm | [[1, 3], [2, 6]]; [1, 1]; [0, 0]
    asnumpy().round(3)
    array([[-1.,  1.],
           [-1.,  1.]], dtype=float32)

LRN | mx.nd.ones((1, 4, 2, 2)) | nsize=3
    shape
    (1, 4, 2, 2)

_contrib_BatchNormWithReLU | [[1, 2], [3, 4]]; [1, 1]; [0, 0]; [1, 2]; [1, 1]
    asnumpy().round(3)
    array([[0.   , 0.   ],
           [1.999, 1.999]], dtype=float32)

_contrib_SyncBatchNorm | [[1, 2], [3, 4]]; [1, 1]; [0, 0]; [0, 0]; [1, 1] | key="norm"
    asnumpy().round(3)
    array([[1.   , 1.999],
           [2.999, 3.998]], dtype=float32)

_cvcopyMakeBorder | mx.nd.ones((2, 3, 3), dtype="uint8") | top=1, bot=2, left=3, right=1
    shape
    (5, 7, 3)

_cvimresize | mx.nd.ones((6, 8, 3), dtype="uint8") | w=4, h=3
    shape
    (3, 4, 3)

_multi_adamw_update | [1, 2]; [0.5, 0.5]; [0, 0]; [0, 0]; [1] | lrs=(0.1,), wds=(0,), etas=(1,), num_weights=1
    shape
    (2,)

_multi_lamb_update | [1, 2]; [0.5, 0.5]; [0, 0]; [0, 0] | learning_rates=(0.1,), wds=(0,), step_count=(1,), num_tensors=1
    shape
    (2,)

_multi_mp_adamw_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; [0, 0]; [1, 2]; [1] | lrs=(0.1,), wds=(0,), etas=(1,), num_weights=1
    shape
    (2,)

_multi_mp_lamb_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; [0, 0]; [1, 2] | learning_rates=(0.1,), wds=(0,), step_count=(1,), num_tensors=1
    shape
    (2,)

all_finite | [1, 2]
    asnumpy()
    array([1.], dtype=float32)

multi_all_finite | [1, 2]; [3] | num_arrays=2
    asnumpy()
    array([1.], dtype=float32)

multi_lars | [0.1, 0.2]; [4, 9]; [1, 1]; [0, 0] | eta=0.1, eps=1e-08
    asnumpy().round(3)
    array([0.02, 0.06], dtype=float32)

multi_mp_sgd_mom_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; [1, 2] | lrs=(0.1,), wds=(0,), momentum=0.9, num_weights=1
    shape
    (2,)

multi_mp_sgd_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2] | lrs=(0.1,), wds=(0,), num_weights=1
    shape
    (2,)

multi_sgd_mom_update | [1, 2]; [0.5, 0.5]; [0, 0]; [3]; [1]; [0] | lrs=(0.1, 0.2), wds=(0, 0), momentum=0.9, num_weights=2
    each shape
    [(2,), (1,)]

multi_sgd_update | [1, 2]; [0.5, 0.5]; [3]; [1] | lrs=(0.1, 0.2), wds=(0, 0), num_weights=2
    each shape
    [(2,), (1,)]

multi_sum_sq | [1, 2]; [3] | num_arrays=2
    asnumpy()
    array([5., 9.], dtype=float32)

preloaded_multi_mp_sgd_mom_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [0, 0]; [1, 2]; [0.1]; [0] | momentum=0.9, num_weights=1
    shape
    (2,)

preloaded_multi_mp_sgd_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2]; [0.1]; [0] | num_weights=1
    shape
    (2,)

preloaded_multi_sgd_mom_update | [1, 2]; [0.5, 0.5]; [0, 0]; [0.1]; [0] | momentum=0.9, num_weights=1
    shape
    (2,)

preloaded_multi_sgd_update | [1, 2]; [0.5, 0.5]; [3]; [1]; [0.1, 0.2]; [0, 0] | num_weights=2
    each shape
    [(2,), (1,)]

reset_arrays | [1, 2]; [3] | num_arrays=2
    each shape
    []

_adamw_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1] | lr=0.1, eta=1.0
    shape
    (2,)

_contrib_group_adagrad_update | [[1, 2]]; [[0.5, 0.5]]; [[0]] | lr=0.1
    shape
    (1, 2)

_mp_adamw_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1, 2]; [1] | lr=0.1, eta=1.0
    shape
    (2,)

_sparse_adagrad_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

adam_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

ftml_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1, t=2
    shape
    (2,)

ftrl_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

lamb_update_phase1 | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)) | t=1, wd=0.1
    shape
    (2,)

lamb_update_phase2 | [1, 2]; [0.5, 0.5]; [2]; [1] | lr=0.1
    shape
    (2,)

mp_lamb_update_phase1 | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); mx.nd.zeros((2,)); mx.nd.zeros((2,)); [1, 2] | t=1, wd=0.1
    shape
    (2,)

mp_lamb_update_phase2 | mx.nd.array([1, 2], dtype="float16"); [0.5, 0.5]; [2]; [1]; [1, 2] | lr=0.1
    shape
    (2,)

mp_nag_mom_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); mx.nd.zeros((2,)); [1, 2] | lr=0.1
    shape
    (2,)

mp_sgd_mom_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); mx.nd.zeros((2,)); [1, 2] | lr=0.1
    shape
    (2,)

mp_sgd_update | mx.nd.array([1, 2], dtype="float16"); mx.nd.array([0.5, 0.5], dtype="float16"); [1, 2] | lr=0.1
    shape
    (2,)

nag_mom_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

rmsprop_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

rmspropalex_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)); mx.nd.zeros((2,)); mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

sgd_mom_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

sgd_update | [1, 2]; [0.5, 0.5] | lr=0.1
    shape
    (2,)

signsgd_update | [1, 2]; [0.5, 0.5] | lr=0.1
    shape
    (2,)

signum_update | [1, 2]; [0.5, 0.5]; mx.nd.zeros((2,)) | lr=0.1
    shape
    (2,)

_histogram | [0.1, 0.6, 0.7, 0.9]; None | bin_cnt=2, range=(0.0, 1.0)
    each asnumpy()
    [array([1, 3]), array([0. , 0.5, 1. ], dtype=float32)]

argsort | [3, 1, 2]
    asnumpy()
    array([1., 2., 0.], dtype=float32)

sort | [3, 1, 2]
    asnumpy()
    array([1., 2., 3.], dtype=float32)

topk | [3, 1, 2] | k=2, ret_typ="both"
    each asnumpy()
    [array([3., 2.], dtype=float32), array([0., 2.], dtype=float32)]

_contrib_backward_hawkesll | [1]; [[1.5, 2]]; [0.2, 0.3]; [1, 2]; mx.nd.zeros((1, 2)); [[1, 2, 1]]; mx.nd.array([[0, 1, 0]], dtype="int32"); [3]; [6]
    each asnumpy().round(3)
    [array([[-4.671, -5.5  ]], dtype=float32), array([-1.825, -0.998], dtype=float32), array([-0.074, -0.002], dtype=float32)]

_contrib_hawkesll | [[1.5, 2]]; [0.2, 0.3]; [1, 2]; mx.nd.zeros((1, 2)); [[1, 2, 1]]; mx.nd.array([[0, 1, 0]], dtype="int32"); [3]; [6]
    each asnumpy().round(3)
    [array([-20.16], dtype=float32), array([[0.142, 0.002]], dtype=float32)]

Pooling | mx.nd.arange(16).reshape((1, 1, 4, 4)) | kernel=(2, 2), stride=(2, 2), pool_type="max"
    asnumpy().tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]

Pooling_v1 | mx.nd.arange(16).reshape((1, 1, 4, 4)) | kernel=(2, 2), stride=(2, 2), pool_type="max"
    asnumpy().tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]

_contrib_MultiProposal | mx.nd.ones((1, 4, 3, 3)); mx.nd.zeros((1, 8, 3, 3)); [[48, 48, 1]] | rpn_pre_nms_top_n=12, rpn_post_nms_top_n=4, scales=(2,), ratios=(0.5, 1), rpn_min_size=4
    shape
    (4, 5)

_contrib_Proposal | mx.nd.ones((1, 4, 3, 3)); mx.nd.zeros((1, 8, 3, 3)); [[48, 48, 1]] | rpn_pre_nms_top_n=12, rpn_post_nms_top_n=4, scales=(2,), ratios=(0.5, 1), rpn_min_size=4
    shape
    (4, 5)

_contrib_dequantize | mx.nd.array([0, 127], dtype="int8"); [-1]; [1]
    asnumpy().round(3)
    array([0.   , 0.996], dtype=float32)

_contrib_quantize | [-1, 0, 0.5]; [-1]; [1] | out_type="int8"
    each asnumpy()
    [array([-127,    0,   64], dtype=int8), array([-1.], dtype=float32), array([1.], dtype=float32)]

_contrib_quantize_asym | [[0, 0.5, 1]]
    each asnumpy()
    [array([[  0, 128, 255]], dtype=uint8), array([255.], dtype=float32), array([0.], dtype=float32)]

_contrib_quantize_v2 | [-1, 0, 0.5] | out_type="int8"
    each asnumpy()
    [array([-128,    0,   64], dtype=int8), array([-1.], dtype=float32), array([1.], dtype=float32)]

_contrib_requantize | mx.nd.array([0, 1000000], dtype="int32"); [-1]; [1]
    each asnumpy().round(3)
    [array([  0, 127], dtype=int8), array([-0.], dtype=float32), array([0.], dtype=float32)]

_contrib_quantized_act | mx.nd.array([-3, 5], dtype="int8"); [-1]; [1] | act_type="relu"
    each asnumpy()
    [array([0, 5], dtype=int8), array([-1.], dtype=float32), array([1.], dtype=float32)]

_contrib_quantized_batch_norm | mx.nd.zeros((1, 2, 2, 2), dtype="int8"); mx.nd.ones((2,)); mx.nd.zeros((2,)); mx.nd.zeros((2,)); mx.nd.ones((2,)); [-1]; [1] | eps=0.001, min_calib_range=-3.0, max_calib_range=3.0
    each asnumpy().tolist()
    [[[[[0, 0], [0, 0]], [[0, 0], [0, 0]]]], [-3.0], [3.0]]

_contrib_quantized_concat | mx.nd.array([[1, 2]], dtype="int8"); mx.nd.array([[3]], dtype="int8"); [-1]; [-1]; [1]; [1] | num_args=2, dim=1
    each asnumpy()
    [array([[1, 2, 3]], dtype=int8), array([-1.], dtype=float32), array([1.], dtype=float32)]

_contrib_quantized_conv | mx.nd.ones((1, 4, 5, 5), dtype="uint8"); mx.nd.ones((4, 4, 3, 3), dtype="int8"); None; [0]; [1]; [-1]; [1] | kernel=(3, 3), num_filter=4, no_bias=True
    each shape
    [(1, 4, 3, 3), (1,), (1,)]

_contrib_quantized_elemwise_add | mx.nd.array([1, 2], dtype="int8"); mx.nd.array([3, 4], dtype="int8"); [-1]; [1]; [-1]; [1]
    each asnumpy()
    [array([33686020, 50529032], dtype=int32), array([-2.], dtype=float32), array([2.], dtype=float32)]

_contrib_quantized_elemwise_mul | mx.nd.array([1, 2], dtype="int8"); mx.nd.array([3, 4], dtype="int8"); [-1]; [1]; [-1]; [1]
    each asnumpy()
    [array([3, 8], dtype=int32), array([-133144.25], dtype=float32), array([133144.25], dtype=float32)]

_contrib_quantized_embedding | [1, 0]; mx.nd.array([[1, 2], [3, 4]], dtype="int8"); [-1]; [1] | input_dim=2, output_dim=2, dtype="int8"
    each asnumpy()
    [array([[3, 4],
           [1, 2]], dtype=int8), array([-1.], dtype=float32), array([1.], dtype=float32)]

_contrib_quantized_flatten | mx.nd.ones((2, 3, 4), dtype="int8"); [-1]; [1]
    each shape
    [(2, 12), (1,), (1,)]

_contrib_quantized_fully_connected | mx.nd.array([[1, 2]], dtype="int8"); mx.nd.array([[3, 4]], dtype="int8"); None; [-1]; [1]; [-1]; [1] | num_hidden=1, no_bias=True
    each asnumpy()
    [array([[11]], dtype=int32), array([-133144.25], dtype=float32), array([133144.25], dtype=float32)]

_contrib_quantized_pooling | mx.nd.ones((1, 3, 4, 4), dtype="int8"); [-1]; [1] | kernel=(2, 2), stride=(2, 2), pool_type="max"
    each shape
    [(1, 3, 2, 2), (1,), (1,)]

_contrib_quantized_rnn | mx.nd.ones((5, 2, 4), dtype="uint8"); mx.nd.zeros((204,)); mx.nd.zeros((2, 2, 3)); mx.nd.zeros((2, 2, 3)); [1]; [0] | mode="lstm", state_size=3, num_layers=2
    shape
    (5, 2, 3)

_random_exponential | | lam=2.0, shape=(2, 3)
    shape
    (2, 3)

_random_exponential_like | mx.nd.ones((2, 3)) | lam=2.0
    shape
    (2, 3)

_random_gamma | | alpha=2.0, beta=1.0, shape=(2, 3)
    shape
    (2, 3)

_random_gamma_like | mx.nd.ones((2, 3)) | alpha=2.0
    shape
    (2, 3)

_random_generalized_negative_binomial | | mu=2.0, alpha=0.5, shape=(2, 3)
    shape
    (2, 3)

_random_generalized_negative_binomial_like | mx.nd.ones((2, 3)) | mu=2.0
    shape
    (2, 3)

_random_negative_binomial | | k=3, p=0.5, shape=(2, 3)
    shape
    (2, 3)

_random_negative_binomial_like | mx.nd.ones((2, 3)) | k=3, p=0.5
    shape
    (2, 3)

_random_normal | | loc=0.0, scale=2.0, shape=(2, 3)
    shape
    (2, 3)

_random_normal_like | mx.nd.ones((2, 3)) | scale=2.0
    shape
    (2, 3)

_random_poisson | | lam=4.0, shape=(2, 3)
    shape
    (2, 3)

_random_poisson_like | mx.nd.ones((2, 3)) | lam=4.0
    shape
    (2, 3)

_random_randint | | low=0, high=10, shape=(2, 3)
    shape
    (2, 3)

_random_uniform | | low=-1.0, high=1.0, shape=(2, 3)
    shape
    (2, 3)

_random_uniform_like | mx.nd.ones((2, 3)) | low=-1.0
    shape
    (2, 3)

_sample_exponential | [1, 8] | shape=3
    shape
    (2, 3)

_sample_gamma | [1, 8]; [1, 2] | shape=3
    shape
    (2, 3)

_sample_generalized_negative_binomial | [2, 4]; [0.5, 1] | shape=3
    shape
    (2, 3)

_sample_multinomial | [0, 1, 0] | shape=4
    shape
    (4,)

_sample_negative_binomial | [2, 4]; [0.5, 0.2] | shape=3
    shape
    (2, 3)

_sample_normal | [0, 10]; [1, 2] | shape=3
    shape
    (2, 3)

_sample_poisson | [1, 8] | shape=3
    shape
    (2, 3)

_sample_uniform | [0, 10]; [1, 20] | shape=3
    shape
    (2, 3)

_sample_unique_zipfian | | range_max=20, shape=(2, 5)
    each shape
    [(2, 5), (2,)]

_shuffle | [[1, 2], [3, 4], [5, 6]]
    shape
    (3, 2)

depth_to_space | mx.nd.ones((1, 8, 2, 3)) | block_size=2
    shape
    (1, 2, 4, 6)

expand_dims | [1, 2] | axis=0
    asnumpy()
    array([[1., 2.]], dtype=float32)

Flatten | mx.nd.ones((2, 3, 4))
    shape
    (2, 12)

repeat | [1, 2] | repeats=2
    asnumpy()
    array([1., 1., 2., 2.], dtype=float32)

Reshape | mx.nd.ones((2, 3, 4)) | shape=(0, -1)
    shape
    (2, 12)

reshape_like | [1, 2, 3, 4]; mx.nd.ones((2, 2))
    asnumpy()
    array([[1., 2.],
           [3., 4.]], dtype=float32)

reverse | [1, 2, 3] | axis=0
    asnumpy()
    array([3., 2., 1.], dtype=float32)

shape_array | mx.nd.ones((2, 3))
    asnumpy()
    array([2, 3])

size_array | mx.nd.ones((2, 3))
    asnumpy()
    array([6])

space_to_depth | mx.nd.ones((1, 2, 4, 6)) | block_size=2
    shape
    (1, 8, 2, 3)

squeeze | [[[1], [2]]]
    asnumpy()
    array([1., 2.], dtype=float32)

SwapAxis | mx.nd.ones((2, 3, 4)) | dim1=0, dim2=2
    shape
    (4, 3, 2)

tile | [1, 2] | reps=(2, 2)
    asnumpy()
    array([[1., 2., 1., 2.],
           [1., 2., 1., 2.]], dtype=float32)

transpose | [[1, 2, 3], [4, 5, 6]]
    asnumpy()
    array([[1., 4.],
           [2., 5.],
           [3., 6.]], dtype=float32)

argmax | [[1, 5, 3], [4, 2, 6]] | axis=1
    asnumpy()
    array([1., 2.], dtype=float32)

argmax_channel | [[1, 5, 3], [4, 2, 6]]
    asnumpy()
    array([1., 2.], dtype=float32)

argmin | [[1, 5, 3], [4, 2, 6]] | axis=1
    asnumpy()
    array([0., 1.], dtype=float32)

max | [[1, 2], [3, 4]] | axis=1
    asnumpy()
    array([2., 4.], dtype=float32)

mean | [[1, 2], [3, 4]] | axis=1
    asnumpy()
    array([1.5, 3.5], dtype=float32)

min | [[1, 2], [3, 4]] | axis=1
    asnumpy()
    array([1., 3.], dtype=float32)

moments | [[1, 2], [3, 4]] | axes=(0,)
    each asnumpy()
    [array([2., 3.], dtype=float32), array([1., 1.], dtype=float32)]

nanprod | [[1, float("nan")], [3, 4]] | axis=1
    asnumpy()
    array([ 1., 12.], dtype=float32)

nansum | [[1, float("nan")], [3, 4]] | axis=1
    asnumpy()
    array([1., 7.], dtype=float32)

norm | [[1, 2], [3, 4]] | axis=1
    asnumpy().round(3)
    array([2.236, 5.   ], dtype=float32)

prod | [[1, 2], [3, 4]] | axis=1
    asnumpy()
    array([ 2., 12.], dtype=float32)

sum | [[1, 2], [3, 4]] | axis=1
    asnumpy()
    array([3., 7.], dtype=float32)

_contrib_AdaptiveAvgPooling2D | mx.nd.arange(16).reshape((1, 1, 4, 4)) | output_size=(2, 2)
    asnumpy().tolist()
    [[[[2.5, 4.5], [10.5, 12.5]]]]

_contrib_BilinearResize2D | mx.nd.ones((1, 2, 3, 4)) | height=6, width=8
    shape
    (1, 2, 6, 8)

Crop | mx.nd.ones((1, 2, 6, 6)); mx.nd.ones((1, 3, 4, 4)) | num_args=2
    shape
    (1, 2, 4, 4)

Pad | mx.nd.ones((1, 1, 2, 3)) | mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 2, 2)
    shape
    (1, 1, 4, 7)

UpSampling | mx.nd.ones((1, 2, 3, 4)) | scale=2, sample_type="nearest", num_args=1
    shape
    (1, 2, 6, 8)

RNN | mx.nd.ones((4, 2, 3)); mx.nd.ones((24,)); mx.nd.zeros((1, 2, 3)) | state_size=3, num_layers=1, mode="rnn_tanh"
    shape
    (4, 2, 3)

_contrib_PSROIPooling | mx.nd.ones((1, 8, 6, 6)); [[0, 0, 0, 4, 4]] | spatial_scale=1.0, output_dim=2, pooled_size=2
    asnumpy().tolist()
    [[[[1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]]

_contrib_ROIAlign | mx.nd.arange(16).reshape((1, 1, 4, 4)); [[0, 0, 0, 3, 3]] | pooled_size=(2, 2), spatial_scale=1.0
    asnumpy().tolist()
    [[[[3.75, 5.25], [9.75, 11.25]]]]

_contrib_RROIAlign | mx.nd.ones((1, 1, 8, 8)); [[0, 4, 4, 4, 2, 30]] | pooled_size=(2, 2), spatial_scale=1.0
    asnumpy().tolist()
    [[[[1.0, 1.0], [1.0, 1.0]]]]

ROIPooling | mx.nd.arange(16).reshape((1, 1, 4, 4)); [[0, 0, 0, 3, 3]] | pooled_size=(2, 2), spatial_scale=1.0
    asnumpy().tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]

_div_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([0.5, 1. , 1.5], dtype=float32)

_equal_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([0., 1., 0.], dtype=float32)

_greater_equal_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([0., 1., 1.], dtype=float32)

_greater_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([0., 0., 1.], dtype=float32)

_hypot_scalar | [1, 2, 3] | scalar=2
    asnumpy().round(3)
    array([2.236, 2.828, 3.606], dtype=float32)

_lesser_equal_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 1., 0.], dtype=float32)

_lesser_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 0., 0.], dtype=float32)

_logical_and_scalar | [0, 1] | scalar=2
    asnumpy()
    array([0., 1.], dtype=float32)

_logical_or_scalar | [0, 1] | scalar=2
    asnumpy()
    array([1., 1.], dtype=float32)

_logical_xor_scalar | [0, 1] | scalar=2
    asnumpy()
    array([1., 0.], dtype=float32)

_maximum_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([2., 2., 3.], dtype=float32)

_minimum_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 2., 2.], dtype=float32)

_minus_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)

_mod_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 0., 1.], dtype=float32)

_mul_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([2., 4., 6.], dtype=float32)

_not_equal_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 0., 1.], dtype=float32)

_plus_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([3., 4., 5.], dtype=float32)

_power_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([1., 4., 9.], dtype=float32)

_rdiv_scalar | [1, 2, 3] | scalar=2
    asnumpy().round(3)
    array([2.   , 1.   , 0.667], dtype=float32)

_rminus_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([ 1.,  0., -1.], dtype=float32)

_rmod_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([0., 0., 2.], dtype=float32)

_rpower_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([2., 4., 8.], dtype=float32)

_scatter_minus_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)

_scatter_plus_scalar | [1, 2, 3] | scalar=2
    asnumpy()
    array([3., 4., 5.], dtype=float32)

_contrib_backward_index_copy | mx.nd.ones((3, 2)); mx.nd.array([1], dtype="int64")
    each asnumpy()
    [array([[1., 1.],
           [0., 0.],
           [1., 1.]], dtype=float32), array([[1., 1.]], dtype=float32)]

_contrib_boolean_mask | [[1, 2], [3, 4], [5, 6]]; [0, 1, 1]
    asnumpy()
    array([[3., 4.],
           [5., 6.]], dtype=float32)

_contrib_index_array | mx.nd.ones((2, 2))
    asnumpy().tolist()
    [[[0, 0], [0, 1]], [[1, 0], [1, 1]]]

_contrib_index_copy | mx.nd.zeros((3, 2)); mx.nd.array([1], dtype="int64"); [[8, 9]]
    asnumpy()
    array([[0., 0.],
           [8., 9.],
           [0., 0.]], dtype=float32)

SequenceLast | mx.nd.arange(6).reshape((3, 2, 1)); [1, 3] | use_sequence_length=True
    asnumpy()
    array([[0.],
           [5.]], dtype=float32)

SequenceMask | mx.nd.ones((3, 2, 1)); [1, 3] | use_sequence_length=True, value=-1.0
    asnumpy().tolist()
    [[[1.0], [1.0]], [[-1.0], [1.0]], [[-1.0], [1.0]]]

SequenceReverse | mx.nd.arange(6).reshape((3, 2, 1)); [2, 3] | use_sequence_length=True
    asnumpy().tolist()
    [[[2.0], [5.0]], [[0.0], [3.0]], [[4.0], [1.0]]]

_slice_assign | [1, 2, 3, 4]; [8, 9] | begin=(1,), end=(3,)
    asnumpy()
    array([1., 8., 9., 4.], dtype=float32)

_slice_assign_scalar | [1, 2, 3, 4] | begin=(1,), end=(3,), scalar=2.5
    asnumpy()
    array([1. , 2.5, 2.5, 4. ], dtype=float32)

slice | [[1, 2, 3], [4, 5, 6]] | begin=(0, 1), end=(2, 3)
    asnumpy()
    array([[2., 3.],
           [5., 6.]], dtype=float32)

slice_axis | [[1, 2, 3], [4, 5, 6]] | axis=1, begin=0, end=2
    asnumpy()
    array([[1., 2.],
           [4., 5.]], dtype=float32)

slice_like | [[1, 2, 3], [4, 5, 6]]; mx.nd.ones((1, 2))
    asnumpy()
    array([[1., 2.]], dtype=float32)

_contrib_edge_id | mx.nd.array([[0, 7], [8, 0]]).tostype("csr"); [0, 1]; [1, 1]
    asnumpy()
    array([ 7., -1.], dtype=float32)

_contrib_getnnz | mx.nd.array([[0, 7], [8, 0]]).tostype("csr")
    asnumpy()
    array([2])

_contrib_SparseEmbedding | [1, 0]; [[1, 2], [3, 4], [5, 6]] | input_dim=3, output_dim=2
    asnumpy()
    array([[3., 4.],
           [1., 2.]], dtype=float32)

_sparse_retain | mx.nd.array([[1, 2], [3, 4], [5, 6]]).tostype("row_sparse"); [0, 2]
    asnumpy()
    array([[1., 2.],
           [0., 0.],
           [5., 6.]], dtype=float32)

_square_sum | mx.nd.array([[1, 2], [3, 4]]).tostype("row_sparse") | axis=1
    asnumpy()
    array([ 5., 25.], dtype=float32)

cast_storage | [[0, 7], [8, 0]] | stype="csr"
    asnumpy()
    array([[0., 7.],
           [8., 0.]], dtype=float32)

BilinearSampler | mx.nd.arange(16).reshape((1, 1, 4, 4)); mx.nd.zeros((1, 2, 1, 2))
    asnumpy().tolist()
    [[[[7.5, 7.5]]]]

Correlation | mx.nd.ones((1, 2, 5, 5)); mx.nd.ones((1, 2, 5, 5)) | kernel_size=1, max_displacement=1, stride1=1, stride2=1, pad_size=1
    shape
    (1, 9, 5, 5)

GridGenerator | [[1, 0, 0, 0, 1, 0]] | transform_type="affine", target_shape=(2, 3)
    asnumpy().tolist()
    [[[[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]], [[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]]]]

SpatialTransformer | mx.nd.arange(16).reshape((1, 1, 4, 4)); [[1, 0, 0, 0, 1, 0]] | target_shape=(2, 2), transform_type="affine", sampler_type="bilinear"
    asnumpy().tolist()
    [[[[0.0, 3.0], [12.0, 15.0]]]]

_contrib_count_sketch | [[1, 2, 3]]; [[0, 1, 0]]; [[1, -1, 1]] | out_dim=2
    asnumpy()
    array([[ 4., -2.]], dtype=float32)

_contrib_fft | [[1, 2]]
    asnumpy()
    array([[ 3.,  0., -1.,  0.]], dtype=float32)

_contrib_ifft | [[3, 0, -1, 0]]
    asnumpy()
    array([[2., 4.]], dtype=float32)

_contrib_round_ste | [-1.6, 0, 1.2]
    asnumpy()
    array([-2.,  0.,  1.], dtype=float32)

_contrib_sign_ste | [-1.6, 0, 1.2]
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)

abs | [-1.6, 0, 1.2]
    asnumpy()
    array([1.6, 0. , 1.2], dtype=float32)

arccos | [0, 0.5]
    asnumpy().round(3)
    array([1.571, 1.047], dtype=float32)

arccosh | [1, 2, 3]
    asnumpy().round(3)
    array([0.   , 1.317, 1.763], dtype=float32)

arcsin | [0, 0.5]
    asnumpy().round(3)
    array([0.   , 0.524], dtype=float32)

arcsinh | [-1, 0, 1]
    asnumpy().round(3)
    array([-0.881,  0.   ,  0.881], dtype=float32)

arctan | [-1, 0, 1]
    asnumpy().round(3)
    array([-0.785,  0.   ,  0.785], dtype=float32)

arctanh | [0, 0.5]
    asnumpy().round(3)
    array([0.   , 0.549], dtype=float32)

cbrt | [1, 2, 4]
    asnumpy().round(3)
    array([1.   , 1.26 , 1.587], dtype=float32)

ceil | [-1.6, 0, 1.2]
    asnumpy()
    array([-1.,  0.,  2.], dtype=float32)

clip | [-2, 0.5, 2] | a_min=-1.0, a_max=1.0
    asnumpy()
    array([-1. ,  0.5,  1. ], dtype=float32)

cos | [-1, 0, 1]
    asnumpy().round(3)
    array([0.54, 1.  , 0.54], dtype=float32)

cosh | [-1, 0, 1]
    asnumpy().round(3)
    array([1.543, 1.   , 1.543], dtype=float32)

degrees | [0, 1, 2]
    asnumpy().round(3)
    array([  0.   ,  57.296, 114.592], dtype=float32)

erf | [0, 0.5]
    asnumpy().round(3)
    array([0.  , 0.52], dtype=float32)

erfinv | [0, 0.5]
    asnumpy().round(3)
    array([0.   , 0.477], dtype=float32)

exp | [-1, 0, 1]
    asnumpy().round(3)
    array([0.368, 1.   , 2.718], dtype=float32)

expm1 | [-1, 0, 1]
    asnumpy().round(3)
    array([-0.632,  0.   ,  1.718], dtype=float32)

fix | [-1.6, 0, 1.2]
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)

floor | [-1.6, 0, 1.2]
    asnumpy()
    array([-2.,  0.,  1.], dtype=float32)

gamma | [1, 2, 4]
    asnumpy()
    array([1., 1., 6.], dtype=float32)

gammaln | [1, 2, 4]
    asnumpy().round(3)
    array([0.   , 0.   , 1.792], dtype=float32)

hard_sigmoid | [-1, 0, 1]
    asnumpy()
    array([0.3, 0.5, 0.7], dtype=float32)

log | [1, 2, 4]
    asnumpy().round(3)
    array([0.   , 0.693, 1.386], dtype=float32)

log10 | [1, 2, 4]
    asnumpy().round(3)
    array([0.   , 0.301, 0.602], dtype=float32)

log1p | [1, 2, 4]
    asnumpy().round(3)
    array([0.693, 1.099, 1.609], dtype=float32)

log2 | [1, 2, 4]
    asnumpy()
    array([0., 1., 2.], dtype=float32)

logical_not | [0, 2]
    asnumpy()
    array([1., 0.], dtype=float32)

negative | [-1.6, 0, 1.2]
    asnumpy()
    array([ 1.6, -0. , -1.2], dtype=float32)

radians | [0, 90, 180]
    asnumpy().round(3)
    array([0.   , 1.571, 3.142], dtype=float32)

rcbrt | [1, 2, 4]
    asnumpy().round(3)
    array([1.   , 0.794, 0.63 ], dtype=float32)

reciprocal | [1, 2, 4]
    asnumpy()
    array([1.  , 0.5 , 0.25], dtype=float32)

relu | [-1.6, 0, 1.2]
    asnumpy()
    array([0. , 0. , 1.2], dtype=float32)

rint | [-1.6, 0, 1.2]
    asnumpy()
    array([-2.,  0.,  1.], dtype=float32)

round | [-1.6, 0, 1.2]
    asnumpy()
    array([-2.,  0.,  1.], dtype=float32)

rsqrt | [1, 2, 4]
    asnumpy().round(3)
    array([1.   , 0.707, 0.5  ], dtype=float32)

sigmoid | [-1, 0, 1]
    asnumpy().round(3)
    array([0.269, 0.5  , 0.731], dtype=float32)

sign | [-1.6, 0, 1.2]
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)

sin | [-1, 0, 1]
    asnumpy().round(3)
    array([-0.841,  0.   ,  0.841], dtype=float32)

sinh | [-1, 0, 1]
    asnumpy().round(3)
    array([-1.175,  0.   ,  1.175], dtype=float32)

smooth_l1 | [-2, 0.5, 2] | scalar=1.0
    asnumpy()
    array([1.5  , 0.125, 1.5  ], dtype=float32)

softsign | [-1, 0, 1]
    asnumpy()
    array([-0.5,  0. ,  0.5], dtype=float32)

sqrt | [1, 2, 4]
    asnumpy().round(3)
    array([1.   , 1.414, 2.   ], dtype=float32)

square | [-1.6, 0, 1.2]
    asnumpy().round(3)
    array([2.56, 0.  , 1.44], dtype=float32)

tan | [-1, 0, 1]
    asnumpy().round(3)
    array([-1.557,  0.   ,  1.557], dtype=float32)

tanh | [-1, 0, 1]
    asnumpy().round(3)
    array([-0.762,  0.   ,  0.762], dtype=float32)

trunc | [-1.6, 0, 1.2]
    asnumpy()
    array([-1.,  0.,  1.], dtype=float32)
"""  # noqa: E501 - a call is one line
)
