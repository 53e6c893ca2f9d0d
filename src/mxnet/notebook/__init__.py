"""``mx.notebook``: what shows a training in a notebook. Its callbacks are in ``mx.notebook.callback``."""
