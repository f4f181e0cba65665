"""What `tidegate compare` lets compete: a model that has learnt nothing yet, and its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from .labelled import Labelled, Named

HIDDEN = 64
"""Units of the first cell; the others get as many parameters."""
TASKS = ("forecast", "classify", "regress", "tag", "write")
USES = {
    "forecast": ("--target", "--time", "--id", "--past", "--season", "--horizon"),
    "classify": ("--label", "--text", "--id", "--time"),
    "regress": ("--target", "--text", "--id", "--time"),
    "tag": ("--label", "--text", "--id", "--time"),
    "write": ("--level",),
}
"""The options that each task has a use for."""


class Field(NamedTuple):
    """A model, what it learns from, and what messages call the file."""

    model: Any
    X: Any
    y: Any
    """None where X holds the answers."""
    name: str


@dataclass(frozen=True)
class Asked:
    """The options; None where one was not given."""

    label: str | None = None
    text: str | None = None
    horizon: int | None = None
    target: str | None = None
    time: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    season: int | tuple[int, ...] | None = None
    level: str | None = None
    updates: int | None = None
    seed: int = 0

    def task(self, given: str | None) -> str:
        """What is to be learnt: what was given, else what the options suggest.

        Raises:
            BadParameter: for an option that the task has no use for, or one that it needs.

        Example:
            >>> Asked(label="mood").task(None), Asked().task(None)
            ('classify', 'forecast')
        """
        task = given or ("forecast" if self.label is None else "classify")
        known = dict.fromkeys(option for options in USES.values() for option in options)
        for option in known:
            if option in USES[task] or not getattr(self, option.removeprefix("--")):
                continue
            others = [name for name in TASKS if option in USES[name]]
            listed = ", ".join(others[:-1]) + " or " * (len(others) > 1) + others[-1]
            raise typer.BadParameter(f"{option} is for --task {listed}, and this is {task}")
        needed = {"classify": "label", "regress": "target"}.get(task)
        if needed is not None and getattr(self, needed) is None:
            raise typer.BadParameter(f"--task {task} needs --{needed}")
        if task == "tag" and self.id is None:
            for name in ("text", "time", "label"):
                if getattr(self, name) is not None:
                    raise typer.BadParameter(f"--{name} names a column; name its --id, too")
        if task == "tag" and self.id is not None and self.label is None:
            raise typer.BadParameter("--id is for a CSV file; name the column of its --label, too")
        return task

    def field(self, task: str, file: str) -> Field:
        """The model and the data of a file.

        Raises:
            DataError: if the file cannot be read, or lacks a column.
        """
        make: dict[str, Callable[[str], Field]] = {
            "forecast": self._forecast,
            "classify": self._classify,
            "regress": self._regress,
            "tag": self._tag,
            "write": self._write,
        }
        return make[task](file)

    def _forecast(self, file: str) -> Field:
        from ..forecast.forecaster import Forecaster
        from ..forecast.plan import Training
        from . import options, reading

        named = reading.Named.of(
            self.time, self.target, self.id, list(self.past) or None, None, None
        )
        table = reading.read(file, named)
        kind = table.series.frame
        model = Forecaster(
            self.horizon or options.HORIZON,
            id=kind.id or "unique_id",
            time=kind.time,
            target=kind.target,
            past=self.past,
            season=self.season,
            training=None if self.updates is None else Training(updates=self.updates),
            seed=self.seed,
        )
        return Field(model, table.frame, None, table.name)

    def _classify(self, file: str) -> Field:
        from ..sequence.classifier import SequenceClassifier

        rows = self._rows(file, steps=False)
        model = SequenceClassifier("gru", HIDDEN, training=self._short(), random_state=self.seed)
        return Field(model, rows.x, [part[0] for part in rows.labels], rows.name)

    def _regress(self, file: str) -> Field:
        from ..sequence.regressor import SequenceRegressor

        rows = self._rows(file, steps=False)
        model = SequenceRegressor("gru", HIDDEN, training=self._short(), random_state=self.seed)
        return Field(model, rows.x, [float(part[0]) for part in rows.labels], rows.name)

    def _tag(self, file: str) -> Field:
        from ..sequence.tagger import SequenceTagger
        from . import labelled

        if self.id is None:
            rows = labelled.read_tokens(file, label=True)
        else:
            rows = self._rows(file, steps=True)
        model = SequenceTagger("gru", HIDDEN, training=self._short(), random_state=self.seed)
        return Field(model, rows.x, rows.labels, rows.name)

    def _write(self, file: str) -> Field:
        from ..data.text import read_text
        from ..language.model import LanguageModel
        from ..language.training import LanguageTraining

        name, data = read_text(file, table=False)
        model = LanguageModel(
            level="word" if self.level == "word" else "char",
            cell="gru",
            hidden=2 * HIDDEN,
            training=LanguageTraining(updates=self.updates),
            random_state=self.seed,
        )
        return Field(model, data.decode(), None, name)

    def _rows(self, file: str, *, steps: bool) -> Labelled:
        from . import labelled

        number = self.label is None
        answer = self.target if number else self.label
        named: Named = labelled.Named(self.text, self.id, self.time, answer, numeric=number)
        return labelled.read_rows(file, named, steps=steps)

    def _short(self) -> Any:
        from ..sequence.training import Training

        return Training(updates=self.updates, members=1, kernels=False)
