"""What the far past tells of a target, asked without a network."""

import numpy as np
import pytest

from tidegate.network.beyond import tells


def marked(n, steps, seed):
    """Two columns, a value and a mark: the answer is the sum of the values at two marks."""
    random = np.random.default_rng(seed)
    x = np.stack([random.uniform(size=(n, steps)), np.zeros((n, steps))], axis=2)
    k, places = np.arange(n), np.sort(random.integers(0, steps, (2, n)), axis=0)
    x[k, places, 1] = 1
    return x, x[k, places, 0].sum(axis=0)[:, None]


@pytest.mark.parametrize(("n", "steps"), [(150, 100), (200, 400)])
def test_what_is_marked_anywhere_is_seen(n, steps):
    x, y = marked(n, steps, 0)
    assert tells(list(x), y) < 0.01


def test_a_value_at_a_place_of_its_own_is_seen_in_parts_of_any_length():
    random = np.random.default_rng(1)
    far = [random.normal(size=(int(length), 3)) for length in random.integers(30, 60, 80)]
    copied = np.array([part[-20, 2] for part in far])[:, None]
    assert tells(far, copied) < 0.001


def test_chance_tells_nothing():
    """Of 40 draws at 5 % no more than 7: beyond that lies a two-hundredth of all such tests."""
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        far = random.normal(size=(60, 50, 2))
        found.append(tells(list(far), random.normal(size=(60, 1))) < 0.05)
    assert sum(found) <= 7


def test_what_cannot_be_asked_is_no_number():
    random = np.random.default_rng(0)
    far, y = list(random.normal(size=(30, 5, 1))), random.normal(size=(30, 1))
    assert np.isnan(tells(far[:19], y[:19]))
    assert np.isnan(tells(far, np.ones((30, 1))))
    assert np.isnan(tells([part[:0] for part in far], y))
    assert tells([np.full((5, 1), np.nan)] * 30, y) == 1.0
