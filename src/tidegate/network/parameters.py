"""The parameters of a network: one flat buffer, and a view into it for each name.

The order is fixed and nothing is padded, so the buffer alone is the whole state of a network.
Recurrent parameters carry torch's names and shapes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .spec import NetworkSpec, TokenInput

Layout = list[tuple[str, tuple[int, ...]]]


def layout(spec: NetworkSpec) -> Layout:
    """Name and shape of every parameter, in the buffer's order.

    Example:
        >>> from tidegate.network import NetworkSpec, NumberInput
        >>> layout(NetworkSpec(NumberInput(2), cell="rnn", hidden=3, outputs=1))[:2]
        [('weight_ih_l0', (3, 2)), ('weight_hh_l0', (3, 3))]
    """
    result: Layout = []
    if isinstance(spec.input, TokenInput):
        result.append(("embedding_weight", (spec.input.vocabulary, spec.input.width)))
    elif spec.input.dense:
        result.append(("dense_weight", (spec.input.dense, spec.input.size)))
        result.append(("dense_bias", (spec.input.dense,)))
    inputs = spec.input.width
    for layer in range(spec.layers):
        shapes = spec.cell_spec.shapes(inputs, spec.hidden)
        for suffix in spec.suffixes:
            result += [(f"{name}_l{layer}{suffix}", shape) for name, shape in shapes.items()]
        inputs = spec.directions * spec.hidden
    if spec.outputs:
        if not spec.tied:
            result.append(("head_weight", (spec.outputs, spec.readout_size)))
        result.append(("head_bias", (spec.outputs,)))
    return result


def size(spec: NetworkSpec) -> int:
    """The number of parameters; nothing is allocated to count them."""
    return sum(math.prod(shape) for _, shape in layout(spec))


def fingerprint(flats: Iterable[NDArray[Any]]) -> NDArray[np.uint8]:
    """``[8]`` bytes that tell networks from others, by their parameters.

    Example:
        >>> one, other = np.zeros(3), np.ones(3)
        >>> bool((fingerprint([one]) == fingerprint([other])).all())
        False
    """
    digest = hashlib.blake2b(digest_size=8)
    for flat in flats:
        digest.update(flat.tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def views(spec: NetworkSpec, flat: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The parameters by name, as views: what is written to them is written to ``flat``.

    Args:
        spec: the network.
        flat: ``[size(spec)]``, contiguous, of any dtype.

    Raises:
        ArgumentError: if ``flat`` has another shape.
    """
    if flat.shape != (size(spec),) or not flat.flags.c_contiguous:
        raise ArgumentError(
            f"this network has {size(spec)} parameters in one contiguous vector, "
            f"got an array of shape {flat.shape}"
        )
    result = {}
    first = 0
    for name, shape in layout(spec):
        last = first + math.prod(shape)
        result[name] = flat[first:last].reshape(shape)
        first = last
    return result


def flatten(spec: NetworkSpec, params: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """A new flat buffer, of the spec's dtype, with the values of ``params``.

    Raises:
        ArgumentError: if a name is missing, unknown, or holds an array of another shape.
    """
    expected = dict(layout(spec))
    if unknown := [name for name in params if name not in expected]:
        raise ArgumentError(f"this network has no parameter {unknown[0]!r}")
    flat = np.empty(size(spec), spec.dtype)
    for name, view in views(spec, flat).items():
        if name not in params:
            raise ArgumentError(f"parameter {name!r} {list(view.shape)} is missing")
        if np.shape(params[name]) != view.shape:
            raise ArgumentError(
                f"parameter {name!r} must have shape {view.shape}, got {np.shape(params[name])}"
            )
        view[...] = params[name]
    return flat
