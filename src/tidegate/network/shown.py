"""Objects as the calls that make them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


def as_call(maker: Callable[..., Any], given: Mapping[str, Any]) -> str:
    """A call as Python writes it, of arguments that are not as they are where nothing is said.

    Args:
        maker: a function or a class.
        given: name → value of its arguments; those that it does not have are left out.

    Example:
        >>> as_call(sorted, {"iterable": [2, 1], "key": None, "reverse": True})
        'sorted(iterable=[2, 1], reverse=True)'
    """
    known = inspect.signature(maker).parameters
    words = [
        f"{name}={value!r}"
        for name, value in given.items()
        if name in known and repr(value) != repr(known[name].default)
    ]
    return f"{maker.__name__}({', '.join(words)})"
