"""The operators in mx.nd.sparse; written by tools/make_stubs.py."""

from collections.abc import Sequence

from mxnet.ndarray.ndarray import NDArray

def adagrad_update(
    weight: NDArray | None = None,
    grad: NDArray | None = None,
    history: NDArray | None = None,
    lr: float = ...,
    epsilon: float = 1e-07,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    r"""Steps by AdaGrad: :math:`h \gets h + g^2`, :math:`w - \eta g / \sqrt{h + \epsilon}`."""

def retain(
    data: NDArray | None = None,
    indices: NDArray | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
    name: str | None = None,
) -> NDArray:
    """Keeps some rows of an array that is stored by rows; the others become 0."""

from mxnet.ndarray.operators import ElementWiseSum as ElementWiseSum
from mxnet.ndarray.operators import Embedding as Embedding
from mxnet.ndarray.operators import FullyConnected as FullyConnected
from mxnet.ndarray.operators import LinearRegressionOutput as LinearRegressionOutput
from mxnet.ndarray.operators import LogisticRegressionOutput as LogisticRegressionOutput
from mxnet.ndarray.operators import MAERegressionOutput as MAERegressionOutput
from mxnet.ndarray.contrib_operators import round_ste as round_ste
from mxnet.ndarray.contrib_operators import sign_ste as sign_ste
from mxnet.ndarray.operators import abs as abs
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
from mxnet.ndarray.operators import rint as rint
from mxnet.ndarray.operators import round as round
from mxnet.ndarray.operators import rsqrt as rsqrt
from mxnet.ndarray.operators import sgd_mom_update as sgd_mom_update
from mxnet.ndarray.operators import sgd_update as sgd_update
from mxnet.ndarray.operators import sigmoid as sigmoid
from mxnet.ndarray.operators import sign as sign
from mxnet.ndarray.operators import sin as sin
from mxnet.ndarray.operators import sinh as sinh
from mxnet.ndarray.operators import crop as crop
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
_contrib_round_ste = round_ste
_contrib_sign_ste = sign_ste
add_n = ElementWiseSum
broadcast_plus = broadcast_add
broadcast_sub = broadcast_minus
concat = Concat
slice = crop
stop_gradient = BlockGrad
