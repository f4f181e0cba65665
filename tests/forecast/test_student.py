"""Student's t against scipy and at its ends."""

from __future__ import annotations

import math

import pytest

from tidegate.forecast.student import two_sided


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [
        # 2 * scipy.stats.t.sf(t, freedom), scipy 1.17
        (2.228, 10, 0.0500117718171),
        (0.001, 5, 0.999240786772),
        (0.5, 1, 0.704832764699),
        (1.96, 100000, 0.0499985631943),
        (12.706, 1, 0.0500008023581),
        (5, 3, 0.0153924380733),
        (40, 7, 1.59021799849e-09),
        (3.3, 51, 0.00176857035434),
    ],
)
def test_the_numbers_of_scipy(t: float, freedom: int, p: float) -> None:
    # lgamma of half the freedom is exact to 2e-16 of itself, about 6e5 for 100,000: 1e-10
    assert two_sided(t, freedom) == pytest.approx(p, rel=1e-9)
    assert two_sided(-t, freedom) == two_sided(t, freedom)


def test_two_cases_in_closed_form() -> None:
    for t in (1e-6, 0.3, 1.0, 7.0, 1e4):
        assert two_sided(t, 1) == pytest.approx(1 - 2 / math.pi * math.atan(t), rel=1e-9)
        # 1 - t/√(2 + t²), without the cancellation
        root = math.sqrt(2 + t * t)
        assert two_sided(t, 2) == pytest.approx(2 / (root * (root + t)), rel=1e-9)


def test_the_ends() -> None:
    assert two_sided(0.0, 5) == 1.0
    assert two_sided(math.inf, 5) == 0.0
    assert two_sided(1e200, 5) == pytest.approx(0, abs=1e-300)
