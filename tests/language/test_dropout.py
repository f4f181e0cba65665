"""How much of a text training leaves out, by its size and that of the network."""

from __future__ import annotations

from typing import Any

from tidegate.language.model import LanguageModel
from tidegate.language.training import LanguageTraining


def test_a_short_text_takes_more_dropout_than_a_long_one_or_a_small_network() -> None:
    still = LanguageTraining(updates=1)
    text = "the cat sat on a mat. " * 100

    def left_out(text: str, level: Any = "char", **given: Any) -> tuple[float, ...]:
        model = LanguageModel(level, training=still, random_state=0, **given).fit(text)
        spec = model.network_.spec
        return spec.input_dropout, spec.dropout, spec.head_dropout

    assert left_out(text, hidden=128) == (0.7, 0.0, 0.7)
    assert left_out(text, hidden=128, layers=2) == (0.7, 0.7, 0.7)
    assert left_out(text, hidden=16) == (0.1, 0.0, 0.1)
    assert left_out(text * 10, hidden=128) == (0.1, 0.0, 0.1)
    assert 0.1 < left_out(text * 2, hidden=128)[0] < 0.7
    assert left_out(text, hidden=128, dropout=0.25) == (0.25, 0.0, 0.25)
    assert left_out(text, "word", hidden=128) == (0.4, 0.0, 0.4)


def test_a_text_that_comes_in_parts_takes_little_dropout_after_the_first() -> None:
    model = LanguageModel(hidden=128, training=LanguageTraining(updates=1), random_state=0)
    spec = model.partial_fit("the cat sat. " * 100).partial_fit("a dog ran. ").network_.spec
    assert (spec.input_dropout, spec.head_dropout) == (0.1, 0.1)
