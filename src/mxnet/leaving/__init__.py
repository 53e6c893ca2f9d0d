"""What leaves: a graph for inference alone, in ONNX, as a module of PyTorch, as the Python that builds it."""
