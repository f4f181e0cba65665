"""A forecaster's frames as series, and as what is known ahead of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..data import read_future
from ..data.series import Series, read_series
from ..errors import ArgumentError, DataError

if TYPE_CHECKING:
    from .forecaster import Forecaster


def series_of(given: Forecaster, df: Any, static: Any) -> Series:
    """The series of a frame to learn from, or those that were read already.

    Raises:
        DataError: if the frame cannot be used.
    """
    if isinstance(df, Series):
        return df
    return read_series(
        df,
        id=given.id,
        time=given.time,
        target=given.target,
        future=tuple(given.future),
        past=tuple(given.past),
        static=tuple(given.static),
        static_frame=static,
        missing="keep",
        gaps="fill",
    )


def known_ahead(series: Series, future: Any, horizon: int) -> NDArray[Any] | None:
    """``[n, h, F]``, what is known ahead of each series; None if nothing is.

    Raises:
        ArgumentError: if a frame is given and nothing was named as known ahead.
        DataError: if something is missing.
    """
    names = [code.name for code in series.encoding.future]
    if not names:
        if future is not None:
            raise ArgumentError(
                "nothing is known ahead here: name the columns as Forecaster(future=[...]) before "
                "fit, or leave future out"
            )
        return None
    if future is None:
        raise DataError(
            f"the forecast needs {', '.join(names)} for the {horizon} steps ahead; give "
            f"predict(future=...) a frame with them"
        )
    try:
        return read_future(future, series, horizon)
    except DataError as error:
        raise DataError(f"future: {error}") from None
