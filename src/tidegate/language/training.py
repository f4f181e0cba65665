"""How a language model learns: what is rarely set."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..data.plain import from_json
from ..errors import ArgumentError
from ..network import Init, checks
from ..train import FitSettings
from ..train.settings import annealed
from .text import Level

LEAST, FEW, MOST = 100, 500, 12_000
"""Updates, where their number is not given: at least, of a short text at most, and at most."""
LEARNT_BY_HEART = {"char": 150, "word": 100}
"""Times that a text is read, from which on it would rather be learnt by heart."""


@dataclass(frozen=True)
class LanguageTraining:
    """How long and how fast a language model learns, and from what.

    Example:
        >>> [LanguageTraining().updates_for(n) for n in (2_000, 4_000, 40_000, 1_000_000)]
        [146, 292, 500, 9765]
    """

    updates: int | None = None
    """None for so many that each token is read ``epochs`` times; of short texts for 500, or so many
    that each character is read 150 times, each word 100 times, if these are fewer; 100 at least and
    12,000 at most."""
    epochs: int = 20
    batch: int = 32
    """Places of the text that are read side by side."""
    steps: int = 64
    """Tokens that an update reads from each place; gradients go no further back."""
    learning_rate: float = 4e-3
    """The highest; it rises for 5 % of the updates, then falls along a cosine to 0."""
    weight_decay: float = 0.01
    beta2: float = 0.99
    """Of AdamW: how slowly it forgets the sizes of gradients."""
    validation: float = 0.0
    """The share of the text, its end, that is held out, for the choice of the best epoch."""
    patience: int | None = None
    """Stop after so many epochs without a better loss of what is held out."""
    min_count: int | None = None
    """How often a token must occur, to be known; None for 1 of characters and 2 of words."""
    vocabulary: int = 50_000
    """Tokens that are known, at most."""
    lower: bool = False
    """Whether the text is read in small letters."""
    sampled: int | None = None
    """Words that an update scores beside its own; None for 4,000 from 20,000 tokens on, else
    all; 0 for all."""
    init: Init = field(default_factory=Init)
    """What the weights start from; ``Init(chrono=T)`` for memories of T steps."""
    clip: float | None = 1.0
    """The largest norm of a gradient; None for no such limit."""
    clip_value: float | None = None
    """The largest size of each number of a gradient, cut off before its norm is limited; None for
    no such limit."""

    def __post_init__(self) -> None:
        for name in ("updates", "patience", "min_count"):
            if getattr(self, name) is not None:
                checks.whole(self, name, 1)
        for name in ("epochs", "batch", "steps"):
            checks.whole(self, name, 1)
        checks.whole(self, "vocabulary", 3)
        if self.sampled is not None:
            checks.whole(self, "sampled", 0)
        checks.number(self, "learning_rate", least=0)
        checks.number(self, "weight_decay", least=0)
        for name in ("beta2", "validation"):
            checks.number(self, name, least=0, below=1)
        checks.flag(self, "lower")
        checks.clipping(self)
        if not isinstance(self.init, Init):
            raise ArgumentError(f"LanguageTraining.init must be an Init, got {self.init!r}")
        if self.patience is not None and not self.validation:
            raise ArgumentError(
                "LanguageTraining.patience needs text held out; give validation above 0, such as "
                "0.1"
            )

    def updates_for(self, tokens: int, level: Level = "char") -> int:
        """Updates for a text of so many tokens."""
        if self.updates is not None:
            return self.updates
        batch = self.batch * self.steps
        least = min(max(LEARNT_BY_HEART[level] * tokens // batch, LEAST), FEW)
        return min(max(self.epochs * tokens // batch, least), MOST)

    def settings(self, tokens: int, seed: int, level: Level = "char") -> FitSettings:
        """The same for `train.fit_carried`."""
        return annealed(
            self.updates_for(tokens, level),
            self.batch,
            self.learning_rate,
            weight_decay=self.weight_decay,
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
    def from_json(cls, data: Any) -> LanguageTraining:
        """The value that `to_json` described. Raises: ArgumentError, if it describes none."""
        return from_json(cls, Init.within(data))
