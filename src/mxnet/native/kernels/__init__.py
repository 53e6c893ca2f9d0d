"""The kernels, as Python that is translated; only :mod:`mxnet.native.compiling` imports these files."""
