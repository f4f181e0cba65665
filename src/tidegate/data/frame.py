"""The user's frame: what kind it is, and a new one of the same kind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DataError
from . import ids, periods
from .plain import from_json
from .zone import clock_of, from_wall, without_zone, zone_of

if TYPE_CHECKING:
    import narwhals as nw

    Frame = nw.DataFrame[Any]
    Column = nw.Series[Any]

Library: TypeAlias = Literal["pandas", "polars", "pyarrow", "modin", "cudf"]
Kind: TypeAlias = Literal["integer", "date", "datetime", "period"]

_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999")
_LAST_NANOSECOND = np.datetime64(2**63 - 1, "ns").astype("M8[us]")
_INTEGERS = tuple(f"{sign}nt{bits}" for sign in ("I", "UI") for bits in (8, 16, 32, 64))
_DTYPES = {"integer": _INTEGERS, "date": ("Date",), "datetime": ("s", "ms", "us", "ns")}


@dataclass(frozen=True)
class FrameKind:
    """All that it takes to write a frame like the one that was read."""

    library: Library
    """The one that made the frame."""
    id: str | None
    """The name of a column, as are the next two; None if there was none."""
    time: str
    target: str
    kind: Kind
    """What the time column holds."""
    dtype: str
    """Its integer type, the unit of its datetimes, or pandas's name of its periods: ``Int64``,
    ``us``, ``period[M]``."""
    zone: str | None = None
    """The time zone of its datetimes."""
    wall: bool = False
    """Whether times are those of a clock in that zone, and not UTC."""
    id_dtype: str = "String"
    """``String``, ``Categorical``, ``Enum`` or an integer type."""
    id_levels: tuple[str, ...] = ()
    """The categories of an ``Enum``, in their order."""

    def __post_init__(self) -> None:
        for name, allowed in (
            ("library", get_args(Library)),
            ("kind", get_args(Kind)),
            ("dtype", _DTYPES.get(str(self.kind), ())),
            ("id_dtype", (*ids.TEXTS, *_INTEGERS)),
            ("wall", (True, False)),
        ):
            value = getattr(self, name)
            if name == "dtype" and self.kind == "period" and isinstance(value, str):
                allowed = (value,) if periods.NAME.fullmatch(value) else ("period[M]", "...")
            if value not in allowed:
                words = ", ".join(map(str, allowed))
                raise ArgumentError(f"FrameKind.{name} must be one of {words}, got {value!r}")
        for name, kinds in (
            ("id", str | None),
            ("time", str),
            ("target", str),
            ("zone", str | None),
        ):
            value = getattr(self, name)
            if not isinstance(value, kinds):
                raise ArgumentError(f"FrameKind.{name} must be text, got {value!r}")
        levels = tuple(self.id_levels) if isinstance(self.id_levels, list | tuple) else (0,)
        if not all(isinstance(level, str) for level in levels):
            raise ArgumentError(f"FrameKind.id_levels must be texts, got {self.id_levels!r}")
        object.__setattr__(self, "id_levels", levels)  # of a file they are a list

    @classmethod
    def of(cls, frame: Frame, id: str | None, time: str, target: str, wall: bool) -> FrameKind:
        """The kind of a frame whose columns have been found good."""
        import narwhals as nw

        dtype = without_zone(frame[time], wall=wall).dtype
        kind: Kind = "integer" if dtype.is_integer() else "date" if dtype == nw.Date else "datetime"
        period = periods.name_of(frame[time])
        unit = dtype.time_unit if isinstance(dtype, nw.Datetime) else str(dtype)
        id_dtype, levels = ("String", ()) if id is None else ids.kind_of(frame[id])
        return cls(
            library=cast(Library, frame.implementation.value),
            id=id,
            time=time,
            target=target,
            kind="period" if period else kind,
            dtype=period or unit,
            zone=zone_of(frame[time]),
            wall=wall,
            id_dtype=id_dtype,
            id_levels=levels,
        )

    @property
    def named(self) -> bool:
        """Whether ids are texts, of whatever type, and no numbers."""
        return self.id_dtype in ids.TEXTS

    def id_column(self, names: list[Any], library: Library) -> Column:
        """The column of ids, for rows of series of these names."""
        return ids.column_of(str(self.id), names, self.id_dtype, self.id_levels, library)

    @property
    def clock(self) -> str:
        """What is said behind a time of the series in words: nothing, unless the frame shows
        another, see `order.text`."""
        return clock_of(self.zone, wall=self.wall)

    def to_json(self) -> dict[str, Any]:
        """A dict that ``json.dumps`` takes and ``from_json`` turns back into an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> FrameKind:
        """The kind that ``to_json`` described.

        Raises:
            ArgumentError: for a key that is not known or is missing, or a value out of range.
        """
        return from_json(cls, data)


def write_frame(
    kind: FrameKind, names: list[Any] | None, times: NDArray[Any], columns: dict[str, NDArray[Any]]
) -> Any:
    """A frame like the one that was read: the id, the time, then the columns.

    Args:
        kind: of the frame that was read.
        names: an id for each row; not used where there was no id column.
        times: ``[N]``, as in `Series`.
        columns: name → ``[N]`` numbers.

    Returns:
        A frame of the same library, its columns of the same types; of polars where that library
        is not installed here. Times that do not fit their type have a larger one.

    Raises:
        DataError: for a date after the year 9999, which Python has none of.
    """
    import narwhals as nw

    library: Library = kind.library if find_spec(kind.library) else "polars"
    parts: list[Column] = []
    if kind.id is not None:
        parts.append(kind.id_column([] if names is None else list(names), library))
    parts.append(_time_column(kind, times, library))
    for name, values in columns.items():
        numbers = np.asarray(values, np.float64)
        parts.append(nw.new_series(name, numbers, nw.Float64, backend=library))
    return parts[0].to_frame().with_columns(*parts[1:]).to_native()


def _time_column(kind: FrameKind, times: NDArray[Any], library: Library) -> Column:
    import narwhals as nw

    def new(values: NDArray[Any]) -> Column:
        return nw.new_series(kind.time, values, backend=library)

    if kind.kind == "integer":
        dtype = np.dtype(kind.dtype.lower())
        fits = not len(times) or (
            times.min() >= np.iinfo(dtype).min and times.max() <= np.iinfo(dtype).max
        )
        return new(times.astype(dtype if fits else np.int64))
    times = times.astype("datetime64[us]")
    latest = times.max() if len(times) else _FIRST
    if latest > _LAST:
        raise DataError(
            f"the forecast reaches {latest.astype('M8[D]')}, and dates end with the year 9999; "
            f"correct the dates in column {kind.time!r}, or count the steps in whole numbers"
        )
    if kind.kind == "period" and library == kind.library:
        return periods.column_of(kind.time, times, kind.dtype)
    column = new(times)
    if kind.kind == "date":
        return column.cast(nw.Date)
    # nanoseconds end in the year 2262
    unit: Any = "us" if kind.kind == "period" else kind.dtype
    unit = "us" if unit == "ns" and latest > _LAST_NANOSECOND else unit
    if kind.zone is None:
        return column.cast(nw.Datetime(unit))
    if kind.wall:
        try:
            utc = from_wall(times, ZoneInfo(kind.zone))
        except (KeyError, ValueError):  # a fixed offset, or no time zones on this machine
            return column.cast(nw.Datetime(unit)).dt.replace_time_zone(kind.zone)
        column = new(utc)
    column = column.cast(nw.Datetime(unit)).dt.replace_time_zone("UTC")
    return column.dt.convert_time_zone(kind.zone)
