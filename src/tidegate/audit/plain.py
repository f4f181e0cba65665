"""Results to JSON and back: frozen dataclasses of arrays, words and numbers.

A number that is none is null; one without end is "inf" or "-inf", for JSON has no word for it.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from ..errors import ArgumentError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Dicts, lists, words and numbers that ``json.dumps`` takes.

    Example:
        >>> to_plain({"norm": np.array([1.0, np.nan, np.inf]), "lag": (0, 1)})
        {'norm': [1.0, None, 'inf'], 'lag': [0, 1]}
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value) if _kept(f)}
    if isinstance(value, dict):
        return {name: to_plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def from_plain(kind: type[T], data: Any) -> T:
    """The dataclass that `to_plain` described.

    Raises:
        ArgumentError: if ``data`` is no such description.
    """
    name = kind.__name__
    if not isinstance(data, dict):
        raise ArgumentError(f"{name} must be a JSON object, got {type(data).__name__}")
    known: dict[str, Field[Any]] = {f.name: f for f in fields(kind) if _kept(f)}  # type: ignore[arg-type]
    if other := [key for key in data if key not in known]:
        raise ArgumentError(f"{name} has no entry {other[0]!r}; it has {', '.join(known)}")
    for key, field in known.items():
        if key not in data and field.default is MISSING:
            raise ArgumentError(f"{name} needs the entry {key!r}, which is missing")
    hints = get_type_hints(kind)
    try:
        return kind(**{key: _value(hints[key], value) for key, value in data.items()})
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name} cannot be read: {error}") from None


def _kept(field: Field[Any]) -> bool:
    """What goes to a file: not where a result came from, which is no plain data."""
    return bool(field.compare)


def _value(hint: Any, data: Any) -> Any:
    """``data`` as the type that a field asks for."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is UnionType:  # a value or None
        return None if data is None else _value(inner[0], data)
    if origin is np.ndarray:
        array = np.array(data)  # of flags or whole numbers as it is; None and "inf" make floats
        return array if array.dtype.kind in "bi" and array.size else np.array(data, float)
    if origin is tuple:
        if not isinstance(data, list | tuple):
            raise ArgumentError(f"expected a list, got {type(data).__name__}")
        return tuple(_value(inner[0], item) for item in data)
    if origin is dict:
        return {name: _value(inner[1], item) for name, item in dict(data).items()}
    if hint is float:
        return math.nan if data is None else float(data)
    return from_plain(hint, data) if isinstance(hint, type) and is_dataclass(hint) else data
