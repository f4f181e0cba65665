"""How long and how fast networks learn, and how many: what `Training` leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..data.ragged import Ragged
from .tasks import Task
from .training import Training

FEW = 300
"""Series with labels from which on they are not mixed."""
MANY = 1000
"""Series with labels from which on two rates are tried: of fewer, what is held out cannot tell."""
SLOW, QUICK, WIDE = 3e-3, 8e-3, 64
"""The rate of series, and another of those that are judged as a whole; units from which on that one
is less."""
DECAY = 0.1
"""Of the weights, at that rate, where numbers are told, and nothing held out says whether it is too
much: noise would else be known by heart."""
MEMBERS, LABELLED = 3, 4
"""Networks that answer together; those of series with labels."""
READ, READ_STEPS = 1_200_000, 3_000_000
"""About how many tokens all of these may read to learn, of texts and of steps: what another one
gains is little beside the time that many texts take."""


@dataclass(frozen=True)
class Recipe:
    """How long, how fast: what `Training` leaves open, filled in."""

    updates: int
    rate: float
    decay: float = 0.01
    """Of the weights, by AdamW."""
    bucket: bool = False
    """Whether a batch takes sequences of about the same length."""
    mixed: bool = False
    """Whether sequences are mixed with others of their label and length, while they are varied."""
    most: int = MEMBERS
    """Networks."""
    read: int = READ
    """The tokens that all of them may read."""
    other: Recipe | None = None
    """Another one that might suit the sequences better."""

    @classmethod
    def numbers(cls, n: int, training: Training, task: Task, units: int = 64) -> Recipe:
        """For n sequences of numbers and so many units of each direction: 60 epochs, within bounds;
        more of few.

        Example:
            >>> from tidegate.network import Loss
            >>> labels, number = Task(Loss("categorical"), 2), Task(Loss("mse"), 1)
            >>> found = [Recipe.numbers(n, Training(), labels) for n in (10, 40, 100, 1000, 4000)]
            >>> [recipe.updates for recipe in found], found[-1].rate, found[-1].other.rate
            ([440, 560, 800, 1875, 3000], 0.003, 0.008)
            >>> [Recipe.numbers(9, Training(), number, units).rate for units in (16, 64, 100, 512)]
            [0.008, 0.008, 0.00512, 0.003]
        """
        labels = task.labels
        least = min(400 + 4 * n, 800) if labels else 800
        updates = training.updates or min(max(60 * n // training.batch, least), 3000)
        most = LABELLED if labels else MEMBERS
        found = cls(updates, SLOW, mixed=labels and n < FEW, most=most)
        rate = QUICK * min(WIDE / units, 1.0)
        if task.stepwise or training.learning_rate is not None or rate <= SLOW:
            return found
        if not labels:
            return replace(found, rate=rate, decay=DECAY)
        return replace(found, other=replace(found, rate=rate)) if n >= MANY else found

    @classmethod
    def tokens(cls, n: int, training: Training, steps: bool) -> Recipe:
        """For n sequences of tokens: five epochs, nine where each step is tagged; more of few.

        Example:
            >>> [Recipe.tokens(n, Training(), steps=True).updates for n in (10, 1000, 12_800)]
            [600, 1200, 3600]
        """
        epochs = 9 if steps else 5
        updates = training.updates or max(epochs * n // training.batch, min(60 * n, 1200))
        if steps:
            return cls(updates, 3e-3, bucket=True, read=READ_STEPS)
        return cls(updates, 2e-3, bucket=True)

    def members(self, x: Ragged, batch: int) -> int:
        """How many networks answer together: several, but of many or long texts fewer.

        Example:
            >>> from tidegate.data.sequences import read_sequences
            >>> recipe = Recipe(1000, 2e-3)
            >>> [recipe.members(read_sequences([["a"] * n] * 32), 32) for n in (5, 20, 80)]
            [3, 2, 1]
        """
        if x.form.kind == "numbers":
            return self.most
        read = self.updates * min(batch, len(x)) * float(x.length.mean())
        return min(max(round(self.read / read), 1), self.most)
