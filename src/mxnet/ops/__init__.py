"""All operators, a folder per field, a module per family; importing this package fills the registry."""

from mxnet.ops import custom as custom
from mxnet.ops import foreign as foreign
from mxnet.ops import nn as nn
from mxnet.ops import optimizer as optimizer
from mxnet.ops import quantized as quantized
from mxnet.ops import random as random
from mxnet.ops import tensor as tensor
from mxnet.ops import vision as vision
