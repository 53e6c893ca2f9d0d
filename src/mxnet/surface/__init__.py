"""What ``mx.sym`` and ``mx.nd`` share: how operators are called and documented, and where."""
