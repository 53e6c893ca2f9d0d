"""All operators, a module per family; importing this package fills the registry."""

from mxnet.ops import activation as activation
from mxnet.ops import convolution as convolution
from mxnet.ops import creation as creation
from mxnet.ops import ctc as ctc
from mxnet.ops import custom as custom
from mxnet.ops import dropout as dropout
from mxnet.ops import elemwise as elemwise
from mxnet.ops import indexing as indexing
from mxnet.ops import joining as joining
from mxnet.ops import loss as loss
from mxnet.ops import matrix as matrix
from mxnet.ops import nn as nn
from mxnet.ops import norm as norm
from mxnet.ops import optimizer_multi as optimizer_multi
from mxnet.ops import optimizer_update as optimizer_update
from mxnet.ops import ordering as ordering
from mxnet.ops import pooling as pooling
from mxnet.ops import random as random
from mxnet.ops import rearrange as rearrange
from mxnet.ops import resize as resize
from mxnet.ops import rnn as rnn
from mxnet.ops import scalar as scalar
from mxnet.ops import sequence as sequence
from mxnet.ops import slicing as slicing
from mxnet.ops import unary as unary
