"""What MXNet 1.9.1 knows of the outputs of operators when it puts casts in."""

__all__ = ["NAMED", "UNTYPED"]

NAMED = frozenset(
    """
    Activation BatchNorm BatchNorm_v1 BilinearSampler Concat Convolution Convolution_v1 Correlation Crop
    Deconvolution Dropout FullyConnected GridGenerator GroupNorm IdentityAttachKLSparseReg InstanceNorm
    L2Normalization LRN LayerNorm LeakyReLU MakeLoss Pad Pooling Pooling_v1 RNN ROIPooling SVMOutput
    SequenceLast SequenceMask SequenceReverse SliceChannel SoftmaxActivation SoftmaxOutput
    SpatialTransformer SwapAxis UpSampling _contrib_BatchNormWithReLU _contrib_DeformableConvolution
    _contrib_DeformablePSROIPooling _contrib_ModulatedDeformableConvolution _contrib_MultiBoxDetection
    _contrib_MultiBoxPrior _contrib_MultiBoxTarget _contrib_MultiProposal _contrib_PSROIPooling
    _contrib_Proposal _contrib_ROIAlign _contrib_RROIAlign _contrib_SyncBatchNorm
    _contrib_calibrate_entropy _contrib_interleaved_matmul_encdec_qk
    _contrib_interleaved_matmul_encdec_valatt _contrib_interleaved_matmul_selfatt_qk
    _contrib_interleaved_matmul_selfatt_valatt _contrib_quantized_flatten _contrib_quantized_pooling
    _rnn_param_concat col2im elemwise_add im2col make_loss softmax softmin
    """.split()
)
"""Those whose outputs have names; the others' are numbered."""

UNTYPED = frozenset(
    """
    _contrib_AdaptiveAvgPooling2D _contrib_BilinearResize2D amp_multicast broadcast_like reshape_like
    scatter_nd slice_like
    """.split()
)
"""Those of whose outputs it does not infer the dtype from the inputs."""
