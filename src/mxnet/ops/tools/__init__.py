"""What operators are made of: rules for shapes and storage, checks, and kernels that many share."""
