"""The fixes of an audit, trained: what was there before, and what came of each."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from ..errors import ArgumentError
from ..evidence import SURE, chance
from .again import seed_of
from .compare import paired
from .contest import Entry, contest
from .plain import from_plain, to_plain
from .result import Audit, Fix
from .whole import audit as look


@dataclass(frozen=True)
class Attempt:
    """A fix that was trained, or did not fit into the budget."""

    title: str
    changes: dict[str, Any]
    """As in `Fix`."""
    loss: float
    """On what was held out; NaN if it was not tried."""
    p: float
    """How often chance alone makes so large a difference to what was there before; NaN where
    there are too few observations."""
    memory: int
    """Usable memory, in rows; 0 if it was not tried."""
    seconds: float
    failed: str
    """Why there is no loss; empty if there is one."""


@dataclass(frozen=True)
class TriedFixes:
    """Before and after, on data that no model has learnt from."""

    model: str
    loss_name: str
    """What is measured; lower is better."""
    unit: str
    observations: int
    before: float
    """The loss of the model as it was, trained anew on the part that is learnt from."""
    memory: int
    """Its usable memory, in rows."""
    seconds: float
    attempts: tuple[Attempt, ...]
    """In the order of the audit."""

    @property
    def best(self) -> Attempt | None:
        """The one of the lowest loss, if that is below what was there before."""
        known = [each for each in self.attempts if each.loss < self.before]
        return min(known, key=lambda each: each.loss, default=None)

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        found: dict[str, Any] = to_plain(self)
        return found

    @classmethod
    def from_json(cls, data: Any) -> TriedFixes:
        """What `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_plain(cls, data)

    def to_frame(self) -> Any:
        """A frame (polars): a row for what was there before, then one for each fix."""
        import polars as pl

        names = ("fix", "loss", "p", "memory", "seconds")
        first = ("before", self.before, math.nan, self.memory, self.seconds)
        rows = [(t.title, t.loss, t.p, t.memory, t.seconds) for t in self.attempts]
        return pl.DataFrame([first, *rows], schema=names, orient="row")

    def __str__(self) -> str:
        titles = ["before", *(each.title for each in self.attempts)]
        width = max(len(title) for title in titles)
        what = f"{self.loss_name} on {self.observations} {self.unit} held out; usable memory"
        lines = [
            f"{self.model}: {what}",
            f"  {'before':{width}}  {self.before:10.4g}  {self.memory:6}",
        ]
        for each in self.attempts:
            if each.failed:
                lines.append(f"  {each.title:{width}}  {each.failed}")
                continue
            sure = "" if math.isnan(each.p) else f"  ({chance(each.p)})"
            lines.append(f"  {each.title:{width}}  {each.loss:10.4g}  {each.memory:6}{sure}")
        return "\n".join([*lines, self._sentence()])

    __repr__ = __str__

    def _sentence(self) -> str:
        best = self.best
        if not self.attempts:
            return "the audit found nothing to try"
        if all(each.failed for each in self.attempts):
            return "nothing could be tried"
        if best is None:
            return "none of what was tried is better than what was there before"
        share = (self.before - best.loss) / abs(self.before) if self.before else math.inf
        lead = f"{best.title}: {100 * share:.0f} % less {self.loss_name} than before"
        if not best.p < SURE:
            return f"{lead}, which may be chance"
        return f"{lead} ({chance(best.p)})"


def try_fixes(audit: Audit, budget: float = 60.0, *, updates: int | None = None) -> TriedFixes:
    """Trains the model as it was, then with each fix, on one part of the audit's own data.

    All are judged by the other part, which none has learnt from, and all begin from the same seed.

    Args:
        audit: of an estimator, a Forecaster or a LanguageModel, with the data that it learnt from.
        budget: seconds; a fix is not begun if it would not be done in time, by what the slowest
            training has taken so far.
        updates: of each training; None for as many as the model's settings say.

    Raises:
        ArgumentError: if the audit was read from a file, or its model cannot be trained anew.
        DataError: if there is too little to hold some of it out.
    """
    if audit.source is None:
        raise ArgumentError(
            "an audit that was read from JSON has no model to train; call audit(model, data) first"
        )
    if isinstance(budget, bool) or not isinstance(budget, int | float) or not budget > 0:
        raise ArgumentError(f"budget must be seconds above 0, got {budget!r}")
    model, data = audit.source
    field, seed = contest(model, data, seed=seed_of(model)), seed_of(model)
    common = {} if updates is None else {"training.updates": updates}
    begin = time.perf_counter()
    before = field.enter(common, seed)
    memory = look(field.fitted(before), field.held()).memory.usable
    slowest = time.perf_counter() - begin
    attempts = []
    for fix in audit.fixes:
        start = time.perf_counter()
        if start - begin + slowest > budget:
            attempts.append(_not(fix, f"not tried within {budget:g} s"))
            continue
        try:
            after = field.enter({**common, **fix.changes}, seed)
        except ArgumentError as error:
            attempts.append(_not(fix, str(error)))
            continue
        reach = look(field.fitted(after), field.held()).memory.usable
        attempts.append(_attempt(fix, before, after, reach))
        slowest = max(slowest, time.perf_counter() - start)
    n = len(before.losses)
    return TriedFixes(
        audit.model,
        field.loss,
        field.unit,
        n,
        before.loss,
        memory,
        before.seconds,
        tuple(attempts),
    )


def _attempt(fix: Fix, before: Entry, after: Entry, memory: int) -> Attempt:
    p = paired(after.losses - before.losses)
    return Attempt(fix.title, fix.changes, after.loss, p, memory, after.seconds, "")


def _not(fix: Fix, why: str) -> Attempt:
    return Attempt(fix.title, fix.changes, math.nan, math.nan, 0, 0.0, why)
