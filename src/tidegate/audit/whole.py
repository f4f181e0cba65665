"""The whole audit of a model: `tg.audit`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cells import CELLS
from ..errors import ArgumentError, DataError
from ..network import checks
from ..network.subject import Subject
from .fixes import fixes
from .gradient import norms
from .influence import influence
from .memory import memory
from .rate import rates
from .result import Audit
from .units import units
from .verdict import judge


def audit(model: Any, data: Any, *, seed: int = 0) -> Audit:
    """What a fitted model remembers of some data, and why.

    It takes about as long as an epoch of training over the data, if these are new to the model.

    Args:
        model: any fitted estimator, Forecaster, LanguageModel, layer or network; or a
            `network.subject.Subject`, with None for data.
        data: in the model's own form: X or (X, y) for an estimator of sequences, a frame for a
            Forecaster, a text for a LanguageModel, an array ``[B, T, I]`` for a layer. Best data
            that it has not learnt from. An estimator knows its own: whether the past is of use to
            it, a second network then tells, which takes up to a sixth of the time of `fit`; of a
            short text up to one and a half times of it. Without y, what a longer past is worth is
            told by how far the output changes.
        seed: of the places that are looked at, the probes and the intervals.

    Raises:
        NotFittedError: before the model's ``fit``.
        ArgumentError: if the model is none of these, or the seed no whole number of 0 or more.
        DataError: if the data cannot be used, or no sequence has two steps.

    Example:
        >>> import tidegate as tg
        >>> layer = tg.RNN(1, 1, nonlinearity="linear", dtype="float64")
        >>> layer.params["weight_hh_l0"][:] = 2.0
        >>> found = tg.audit(layer, np.ones((1, 51, 1)))
        >>> float(found.gradient[0].mean[50]) == 2.0**50, found.verdict.word
        (True, 'exploding')
    """
    seed = checks.whole_number(seed, "seed", 0)
    subject = subject_of(model, data)
    length = np.asarray(subject.length)
    if not len(length) or length.max() < 2:
        what = f"the longest has {int(length.max())}" if len(length) else "there are none"
        raise DataError(f"an audit needs sequences of two steps at least, {what}; give longer ones")
    about, networks = subject.about, (subject, *subject.others)
    found = norms(networks, CELLS[about.cell].states, seed)
    gradient = tuple(each.curve() for each in found)
    rate = tuple(rates(networks, found, seed))
    acts, blind = influence(subject)
    kept = memory(subject, seed)
    each = units(networks)
    median = int(np.median(length))
    verdict = judge(median, about, gradient, rate, kept, each, subject.context.beyond, len(length))
    return Audit(
        model=about.model if len(networks) == 1 else f"{len(networks)} times {about.model}",
        cell=about.cell,
        hidden=about.hidden,
        sequences=len(length),
        length=median,
        step=about.step,
        rows=about.rows,
        gradient=gradient,
        rate=rate,
        influence=acts,
        memory=kept,
        blind=blind,
        units=each,
        verdict=verdict,
        fixes=fixes(about, median, verdict, kept, blind),
        networks=len(networks),
        source=(model, data),
    )


def subject_of(model: Any, data: Any) -> Any:
    """A model with its data as the audit sees it: what its ``__audit__`` gives.

    Raises:
        ArgumentError: if it has none.
    """
    make = getattr(model, "__audit__", None)
    if make is not None:
        return make(data)
    if data is None and hasattr(model, "trail") and hasattr(model, "about"):
        subject: Subject = model
        return subject
    other = "; tidegate.torch.audit takes a torch module" if hasattr(model, "named_modules") else ""
    if hasattr(model, "forecaster_"):  # the adapter for sktime
        other = "; give the Forecaster behind it, its forecaster_, with a frame"
    raise ArgumentError(
        f"expected a fitted estimator, a Forecaster, a LanguageModel or a layer of tidegate, "
        f"got {type(model).__name__}{other}"
    )
