"""A loss of the user's own, and what it is held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from .source import Part

Array = NDArray[Any]
CustomLoss: TypeAlias = Callable[[Array, Array], tuple[float, Array]]
"""(target rows ``[m, ...]``, output ``[m, O]``) → (value, gradient by the output ``[m, O]``)."""


class NotFiniteError(Exception):
    """The loss gave a number that is none; carries what and where. Caught in `fit.py`."""


def bound(
    function: CustomLoss, sequences: Part, needs_gradient: bool = True
) -> Callable[[Array], tuple[float, Array]]:
    """The loss as a function of the output alone, with its answer checked.

    Raises (the function that is returned):
        ArgumentError: if the answer is not (value, gradient), or a shape is wrong.
        NotFiniteError: if the value is finite, but the gradient is needed and is not.
    """
    targets = sequences.targets[sequences.target_rows()]

    def checked(output: Array) -> tuple[float, Array]:
        answer = function(targets, output)
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise ArgumentError(
                f"a custom loss must return (value, gradient), got {type(answer).__name__}"
            )
        value, gradient = np.asarray(answer[0]), np.asarray(answer[1])
        if value.shape != () or value.dtype.kind not in "fiu":
            raise ArgumentError(
                f"the value of a custom loss must be one number, got an array of {value.shape} "
                f"of {value.dtype}"
            )
        if gradient.shape != output.shape or gradient.dtype.kind not in "fiu":
            raise ArgumentError(
                f"the gradient of a custom loss must have the output's shape {output.shape}, "
                f"got {gradient.shape} of {gradient.dtype}"
            )
        if needs_gradient and np.isfinite(value).all() and not np.isfinite(gradient).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(gradient))[0])
            raise NotFiniteError(
                f"the custom loss's gradient is {gradient[row, column]} at [{row}, {column}]"
            )
        return float(value), gradient

    return checked
