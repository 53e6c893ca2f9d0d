"""Layers of neural networks and their losses."""

from mxnet.ops.nn import activation as activation
from mxnet.ops.nn import attention as attention
from mxnet.ops.nn import columns as columns
from mxnet.ops.nn import convolution as convolution
from mxnet.ops.nn import ctc as ctc
from mxnet.ops.nn import dropout as dropout
from mxnet.ops.nn import fully_connected as fully_connected
from mxnet.ops.nn import loss as loss
from mxnet.ops.nn import norm as norm
from mxnet.ops.nn import norm_contrib as norm_contrib
from mxnet.ops.nn import norm_local as norm_local
from mxnet.ops.nn import pooling as pooling
from mxnet.ops.nn import rnn as rnn
from mxnet.ops.nn import sequence as sequence
