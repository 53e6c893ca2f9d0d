"""The command line, ``symnet``: a file per command, and in ``tools`` what several of them share."""
