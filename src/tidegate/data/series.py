"""A frame as series: sorted rows, and a span of them for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from .columns import need_column, open_frame, read_values
from .covariates import check_names, learn_code, read_columns
from .encoding import Code, Encoding
from .frame import FrameKind as FrameKind
from .frame import write_frame as write_frame
from .frequency import Frequency
from .gaps import Gap, Layout, check_size, lay_out, refuse_unknown
from .order import check_counts, check_steps, text
from .rows import Rows, read_rows
from .statics import Table, open_static, read_static

Index = NDArray[np.int64]
Numbers = NDArray[np.float64]
Missing: TypeAlias = Literal["refuse", "keep", "any"]
Gaps: TypeAlias = Literal["refuse", "fill"]


def _no_columns() -> Numbers:
    return np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Series:
    """n series, one after the other, each in the order of time and with a row for every time."""

    values: Numbers
    """``[N]``; NaN where nothing was observed."""
    time: NDArray[Any]
    """``[N]``, int64 or datetime64[us] without a time zone."""
    start: Index
    """``[n]``, the first row of each."""
    length: Index
    """``[n]``, its rows, each at least 1."""
    ids: list[Any] | None
    """n ids, text or whole numbers, in increasing order, those that `extend` found after them; None
    where the frame has no id column."""
    frequency: Frequency
    frame: FrameKind
    encoding: Encoding = field(default_factory=Encoding)
    """What the columns below were read with."""
    future: Numbers = field(default_factory=_no_columns)
    """``[N, F]``, finite: the covariates that are known ahead."""
    past: Numbers = field(default_factory=_no_columns)
    """``[N, P]``, NaN where nothing was observed."""
    static: Numbers = field(default_factory=_no_columns)
    """``[n, S]``, finite."""
    filled: tuple[Gap, ...] = ()
    """Where rows were filled in."""

    def __post_init__(self) -> None:
        # arrays without columns hold nothing, so they fit any number of rows
        for name, rows in (("future", self.time), ("past", self.time), ("static", self.start)):
            if not getattr(self, name).shape[1]:
                object.__setattr__(self, name, np.empty((len(rows), 0)))

    def __len__(self) -> int:
        return len(self.start)

    @property
    def covariates(self) -> int:
        """Columns beside the target that have a number for each row, known ahead or not."""
        return int(self.future.shape[1] + self.past.shape[1])

    @property
    def last(self) -> NDArray[Any]:
        """``[n]``, the last time of each."""
        last: NDArray[Any] = self.time[self.start + self.length - 1]
        return last


def read_series(
    df: Any,
    *,
    id: str | None = "unique_id",
    time: str = "ds",
    target: str = "y",
    future: Sequence[str] = (),
    past: Sequence[str] = (),
    static: Sequence[str] = (),
    static_frame: Any = None,
    missing: Missing = "refuse",
    gaps: Gaps = "refuse",
    like: Series | None = None,
    place: Callable[[int], str] | None = None,
) -> Series:
    """The series in a frame, whatever the order of its rows.

    Covariates are numbers, or text and categories, each level of which becomes a column of 0 and 1;
    True and False are read as 1 and 0.

    Args:
        df: a frame of pandas, polars, or another library that narwhals reads at once.
        id: the column that tells the series apart; None for a single one. A column
            ``unique_id`` may be absent.
        time: the column of dates, with or without time zone, or of whole numbers.
        target: the column of numbers.
        future: columns that are known ahead of the target; every row must have them.
        past: columns that are known no longer than the target.
        static: columns that hold one value in each series.
        static_frame: a frame with the id and the static columns, one row for each series, from
            which these are read instead; all its columns, if ``static`` names none.
        missing: "keep" for NaN where the target is missing, or "any" where even all of a series may
            be; else that is an error.
        gaps: "fill" for rows without values where times are left out; else that is an error.
        like: series that a model knows: columns, frequency, time zone and encoding are then theirs,
            and so are the static values of series among them, if ``df`` has no such columns.
        place: how an error calls row 0, 1, ...; ``row 17`` if not given.

    Raises:
        ArgumentError: where ``df`` is no frame, or a column is named twice.
        DataError: for a column that is missing, a value or date that is missing or makes no sense,
            a date that comes twice in a series, a gap, and where no series has two rows.

    Example:
        >>> import polars as pl
        >>> df = pl.DataFrame({"ds": [4, 1, 2], "y": [0.4, 0.1, 0.2], "price": [3, 2, 2]})
        >>> series = read_series(df, past=["price"], gaps="fill")
        >>> series.values.tolist(), series.past[:, 0].tolist()
        ([0.1, 0.2, nan, 0.4], [2.0, 2.0, nan, 3.0])
    """
    _check_choices(missing, gaps)
    if like is None:
        roles: dict[str, tuple[str, ...]] = {
            "id": () if id is None else (id,),
            "time": (time,),
            "target": (target,),
        }
        for role, given in (("id", id or ""), ("time", time), ("target", target)):
            if not isinstance(given, str):
                raise ArgumentError(f"{role} must be the name of a column, as text, got {given!r}")
        for role, names in (("future", future), ("past", past), ("static", static)):
            roles[role] = check_names(role, names)
        _check_different(roles)
    else:
        roles = _roles_of(like)
        id, time, target = like.frame.id, like.frame.time, like.frame.target
    call = place or "row {}".format
    frame = open_frame(df)
    if id == "unique_id" and like is None and id not in frame.columns:
        id = None
    in_rows = static_frame is None and (
        like is None or not set(roles["static"]).isdisjoint(frame.columns)
    )
    for role in ("time", "target", "id", "future", "past", *(("static",) if in_rows else ())):
        for name in (id,) if role == "id" else roles[role]:
            if name is not None:
                need_column(frame, name, role, known=like is not None)

    kind = None if like is None else like.frame
    clock = None if like is None or not like.frame.wall else like.last
    rows = read_rows(frame, id, time, call, kind, clock)
    values = rows.order.of(read_values(frame[target], rows.where, missing != "refuse"))
    if missing == "keep":
        _check_observed(values, rows, target)
    frequency = _frequency_of(rows, time) if like is None else like.frequency
    layout = _every_time(rows, time, frequency, gaps, inferred=like is None)

    encoding = Encoding() if like is None else like.encoding
    if like is None:
        encoding = replace(
            encoding,
            future=tuple(learn_code(frame[name], rows.where) for name in roles["future"]),
            past=tuple(learn_code(frame[name], rows.where) for name in roles["past"]),
        )
    if encoding.future and layout.filled:
        refuse_unknown(layout.filled, frequency, encoding.future[0].name, target, rows.clock)
    ahead = rows.order.of(read_columns(frame, encoding.future, rows.where))
    beside = rows.order.of(read_columns(frame, encoding.past, rows.where, missing=True))
    if like is None:
        _check_told(beside, encoding.past)

    table = Table(frame, rows.order, rows.start, rows.length, rows.where)
    if static_frame is not None:
        table, names = open_static(static_frame, id, rows.ids, roles["static"])
        roles["static"] = names
        _check_different(roles)
    if like is None:
        codes = tuple(learn_code(table.frame[name], table.where) for name in roles["static"])
        encoding = replace(encoding, static=codes)
    if like is not None and static_frame is None and not in_rows:
        of_series = _known_static(like, rows)
    else:
        of_series = read_static(table, encoding.static)

    found = FrameKind.of(frame, id, time, target, rows.wall)
    # of the library that is at hand, else as known
    own = found if kind is None else replace(kind, library=found.library)
    return Series(
        values=layout.spread(values),
        time=layout.time,
        start=layout.start,
        length=layout.length,
        ids=rows.ids,
        frequency=frequency,
        frame=own,
        encoding=encoding,
        future=ahead,
        past=layout.spread(beside),
        static=of_series,
        filled=layout.filled,
    )


def _check_choices(missing: str, gaps: str) -> None:
    for name, value, allowed in (
        ("missing", missing, get_args(Missing)),
        ("gaps", gaps, get_args(Gaps)),
    ):
        if value not in allowed:
            raise ArgumentError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


def _check_different(roles: dict[str, tuple[str, ...]]) -> None:
    names = [name for columns in roles.values() for name in columns]
    if len(set(names)) < len(names):
        used = [role for role, columns in roles.items() if columns or role == "id"]
        words = f"{', '.join(used[:-1])} and {used[-1]}"
        raise ArgumentError(f"{words} must be different columns, got {', '.join(names)}")


def _roles_of(like: Series) -> dict[str, tuple[str, ...]]:
    """The columns that a frame like the one of these series has."""
    kind, encoding = like.frame, like.encoding
    return {
        "id": () if kind.id is None else (kind.id,),
        "time": (kind.time,),
        "target": (kind.target,),
        "future": tuple(code.name for code in encoding.future),
        "past": tuple(code.name for code in encoding.past),
        "static": tuple(code.name for code in encoding.static),
    }


def _check_observed(values: Numbers, rows: Rows, target: str) -> None:
    empty = ~np.logical_or.reduceat(~np.isnan(values), rows.start)
    if not empty.any():
        return
    i = int(np.argmax(empty))
    more = f" (nor have {empty.sum() - 1} others)" if empty.sum() > 1 else ""
    if rows.ids is None:
        raise DataError(f"the column {target!r} has no value at all; fill it in")
    raise DataError(
        f"series {rows.ids[i]!r} has no value at all in column {target!r}{more}; leave it out, or "
        f"fill it in"
    )


def _check_told(values: Numbers, codes: tuple[Code, ...]) -> None:
    first = 0
    for code in codes:
        if np.isnan(values[:, first]).all():
            raise DataError(
                f"the column {code.name!r} has no value at all, so that nothing can be learnt from "
                f"it; leave it out, or fill it in"
            )
        first += len(code.columns)


def _frequency_of(rows: Rows, time: str) -> Frequency:
    if rows.length.max() == 1:
        n = len(rows.length)
        count = "" if n == 1 else f", as in each of the {n} series"
        raise DataError(
            f"{rows.where(0, time)}: this is the only row{count}; a series needs 2 rows at least, "
            f"from which the step between them is seen"
        )
    found = Frequency.infer(rows.time, rows.start, rows.length)
    if found.unit == "integer":
        check_counts(rows.time, rows.order, rows.start, found, lambda row: rows.where(row, time))
    return found


def _every_time(
    rows: Rows, time: str, frequency: Frequency, gaps: Gaps, *, inferred: bool
) -> Layout:
    """A row for each time, where gaps are filled; else all times are there."""

    def in_frame(row: int) -> str:
        return rows.where(row, time)

    def in_order(row: int) -> str:
        return rows.where(int(rows.order.at(row)), time)

    first = rows.time[rows.start]
    if not inferred:
        off = frequency.after(first, np.zeros(len(first), np.int64)) != first
        if off.any():
            i = int(np.argmax(off))
            raise DataError(
                f"{in_order(int(rows.start[i]))}: {text(first[i], rows.clock)} is no time of the "
                f"series known already, which have one for each {frequency.name}; correct it"
            )
    steps = check_steps(
        rows.time,
        rows.order,
        rows.start,
        frequency,
        in_frame,
        gaps=gaps == "fill",
        inferred=inferred,
        clock=rows.clock,
    )
    if steps is None:
        return Layout.complete(rows.time, rows.start, rows.length)
    check_size(rows.time, rows.start, rows.length, steps, in_order, rows.clock)
    return lay_out(rows.time, rows.start, rows.length, steps, frequency, rows.ids)


def _known_static(like: Series, rows: Rows) -> Numbers:
    """What is known of the series already."""
    if not like.encoding.static:
        return np.empty((len(rows.start), 0))
    if like.ids is None or rows.ids is None:
        return like.static
    place = {name: i for i, name in enumerate(like.ids)}
    found = [place.get(name, -1) for name in rows.ids]
    if -1 in found:
        unknown = rows.ids[found.index(-1)]
        names = ", ".join(repr(code.name) for code in like.encoding.static)
        more = f" (and {found.count(-1) - 1} more)" if found.count(-1) > 1 else ""
        raise DataError(
            f"series {unknown!r}{more} is not known, so its static columns must be given: {names}; "
            f"add them to the frame, or give a static frame"
        )
    known: Numbers = like.static[found]
    return known
