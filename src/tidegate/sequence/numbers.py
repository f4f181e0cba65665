"""The way from sequences of numbers to what a network reads."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.features import Features
from ..data.plain import from_json
from ..data.ragged import Form, Ragged, places
from ..data.spans import Spans
from ..errors import ArgumentError
from ..network import NumberInput, checks
from .neighbours import misled
from .pace import stretchable, waves
from .segments import KEPT, Segments, shaken, suited, varied
from .size import scalable
from .training import Training

Array = NDArray[Any]

VARIED = 0.8
"""The share of the batches that are varied."""


@dataclass(frozen=True)
class Reading:
    """What of it is settled by a few numbers."""

    segment: int
    stretched: bool
    """Whether a sequence stays what it is when time runs unevenly."""
    scaled: bool = True
    """Whether it does when its columns are scaled."""
    ended: bool = False
    """Whether it is over when it is read; False in files of before there was this."""

    def __post_init__(self) -> None:
        if type(self.segment) is not int or not 1 <= self.segment <= 10**6:
            raise ArgumentError(f"Reading.segment must be from 1 up, got {self.segment!r}")
        checks.flag(self, "ended")


@dataclass(frozen=True, eq=False)
class Numbers:
    """Sequences of numbers as tables: scaled once, cut into segments and varied at every use."""

    form: Form
    features: Features
    reading: Reading

    def settings(self, tokens: str, training: Training) -> list[tuple[str, Any, Any]]:
        """What it was learnt with and keeps: each name, what it was, and what is asked for."""
        if training.segment is None:
            return []
        return [("segment", self.reading.segment, training.segment)]

    @classmethod
    def of(
        cls,
        x: Ragged,
        weights: Array,
        training: Training,
        *,
        whole: bool,
        steps: bool,
        augment: bool,
        labels: Array | None = None,
    ) -> Numbers:
        """Learnt from the sequences that a network learns from.

        Args:
            x: n sequences.
            weights: ``[n]``.
            training: what was set.
            whole: whether the network sees a sequence to its end before it answers.
            steps: whether it answers at every step.
            augment: whether the sequences are varied at all.
            labels: ``[n]``, theirs from 0 up; None if they have none.
        """
        features = Features.of(x, weights, changes=training.changes, own=whole)
        size = 1 if steps else training.segment or suited(x.length)
        stretched, scaled = False, True
        if not steps and (augment or labels is not None):
            rows = features.rows(x)
            plain = rows[:, : x.form.columns]
            if labels is not None and training.segment is None:
                size = suited(x.length, rough=waves(plain, x.spans) > KEPT)
            if augment:
                stretched = stretchable(plain, x.spans, labels)
                if stretched and labels is not None:
                    stretched = not misled(rows, x.spans, labels)
                scaled = scalable(plain, x.spans, labels)
        return cls(x.form, features, Reading(size, stretched, scaled, whole))

    @property
    def segments(self) -> Segments:
        """How many rows a step of the network reads."""
        return Segments(self.reading.segment, self.reading.ended)

    @property
    def whole(self) -> bool:
        """Whether the network is given what is known of a sequence at its end alone."""
        return self.reading.ended or bool(self.features.own.any())

    @property
    def wide(self) -> None:
        """A linear layer stands beside networks for texts alone."""
        return None

    @property
    def input_dropout(self) -> float:
        """The share of the input that training leaves out."""
        return 0.0

    @property
    def network_input(self) -> NumberInput:
        """The first part of the network's spec."""
        segments = self.segments
        return NumberInput(self.features.width * segments.copies, segment=segments.size)

    def begin(self, params: dict[str, Array], x: Ragged, seed: int) -> None:
        """Sequences of numbers tell nothing of where a network should begin."""

    def table(self, x: Ragged) -> Array:
        """All rows as features."""
        return self.features.rows(x)

    def views(self, table: Array, spans: Spans) -> list[tuple[Array, Spans]]:
        """What the network reads to answer: the sequences, from one or several offsets."""
        segments = self.segments
        return [segments.read(table, spans, offset) for offset in segments.offsets]

    def batch(
        self, table: Array, spans: Spans, random: np.random.Generator, augment: bool
    ) -> tuple[Array, Spans]:
        """What it reads to learn: the sequences as they lie, or varied in rows of their own."""
        vary = augment and random.uniform() < VARIED
        size = self.reading.segment
        if not vary and size == 1:
            return table, spans
        if vary and self.reading.stretched:
            rows, found = varied(table, spans, random)
        else:
            rows = table[places(spans)]
            found = spans.laid()
        if vary:
            rows = shaken(rows, found, random, scaled=self.reading.scaled)
        rows, found = self.segments.read(rows, found, random.integers(0, size, len(found)))
        return np.ascontiguousarray(rows, np.float32), found

    def to_json(self) -> dict[str, Any]:
        """Plain values for a file."""
        return {"form": asdict(self.form), "reading": asdict(self.reading)}

    def tensors(self) -> dict[str, Array]:
        """Arrays for a file."""
        found = {f.name: np.asarray(getattr(self.features, f.name)) for f in fields(Features)}
        return {
            f"features.{name}": a.astype(np.uint8) if a.dtype == bool else a
            for name, a in found.items()
        }

    @classmethod
    def from_file(cls, data: dict[str, Any], tensors: dict[str, Array]) -> Numbers:
        """As `to_json` and `tensors` gave it. Raises: ArgumentError, if anything is amiss."""
        form = Form.from_json(data.get("form"))
        arrays = {}
        for field in fields(Features):
            array = tensors.get(f"features.{field.name}")
            if array is None or array.ndim != 1:
                raise ArgumentError(f"features.{field.name} is missing")
            arrays[field.name] = array
        features = Features.from_arrays(form.columns, arrays)
        return cls(form, features, from_json(Reading, data.get("reading")))
