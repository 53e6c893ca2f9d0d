"""Arrays: arithmetic, mathematics, shapes, indexing, sparse storage."""

from mxnet.ops.tensor import about_shape as about_shape
from mxnet.ops.tensor import broadcast as broadcast
from mxnet.ops.tensor import cast as cast
from mxnet.ops.tensor import contrib_math as contrib_math
from mxnet.ops.tensor import creation as creation
from mxnet.ops.tensor import cumulative as cumulative
from mxnet.ops.tensor import elemwise as elemwise
from mxnet.ops.tensor import indexing as indexing
from mxnet.ops.tensor import internal as internal
from mxnet.ops.tensor import joining as joining
from mxnet.ops.tensor import like as like
from mxnet.ops.tensor import limits as limits
from mxnet.ops.tensor import linalg as linalg
from mxnet.ops.tensor import linalg_factors as linalg_factors
from mxnet.ops.tensor import matrix as matrix
from mxnet.ops.tensor import ordering as ordering
from mxnet.ops.tensor import rearrange as rearrange
from mxnet.ops.tensor import reduce as reduce
from mxnet.ops.tensor import scalar as scalar
from mxnet.ops.tensor import selecting as selecting
from mxnet.ops.tensor import slicing as slicing
from mxnet.ops.tensor import sparse as sparse
from mxnet.ops.tensor import spectral as spectral
from mxnet.ops.tensor import unary as unary
