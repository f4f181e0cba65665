"""Files as a model that was saved reads them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, DataError

if TYPE_CHECKING:
    from .labelled import Labelled, Named


def data_of(model: Any, path: str, file: str, named: Named) -> tuple[Any, str]:
    """What an audit takes: a frame, a text, sequences, or (sequences, their labels).

    Args:
        model: what `tidegate.load` gave.
        path: of the model, for messages.
        file: a CSV file, or a text for a language model; - for stdin.
        named: columns; a forecaster knows its own, others those that they learnt from, if any.

    Returns:
        The data, and what messages call the file.

    Raises:
        ArgumentError: for an option that such a model has no use for.
        DataError: if the file cannot be read, or lacks a column.
    """
    options = {"text": "--text", "id": "--id", "time": "--time", "label": "--label or --target"}
    given = [option for name, option in options.items() if getattr(named, name)]
    if not hasattr(model, "learned_"):
        if given:
            raise ArgumentError(f"{path} knows its columns, so leave {given[0]} out")
        if hasattr(model, "generate"):
            from ..data.text import read_text

            name, data = read_text(file, table=False)
            return data.decode(), name
        from .reading import read_like

        table = read_like(file, model.series_)
        return table.frame, table.name
    rows = sequences(model, path, file, remembered(model, named))
    if not rows.labels:
        return rows.x, rows.name
    return (rows.x, _answers(model, rows)), rows.name


def remembered(model: Any, named: Named) -> Named:
    """With the columns of the file that the model learnt from, where none are named.

    Tells in a line where steps are not put into the order of a time, as those learnt from were.
    """
    learnt = getattr(model, "columns_", {})
    if not named.places():
        return replace(named, **learnt)
    if named.id is not None and named.time is None and "time" in learnt:
        sys.stderr.write(
            f"--id {named.id} came without --time: steps go in the order of the file, where the "
            f"model learnt from them in that of {learnt['time']!r}\n"
        )
    return named


def sequences(model: Any, path: str, file: str, named: Named) -> Labelled:
    """The sequences as the model knows them; labels, where a column of them is named.

    Raises:
        ArgumentError, DataError: as `data_of`.
    """
    from . import labelled

    form = model.learned_.inputs.form
    steps = stepwise(model)
    labels = steps and named.label is not None
    if form.kind == "tokens":
        if named.text is not None:
            return labelled.read_rows(file, named, steps=labels)
        if steps and named.id is None:
            return labelled.read_tokens(file, label=named.label is not None)
        raise ArgumentError(f"{path} reads words; name their column as --text")
    if named.text is not None:
        raise ArgumentError(f"{path} reads numbers, no texts; leave --text out")
    if form.steps is None and named.id is None:
        raise ArgumentError(
            f"{path} has learnt from files with a row for each step; name the column of the "
            f"sequence as --id"
        )
    names = getattr(model, "feature_names_in_", None)
    values = None if names is None else tuple(str(name) for name in names)
    return labelled.read_rows(file, replace(named, values=values), steps=labels)


def _answers(model: Any, rows: Labelled) -> list[Any]:
    """Labels as the model calls them, which may be numbers; a file has words alone.

    Raises:
        DataError: for a label that it has not learnt.
    """
    if not hasattr(model, "predict_proba"):
        return [float(part[0]) for part in rows.labels]
    if model.classes_ is None:
        raise DataError(
            f"{rows.name}: several yes or no at a step cannot be read; leave --label out"
        )
    known = {str(label): label for label in model.classes_.tolist()}
    for line, part in zip(rows.lines, rows.labels, strict=True):
        for label in part:
            if label not in known:
                raise DataError(
                    f"{rows.name}, line {line}: the model has not learnt the label {label!r}; it "
                    f"knows {', '.join(known)}"
                )
    each = [[known[label] for label in part] for part in rows.labels]
    return each if stepwise(model) else [part[0] for part in each]


def stepwise(model: Any) -> bool:
    """Whether the model says something of each step."""
    from ..sequence.tagger import SequenceTagger

    return isinstance(model, SequenceTagger)
