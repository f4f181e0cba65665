"""What `tidegate classify`, `regress` and `tag` do: to read, to learn, to judge and to tell."""

from __future__ import annotations

import json as to_json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ..errors import ArgumentError, DataError
from . import judged, labelled, output
from .labelled import Labelled, Named
from .labelling import SHARE

if TYPE_CHECKING:
    from ..sequence.judge import Judgement
    from ..sequence.judge_numbers import NumberJudgement

whole_sequences = partial(labelled.read_rows, steps=False)
"""Those of a table, with one label each."""

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
    columns: dict[str, str] = field(default_factory=dict)
    """Where the sequences stand in their file, as the model remembers it."""

    def tell(self, save: str | None, out: str | None, json: bool) -> None:
        """Learns, and tells how the sequences to judge by went.

        Args:
            save: where to keep a model of all sequences.
            out: where to write; None and - for stdout.
            json: whether as JSON.

        Raises:
            DataError: if the sequences cannot be used.
        """
        rows = self.rows
        try:
            known, apart = self._parts()
            with warnings.catch_warnings():  # scikit-learn's, of what `_parts` has told already
                warnings.filterwarnings("ignore", "The number of unique classes")
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

        labels = self.rows.labels
        if self.test is None and len(self.rows) < 2:
            raise DataError("there is one sequence; expected several, to learn from some and judge")
        kinds = {label for part in labels for label in part}
        if self.kind != "number" and len(kinds) < 2:
            raise DataError(f"every label is {min(kinds)!r}; expected two different ones at least")
        if self.kind == "sequence" and 2 * len(kinds) > len(labels) > 20:
            sys.stderr.write(
                f"{self.rows.name}: {len(kinds):,} different labels of {len(labels):,} sequences; "
                f"if they are amounts, use tidegate regress\n"
            )
        if self.test is not None:
            return self.rows, self.test
        groups = [part[0] if self.kind == "sequence" else "any" for part in labels]
        held = hold_out(groups, SHARE if self.share is None else self.share, self.seed)
        if not held.any():
            raise DataError("every label is there once; expected several sequences of a label")
        return self.rows.take(~held), self.rows.take(held)

    def _learnt(self, rows: Labelled) -> Any:
        model = self.make()
        model.fit(rows.x, rows.labels if self.kind == "step" else self._each(rows), progress=None)
        if model.learned_.interrupted:
            raise KeyboardInterrupt
        model.columns_ = dict(self.columns)
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
            rules = baselines.of_numbers(known.x, y, apart.x, model.tokens)
            return judge_numbers(name, truth, said, rules)
        if self.kind == "step":
            found = [[str(label) for label in part] for part in said]
            others = baselines.of_steps(known.x, known.labels, apart.x)
        else:
            found = [[str(label)] for label in said]
            labels = self._each(known)
            ruled = baselines.of_sequences(known.x, labels, apart.x, model.tokens)
            others = {rule: [[label] for label in each] for rule, each in ruled.items()}
        return judge(name, apart.labels, found, others)


@dataclass(frozen=True)
class Files:
    """Where sequences come from, and where what is said of them goes."""

    file: str
    test: str | None
    """Of sequences to judge by; None to hold some of ``file`` out."""
    save: str | None
    out: str | None
    json: bool

    def learn(
        self,
        make: Callable[[], Any],
        kind: Kind,
        named: Named,
        read: Callable[[str, Named], Labelled] = whole_sequences,
        *,
        seed: int,
        held_out: float | None,
    ) -> None:
        """Reads, learns, judges and tells.

        Args:
            make: a model that has learnt nothing yet.
            kind: what it says.
            named: the columns that are meant.
            read: the sequences of a file.
            seed: of who is held out.
            held_out: which share; None for a fifth.

        Raises:
            ArgumentError: for a place where nothing can be written.
            DataError: if a file or its sequences cannot be used.
        """
        output.check_ending(self.out, self.json, plain=".txt")
        output.check_places({"--out": self.out, "--save": self.save}, self.file, self.test)
        if self.test is not None and Path(self.test).resolve() == Path(self.file).resolve():
            raise ArgumentError(
                f"--test {self.test} is what is learnt from, which cannot judge; give sequences of "
                f"another file, or leave it out"
            )
        rows = read(self.file, named)
        others = None if self.test is None else read(self.test, _like(rows, named))
        learning = Learning(rows, make, kind, seed, held_out, others, named.places())
        learning.tell(self.save, self.out, self.json)


def _like(rows: Labelled, named: Named) -> Named:
    """The columns of a further file: those that were learnt from, by their names."""
    if isinstance(rows.x, list):
        return named
    names = tuple(name for name in rows.x.columns if name not in ("sequence", "step"))
    return replace(named, values=names)
