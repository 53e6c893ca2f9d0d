"""What MXNet 1.9.1 knows of the outputs of operators when it puts casts in."""

__all__ = ["UNTYPED"]

UNTYPED = frozenset(
    """
    _contrib_AdaptiveAvgPooling2D _contrib_BilinearResize2D amp_multicast broadcast_like reshape_like
    scatter_nd slice_like
    """.split()
)
"""Those of whose outputs it does not infer the dtype from the inputs."""
