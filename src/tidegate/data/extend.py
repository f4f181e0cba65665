"""Series with newer rows behind the old ones, and series with some of their rows only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from .gaps import FEW, lay_out, refuse_unknown
from .order import text
from .series import Series

Index = NDArray[np.int64]


def extend(series: Series, new: Series) -> Series:
    """The series with newer rows behind theirs; times left out between the two are filled in.

    Series that are not among the old ones follow them, so each keeps its number.

    Args:
        series: what is known already.
        new: read with ``read_series(df, like=series, missing="any")``, all rows after those known.

    Raises:
        ArgumentError: where the two were not read alike.
        DataError: where a row is not newer than those known, lies between two steps or far beyond;
            where a static value has changed, times are left out of which something was to be known
            ahead, or a new series has no value at all.

    Example:
        >>> import polars as pl
        >>> from tidegate.data import read_series
        >>> old = read_series(pl.DataFrame({"ds": [1, 2], "y": [0.1, 0.2]}))
        >>> more = read_series(pl.DataFrame({"ds": [4], "y": [0.4]}), like=old)
        >>> extend(old, more).values.tolist()
        [0.1, 0.2, nan, 0.4]
    """
    as_here = replace(new, frame=replace(new.frame, library=series.frame.library))
    for name in ("frame", "frequency", "encoding"):
        if getattr(series, name) != getattr(as_here, name):
            raise ArgumentError(
                f"the new series must be read with like=series; their {name} is another"
            )
    which = _numbers(series, new)
    n = len(series)
    known = np.flatnonzero(which < n)
    _check_static(series, new, known, which[known])
    _check_observed(new, np.flatnonzero(which >= n))

    # old and new rows, by series: the old ones first
    total = int(which.max(initial=n - 1)) + 1
    owner = np.concatenate([np.repeat(np.arange(n), series.length), np.repeat(which, new.length)])
    order = np.argsort(owner, kind="stable")
    length = np.bincount(owner, minlength=total)
    start = np.cumsum(length) - length
    time = np.concatenate([series.time, new.time])[order]
    ids = None if series.ids is None else list(series.ids)
    if ids is not None and new.ids is not None:
        ids += [new.ids[i] for i in np.flatnonzero(which >= n)]
    join = start[which[known]] + series.length[which[known]]
    steps = np.ones(len(time) - 1, np.int64)
    steps[join - 1] = _steps_over(series, new, known, which[known])
    layout = lay_out(time, start, length, steps, series.frequency, ids)
    if layout.filled and series.encoding.future:
        refuse_unknown(
            layout.filled,
            series.frequency,
            series.encoding.future[0].name,
            series.frame.target,
            series.frame.clock,
        )

    def joined(old: NDArray[np.float64], newer: NDArray[np.float64]) -> NDArray[np.float64]:
        return layout.spread(np.concatenate([old, newer])[order])

    return replace(
        series,
        values=joined(series.values, new.values),
        time=layout.time,
        start=layout.start,
        length=layout.length,
        ids=ids,
        future=joined(series.future, new.future),
        past=joined(series.past, new.past),
        static=np.concatenate([series.static, new.static[which >= n]]),
        filled=(*series.filled, *new.filled, *layout.filled),
    )


def newest(series: Series, rows: int | Index) -> Series:
    """The same series, each with its newest rows only: so many of all, or of each, ``[n]``."""
    length = np.minimum(series.length, rows)
    return _part(series, series.start + series.length - length, length)


def oldest(series: Series, rows: Index) -> Series:
    """The same series, each with so many of its first rows only, ``[n]``."""
    return series if np.array_equal(rows, series.length) else _part(series, series.start, rows)


def _part(series: Series, first: Index, length: Index) -> Series:
    """The same series with ``length`` rows each, from row ``first`` on; both ``[n]``."""
    # a mask takes an eighth of the memory of the rows' numbers
    edges = np.zeros(len(series.values) + 1, np.int8)
    np.add.at(edges, first, 1)
    np.add.at(edges, first + length, -1)
    row = np.cumsum(edges, out=edges)[:-1].view(bool)
    return replace(
        series,
        values=series.values[row],
        time=series.time[row],
        start=np.cumsum(length) - length,
        length=length,
        future=series.future[row],
        past=series.past[row],
    )


def _numbers(series: Series, new: Series) -> Index:
    """``[new n]``, the number that each new series has; those not known yet come last."""
    if series.ids is None or new.ids is None:
        return np.zeros(1, np.int64)
    place = {name: i for i, name in enumerate(series.ids)}
    return np.array([place.setdefault(name, len(place)) for name in new.ids], np.int64)


def _steps_over(series: Series, new: Series, which_new: Index, which: Index) -> Index:
    """The steps from the last old row to the first new one of each series."""
    last, first = series.last[which], new.time[new.start[which_new]]

    def of(i: int) -> str:
        return _of(series, int(which[i]))

    def said(time: Any) -> str:
        return text(time, series.frame.clock)

    late = first <= last
    if late.any():
        i = int(np.argmax(late))
        raise DataError(
            f"{of(i)}{said(first[i])} is not after {said(last[i])}, the newest time known already; "
            f"leave out the rows up to it"
        )
    steps = series.frequency.between(last, first)
    if len(steps) and steps.min() < 1:
        i = int(np.argmin(steps))
        raise DataError(
            f"{of(i)}{said(first[i])} is no whole number of steps after {said(last[i])}, the "
            f"newest time known already, but there is one for each {series.frequency.name}; "
            f"correct the time"
        )
    given = series.length[which] + new.length[which_new]
    far = steps - 1 > np.maximum(given, FEW)
    if far.any():
        i = int(np.argmax(far))
        raise DataError(
            f"{of(i)}{said(first[i])} comes {series.frequency.steps(int(steps[i]))} after "
            f"{said(last[i])}, the newest time known already; correct it, or fit again"
        )
    return steps


def _check_static(series: Series, new: Series, which_new: Index, which: Index) -> None:
    changed = (series.static[which] != new.static[which_new]).any(axis=1)
    if changed.any():
        i = int(np.argmax(changed))
        column = int(np.argmax(series.static[which[i]] != new.static[which_new[i]]))
        names = [code.name for code in series.encoding.static for _ in code.columns]
        raise DataError(
            f"{_of(series, int(which[i]))}the static column {names[column]!r} is another than "
            f"before; correct it, or fit again"
        )


def _check_observed(new: Series, fresh: Index) -> None:
    for i in fresh.tolist():
        rows = slice(new.start[i], new.start[i] + new.length[i])
        if np.isnan(new.values[rows]).all():
            raise DataError(
                f"{_of(new, i)}it is not known yet and has no value at all; leave it out"
            )


def _of(series: Series, i: int) -> str:
    return "" if series.ids is None else f"series {series.ids[i]!r}: "
