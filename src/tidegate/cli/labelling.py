"""What `tidegate classify`, `regress` and `tag` share: options; to learn, to judge and to tell."""

from __future__ import annotations

import json as to_json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
import typer

from ..errors import DataError
from .values import between, one_of, whole

if TYPE_CHECKING:
    from ..sequence.judge import Judgement
    from ..sequence.judge_numbers import NumberJudgement
    from .labelled import Labelled, Named

CELLS = ("gru", "lstm", "rnn", "rnn_relu")
SHARE = 0.2
"""Of the sequences, held out to judge."""

Id = Annotated[
    str | None,
    typer.Option(help="The column that says which sequence a row is a step of.", metavar="COLUMN"),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="The column that orders the steps.  [default: as they stand]", metavar="COLUMN"
    ),
]
Value = Annotated[
    list[str] | None,
    typer.Option(
        help="A column of numbers to learn from; may be given again.  [default: all others]",
        metavar="COLUMN",
    ),
]
Cell = Annotated[
    str | None,
    typer.Option(
        parser=one_of(*CELLS),
        metavar="|".join(CELLS),
        help="The kind of recurrent network.  [default: gru, or lstm to tag]",
    ),
]
Hidden = Annotated[int | None, typer.Option(parser=whole(1), metavar="N", help="Its units.")]
Updates = Annotated[
    int | None,
    typer.Option(parser=whole(1), metavar="N", help="How long to learn.  [default: as suits]"),
]
Test = Annotated[
    str | None,
    typer.Option(
        help="Sequences to judge by, in a file like FILE; all of FILE is learnt.", metavar="FILE"
    ),
]
Held = Annotated[
    float | None,
    typer.Option(
        "--held-out",
        parser=between(1),
        metavar="SHARE",
        help=f"Of the sequences, to judge by.  [default: {SHARE}]",
    ),
]
Seed = Annotated[
    int,
    typer.Option(parser=whole(0), metavar="N", help="Equal seeds give equal models, to the bit."),
]
Save = Annotated[
    str | None,
    typer.Option(
        help="Learn once more, from all sequences, and keep the model for tidegate predict.",
        metavar="MODEL",
    ),
]
Out = Annotated[
    str | None, typer.Option(help="Write the report to this file; - for stdout.", metavar="FILE")
]
Json = Annotated[bool, typer.Option("--json", help="JSON in place of the report.")]


Kind: TypeAlias = Literal["sequence", "step", "number"]
"""What is said: a label of a sequence or of each step, or a number."""


@dataclass(frozen=True)
class Learning:
    """What is to be learnt, and judged by what."""

    rows: Labelled
    """All sequences to learn from or to hold out of."""
    make: Callable[[], Any]
    """A model that has learnt nothing yet."""
    kind: Kind
    seed: int
    """Of who is held out."""
    share: float | None = None
    """Of the sequences, held out; None for a fifth."""
    test: Labelled | None = None
    """Sequences to judge by, in place of some held out."""

    def tell(self, save: str | None, out: str | None, json: bool) -> None:
        """Learns, and tells how the sequences to judge by went.

        Args:
            save: where to keep a model of all sequences.
            out: where to write; None and - for stdout.
            json: whether as JSON.

        Raises:
            DataError: if the sequences cannot be used.
        """
        from . import judged, output

        rows = self.rows
        try:
            known, apart = self._parts()
            model = self._learnt(known)
            verdict = self._judged(model, known, apart)
            if save is not None:
                (model if self.test else self._learnt(rows)).save(save)
        except DataError as error:
            said, names = str(error), [rows.name, *([self.test.name] if self.test else [])]
            told = said.startswith(tuple(names))
            raise DataError(said if told else f"{rows.name}: {said}") from None
        if json:
            found = {**verdict.to_json(), "learnt_from": len(known)}
            text = to_json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False)
        else:
            where = f"of {self.test.name}" if self.test else "drawn at random, held out"
            text = judged.report(verdict, len(known), where, steps=self.kind == "step")
        output.write(text + "\n", out or "-")
        if save is not None:
            sys.stderr.write(f"{save}: a model of all {len(rows):,} sequences\n")

    def _parts(self) -> tuple[Labelled, Labelled]:
        """What is learnt from, and what is judged by."""
        from ..sequence.judge import hold_out

        if self.test is not None:
            return self.rows, self.test
        if len(self.rows) < 2:
            raise DataError("there is one sequence; expected several, to learn from some and judge")
        labels = self.rows.labels
        kinds = [part[0] if self.kind == "sequence" else "any" for part in labels]
        held = hold_out(kinds, SHARE if self.share is None else self.share, self.seed)
        if not held.any():
            raise DataError("every label is there once; expected several sequences of a label")
        return self.rows.take(~held), self.rows.take(held)

    def _learnt(self, rows: Labelled) -> Any:
        model = self.make()
        model.fit(rows.x, rows.labels if self.kind == "step" else self._each(rows), progress=None)
        if model.learned_.members[-1].interrupted:
            raise KeyboardInterrupt
        return model

    def _each(self, rows: Labelled) -> list[Any]:
        """What is said of each sequence."""
        number = self.kind == "number"
        return [float(part[0]) if number else part[0] for part in rows.labels]

    def _judged(self, model: Any, known: Labelled, apart: Labelled) -> Judgement | NumberJudgement:
        from ..sequence import baselines
        from ..sequence.judge import judge
        from ..sequence.judge_numbers import judge_numbers

        name = model.cell.upper()
        try:
            said = model.predict(apart.x)
        except DataError as error:
            raise DataError(f"{apart.name}: {error}") from None
        if self.kind == "number":
            truth, y = (np.array(self._each(part)) for part in (apart, known))
            return judge_numbers(name, truth, said, baselines.of_numbers(known.x, y, apart.x))
        if self.kind == "step":
            found = [[str(label) for label in part] for part in said]
            others = baselines.of_steps(known.x, known.labels, apart.x)
        else:
            found = [[str(label)] for label in said]
            ruled = baselines.of_sequences(known.x, self._each(known), apart.x)
            others = {rule: [[label] for label in each] for rule, each in ruled.items()}
        return judge(name, apart.labels, found, others)


def check_judged_by(test: str | None, held_out: float | None) -> None:
    """That sequences to judge by are named in one way. Raises: BadParameter."""
    if test is not None and held_out is not None:
        raise typer.BadParameter("--test and --held-out both say what to judge by; give one")


def like(rows: Labelled, named: Named) -> Named:
    """The columns of a further file: those that were learnt from, by their names."""
    if isinstance(rows.x, list):
        return named
    names = tuple(name for name in rows.x.columns if name not in ("sequence", "step"))
    return replace(named, values=names)
