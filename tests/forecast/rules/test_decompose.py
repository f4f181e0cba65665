"""Seasons against statsmodels, and the test for one against series that have one or none."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.forecast.rules.decompose import is_seasonal, phases

from .air import AIR, BEFORE


@pytest.mark.parametrize(
    ("season", "ratio", "expected"),
    [
        # statsmodels 0.15, seasonal_decompose(AIR[:132]).seasonal: its phases 0, 1 and 2
        (12, True, (0.910003709487609, 0.8873765017353982, 1.0182037036206633)),
        (12, False, (-23.306944444444447, -32.78611111111113, 2.1388888888888946)),
        (7, False, (1.281179138322003, 3.8684807256235816, -0.4410430839002238)),
    ],
)
def test_the_numbers_of_statsmodels(season: int, ratio: bool, expected: tuple[float, ...]) -> None:
    # what comes after the known rows makes no difference
    found = phases(AIR[None], np.array([BEFORE]), season, np.array([ratio]))
    np.testing.assert_allclose(found[0, :3], expected, rtol=1e-10)
    assert found.mean() == pytest.approx(float(ratio))


def test_a_season_is_found_where_there_is_one() -> None:
    random = np.random.default_rng(0)
    noise = random.normal(size=(400, 1000))
    assert is_seasonal(AIR[None], np.array([BEFORE]), 12).all()
    known = np.full(400, 1000)
    # two sides of 1.645 standard errors: one in ten, and the error of that share is 1.5 %
    assert is_seasonal(noise, known, 4).mean() == pytest.approx(0.1, abs=0.05)
    wave = 2 * np.sin(2 * np.pi * np.arange(1000) / 12)
    assert is_seasonal(noise + wave, known, 12).all()
    assert not is_seasonal(noise + wave, np.full(400, 35), 12).any()  # less than three seasons
