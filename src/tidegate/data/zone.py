"""From the clock on the wall to UTC."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray


def from_wall(times: NDArray[np.datetime64], zone: ZoneInfo) -> NDArray[np.datetime64]:
    """UTC for times on the clock of a zone.

    Of an hour that comes twice the first is meant; a time that a clock skips counts as if it had
    not been put forward yet.
    """
    different, which = np.unique(times, return_inverse=True)
    utc = [
        t.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        for t in different.astype("datetime64[us]").tolist()
    ]
    return np.array(utc, "datetime64[us]")[which]
