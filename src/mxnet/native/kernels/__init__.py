"""The kernels, as Python that :mod:`mxnet.native.translating` reads; only :mod:`mxnet.native.compiling` imports these files."""
