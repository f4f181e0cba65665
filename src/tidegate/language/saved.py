"""A language model as a model file, and back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, ModelFileError
from ..network import Network
from ..network.file import check_format, network_of, read_model, tensors_of, write_model
from .text import Alphabet
from .training import LanguageTraining

KIND = "language"
HASHES = "learnt.hashes"
"""A tensor: four bytes for each hash of the text; missing in files of before there were any."""
FORMAT = 2
"""Counts up whenever the same file would read a text, or mean its settings, in another way."""
_TYPES: dict[str, tuple[type, ...]] = {
    "level": (str,),
    "cell": (str,),
    "hidden": (int,),
    "layers": (int,),
    "dropout": (float, int, type(None)),
    "recurrent_dropout": (float, int),
    "embedding": (int, type(None)),
    "tied": (bool, type(None)),
    "random_state": (int, type(None)),
}


def write(
    path: str | os.PathLike[str],
    settings: dict[str, Any],
    alphabet: Alphabet,
    network: Network,
    seen: NDArray[Any],
) -> None:
    """Writes it, whole or not at all.

    Args:
        path: where to.
        settings: the model's arguments; a random state that is no seed is not kept.
        alphabet: its tokens.
        network: what it has learnt.
        seen: hashes of the text that it learnt from, see `unlearnt.hashes_of`.

    Raises:
        ModelFileError: if it cannot be written.
    """
    training = settings["training"]
    kept = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in settings.items()
        if name != "training"
    }
    seed = kept["random_state"]
    kept["random_state"] = int(seed) if isinstance(seed, int) else None
    meta = {
        "format": FORMAT,
        "settings": kept,
        "training": None if training is None else training.to_json(),
        "alphabet": alphabet.to_json(),
    }
    hashes = seen.astype(np.uint32).view(np.int32)
    write_model(path, KIND, network.spec.to_json(), {**tensors_of(network), HASHES: hashes}, meta)


def read(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], Alphabet, Network, NDArray[Any]]:
    """What `write` was given. Raises: ModelFileError, if the file is no sound language model."""
    file = read_model(path, KIND)
    check_format(file, file.meta.get("format"), FORMAT)
    try:
        settings = file.meta.get("settings")
        if not isinstance(settings, dict) or settings.keys() != _TYPES.keys():
            raise ArgumentError("it does not hold the model's settings")
        for name, types in _TYPES.items():
            value = settings[name]
            if type(value) not in types:
                raise ArgumentError(f"its setting {name} is {value!r}")
        training = file.meta.get("training")
        if training is not None:
            training = LanguageTraining.from_json(training)
        alphabet = Alphabet.from_json(file.meta.get("alphabet"))
        network = network_of(file)
        spec = network.spec
        if spec.output_size != len(alphabet.vocabulary) or spec.readout != "each":
            raise ArgumentError("its network does not fit its tokens")
        if spec.bidirectional or getattr(spec.input, "vocabulary", 0) != spec.output_size:
            raise ArgumentError("its network does not read what it writes")
        seen = file.tensors.get(HASHES, np.zeros(0, np.int32))
        if seen.dtype != np.int32 or seen.ndim != 1:
            raise ArgumentError("what it learnt from is no list of hashes")
        seen = np.unique(seen.view(np.uint32).astype(np.int64))
    except ArgumentError as error:
        raise ModelFileError(
            f"{file.path} is damaged: {error}; give another file, or save it again"
        ) from None
    return {**settings, "training": training}, alphabet, network, seen
