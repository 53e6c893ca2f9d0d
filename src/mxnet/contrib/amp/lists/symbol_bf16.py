"""Which operators may compute in bfloat16: far fewer than in float16. MXNet 1.9.1 has them so."""

from mxnet.contrib.amp.lists import symbol_fp16

__all__ = [
    "BF16_FP32_FUNCS",
    "BF16_FUNCS",
    "BF16_USE_FP32_PARAMS",
    "CONDITIONAL_FP32_FUNCS",
    "FP32_FUNCS",
    "LOSS_OUTPUT_FUNCTIONS",
    "WIDEST_TYPE_CASTS",
]

BF16_FUNCS = ["Convolution", "FullyConnected"]
"""Those that gain most: their inputs become bfloat16."""

BF16_FP32_FUNCS = (
    "abs _add BatchNorm BatchNormWithReLU clip Concat concat LRN Pooling relu shuffle _shuffle sqrt square "
    "tanh"
).split()
"""Those that compute in whatever their inputs are."""

BF16_USE_FP32_PARAMS = {
    "BatchNormWithReLU": ["", "gamma", "beta", "moving_mean", "moving_var"],
    "BatchNorm": ["", "gamma", "beta", "moving_mean", "moving_var"],
}
"""The inputs of these that stay float32."""

CONDITIONAL_FP32_FUNCS = symbol_fp16.CONDITIONAL_FP32_FUNCS
"""Those that need float32 for some values of a parameter."""

LOSS_OUTPUT_FUNCTIONS = symbol_fp16.LOSS_OUTPUT_FUNCTIONS
"""Those that start the gradient."""

_UNLISTED = {
    "CuDNNBatchNorm",
    "_TensorRT",
    "_contrib_interleaved_matmul_encdec_qk",
    "_contrib_interleaved_matmul_encdec_valatt",
    "_contrib_interleaved_matmul_selfatt_qk",
    "_contrib_interleaved_matmul_selfatt_valatt",
    "amp_cast",
    "amp_multicast",
}

WIDEST_TYPE_CASTS = [
    *(
        name
        for name in symbol_fp16.WIDEST_TYPE_CASTS
        if name not in {"Concat", "concat", "broadcast_mul", *_UNLISTED}
    ),
    "_contrib_MultiBoxDetection",
    "_contrib_MultiBoxPrior",
    "_contrib_MultiBoxTarget",
]
"""Those whose inputs must be of one dtype: they become the widest among them."""

FP32_FUNCS = [
    name
    for name in (
        *symbol_fp16.FP16_FUNCS,
        *symbol_fp16.FP16_FP32_FUNCS,
        *symbol_fp16.FP32_FUNCS,
        *symbol_fp16.WIDEST_TYPE_CASTS,
    )
    if name not in {*BF16_FUNCS, *BF16_FP32_FUNCS, *WIDEST_TYPE_CASTS, *_UNLISTED}
]
"""Those that need range or precision: all others."""
