"""The lists of mixed precision have what MXNet 1.9.1 has in them."""

import numpy as np
import pytest

from mxnet.contrib import amp


@pytest.mark.parametrize(
    ("function", "float16", "bfloat16"),
    [
        (amp.list_lp16_ops, 4, 2),
        (amp.list_fp32_ops, 136, 438),
        (amp.list_lp16_fp32_ops, 318, 15),
        (amp.list_conditional_fp32_ops, 2, 2),
        (amp.list_widest_type_cast, 113, 109),
        (amp.list_loss_output_functions, 4, 4),
    ],
)
def test_lists_are_as_long_as_in_mxnet(function, float16, bfloat16):
    assert (len(function("float16")), len(function("bfloat16"))) == (float16, bfloat16)


@pytest.mark.parametrize(
    ("dtype", "name", "function"),
    [
        ("float16", "Convolution", amp.list_lp16_ops),
        ("float16", "RNN", amp.list_lp16_ops),
        ("float16", "softmax", amp.list_fp32_ops),
        ("float16", "BatchNorm", amp.list_lp16_fp32_ops),
        ("float16", "Concat", amp.list_widest_type_cast),
        ("bfloat16", "RNN", amp.list_fp32_ops),
        ("bfloat16", "Concat", amp.list_lp16_fp32_ops),
        ("bfloat16", "broadcast_mul", amp.list_fp32_ops),
    ],
)
def test_an_operator_is_in_the_list_of_what_it_needs(dtype, name, function):
    assert name in function(dtype)


def test_no_operator_needs_two_things():
    for dtype in ("float16", "bfloat16"):
        conditional = [name for name, _, _ in amp.list_conditional_fp32_ops(dtype)]
        lists = (
            amp.list_lp16_ops(dtype),
            amp.list_fp32_ops(dtype),
            amp.list_widest_type_cast(dtype),
            conditional,
        )
        names = [name for each in lists for name in set(each)]
        assert len(names) == len(set(names))


def test_only_bfloat16_says_which_parameters_stay_float32():
    assert amp.list_lp16_use_fp32_params("float16") is None
    assert set(amp.list_lp16_use_fp32_params("bfloat16")) == {"BatchNorm", "BatchNormWithReLU"}


@pytest.mark.parametrize("dtype", [np.float16, np.dtype("float16")])
def test_a_dtype_of_numpy_names_its_lists_too(dtype):
    assert amp.list_lp16_ops(dtype) == amp.list_lp16_ops("float16")


@pytest.mark.parametrize("dtype", ["float32", None, np.int8])
def test_other_dtypes_have_no_lists(dtype):
    with pytest.raises(AssertionError, match="float16 or bfloat16"):
        amp.list_fp32_ops(dtype)
