"""statsforecast's models by name, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.errors import ArgumentError
from tidegate.forecast.baselines import Panel, quantiles
from tidegate.forecast.rules.external import MODELS

from .air import AIR, BEFORE

WHOLE = Panel(AIR, np.array([0]), np.array([len(AIR)]), np.array([BEFORE]))
LEVELS = np.array([0.1, 0.5, 0.9])


@pytest.mark.filterwarnings("default")  # of the other library's own
@pytest.mark.parametrize("name", MODELS)
def test_they_forecast_with_intervals(name: str) -> None:
    models = pytest.importorskip("statsforecast.models")
    cut = np.array([BEFORE])
    found = quantiles(name, WHOLE, np.array([0]), cut, 12, 12, LEVELS)
    direct = getattr(models, name)(season_length=12).fit(AIR[:BEFORE])
    expected = direct.predict(h=12, level=[80])
    for i, key in enumerate(("lo-80", "mean", "hi-80")):
        column = next(v for k, v in expected.items() if k in (key, f"{key}.0"))
        np.testing.assert_allclose(found[0, :, i], column, rtol=1e-2)
    assert (np.diff(found, axis=-1) > 0).all()


@pytest.mark.filterwarnings("default")  # of the other library's own
def test_numbers_of_any_size() -> None:
    pytest.importorskip("statsforecast.models")
    large = Panel(np.ldexp(AIR, 900), WHOLE.start, WHOLE.length, WHOLE.known)
    found, expected = (
        quantiles("AutoETS", panel, np.array([0]), np.array([BEFORE]), 12, 12, LEVELS)
        for panel in (large, WHOLE)
    )
    np.testing.assert_array_equal(found, np.ldexp(expected, 900))  # a power of two loses no digit


def test_without_the_library_what_to_do_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidegate.forecast.rules.external.find_spec", lambda name: None)
    with pytest.raises(ArgumentError, match=r"pip install 'tidegate\[stats\]'"):
        quantiles("AutoARIMA", WHOLE, np.array([0]), np.array([BEFORE]), 12, 12, LEVELS)
