"""Values of options: a word of the command line as a number, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import typer


def whole(least: int, most: int | None = None) -> Callable[[str | int], int]:
    """A parser of whole numbers from ``least`` up, to ``most`` if that is given.

    Example:
        >>> whole(1)("7")
        7
    """

    def number(text: str | int) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            upto = "up" if most is None else f"to {most}"
            raise typer.BadParameter(f"expected a whole number from {least} {upto}, got {text!r}")
        return value

    return number


def between(most: float) -> Callable[[str | float], float]:
    """A parser of numbers above 0 and below ``most``.

    Example:
        >>> between(100)("95")
        95.0
    """

    def number(text: str | float) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 < value < most:
            raise typer.BadParameter(f"expected a number above 0 and below {most:g}, got {text!r}")
        return value

    return number


def seasons(text: str | tuple[int, ...]) -> tuple[int, ...]:
    """Rows in a season, or in two.

    Example:
        >>> seasons("24,168")
        (24, 168)
    """
    if isinstance(text, tuple):
        return text
    rows = tuple(int(word) if word.strip().isdecimal() else 0 for word in text.split(","))
    if min(rows) < 1 or len(rows) > 2:
        raise typer.BadParameter(
            f"expected a whole number from 1 up, or two such as 24,168, got {text!r}"
        )
    return rows


def one_of(*words: str) -> Callable[[str], str]:
    """A parser of one of a few words.

    Example:
        >>> one_of("lstm", "gru")("gru")
        'gru'
    """

    def word(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"expected one of {', '.join(words)}, got {text!r}")
        return text

    return word


def names(known: tuple[str, ...]) -> Callable[[str | tuple[str, ...]], tuple[str, ...]]:
    """A parser of some of a few words, with commas between.

    Example:
        >>> names(("lstm", "gru"))("gru,lstm")
        ('gru', 'lstm')
    """

    def some(text: str | tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(text.split(",")) if isinstance(text, str) else text
        if set(found) - set(known) or len(set(found)) < len(found):
            raise typer.BadParameter(
                f"expected some of {', '.join(known)} with commas between, got {text!r}"
            )
        return found

    return some
