"""The operators that loop over boxes and points: the recorded cases with a hundred times the elements.

Each has its place in `mx.sym`, its settings, and its inputs: how they are drawn, and their shapes. Python 3.7
reads this file too.
"""

from __future__ import annotations

import numpy as np


def noise(rng, shape):
    return rng.standard_normal(shape, dtype="float32")


def chances(rng, shape):
    """Draw probabilities of classes, which are along the second axis."""
    values = np.exp(noise(rng, shape))
    return values / values.sum(1, keepdims=True)


def steps(rng, shape):
    return noise(rng, shape) / 5


def ones(rng, shape):  # noqa: ARG001 - all kinds are called alike
    return np.ones(shape, "float32")


def points(rng, shape):
    return rng.uniform(-1, 1, shape).astype("float32")


def numbers(rng, shape):
    return rng.integers(200, size=shape).astype("float32")


def boxes(rng, shape):
    """Draw corners of boxes in an image that is one wide and high."""
    centre = rng.uniform(0, 1, (*shape[:-1], 2))
    half = rng.uniform(0.05, 0.6, centre.shape) / 2
    return np.concatenate([centre - half, centre + half], -1).astype("float32")


def objects(rng, shape):
    """Draw classes and boxes."""
    kind = rng.integers(3, size=(*shape[:-1], 1))
    return np.concatenate([kind, boxes(rng, (*shape[:-1], 4))], -1).astype("float32")


def found(rng, shape):
    """Draw classes, scores and boxes."""
    listed, scores = objects(rng, (*shape[:-1], 5)), rng.uniform(0, 1, (*shape[:-1], 1))
    return np.concatenate([listed[..., :1], scores, listed[..., 1:]], -1).astype("float32")


def regions(rng, shape):
    """Draw boxes in one of two images of 80 by 80 elements; a sixth number is an angle."""
    corners = np.sort(rng.uniform(0, 80, (shape[0], 2, 2)), 1).reshape(-1, 4)
    angles = rng.uniform(-90, 90, (shape[0], shape[1] - 5))
    image = rng.integers(2, size=(shape[0], 1))
    return np.concatenate([image, corners, angles], 1).astype("float32")


def image_sizes(rng, shape):  # noqa: ARG001 - all kinds are called alike
    return np.full(shape, [640, 800, 1], "float32")


RPN = {"rpn_pre_nms_top_n": 3000, "rpn_post_nms_top_n": 800, "rpn_min_size": 4, "threshold": 0.7}
RPN.update(scales=(2, 4), ratios=(0.5, 1, 2))
BINS = {"pooled_size": (2, 2), "spatial_scale": 1.0}
GROUPS = {"spatial_scale": 1.0, "output_dim": 2}
PICTURES, REGIONS = (noise, (2, 2, 80, 80)), (regions, (400, 5))
BENT = {"data": (noise, (1, 2, 50, 50)), "offset": (noise, (1, 18, 48, 48))}
FILTERS = {"weight": (noise, (3, 2, 3, 3)), "bias": (noise, (3,))}
KERNEL = {"kernel": (3, 3), "num_filter": 3}
TRANSFORM = {"transform_type": "affine", "target_shape": (40, 40)}

OPERATORS = {
    "multibox-prior": (
        "contrib.MultiBoxPrior",
        {"sizes": (0.3, 0.6), "ratios": (1, 2, 0.5)},
        {"data": (noise, (1, 3, 30, 40))},
    ),
    "multibox-target": (
        "contrib.MultiBoxTarget",
        {"negative_mining_ratio": 3.0},
        {"anchor": (boxes, (1, 1200, 4)), "label": (objects, (2, 3, 5)), "cls_pred": (noise, (2, 4, 1200))},
    ),
    "multibox-detection": (
        "contrib.MultiBoxDetection",
        {},
        {
            "cls_prob": (chances, (2, 4, 1000)),
            "loc_pred": (noise, (2, 4000)),
            "anchor": (boxes, (1, 1000, 4)),
        },
    ),
    "box-nms": ("contrib.box_nms", {"overlap_thresh": 0.3}, {"data": (found, (2, 800, 6))}),
    "box-iou": ("contrib.box_iou", {}, {"lhs": (boxes, (400, 4)), "rhs": (boxes, (300, 4))}),
    "box-encode": (
        "contrib.box_encode",
        {},
        {
            "samples": (ones, (1, 400)),
            "matches": (numbers, (1, 400)),
            "anchors": (boxes, (1, 400, 4)),
            "refs": (boxes, (1, 200, 4)),
            "means": (noise, (4,)),
            "stds": (ones, (4,)),
        },
    ),
    "box-decode": (
        "contrib.box_decode",
        {},
        {"data": (noise, (2, 400, 4)), "anchors": (boxes, (1, 400, 4))},
    ),
    "bipartite-matching": (
        "contrib.bipartite_matching",
        {"threshold": 0.1},
        {"data": (points, (2, 30, 50))},
    ),
    "multi-proposal": (
        "contrib.MultiProposal",
        RPN,
        {
            "cls_prob": (chances, (2, 12, 40, 50)),
            "bbox_pred": (steps, (2, 24, 40, 50)),
            "im_info": (image_sizes, (2, 3)),
        },
    ),
    "roi-pooling": ("ROIPooling", BINS, {"data": PICTURES, "rois": REGIONS}),
    "roi-align": ("contrib.ROIAlign", BINS, {"data": PICTURES, "rois": REGIONS}),
    "roi-align-2": ("contrib.ROIAlign", {**BINS, "sample_ratio": 2}, {"data": PICTURES, "rois": REGIONS}),
    "rroi-align": ("contrib.RROIAlign", BINS, {"data": PICTURES, "rois": (regions, (200, 6))}),
    "rroi-align-2": (
        "contrib.RROIAlign",
        {**BINS, "sampling_ratio": 2},
        {"data": PICTURES, "rois": (regions, (200, 6))},
    ),
    "psroi-pooling": (
        "contrib.PSROIPooling",
        {**GROUPS, "pooled_size": 3},
        {"data": (noise, (2, 18, 80, 80)), "rois": (regions, (300, 5))},
    ),
    "deformable-psroi-pooling": (
        "contrib.DeformablePSROIPooling",
        {**GROUPS, "group_size": 2, "pooled_size": 2, "sample_per_part": 2, "no_trans": True},
        {"data": (noise, (2, 8, 80, 80)), "rois": (regions, (200, 5))},
    ),
    "deformable-convolution": ("contrib.DeformableConvolution", KERNEL, {**BENT, **FILTERS}),
    "modulated-deformable-convolution": (
        "contrib.ModulatedDeformableConvolution",
        KERNEL,
        {**BENT, "mask": (noise, (1, 9, 48, 48)), **FILTERS},
    ),
    "bilinear-sampler": (
        "BilinearSampler",
        {},
        {"data": (noise, (2, 3, 40, 50)), "grid": (points, (2, 2, 30, 40))},
    ),
    "spatial-transformer": (
        "SpatialTransformer",
        {**TRANSFORM, "sampler_type": "bilinear"},
        {"data": (noise, (2, 2, 50, 50)), "loc": (noise, (2, 6))},
    ),
    "grid-generator": ("GridGenerator", TRANSFORM, {"data": (noise, (2, 6))}),
    "correlation": (
        "Correlation",
        {"kernel_size": 3, "max_displacement": 2, "stride2": 2, "pad_size": 3},
        {"data1": (noise, (1, 2, 50, 50)), "data2": (noise, (1, 2, 50, 50))},
    ),
}
