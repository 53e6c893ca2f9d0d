"""Networks to quantize."""

import numpy as np
import pytest

import mxnet as mx

S = mx.sym


def convolution(data, name, **options):
    return S.Convolution(
        data, **{"kernel": (1, 1), "num_filter": 2, "no_bias": True, "name": name, **options}
    )


@pytest.fixture
def conv():
    """Return a function that composes a small convolution."""
    return convolution


@pytest.fixture
def filled():
    """Return a function that makes parameters for a network."""

    def parameters(net, **shapes):
        shapes_of_arguments, _, shapes_of_states = net.infer_shape(**shapes)
        random = np.random.RandomState(0)
        args = {
            name: mx.nd.array(random.uniform(-1, 1, shape))
            for name, shape in zip(net.list_arguments(), shapes_of_arguments, strict=True)
            if name not in shapes and not name.endswith("label")
        }
        aux = {
            name: mx.nd.array(random.uniform(0.5, 1.5, shape))
            for name, shape in zip(net.list_auxiliary_states(), shapes_of_states, strict=True)
        }
        return args, aux

    return parameters
