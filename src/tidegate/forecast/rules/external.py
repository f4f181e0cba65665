"""Models of the library statsforecast, where it is installed: slow, and often good."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError
from .block import Panel

Array = NDArray[Any]

MODELS = ("AutoARIMA", "AutoETS", "AutoTheta")
LARGE = 400
"""Exponent of 2, of either sign, from which on squares overflow: such values are divided first.
Others are left, since not all of the models say the same of values of another size."""


def external(
    name: str,
    panel: Panel,
    which: Array,
    cut: Array,
    horizon: int,
    season: int,
    levels: Array,
) -> Array:
    """A model fitted to the values to learn from of each series, then moved forward to each cut.

    Arguments and result are those of `baselines.quantiles`.

    Raises:
        ArgumentError: without statsforecast.
    """
    if find_spec("statsforecast") is None:
        raise ArgumentError(f"{name} is a model of statsforecast: pip install 'tidegate[stats]'")
    from statsforecast import models

    percent = sorted({round(abs(200 * float(level) - 100), 9) for level in levels} - {0.0})
    result = np.empty((len(which), horizon, len(levels)))
    for block in panel.blocks(np.unique(which)):
        unit = np.where(np.abs(block.exponent) < LARGE, 0, block.exponent)
        y = np.ldexp(block.filled(season), (block.exponent - unit)[:, None])
        for row, series in enumerate(block.series):
            known = int(block.known[row])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its own numerics
                model = getattr(models, name)(season_length=season).fit(y[row, :known])
                for k in np.flatnonzero(which == series):
                    found = model.forward(y[row, : cut[k]], h=horizon, level=percent or None)
                    columns = [_column(found, float(level)) for level in levels]
                    forecast = np.stack(columns, axis=-1)
                    if y[row, : cut[k]].min() >= 0:
                        forecast = np.maximum(forecast, 0)
                    result[k] = np.ldexp(forecast, unit[row])
    return result


def _column(found: dict[str, Array], level: float) -> Array:
    """The quantile, as statsforecast names the ends of intervals: ``lo-80`` or ``lo-80.0``."""
    percent = round(abs(200 * level - 100), 9)
    if percent == 0:
        return found["mean"]
    side = "lo" if level < 0.5 else "hi"
    wanted = {f"{side}-{percent}", f"{side}-{percent:g}"}
    return next(values for key, values in found.items() if key in wanted)
