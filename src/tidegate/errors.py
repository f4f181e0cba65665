"""What can go wrong, as types.

Each message is one line: what was expected, what came, where, and what to do. Each type is also the
built-in exception that Python's conventions ask for, so ``except ValueError`` keeps working.
"""

from __future__ import annotations

import re

_ENDS = re.compile(r"\s*\n\s*")


class TidegateError(Exception):
    """Anything that tidegate raises on purpose.

    Example:
        >>> str(DataError("X is 0    1.5\\n1    2.5"))  # a value may print as several lines
        'X is 0    1.5 1    2.5'
    """

    def __str__(self) -> str:
        return _ENDS.sub(" ", super().__str__())


class ArgumentError(TidegateError, ValueError):
    """A setting, a shape or a combination of both that makes no sense."""


class DataError(TidegateError, ValueError):
    """A table or file that cannot be used; the message names file, row, column or series."""


class ModelFileError(TidegateError, ValueError):
    """A model file that is damaged, of another format, or not written by tidegate."""


class NotFittedError(TidegateError, ValueError, AttributeError):
    """A result was asked of an estimator that has not been fitted yet."""


class TrainingError(TidegateError, RuntimeError):
    """Training cannot go on, for example because the loss is no longer a finite number."""
