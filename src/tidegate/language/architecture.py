"""The network of a language model, as far as the model's arguments say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..cells import CELLS
from ..errors import ArgumentError
from ..network import Loss, NetworkSpec, TokenInput, checks
from ..network.parameters import size
from .dropout import OF_WORDS, suited
from .text import Level
from .training import LanguageTraining

OF_CHARACTERS = 64
"""Numbers that a character is read as."""


@dataclass(frozen=True)
class Architecture:
    """What is checked before a text is read; None leaves the choice to the level or the text."""

    internal: ClassVar[bool] = True  # errors name the arguments alone
    level: Level
    cell: str
    hidden: int
    layers: int
    dropout: float | None
    recurrent_dropout: float
    embedding: int | None
    tied: bool | None

    def __post_init__(self) -> None:
        checks.choice(self, "level", ("char", "word"))
        checks.choice(self, "cell", tuple(CELLS))
        checks.whole(self, "hidden", least=1)
        checks.whole(self, "layers", least=1, most=1000)
        if self.dropout is not None:
            checks.number(self, "dropout", least=0, below=1)
        checks.number(self, "recurrent_dropout", least=0, below=1)
        if self.embedding is not None:
            checks.whole(self, "embedding", least=1)
        if self.tied is not None:
            checks.flag(self, "tied")

    def spec(self, vocabulary: int, characters: int, training: LanguageTraining) -> NetworkSpec:
        """The whole of it, for a text with so many tokens to tell apart and so many characters.

        Raises:
            ArgumentError: if what is tied is not as wide as the units are many.
        """
        words = self.level == "word"
        usual = self.hidden if words else OF_CHARACTERS
        width = usual if self.embedding is None else self.embedding
        tied = words and width == self.hidden if self.tied is None else self.tied
        if tied and width != self.hidden:
            raise ArgumentError(
                f"tied needs an embedding as wide as the network, got {width} numbers for "
                f"{self.hidden} units; give embedding={self.hidden}"
            )
        spec = NetworkSpec(
            TokenInput(vocabulary, width),
            cell=self.cell,
            hidden=self.hidden,
            layers=self.layers,
            recurrent_dropout=self.recurrent_dropout,
            readout="each",
            outputs=vocabulary,
            tied=tied,
            loss=Loss("categorical"),
            init=training.init,
        )
        return _leaving_out(spec, self._share(size(spec), characters))

    def going_on(self, spec: NetworkSpec, level: Level, characters: int) -> NetworkSpec:
        """The spec for a further text: what comes in parts is not read so often as to be known.

        Args:
            spec: of what was learnt.
            level: of the same.
            characters: of the further text.

        Raises:
            ArgumentError: if something else than that is asked for.
        """
        learnt = {
            "level": level,
            "tied": spec.tied,
            "embedding": getattr(spec.input, "width", None),
        }
        learnt |= {name: getattr(spec, name) for name in ("cell", "hidden", "layers")}
        asked = {name: getattr(self, name) for name in learnt}
        checks.unchanged(
            ((name, learnt[name], now) for name, now in asked.items() if now is not None), "model"
        )
        return _leaving_out(spec, self._share(0, characters))

    def _share(self, parameters: int, characters: int) -> float:
        if self.dropout is not None:
            return self.dropout
        return OF_WORDS if self.level == "word" else suited(parameters, characters)


def _leaving_out(spec: NetworkSpec, share: float) -> NetworkSpec:
    """The same with such a dropout of what is read, passes between layers, or reaches the head."""
    between = share if spec.layers > 1 else 0.0
    return spec.but(dropout=between, input_dropout=share, head_dropout=share)
