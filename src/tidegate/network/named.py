"""Parameters by name, which cannot be exchanged but for their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError

Array = NDArray[Any]


class Named(dict[str, Array]):
    """name → array, a view of what a network computes with.

    What is assigned to a name is copied into its array, so that the network has it, too.

    Example:
        >>> weight = np.zeros(2)
        >>> named = Named(weight=weight)
        >>> named["weight"] = [1, 2]
        >>> weight
        array([1., 2.])
    """

    def __setitem__(self, name: str, value: Any) -> None:
        """Copies the value.

        Raises:
            ArgumentError: for another name, or a value of another shape.
        """
        if name not in self:
            raise ArgumentError(f"there is no parameter {name!r}, only {', '.join(self)}")
        array, new = self[name], np.asarray(value)
        if new is array:  # after named[name] += 1
            return
        if new.shape != array.shape:
            raise ArgumentError(f"{name} must have shape {array.shape}, got {new.shape}")
        array[...] = new

    def update(self, *args: Any, **named: Any) -> None:
        """Copies every value, as an assignment does."""
        for name, value in dict(*args, **named).items():
            self[name] = value

    def __ior__(self, values: Any) -> Named:  # type: ignore[override, misc]
        """As `update`."""
        self.update(values)
        return self
