"""How a network leaves: for inference alone, as a module of PyTorch, as the Python that builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.engines.inference import inference_graph
from mxnet.leaving.python_source import python_source
from mxnet.symbol.arithmetic import Arithmetic

if TYPE_CHECKING:
    from typing_extensions import Self

    from mxnet.ndarray import NDArray

__all__ = ["Departures"]


class Departures(Arithmetic):
    """The part of a symbol that hands its network to others."""

    __slots__ = ()

    def inference_symbol(self) -> Self:
        """Return what this network computes without labels: losses become what they predict.

        A loss keeps its name, so that ``softmax_output`` is called so again. What does nothing but in
        training is left out, and outputs that need a label are dropped, with the branches that only training
        has. A label is a variable whose name ends in ``label``, or that only losses read as one.

        Raises
        ------
        MXNetError
            If nothing is left.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        >>> mx.sym.SoftmaxOutput(net, name="softmax").inference_symbol().list_arguments()
        ['data', 'fc_weight', 'fc_bias']
        """
        return type(self)(inference_graph(self.graph).outputs)

    def to_torch(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        **shapes: tuple[int, ...],
    ) -> Any:
        """Return this network as a ``torch.nn.Module``.

        Its parameters and buffers have their names here, and its ``forward`` takes the other variables;
        labels may be left out. The attribute ``code`` is the source of ``forward``. Trained, it moves as the
        network does here: losses ignore the gradient that arrives.

        Parameters
        ----------
        arg_params, aux_params : dict of str to NDArray
            The parameters and auxiliary states; the module gets copies.
        **shapes : tuple of int
            The shapes of inputs, which networks need that make arrays of a shape that follows from them.

        Examples
        --------
        >>> import mxnet as mx
        >>> product = mx.sym.broadcast_mul(mx.sym.Variable("data"), mx.sym.Variable("w"), name="product")
        >>> net = mx.sym.Activation(product, act_type="relu", name="act")
        >>> module = net.to_torch({"w": mx.nd.array([1.0, -1.0])})
        >>> print(module.code)
        class Network(torch.nn.Module):
            def forward(self, data):
                product = data * self.w
                act = F.relu(product)
                return act
        <BLANKLINE>
        """
        from mxnet.leaving.torch_module import torch_module

        arguments, states = (
            {name: array._tensor.detach().clone() for name, array in (each or {}).items()}
            for each in (arg_params, aux_params)
        )
        return torch_module(self.graph, arguments, states, shapes)

    def to_python(self) -> str:
        """Return a program that builds this network, as a person might have written it.

        Run, it has the network as ``symbol``, whose JSON equals this one's. Repeated parts are functions.

        Raises
        ------
        MXNetError
            If a node cannot be made by a call: one with bodies of its own, such as ``foreach``.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        >>> print(net.to_python())
        \"\"\"Builds a network.\"\"\"
        <BLANKLINE>
        import mxnet as mx
        <BLANKLINE>
        <BLANKLINE>
        def network():
            data = mx.sym.Variable("data")
            fc = mx.sym.FullyConnected(data, num_hidden=2, name="fc")
            return fc
        <BLANKLINE>
        <BLANKLINE>
        with mx.name.NameManager():  # so that automatic names count from 0
            symbol = network()
        <BLANKLINE>
        """
        return python_source(self.graph)
