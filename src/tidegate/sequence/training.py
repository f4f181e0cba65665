"""How the estimators of sequences learn: what is rarely set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..data.plain import from_json
from ..errors import ArgumentError
from ..network import Init, checks
from ..train import FitSettings
from ..train.settings import annealed


@dataclass(frozen=True)
class SequenceTraining:
    """How long and how fast an estimator learns, and from which variants of the sequences.

    None is for what suits the data: see docs/design/sequences.md. A search for settings takes whole
    values: ``{"training": [SequenceTraining(learning_rate=rate) for rate in (1e-3, 1e-2)]}``.

    Example:
        >>> SequenceTraining(learning_rate=1e-2, members=1).settings(updates=500, seed=3).schedule
        'cosine'
    """

    updates: int | None = None
    """None for 60 epochs of numbers, 800 updates at least, or 400 and 4 for each of less than 100
    sequences with labels, and 3,000 at most, of which a tagger does as many as were best for
    sequences held out first; of tokens, a few epochs."""
    batch: int = 32
    """Sequences in an update."""
    learning_rate: float | None = None
    """The highest; it rises for 5 % of the updates, then falls along a cosine to 0. None for 3e-3,
    2e-3 of texts that are judged as a whole; 8e-3 of series with numbers to be told, and from 1,000
    series with labels on where it is better for those held out, or less with more than 64 units."""
    weight_decay: float | None = None
    """Of AdamW; None for 0.01, 0.1 of series with numbers to be told."""
    beta2: float = 0.999
    """Of AdamW: how slowly it forgets the sizes of gradients."""
    members: int | None = None
    """Networks that differ in their seed, and answer together; None for 4 of series with labels, 3
    of other numbers, and of texts for as many, up to 3, as read some million tokens in all."""
    smoothing: float | None = None
    """How much of a label is spread over all; None for 0.1 of classifiers, 0 of taggers."""
    augment: bool | None = None
    """Whether the sequences are varied while they are learnt from: numbers stretched, scaled,
    shaken and, where they are few, mixed with others of their label, words dropped. None for
    classifiers alone: of another size, the answer is another."""
    segment: int | None = None
    """Steps of the data that one step of the network reads; None for so many that 40 remain, 80
    where a classifier reads sequences of more than 40 waves."""
    changes: bool = True
    """Whether numbers come with their changes since the step before."""
    validation: float = 0.0
    """The share of the sequences that is held out, for the choice of the best update so far."""
    patience: int | None = None
    """Stop after so many twentieths of the updates without a better loss of what is held out."""
    calibrate: bool | None = None
    """Whether answers are corrected by what a network says that learns from 80 % of the sequences,
    or where these are few several such: chances by a temperature, numbers by how far they go from
    the middle. None for classifiers, for regressors of series, and for taggers of texts."""
    kernels: bool = True
    """Whether random kernels may stand beside a classifier of series that also reads from the end:
    as far as they help with those sequences, and so not where ``calibrate`` is False."""
    min_count: int = 2
    """How often a token must occur, to be known."""
    vocabulary: int = 50_000
    """Tokens that are known, at most."""
    lower: bool = True
    """Whether texts are read in small letters."""
    embedding: int = 100
    """Numbers that a token is embedded as."""
    init: Init = field(default_factory=Init)
    """What the weights start from; ``Init(chrono=T)`` for memories of T steps."""
    clip: float | None = 1.0
    """The largest norm of a gradient; None for no such limit."""
    clip_value: float | None = None
    """The largest size of each number of a gradient, cut off before its norm is limited; None for
    no such limit."""

    def __post_init__(self) -> None:
        for name in ("updates", "members", "segment", "patience"):
            if getattr(self, name) is not None:
                checks.whole(self, name, 1)
        for name in ("batch", "min_count", "vocabulary", "embedding"):
            checks.whole(self, name, 1)
        if self.learning_rate is not None:
            checks.number(self, "learning_rate", least=0)
        if self.weight_decay is not None:
            checks.number(self, "weight_decay", least=0)
        for name in ("beta2", "validation"):
            checks.number(self, name, least=0, below=1)
        if self.smoothing is not None:
            checks.number(self, "smoothing", least=0, below=1)
        for name in ("changes", "kernels", "lower"):
            checks.flag(self, name)
        for name in ("augment", "calibrate"):
            if getattr(self, name) is not None:
                checks.flag(self, name)
        checks.clipping(self)
        if not isinstance(self.init, Init):
            raise ArgumentError(f"SequenceTraining.init must be an Init, got {self.init!r}")
        if self.patience is not None and not self.validation:
            raise ArgumentError(
                "SequenceTraining.patience needs sequences held out; give validation above 0, "
                "such as 0.1"
            )

    def settings(
        self, updates: int, seed: int, default_rate: float = 3e-3, default_decay: float = 0.01
    ) -> FitSettings:
        """The same for `train.fit_drawn`."""
        rate = default_rate if self.learning_rate is None else self.learning_rate
        decay = default_decay if self.weight_decay is None else self.weight_decay
        return annealed(
            updates,
            self.batch,
            rate,
            weight_decay=decay,
            beta2=self.beta2,
            patience=self.patience,
            clip=self.clip,
            clip_value=self.clip_value,
            seed=seed,
        )

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and `from_json` turns back into an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> SequenceTraining:
        """The value that `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_json(cls, Init.within(data))


Training = SequenceTraining  # what this package calls it: it knows no other
