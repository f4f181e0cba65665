"""A language model as an ONNX file."""

from __future__ import annotations

import json
import os

from ..network import Network
from ..network.onnx import graph_of
from .text import Alphabet


def write_language(path: str | os.PathLike[str], network: Network, alphabet: Alphabet) -> None:
    """Writes the network and its tokens, whole or not at all.

    Inputs are ``tokens`` [batch, time] int64; and, if a run gives them, ``lengths`` [batch] int64
    and the states ``h_0`` and ``c_0`` that the texts go on from, [layers, batch, hidden], zero by
    default. Outputs are ``probabilities`` [batch, time, tokens], how likely each token is to come
    next after each; ``output``, their logits; and the states ``h_n`` and ``c_n``, to go on from.
    The file's metadata hold the ``alphabet`` as JSON: a token's number is its place among
    ``vocabulary.tokens``. A text begins after token 1, the end of a line.

    Args:
        path: where to.
        network: of the model.
        alphabet: its tokens.

    Raises:
        ArgumentError: if onnx is not installed.
        ModelFileError: if it cannot be written.

    Example:
        >>> import tempfile, onnx
        >>> from tidegate.network import NetworkSpec, TokenInput
        >>> alphabet = Alphabet.of("tick tock", "char")
        >>> n = len(alphabet.vocabulary)
        >>> spec = NetworkSpec(TokenInput(n, 4), cell="gru", hidden=4, readout="each", outputs=n)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_language(f"{folder}/clock.onnx", Network(spec), alphabet)
        ...     model = onnx.load(f"{folder}/clock.onnx")
        >>> [value.name for value in model.graph.output]
        ['output', 'h_n', 'probabilities']
    """
    graph, logits = graph_of(network)
    chances = graph.add("Softmax", logits, attributes={"axis": -1})
    graph.output("probabilities", chances, ("batch", "steps", network.spec.output_size))
    metadata = {"alphabet": json.dumps(alphabet.to_json())}
    graph.write(path, "A language model by tidegate", metadata)
