"""Fitted estimators of sequences as ONNX files: scaling, networks, and what they answer."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network import NumberInput
from ..network.onnx import Graph, Rows, add_network, code_of, inside_of, rows_of
from .learn import Learned
from .numbers import Numbers
from .prepared import add_features, add_segments
from .prepared_beside import add_beside
from .targets import Units
from .texts import Texts
from .written import add_wides

Array = NDArray[Any]
StrPath = str | os.PathLike[str]


def write_labels(path: StrPath, learned: Learned, classes: Array | None) -> None:
    """Writes a classifier or a tagger as an ONNX file, whole or not at all.

    Inputs: ``x`` [batch, time, columns] float64, NaN where missing; or of characters ``tokens``
    [batch, time] int64, numbers in the vocabulary that the file's metadata hold; or of words what
    `written.feed_of` makes of them; and, if a run gives them, ``lengths`` [batch] int64. Outputs:
    ``probabilities`` [batch, classes], or of a tagger [batch, time, classes], zero beyond a length;
    and ``label`` [batch] or [batch, time], unless the answers are yes or no.

    Args:
        path: where to.
        learned: the networks.
        classes: the labels; None for yes or no.

    Raises:
        ArgumentError: if onnx is not installed.
        ModelFileError: if it cannot be written.

    Example:
        >>> import tempfile, onnx
        >>> from tidegate import SequenceClassifier
        >>> from tidegate.sequence.training import Training
        >>> model = SequenceClassifier(hidden=2, training=Training(updates=2), random_state=0)
        >>> _ = model.fit([[0.0, 1.0], [1.0, 0.0]], ["up", "down"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.to_onnx(f"{folder}/model.onnx")
        ...     graph = onnx.load(f"{folder}/model.onnx").graph
        >>> [value.name for value in graph.input], [value.name for value in graph.output]
        (['x', 'lengths'], ['probabilities', 'label'])
    """
    graph = Graph()
    rows, output = _outputs(graph, learned)
    each = _each(learned)
    operator = "Sigmoid" if classes is None else "Softmax"
    attributes = {} if classes is None else {"axis": -1}
    chances = graph.add(operator, output, attributes=attributes)
    if each:
        column = graph.add("Unsqueeze", rows.lengths, graph.integers(1))
        inside = inside_of(graph, chances, column)
        chances = graph.add("Where", inside, chances, graph.constant(np.float32(0)))
    graph.output("probabilities", chances, ("batch", *each, learned.spec.outputs))
    metadata = _metadata(learned)
    if classes is not None:
        place = graph.add("ArgMax", chances, attributes={"axis": -1, "keepdims": 0})
        words = classes.astype(object) if classes.dtype.kind == "U" else _plain(classes)
        label = graph.add("Gather", graph.constant(words), place)
        graph.output("label", label, ("batch", *each), words.dtype)
        metadata["classes"] = json.dumps(classes.tolist())
    graph.write(path, "A model of sequences by tidegate", metadata)


def write_numbers(path: StrPath, learned: Learned, units: Units) -> None:
    """Writes a regressor: ``value`` [batch] float64, or as `SequenceRegressor.predict` gives it.

    Inputs and errors are as for `write_labels`.
    """
    graph = Graph()
    _, output = _outputs(graph, learned)
    targets = len(units.centre)
    quantiles = learned.spec.outputs // targets
    z = graph.add("Reshape", output, graph.integers(0, targets, quantiles))
    if quantiles > 1:
        attributes = {"axis": 2, "largest": 0}
        z = graph.add_several(
            "TopK", z, graph.integers(quantiles), outputs=2, attributes=attributes
        )[0]
    z = graph.add("Cast", z, attributes={"to": code_of(np.float64)})
    value = graph.add("Mul", z, graph.constant(units.scale[:, None].astype(np.float64)))
    value = graph.add("Add", value, graph.constant(units.centre[:, None].astype(np.float64)))
    gone = [*([1] if units.flat else []), *([2] if quantiles == 1 else [])]
    if gone:
        value = graph.add("Squeeze", value, graph.integers(*gone))
    sizes = [size for axis, size in ((1, targets), (2, quantiles)) if axis not in gone]
    graph.output("value", value, ("batch", *sizes), np.float64)
    graph.write(path, "A model of sequences by tidegate", _metadata(learned))


def _outputs(graph: Graph, learned: Learned) -> tuple[Rows, str]:
    """`Learned.outputs`: what a run is given, and the mean of all networks over the temperature."""
    rows, table, views = _views(graph, learned.inputs)
    found = [
        add_network(graph, member.network, view).output
        for member in learned.members
        for view in views
    ]
    total = found[0] if len(found) == 1 else graph.add("Sum", *found)
    if learned.inputs.wide:  # texts have one view
        wides = (member.wide for member in learned.members if member.wide is not None)
        total = graph.add("Sum", total, *add_wides(graph, list(wides), _each(learned)))
    share = np.float32(len(found) * learned.temperature)
    total = graph.add("Div", total, graph.constant(share))
    if learned.beside is not None:
        total = add_beside(graph, learned.beside, total, table)
    return rows, total


def _each(learned: Learned) -> tuple[str, ...]:
    """The axes between the sequences and the outputs: that of steps, if each is judged."""
    return ("time",) if learned.spec.readout == "each" else ()


def _views(graph: Graph, inputs: Any) -> tuple[Rows, Rows, list[Rows]]:
    """What a run is given, the table that is made of it, and what the networks read of that."""
    if isinstance(inputs, Numbers):
        rows = rows_of(graph, NumberInput(inputs.form.columns), np.float64)
        table = Rows(add_features(graph, inputs.features, rows), rows.lengths)
        segments = inputs.segments
        views = [add_segments(graph, segments, table, each) for each in segments.offsets]
        return rows, table, views
    rows = rows_of(graph, inputs.network_input, bags=inputs.parts != "none")
    return rows, rows, [rows]


def _metadata(learned: Learned) -> dict[str, str]:
    """What a user of the file must know."""
    inputs = learned.inputs
    if isinstance(inputs, Texts):
        found: dict[str, Any] = {
            "vocabulary": inputs.vocabulary.to_json(),
            "lower": inputs.lower,
            "parts": inputs.parts,
            "grams": asdict(inputs.wide),
        }
    else:
        found = {"columns": inputs.form.names}
    return {name: json.dumps(value) for name, value in found.items()}


def _plain(classes: Array) -> Array:
    """Labels of a type that every runtime has: whole numbers, numbers, or yes and no."""
    kinds = {"b": np.bool_, "f": np.float64}
    found: Array = classes.astype(kinds.get(classes.dtype.kind, np.int64))
    return found
