"""``python -m mxnet`` is the command line."""

from mxnet.cli.app import main

if __name__ == "__main__":
    main()
