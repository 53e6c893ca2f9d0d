"""Other engines that run a graph: it is said in ONNX, and handed to them."""
