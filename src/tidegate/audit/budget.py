"""How many steps a part of an audit may look at."""

from __future__ import annotations

from ..network.subject import Subject

USUAL = 128
"""Units of a layer; a step of a larger one costs more, with their square."""


def steps(subject: Subject, share: float, least: float) -> float:
    """A share of the data's steps, and where that is few, so many in any case; fewer of a large
    network.

    Example:
        >>> import numpy as np
        >>> import tidegate as tg
        >>> from tidegate.audit.whole import subject_of
        >>> data = np.ones((2, 100, 1))
        >>> [steps(subject_of(tg.GRU(1, hidden), data), 0.1, 500) for hidden in (8, 256)]
        [500.0, 125.0]
    """
    fewer = min((USUAL / max(subject.about.hidden, 1)) ** 2, 1.0)
    return max(share * float(subject.length.sum()), least * fewer)
