"""What a network answers, in such an order of sums that a stream can answer the same bits.

A network that only reads forwards and is judged by a mean or a maximum can be read out after every
step: the core gives the states, and the dense head over the mean and the maximum so far is taken
here, one unit after the other, so that no sum depends on how many sequences there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.spans import Spans
from ..network import Network, NetworkSpec
from ..network.spec import Readout

Array = NDArray[Any]


def streams(spec: NetworkSpec) -> bool:
    """Whether a network's answer can be told before its sequence is over."""
    return not spec.bidirectional


def body(network: Network, readout: Readout) -> Network:
    """The same network without its head: its readout is its output."""
    spec = network.spec
    size = spec.outputs * (spec.readout_size + 1)
    bare = spec.but(outputs=0, head_dropout=0.0, loss=None, readout=readout)
    return Network(bare, parameters=network.parameters[:-size])


def answer(network: Network, rows: Any, spans: Spans) -> Array:
    """The output for each span, as `Network.forward` gives it."""
    if not (streams(network.spec) and network.spec.pools):
        return network.forward(rows, spans).output
    pooled = body(network, network.spec.readout).forward(rows, spans).output
    return head(network, list(np.ascontiguousarray(pooled.T)))


def head(network: Network, pooled: Sequence[Array]) -> Array:
    """The dense head over R units of ``[n]`` each: ``[n, O]``.

    Example:
        >>> from tidegate.network import NumberInput
        >>> spec = NetworkSpec(NumberInput(1), hidden=3, outputs=2, readout="mean")
        >>> network = Network(spec)
        >>> pooled = np.arange(12, dtype=np.float32).reshape(3, 4)
        >>> weight, bias = (network.params[f"head_{name}"] for name in ("weight", "bias"))
        >>> bool(np.allclose(head(network, list(pooled)), pooled.T @ weight.T + bias))
        True
    """
    params = network.params
    output = np.repeat(params["head_bias"][:, None], len(pooled[0]), axis=1)
    product = np.empty_like(output)
    for column, weight in zip(pooled, params["head_weight"].T, strict=True):
        output += np.multiply(weight[:, None], column, out=product)
    return np.ascontiguousarray(output.T)
