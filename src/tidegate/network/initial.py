"""The values that the parameters of a new network start from.

Sources: orthogonal, Saxe et al. 2013; identity, Le et al. 2015; glorot, Glorot and Bengio 2010,
eq. 16; unit forget bias, Jozefowicz et al. 2015; chrono, Tallec and Ollivier 2018; uniform,
torch.nn. Values are drawn in float64 in the order of the buffer, so a float32 network starts from
the rounded values of the float64 one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .blas import one_blas_thread
from .parameters import size, views
from .spec import NetworkSpec

Values = NDArray[np.float64]


def initial(spec: NetworkSpec, seed: int) -> NDArray[Any]:
    """New parameters, flat, in the spec's dtype; the same for the same spec and seed.

    Raises:
        ArgumentError: if the seed is no whole number from 0 up, or memory does not hold so many.

    Example:
        >>> from tidegate.network import NetworkSpec, NumberInput
        >>> initial(NetworkSpec(NumberInput(1), cell="gru", hidden=4), seed=0).shape
        (84,)
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ArgumentError(f"seed must be a whole number from 0 up, got {seed!r}")
    random = np.random.Generator(np.random.PCG64(seed))
    try:
        flat = np.empty(size(spec))
    except (MemoryError, ValueError):  # ValueError: more bytes than an address can count
        raise ArgumentError(
            f"a network with {size(spec)} parameters does not fit into memory; take fewer units or "
            f"inputs"
        ) from None
    params = views(spec, flat)
    for name, values in params.items():
        _draw(spec, random, name, values)
    for index in range(spec.layers * spec.directions):
        _gate_biases(spec, random, params, index)
    return flat.astype(spec.dtype)


def _draw(spec: NetworkSpec, random: np.random.Generator, name: str, values: Values) -> None:
    """Fills one parameter, as its name asks; gate by gate where it has gates."""
    init = spec.init
    part = name.split("_l")[0]
    blocks = np.split(values, len(spec.cell_spec.gates) if part.endswith("h") else 1)
    if part == "embedding_weight":
        scale = 1.0 if init.input == "uniform" else values.shape[1] ** -0.5
        values[...] = random.normal(0, scale, values.shape)
    elif part == "weight_hh" and init.recurrent == "orthogonal":
        for block in blocks:
            block[...] = orthogonal(random, spec.hidden)
    elif part == "weight_hh" and init.recurrent == "identity":
        for block in blocks:
            block[...] = np.eye(spec.hidden)
    elif part in ("weight_ih", "dense_weight", "head_weight") and init.input == "glorot":
        for block in blocks:
            bound = math.sqrt(6 / sum(block.shape))
            block[...] = random.uniform(-bound, bound, block.shape)
    elif "bias" in part and init.bias == "zero":
        values[...] = 0
    else:
        bound = _torch_bound(spec, part)
        values[...] = random.uniform(-bound, bound, values.shape)


def _torch_bound(spec: NetworkSpec, part: str) -> float:
    """torch draws from ±1/√H in recurrent layers, from ±1/√inputs in linear ones."""
    if part.startswith("head"):
        return 1 / math.sqrt(spec.readout_size)
    if part.startswith("dense"):
        return 1 / math.sqrt(spec.input.size)  # type: ignore[union-attr]
    return 1 / math.sqrt(spec.hidden)


def _gate_biases(
    spec: NetworkSpec, random: np.random.Generator, params: dict[str, Values], index: int
) -> None:
    """The forget bias, or all gate biases of a chrono initialisation, in ``bias_ih``."""
    cell, init = spec.cell_spec, spec.init
    layer, direction = divmod(index, spec.directions)
    suffix = f"_l{layer}{spec.suffixes[direction]}"
    b_x, b_h = (
        dict(zip(cell.gates, np.split(params[name + suffix], len(cell.gates)), strict=True))
        for name in ("bias_ih", "bias_hh")
    )
    if init.chrono is not None:
        keep = np.log(random.uniform(1, init.chrono - 1, spec.hidden))
        for gate, sign in cell.chrono:
            b_x[gate][...] = sign * keep
            b_h[gate][...] = 0
    elif cell.forget is not None:
        b_x[cell.forget] += init.forget_bias


def orthogonal(random: np.random.Generator, n: int) -> Values:
    """A random n×n matrix Q with QᵀQ = 1, evenly distributed (Mezzadri 2007)."""
    with one_blas_thread():
        q, r = np.linalg.qr(random.normal(size=(n, n)))
    return np.asarray(q * np.sign(np.diag(r)))
