"""The three columns of a frame as arrays, or one line on which row is no good and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from .blocks import blocks
from .ids import plain
from .periods import starts
from .zone import unskipped, without_zone, zone_of

if TYPE_CHECKING:
    import narwhals as nw

    Frame = nw.DataFrame[Any]
    Column = nw.Series[Any]

Where = Callable[[int, str], str]
"""(row, column) → how an error calls the place."""

_LARGEST = 2**62
_LISTS = ("future", "past", "static")
"""Roles that any number of columns have."""
_TO_DATES = {
    "pandas": "df[{0!r}] = pd.to_datetime(df[{0!r}])",
    "polars": "df = df.with_columns(pl.col({0!r}).str.to_datetime())",
}
_TO_QUARTERS = {
    "pandas": r"df[{0!r}] = pd.PeriodIndex(df[{0!r}].str.replace(r'Q(\d)\D*(\d+)', r'\2Q\1', "
    r"regex=True), freq='Q')",
    "polars": r"df = df.with_columns(pl.date(pl.col({0!r}).str.extract(r'(\d{{4}})').cast(int), "
    r"pl.col({0!r}).str.extract(r'Q(\d)').cast(int) * 3 - 2, 1).alias({0!r}))",
}
_QUARTER = re.compile(r"\d{4}\W*Q[1-4]|Q[1-4]\W*\d{4}")
_TO_MONTHS = {
    "pandas": _TO_DATES["pandas"],
    "polars": "df = df.with_columns((pl.col({0!r}) + '-01').str.to_date())",
}
_MONTH = re.compile(r"\d{4}-\d{2}")
_TO_NUMBERS = {
    "pandas": "df[{0!r}] = pd.to_numeric(df[{0!r}])",
    "polars": "df = df.with_columns(pl.col({0!r}).cast(pl.Float64))",
}


def open_frame(df: Any) -> Frame:
    """The frame behind narwhals.

    Raises:
        ArgumentError: for anything else than a frame that is in memory.
        DataError: for two columns of one name, or no rows.
    """
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    try:
        frame: Frame = nw.from_native(df, eager_only=True)
        names = frame.columns
    except DuplicateError:
        names = list(df.columns)
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(
            f"the frame has {names.count(twice)} columns {twice!r}; rename or drop all but one"
        ) from None
    except TypeError:
        kind = type(df).__name__
        hint = "; call .collect() first" if kind == "LazyFrame" else ""
        raise ArgumentError(f"expected a pandas or a polars frame, got a {kind}{hint}") from None
    if not len(frame):
        raise DataError(f"the frame has no rows, only the columns {_listed(names)}")
    if frame.implementation.is_pandas():
        return _usual_bytes(frame)
    return _usual_texts(frame) if frame.implementation.is_pyarrow() else frame


def _usual_bytes(frame: Frame) -> Frame:
    """Numbers whose bytes are in the other order, as some files have them, in that of this machine:
    narwhals does not know them."""
    import narwhals as nw

    native = frame.to_native()
    swapped = {
        name: dtype.newbyteorder("=")
        for name, dtype in native.dtypes.items()
        if isinstance(dtype, np.dtype) and not dtype.isnative
    }
    return nw.from_native(native.astype(swapped), eager_only=True) if swapped else frame


def need_column(frame: Frame, name: str, role: str, *, known: bool = False) -> None:
    """Raises a DataError, with the names that there are, where a column is missing.

    Args:
        frame: that must have it.
        name, role: of the column; the role is the argument that another name is given by.
        known: whether a model has that name already, so that no argument gives another.
    """
    names = [str(column) for column in frame.columns]
    if name in names:
        return
    by_lower = {column.lower(): column for column in names}
    near = get_close_matches(name.lower(), by_lower, n=1)
    index: Any = getattr(frame.to_native(), "index", None)
    if name in getattr(index, "names", ()):
        hint = "it is in the index: call df.reset_index() first"
    elif role == "time" and hasattr(index, "freq") and index.name not in names:
        # an index of dates or periods, by another name or none
        hint = f"if it is the index, call df.rename_axis({name!r}).reset_index() first"
    elif near:
        meant = repr(by_lower[near[0]])
        given = f"[{meant}]" if role in _LISTS else meant
        then = f"rename it to {name!r}" if known else f"pass {role}={given}"
        hint = f"did you mean {meant}? Then {then}"
    elif known:
        hint = "the model was fitted with it; name it as it was then"
    else:
        hint = f"name another with {role}=..."
    raise DataError(f"there is no column {name!r}, only {_listed(names)}; {hint}")


def read_ids(column: Column, where: Where) -> tuple[list[Any], NDArray[np.int32]]:
    """The different ids, sorted, and for each row which one it has.

    Raises:
        DataError: for a missing id, or ids that are neither text nor whole numbers.
    """
    import narwhals as nw

    row = _first(column.is_null())
    if row is not None:
        raise DataError(f"{where(row, column.name)}: the id is missing; fill it in")
    column = plain(column)
    dtype = column.dtype
    if not (dtype == nw.String or _is_whole(dtype)):
        raise DataError(
            f"{where(0, column.name)}: an id must be text or a whole number, but the column holds "
            f"{dtype}, here {_plain(column[0])!r}; convert it to text"
        )
    ids = column.unique().sort().to_list()
    numbers = list(range(len(ids)))
    codes = np.empty(len(column), np.int32)
    for some in blocks(len(column)):
        part = column[some].replace_strict(ids, numbers, return_dtype=nw.Int64)
        codes[some] = part.to_numpy()
    return ids, codes


def read_values(
    column: Column, where: Where, missing: bool = False, what: str = "value"
) -> NDArray[np.float64]:
    """The numbers of a column, ``[N]``, a copy; NaN for those that are missing.

    Args:
        missing: whether any may be.
        what: an error calls them.

    Raises:
        DataError: for a value that is infinite or no number; for one that is missing or NaN, where
            none may be.
    """
    import narwhals as nw

    name, dtype = column.name, column.dtype
    null = column.is_null()
    row = None if missing else _first(null)
    if row is not None:
        raise DataError(f"{where(row, name)}: the {what} is missing{_more(null)}; fill it in")
    if null.all():
        return np.full(len(column), np.nan)
    if not dtype.is_numeric():
        absent = null.to_list()
        values = column.to_list()
        row = next(
            (i for i, value in enumerate(values) if not absent[i] and not _is_number(value)), None
        )
        if row is not None:
            raise DataError(f"{where(row, name)}: {values[row]!r} is no number; correct it")
        row = absent.index(False)
        hint = _hint(_TO_NUMBERS, column)
        raise DataError(
            f"{where(row, name)}: expected numbers, but the column holds {dtype}, "
            f"here {values[row]!r}; convert it{hint}"
        )
    numbers = np.empty(len(column))
    for some in blocks(len(column)):
        numbers[some] = column[some].cast(nw.Float64).to_numpy()
    bad = np.isinf(numbers) if missing else ~np.isfinite(numbers)
    if bad.any():
        row = int(np.argmax(bad))
        nan = bool(np.isnan(numbers[row]))
        fault, todo = ("missing (NaN)", "fill it in") if nan else ("infinite", "correct it")
        raise DataError(f"{where(row, name)}: the {what} is {fault}{_more(bad)}; {todo}")
    return numbers


def read_times(column: Column, where: Where) -> NDArray[Any]:
    """The times, ``[N]`` int64 or datetime64[us]; UTC where they have a time zone.

    Raises:
        DataError: for a time that is missing or finer than a microsecond, or a column of anything
            else.
    """
    import narwhals as nw

    column = without_zone(starts(column), wall=False)
    name, dtype = column.name, column.dtype
    row = _first(column.is_null())
    if row is not None:
        raise DataError(
            f"{where(row, name)}: the date is missing{_more(column.is_null())}; fill it in"
        )
    if isinstance(dtype, nw.Datetime) or dtype == nw.Date:
        times = np.empty(len(column), "datetime64[us]")
        for some in blocks(len(column)):
            part = column[some]
            given = (part.cast(nw.Datetime("us")) if dtype == nw.Date else part).to_numpy()
            times[some] = given
            if (times[some] != given).any():
                row = some.start + int(np.argmax(times[some] != given))
                raise DataError(
                    f"{where(row, name)}: {given[row - some.start]} is finer than a microsecond, "
                    f"and no step may be; round the times, or number the rows and take the number "
                    f"for the time"
                )
        return times
    if _is_whole(dtype):
        numbers = column.to_numpy()
        large = (numbers > _LARGEST) | (numbers < -_LARGEST)
        if large.any():
            row = int(np.argmax(large))
            raise DataError(
                f"{where(row, name)}: expected a number of at most 2**62, got {numbers[row]}"
            )
        return numbers.astype(np.int64)
    _check_zones(column, where)
    first = str(column[0])
    written = ((_QUARTER, _TO_QUARTERS), (_MONTH, _TO_MONTHS))
    hint = _hint(next((to for how, to in written if how.fullmatch(first)), _TO_DATES), column)
    if hasattr(column[0], "freqstr"):  # pandas's periods, one by one
        hint = f", for example: df[{name!r}] = df[{name!r}].astype('period[{column[0].freqstr}]')"
    raise DataError(
        f"{where(0, name)}: expected dates or whole numbers, but the column holds {dtype}, "
        f"here {_plain(column[0])!r}; convert it{hint}"
    )


def _check_zones(column: Column, where: Where) -> None:
    """Raises a DataError where a column holds Python's datetimes of several zones."""
    import narwhals as nw

    if column.dtype != nw.Object:
        return
    zones = [getattr(value, "tzinfo", None) for value in column.to_list()]
    row = next((i for i, zone in enumerate(zones) if zone != zones[0]), None)
    if row is not None:
        one, other = (f"in {zone}" if zone else "without a zone" for zone in (zones[0], zones[row]))
        name = column.name
        raise DataError(
            f"{where(row, name)}: the column mixes time zones, here a time {other} after one "
            f"{one}; bring them to one, for example: df[{name!r}] = pd.to_datetime(df[{name!r}], "
            f"utc=True)"
        )


def wall_clock(
    column: Column, known: NDArray[np.datetime64] | None = None
) -> NDArray[np.datetime64]:
    """``[N]``, what the clock in their own time zone shows at times that have one; see
    `zone.unskipped`."""
    clock = without_zone(column, wall=True).to_numpy().astype("datetime64[us]")
    zone = zone_of(column)
    return clock if zone is None else unskipped(clock, zone, known)


def _usual_texts(frame: Frame) -> Frame:
    """pyarrow's string_view, which it cannot sort, as its usual texts."""
    import narwhals as nw

    table = frame.to_native()
    for i, field in enumerate(table.schema):
        if str(field.type) == "string_view":
            table = table.set_column(i, field.name, table.column(i).cast("string"))
    usual: Frame = nw.from_native(table, eager_only=True)
    return usual


def _first(mask: Column) -> int | None:
    return int(np.argmax(mask.to_numpy())) if mask.any() else None


def _more(mask: Any) -> str:
    others = int(mask.sum()) - 1
    return f" (and {others} more)" if others else ""


def _is_whole(dtype: Any) -> bool:
    """Whether a column holds whole numbers that NumPy has, too."""
    import narwhals as nw

    return bool(dtype.is_integer()) and dtype not in (nw.Int128, nw.UInt128)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _plain(value: Any) -> Any:
    """As Python writes it: not ``np.float64(0.0)``."""
    return value.item() if isinstance(value, np.generic) else value


def _hint(conversions: dict[str, str], column: Column) -> str:
    import narwhals as nw

    is_text = column.dtype in (nw.String, nw.Object)
    conversion = conversions.get(column.implementation.value) if is_text else None
    return f", for example: {conversion.format(column.name)}" if conversion else ""


def _listed(names: list[Any], most: int = 20) -> str:
    shown = ", ".join(repr(name) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
