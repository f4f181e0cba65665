"""Student's t distribution: how often chance brings a number at least as far from zero."""

from __future__ import annotations

import math

STEPS = 500
"""Terms of the continued fraction, at most; it needs about the root of the degrees of freedom."""


def two_sided(t: float, freedom: int) -> float:
    """The p value: the chance of ``|T| >= |t|``.

    It is the regularised incomplete beta function at ν/(ν + t²), with parameters ν/2 and 1/2
    (Abramowitz and Stegun 26.7.1).

    Args:
        t: may be infinite.
        freedom: degrees of freedom, ν, from 1.

    Example:
        >>> round(two_sided(2.228, 10), 4)
        0.05
    """
    if math.isinf(t):
        return 0.0
    square = t * t
    x = freedom / (freedom + square)
    # of a small t, 1 - x has no digits left if it is taken from x
    return _beta(x, square / (freedom + square), freedom / 2, 0.5)


def _beta(x: float, rest: float, a: float, b: float) -> float:
    """I_x(a, b), where ``rest`` is 1 − x (DLMF 8.17.4, 8.17.22)."""
    if x == 0 or rest == 0:
        return float(rest == 0)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly
        return 1 - _beta(rest, x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    )
    # Lentz's algorithm: the fraction is the product of up / down
    up, down = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = down
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            down, up = 1 / (1 + term * down), 1 + term / up
            fraction *= up * down
        if abs(up * down - 1) < 1e-15:
            break
    return front * fraction / a
