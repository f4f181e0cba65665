"""tidegate predict MODEL FILE: what a model that was saved says of sequences."""

from __future__ import annotations

import json as to_json
import re
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ..errors import ArgumentError, DataError
from . import labelling
from .exits import exit_codes

if TYPE_CHECKING:
    import polars as pl

    from .labelled import Labelled, Named


def predict(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="What tidegate classify, regress or tag has saved."),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A file like the one that it learnt from; - for stdin."
        ),
    ],
    text: labelling.KnownText = None,
    id: labelling.Id = None,
    time: labelling.Time = None,
    out: Annotated[
        str | None, typer.Option(help="Write to this file; - for stdout.", metavar="FILE")
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="JSON in place of CSV, with the chance of every label."
        ),
    ] = False,
) -> None:
    """Labels sequences with a model that was saved: as CSV, each label with its chance.

    FILE has the columns that the model learnt from, or those that --text, --id and --time name; a
    column of labels may be missing, and is not read. Sequences without an id are called by their
    line, steps without a time by their place in the sequence.

    **Examples**

    `tidegate predict mood.safetensors newer.csv --out moods.csv`

    `tidegate predict activity.safetensors steps.csv --id trial --time second`

    `tidegate predict tagger.safetensors sentences.txt`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    with exit_codes():
        from ..loading import load
        from . import known, labelled, output

        output.check_ending(out, json)
        output.check_place(out, "--out", file, model)
        estimator = load(model)
        if not hasattr(estimator, "learned_"):
            command = "write" if hasattr(estimator, "generate") else "forecast"
            raise ArgumentError(f"{model} labels no sequences; use tidegate {command} --model")
        named = known.remembered(estimator, labelled.Named(text, id, time))
        rows = known.sequences(estimator, model, file, named)
        try:
            body = _json(estimator, rows) if json else _table(estimator, rows, named).write_csv()
        except DataError as error:
            raise DataError(f"{rows.name}: {error}") from None
        output.write(body, out or "-")


def _table(estimator: Any, rows: Labelled, named: Named) -> pl.DataFrame:
    """A row a sequence, or a step."""
    import polars as pl

    from ..data.sequences import read_sequences
    from . import known

    key = "line" if named.id is None else "id" if _ANSWERS.fullmatch(named.id) else named.id
    said = estimator.predict(rows.x)
    if not hasattr(estimator, "predict_proba"):
        values = np.asarray(said).reshape(len(rows), -1)
        names = (
            ["value"] if values.shape[1] == 1 else [f"value_{k}" for k in range(values.shape[1])]
        )
        return pl.DataFrame([pl.Series(key, rows.ids), *map(pl.Series, names, values.T)])
    chances = estimator.predict_proba(rows.x)
    if not known.stepwise(estimator):
        return pl.DataFrame({key: rows.ids, "label": _words(said), "chance": chances.max(axis=1)})
    length = [len(part) for part in said]
    ids = [name for name, n in zip(rows.ids, length, strict=True) for _ in range(n)]
    time = named.time
    place = "step" if time is None or time == key or _ANSWERS.fullmatch(time) else time
    steps: Any = rows.times or [range(1, n + 1) for n in length]
    table = {key: ids, place: [step for part in steps for step in part]}
    if isinstance(rows.x, list):
        table["token"] = read_sequences(rows.x, tokens=estimator.tokens).rows.tolist()
    if estimator.classes_ is None:
        every = np.concatenate(said)
        answers = {f"answer_{k}": column.astype(int) for k, column in enumerate(every.T)}
        return pl.DataFrame({**table, **answers})
    best = np.concatenate([part.max(axis=1) for part in chances])
    return pl.DataFrame({**table, "label": _words(np.concatenate(said)), "chance": best})


_ANSWERS = re.compile(r"label|chance|step|token|(value|answer)(_\d+)?")
"""Names of columns that hold what is said."""


def _words(labels: Any) -> list[str]:
    return [str(label) for label in labels]


def _json(estimator: Any, rows: Labelled) -> str:
    """Each sequence with what is said of it."""
    said = estimator.predict(rows.x)
    found: list[dict[str, Any]] = []
    several = hasattr(estimator, "predict_proba")
    chances = estimator.predict_proba(rows.x) if several else [None] * len(rows)
    classes = _words(estimator.classes_) if getattr(estimator, "classes_", None) is not None else []
    for name, label, chance in zip(rows.ids, said, chances, strict=True):
        plain = np.asarray(label).tolist()
        one = {"id": name, "label" if several else "value": plain}
        if chance is not None:
            values = np.asarray(chance)
            one["chances"] = (
                dict(zip(classes, values.tolist(), strict=True))
                if classes and values.ndim == 1
                else values.tolist()
            )
        found.append(one)
    whole = {"classes": classes, "sequences": found} if classes else {"sequences": found}
    return to_json.dumps(whole, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
