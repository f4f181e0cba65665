"""Checks for the frozen dataclasses that describe a network."""

from __future__ import annotations

import contextlib
import math
import numbers
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ArgumentError

if TYPE_CHECKING:
    from numpy.random import RandomState


def whole(owner: Any, name: str, least: int, most: int = 2**31 - 1) -> None:
    """Sees to it that a field is an int between two bounds; a NumPy integer becomes a plain one."""
    value = whole_number(getattr(owner, name), _title(owner, name), least, most)
    object.__setattr__(owner, name, value)


def whole_number(value: Any, title: str, least: int, most: int = 2**31 - 1) -> int:
    """A whole number between two bounds as a plain int; ``title`` names it in the error."""
    good = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise ArgumentError(f"{title} must be a whole number from {least} to {most}, got {value!r}")
    return int(value)


def random_state(value: Any) -> RandomState:
    """What scikit-learn makes of a random state: a seed, NumPy's ``RandomState``, or None.

    Raises:
        ArgumentError: if it is none of these.
    """
    from sklearn.utils import check_random_state

    try:
        found: RandomState = check_random_state(value)
    except ValueError:
        raise ArgumentError(
            f"random_state must be a seed from 0 to 2**32 - 1, a numpy.random.RandomState or None, "
            f"got {value!r:.60}"
        ) from None
    return found


def number(owner: Any, name: str, least: float, below: float = math.inf) -> None:
    """Sees to it that a field is a finite number, ``least <= it < below``; it becomes a float."""
    value = as_number(getattr(owner, name), _title(owner, name))
    if not least <= value < below:
        bound = f"at least {least:g}" + (f" and below {below:g}" if below < math.inf else "")
        raise ArgumentError(f"{_title(owner, name)} must be {bound}, got {value!r}")
    object.__setattr__(owner, name, value)


def share(owner: Any, name: str) -> None:
    """Sees to it that a field is a number from 0 to 1; it becomes a float."""
    number(owner, name, least=0)
    if getattr(owner, name) > 1:
        raise ArgumentError(
            f"{_title(owner, name)} must be from 0 to 1, got {getattr(owner, name)!r}"
        )


def numbers_of(owner: Any, name: str) -> tuple[float, ...]:
    """Sees to it that a field is a sequence of finite numbers; it becomes a tuple of floats."""
    values = getattr(owner, name)
    if not isinstance(values, tuple | list):
        raise ArgumentError(f"{_title(owner, name)} must be a tuple of numbers, got {values!r}")
    result = tuple(as_number(value, _title(owner, name)) for value in values)
    object.__setattr__(owner, name, result)
    return result


def flag(owner: Any, name: str) -> None:
    """Sees to it that a field is True or False."""
    value = getattr(owner, name)
    if not isinstance(value, bool):
        raise ArgumentError(f"{_title(owner, name)} must be True or False, got {value!r}")


def precision(owner: Any, name: str) -> None:
    """Sees to it that a field is "float32" or "float64", or what NumPy takes for one of them."""
    value = getattr(owner, name)
    with contextlib.suppress(TypeError, ValueError):
        if value is not None:  # for NumPy that is a float64
            object.__setattr__(owner, name, np.dtype(value).name)
    choice(owner, name, ("float32", "float64"))


def choice(owner: Any, name: str, allowed: tuple[str, ...]) -> None:
    """Sees to it that a field is one of a few words."""
    value = getattr(owner, name)
    if not isinstance(value, str) or value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise ArgumentError(f"{_title(owner, name)} must be one of {words}, got {value!r}")


def unchanged(settings: Iterable[tuple[str, Any, Any]], owner: str) -> None:
    """Sees to it that what goes on learning is what was learnt.

    Args:
        settings: of each its name, what it was, and what is asked for.
        owner: what is to be fitted anew for another one, in a word.
    """
    for name, was, now in settings:
        if was != now:
            raise ArgumentError(
                f"a network goes on learning as it is: {name} was {was!r}, and is {now!r} now; fit "
                f"a new {owner} for another one"
            )


def clipping(owner: Any) -> None:
    """Sees to it that ``clip`` is a number above 0, ``clip_value`` one from 0 up, each or None."""
    if owner.clip is not None:
        number(owner, "clip", least=-math.inf)
        if owner.clip <= 0:
            title = _title(owner, "clip")
            raise ArgumentError(f"{title} must be above 0, or None for no limit, got {owner.clip}")
    if owner.clip_value is not None:
        number(owner, "clip_value", least=0)


def as_number(value: Any, title: str) -> float:
    """A finite number as a plain float; ``title`` names it in the error."""
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not good or not math.isfinite(value):
        raise ArgumentError(f"{title} must be a finite number, got {value!r}")
    return float(value)


def _title(owner: Any, name: str) -> str:
    """What an error calls a field: with its class, unless that is none that users know."""
    kind = type(owner)
    return name if getattr(kind, "internal", False) else f"{kind.__name__}.{name}"
