"""Results as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .result import LagCurve


def of_curves(curves: tuple[LagCurve, ...]) -> Any:
    """A polars frame with a row for each layer, direction, state and lag.

    Example:
        >>> from tidegate.audit.result import LagCurve
        >>> norm, lag = np.array([1.0, 0.5]), np.arange(2)
        >>> curve = LagCurve(0, "forward", "h", lag, norm, norm, norm, norm, np.ones(2))
        >>> of_curves((curve,)).rows()[1]
        (0, 'forward', 'h', 1, 0.5, 0.5, 0.5)
    """
    import polars as pl

    sizes = [len(curve.lag) for curve in curves]
    columns: dict[str, Any] = {
        name: [getattr(c, name) for c, n in zip(curves, sizes, strict=True) for _ in range(n)]
        for name in ("layer", "direction", "state")
    }
    columns["lag"] = np.concatenate([c.lag for c in curves]).astype(np.int64)
    for name in ("mean", "low", "high"):
        columns[name] = np.concatenate([getattr(c, name) for c in curves])
    return pl.DataFrame(columns)
