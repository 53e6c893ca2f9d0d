"""The operators in mx.sym.sparse; written by tools/make_stubs.py."""

from collections.abc import Mapping

from mxnet.symbol.symbol import Symbol

def adagrad_update(
    weight: Symbol | None = None,
    grad: Symbol | None = None,
    history: Symbol | None = None,
    lr: float = ...,
    epsilon: float = 1e-07,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    r"""Steps by AdaGrad: :math:`h \gets h + g^2`, :math:`w - \eta g / \sqrt{h + \epsilon}`."""

def retain(
    data: Symbol | None = None,
    indices: Symbol | None = None,
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Keeps some rows of an array that is stored by rows; the others become 0."""

from mxnet.symbol.operators import ElementWiseSum as ElementWiseSum
from mxnet.symbol.operators import Embedding as Embedding
from mxnet.symbol.operators import FullyConnected as FullyConnected
from mxnet.symbol.operators import LinearRegressionOutput as LinearRegressionOutput
from mxnet.symbol.operators import LogisticRegressionOutput as LogisticRegressionOutput
from mxnet.symbol.operators import MAERegressionOutput as MAERegressionOutput
from mxnet.symbol.contrib import round_ste as round_ste
from mxnet.symbol.contrib import sign_ste as sign_ste
from mxnet.symbol.operators import abs as abs
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
from mxnet.symbol.operators import rint as rint
from mxnet.symbol.operators import round as round
from mxnet.symbol.operators import rsqrt as rsqrt
from mxnet.symbol.operators import sgd_mom_update as sgd_mom_update
from mxnet.symbol.operators import sgd_update as sgd_update
from mxnet.symbol.operators import sigmoid as sigmoid
from mxnet.symbol.operators import sign as sign
from mxnet.symbol.operators import sin as sin
from mxnet.symbol.operators import sinh as sinh
from mxnet.symbol.operators import crop as crop
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
_contrib_round_ste = round_ste
_contrib_sign_ste = sign_ste
add_n = ElementWiseSum
broadcast_plus = broadcast_add
broadcast_sub = broadcast_minus
concat = Concat
slice = crop
stop_gradient = BlockGrad
