"""The class methods of stacks that read layers and weights of a network."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, TypeVar, cast

from .trained_weights import list_weighted_layers

Kind = TypeVar("Kind")


class ModelReaders:
    """Class methods that read a network; see `imfilter.Stack`."""

    @classmethod
    def from_onnx(cls, path: Any, until: str | None = None) -> Self:
        """Read a network, or the first part of it, from an ONNX file.

        Parameters
        ----------
        path : str or path
            The model. External data are read from its folder only.
        until : str, optional
            The tensor or the node whose result is that of the stack. Default: the output of the model.

        Returns
        -------
        Stack
            With weights. Batch normalization and factors for each channel are folded into convolutions, in float64.

        Raises
        ------
        ImfilterError
            When an operator is no layer of a stack: the message says how to stop before it. When the file is damaged,
            the graph circular, or weights do not fit. FileError when the library is missing: `imfilter[onnx]`.

        Notes
        -----
        Operators: Conv, ConvTranspose, MaxPool, AveragePool, BatchNormalization, Relu, LeakyRelu, Sigmoid, Tanh, Gelu,
        HardSwish, Clip (0 to 6, and from 0), x Sigmoid(x), x HardSigmoid(x), Add and Concat of branches, Add, Sub, Mul
        and Div of a constant for each channel, Identity, Constant, Dropout.
        """
        from .onnx_models import read_onnx

        return _build(cls, *read_onnx(path, until))

    @classmethod
    def from_torch(cls, module: Any, until: str | None = None) -> Self:
        """Read a network, or the first part of it, from a PyTorch module.

        Parameters
        ----------
        module : torch.nn.Module, or list of them
            Such as model.features[:5]. Its graph is traced by torch.fx, which calls its forward without an image.
        until : str, optional
            The submodule or the call whose result is that of the stack, such as "layer1". Default: all of the module.

        Returns
        -------
        Stack
            With copies of the weights. As in evaluation mode, also if the module is in training mode: dropout does
            nothing, and batch normalization uses its running statistics, folded into convolutions in float64.

        Raises
        ------
        ImfilterError
            When a module or function is no layer of a stack, a module has forward hooks, or torch.fx cannot trace the
            module, as where its forward depends on values.
        """
        from .torch_modules import read_torch

        return _build(cls, *read_torch(module, until))

    @classmethod
    def from_state_dict(
        cls, state: Any, layers: Any, *, prefix: str = "", modules: Iterable[str] | None = None, eps: float = 1e-5,
    ) -> Self:
        """Give layers the weights of a model's state.

        Parameters
        ----------
        state : mapping of names to arrays, or the name of an .npz or .safetensors file
            Weights and biases of convolutions, and batch normalizations, each of which is folded into the convolution
            before it, in float64. float16 and bfloat16 become float32.
        layers : Stack or str
            The layers, as `Stack.parse` reads them. Batch normalization is not among them.
        prefix : str, default ""
            Read only the arrays whose names begin with this, such as "features.".
        modules : iterable of str, optional
            The modules in the order in which they are applied, such as ["conv1", "bn1"], without the prefix; those of
            branches path by path. Default: the order of the mapping or the .npz file. A .safetensors file is sorted by
            name; there the default is the order of numbers, where names differ in nothing else.
        eps : float, default 1e-5
            What batch normalization adds to variances.

        Returns
        -------
        Stack
            With weights.

        Raises
        ------
        ImfilterError
            When the state does not fit the layers.

        Examples
        --------
        >>> import imfilter, numpy
        >>> state = {"conv.weight": numpy.ones((2, 3, 1, 1)), "bn.weight": [1, 2], "bn.bias": [0, 1],
        ...          "bn.running_mean": [0, 3], "bn.running_var": [4, 9], "bn.num_batches_tracked": 7}
        >>> stack = imfilter.Stack.from_state_dict(state, "1x2", eps=0)
        >>> stack.weights[0][0][:, 0, 0, 0], stack.weights[0][1]
        (array([0.5       , 0.66666667]), array([ 0., -1.]))
        """
        from .state_dicts import read_state

        stack: Any = layers if isinstance(layers, cls) else cast(Any, cls).parse(layers)
        slots = list(list_weighted_layers(stack.layers))
        return _build(cls, stack.layers, read_state(state, slots, prefix, modules, eps))


def _build(kind: type[Kind], layers: Any, weights: Any) -> Kind:
    """Return a stack of a class, with weights."""
    stack: Kind = cast(Any, kind)(layers).with_weights(weights)
    return stack
