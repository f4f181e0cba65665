"""The way out to torch: networks and layers as modules, and files of them that run nothing."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ArgumentError, ModelFileError
from .atomic import replacing
from .parameters import layout
from .spec import NetworkSpec

if TYPE_CHECKING:
    from torch import nn

    from .network import Network
    from .torch_module import TorchNetwork

FORMAT = "tidegate-torch"
_PLACES = {"embedding_": "embedding.", "dense_": "dense.", "head_": "head."}


def check_torch(what: str) -> None:
    """That torch is there. Raises: ArgumentError, which says how to get it."""
    if find_spec("torch") is None:
        raise ArgumentError(f"{what} needs torch: pip install 'tidegate[torch]'")


def module_name(name: str) -> str:
    """What a parameter is called in the module.

    Example:
        >>> module_name("head_bias"), module_name("weight_hh_l0")
        ('head.bias', 'recurrent.weight_hh_l0')
    """
    for ours, theirs in _PLACES.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return f"recurrent.{name}"


def network_to_torch(network: Network) -> TorchNetwork:
    """The network as a plain module of torch.nn, in eval mode, with a copy of its parameters.

    Its outputs are the network's: to 1e-5 in float32, to 1e-12 in float64.

    Raises:
        ArgumentError: if torch is not installed, or has no such cell.

    Example:
        >>> from tidegate.network import Network, NetworkSpec, TokenInput
        >>> spec = NetworkSpec(TokenInput(9, width=4), hidden=4, readout="each", outputs=9)
        >>> list(Network(spec).to_torch().state_dict())[:3]
        ['embedding.weight', 'recurrent.weight_ih_l0', 'recurrent.weight_hh_l0']
    """
    check_torch("to_torch()")
    import torch

    from .torch_module import CELLS, TorchNetwork

    if network.spec.cell not in CELLS:
        raise ArgumentError(f"torch has no layer of the cell {network.spec.cell!r}")
    module = TorchNetwork(network.spec.to_json())
    with torch.no_grad():
        own = dict(module.named_parameters())
        for name, value in network.params.items():
            own[module_name(name)].copy_(torch.from_numpy(value))
    return module.eval()


def layer_to_torch(network: Network) -> nn.Module:
    """The recurrent part of a network alone: an `nn.LSTM`, `nn.GRU` or `nn.RNN`."""
    module = network_to_torch(network).recurrent
    assert module is not None
    return module


def write_torch(path: str | os.PathLike[str], network: Network) -> None:
    """Writes the module's state_dict as a safetensors file, whole or not at all.

    Its metadata hold under ``spec`` what `TorchNetwork` is made from, as JSON. Nothing in such a
    file is code; torch is not needed to write it.

    Raises:
        ModelFileError: if it cannot be written.

    Example:
        >>> import tempfile
        >>> from tidegate.network import Network, NetworkSpec, NumberInput
        >>> network = Network(NetworkSpec(NumberInput(3), cell="gru", hidden=4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_torch(f"{folder}/gru.safetensors", network)
        ...     read_torch(f"{folder}/gru.safetensors").recurrent
        GRU(3, 4, batch_first=True)
    """
    from safetensors.numpy import save

    tensors = {module_name(name): np.array(value) for name, value in network.params.items()}
    metadata = {"format": FORMAT, "spec": json.dumps(network.spec.to_json())}
    try:
        with replacing(path) as file:
            file.write(save(tensors, metadata))
    except OSError as error:
        raise ModelFileError(
            f"{os.fspath(path)} cannot be written: {error.strerror or error}; "
            f"check the folder, its permissions and the space on the disk"
        ) from None


def read_torch(path: str | os.PathLike[str]) -> TorchNetwork:
    """The module of a file that `write_torch` or ``tidegate export --to torch`` wrote.

    Raises:
        ModelFileError: if it is no such file.
    """
    check_torch("read_torch()")
    import torch
    from safetensors import SafetensorError, safe_open

    from .torch_module import TorchNetwork

    try:
        with safe_open(os.fspath(path), "np") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ModelFileError(
                    f"{os.fspath(path)} is not what tidegate export --to torch writes"
                )
            spec = NetworkSpec.from_json(json.loads(metadata["spec"]))
            expected = {module_name(n): (shape, np.dtype(spec.dtype)) for n, shape in layout(spec)}
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ArgumentError, json.JSONDecodeError) as error:
        raise ModelFileError(f"{os.fspath(path)} cannot be read: {error}") from None
    if {name: (value.shape, value.dtype) for name, value in found.items()} != expected:
        raise ModelFileError(f"{os.fspath(path)} does not hold the network that it describes")
    module = TorchNetwork(spec.to_json())
    with torch.no_grad():
        own = dict(module.named_parameters())
        for name, value in found.items():
            own[name].copy_(torch.from_numpy(value))
    return module.eval()
