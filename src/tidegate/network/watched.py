"""An array that is lent to the caller, and whether it may have been written to since.

The core keeps parameters packed as its products want them, and packs anew what may have changed.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import DTypeLike

from .native import Array


class Watched:
    """A copy of an array, with the question whether others may have written to it.

    NumPy does not tell when it writes, but the references to an array can be counted: a view's base
    is the array that owns the memory.

    Example:
        >>> import numpy as np
        >>> watched = Watched(np.zeros(3))
        >>> watched.changed(), watched.changed()
        (True, False)
        >>> watched.lent()[:2] = 1.0
        >>> watched.changed(), watched.changed()
        (True, False)
    """

    def __init__(self, array: Array, dtype: DTypeLike | None = None) -> None:
        # A copy: to the argument itself the callers still hold references.
        self._lent: Array = np.array(array, dtype, order="C")
        self.own = self._lent.view()
        """The same memory, for who does not count among the others."""
        self._references = sys.getrefcount(self._lent)
        self._dirty = True

    def lent(self) -> Array:
        """The array: who holds it, or a view of it, may write at any time."""
        self._dirty = True
        return self._lent

    def written(self) -> None:
        """Says that it was written to through `own`."""
        self._dirty = True

    def changed(self) -> bool:
        """Whether it may have been written to since the last call.

        It may if someone outside holds a view of it, or held one at the last call.
        """
        exposed = sys.getrefcount(self._lent) > self._references
        changed = exposed or self._dirty
        self._dirty = exposed
        return changed
