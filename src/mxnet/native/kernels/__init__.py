"""The kernels, as Python that numba compiles; only :mod:`mxnet.native.compiling` imports these files."""
