"""``python -m mxnet`` is the command line."""

from mxnet.cli.app import main

main()
