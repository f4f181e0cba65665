"""A forecaster that was saved."""

from __future__ import annotations

import os

from . import saved
from .forecaster import Forecaster


def load(path: str | os.PathLike[str]) -> Forecaster:
    """The forecaster that was saved; it predicts the same bits.

    Raises:
        ModelFileError: if the file is damaged, of another kind, or does not exist.
    """
    kept, answers, series = saved.read(path)
    plan = answers.plan
    encoding = series.encoding
    forecaster = Forecaster(
        plan.horizon,
        kept.cell,
        id=kept.id,
        time=kept.time,
        target=kept.target,
        future=[code.name for code in encoding.future],
        past=[code.name for code in encoding.past],
        static=[code.name for code in encoding.static],
        season=(plan.season, plan.long_season) if plan.long_season else plan.season,
        window=plan.window,
        hidden=plan.hidden,
        ensemble=plan.members,
        training=plan.training,
        seed=plan.seed,
    )
    forecaster.plan_ = plan
    forecaster.answers_ = answers
    forecaster.series_ = series
    forecaster.filled_ = series.filled
    forecaster.history_ = forecaster.choice_ = None
    return forecaster
