"""What is drawn, and how often."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import ArgumentError
from tidegate.language.choosing import Choice

CHANCES = np.array([0.1, 0.4, 0.05, 0.3, 0.15])
LOGITS = np.log(CHANCES) + 7.0


def test_a_temperature_is_a_power_of_the_chances() -> None:
    for temperature in (0.5, 1.0, 2.0):
        expected = CHANCES ** (1 / temperature)
        found = Choice(temperature).chances(LOGITS)
        np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-12)


def test_the_likeliest_few() -> None:
    expected = np.array([0, 0.4, 0, 0.3, 0]) / 0.7
    np.testing.assert_allclose(Choice(top_k=2).chances(LOGITS), expected, rtol=1e-12)
    # 0.4 + 0.3 do not reach 0.75, with 0.15 they do
    expected = np.array([0, 0.4, 0, 0.3, 0.15]) / 0.85
    np.testing.assert_allclose(Choice(top_p=0.75).chances(LOGITS), expected, rtol=1e-12)
    assert Choice(top_p=1e-9).chances(LOGITS).tolist() == [0, 1, 0, 0, 0]
    # of the two likeliest, 4/7 is the first one's
    assert Choice(top_k=2, top_p=0.5).chances(LOGITS).tolist() == [0, 1, 0, 0, 0]


def test_what_must_not_come_never_does() -> None:
    logits = np.array([-np.inf, 0.0, 1.0])
    for choice in (Choice(), Choice(5.0), Choice(0.0), Choice(top_k=3), Choice(1e-300)):
        assert choice.chances(logits)[0] == 0
        assert {choice.draw(logits, np.random.default_rng(seed)) for seed in range(50)} <= {1, 2}


def test_draws_follow_the_chances() -> None:
    random = np.random.default_rng(0)
    drawn = [Choice().draw(LOGITS, random) for _ in range(20_000)]
    share = np.bincount(drawn, minlength=5) / 20_000
    # a share of 20,000 draws has a standard deviation of 0.0035 at the most
    np.testing.assert_allclose(share, CHANCES, atol=0.015)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=9),
    st.floats(0, 100),
    st.integers(1, 9) | st.none(),
    st.floats(1e-6, 1),
)
def test_chances_add_up(logits: Any, temperature: float, k: int | None, p: float) -> None:
    found = Choice(temperature, k, p).chances(np.array(logits))
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    assert found[int(np.argmax(logits))] == found.max()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature must be at least 0"),
        ({"temperature": float("nan")}, "temperature must be a finite number"),
        ({"temperature": "hot"}, "temperature must be a finite number, got 'hot'"),
        ({"top_k": 0}, "top_k must be a whole number from 1"),
        ({"top_k": 2.5}, "top_k must be a whole number from 1"),
        ({"top_p": 0}, "top_p must be above 0 and at most 1, got 0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, got 1.5"),
    ],
)
def test_bad_settings(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Choice(**settings)
