"""Series made by rules, at the defaults of SequenceClassifier, beside two cheap peers.

    python benchmarks/sequences/made.py [NAME ...]

What tells the labels apart is another thing each time: a shape, a place, a size, a number of
events, their order, a frequency that rises or falls, a motif anywhere in a long series. So a
default that suits one kind and harms another shows here. The peers are the nearest neighbour, and a
random forest on values, spectrum and summaries; one seed, about five minutes on a core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from running import finish, of_classes
from sklearn.ensemble import RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tidegate import SequenceClassifier

Array = np.ndarray
Rule = Callable[[int, Generator], Array]

MOTIFS = np.random.default_rng(77).standard_normal((4, 60)).cumsum(axis=1)
MOTIFS = 2 * (MOTIFS - MOTIFS.mean(axis=1, keepdims=True)) / MOTIFS.std(axis=1, keepdims=True)
SMOOTH = np.hanning(9)
ROUGH = np.random.default_rng(78).standard_normal((4, 68))
TEMPLATES = np.random.default_rng(6).standard_normal((40, 110)).cumsum(axis=1) / 5


def funnel(label: int, random: Generator) -> Array:
    """Cylinder, bell or funnel (Saito 1994)."""
    first, width, t = random.integers(16, 33), random.integers(32, 97), np.arange(128)
    share = np.clip((t - first) / width, 0, 1)
    inside = (t >= first) & (t <= first + width)
    return (6 + random.normal()) * inside * (1, share, 1 - share)[label] + random.normal(size=128)


def waveform(label: int, random: Generator) -> Array:
    """Two of three hills in shares of any size, then noise (Breiman et al. 1984)."""
    hills = np.maximum(6 - abs(np.arange(1, 22) - np.array([[7], [11], [15]])), 0)
    one, other = hills[[(0, 1), (0, 2), (1, 2)][label], :]
    share = random.uniform()
    return np.append(share * one + (1 - share) * other, np.zeros(19)) + random.normal(size=40)


def two_patterns(label: int, random: Generator) -> Array:
    """A step up or down, then another one (Geurts 2002)."""
    x = 0.1 * random.normal(size=128)
    for half, sign in ((0, label % 2), (64, label // 2)):
        width = int(random.integers(16, 32))
        first = half + int(random.integers(0, 64 - width))
        x[first : first + width] += np.where(np.arange(width) < width // 2, -5, 5) * (2 * sign - 1)
    return x


def size(label: int, random: Generator) -> Array:
    """White noise, a tenth larger each time."""
    return (1 + 0.1 * label) * random.normal(size=1000)


def spikes(label: int, random: Generator) -> Array:
    """Three to six spikes anywhere."""
    x = 0.4 * random.normal(size=300)
    for first in random.choice(np.arange(5, 290, 8), 3 + label, replace=False):
        x[first : first + 4] += (1, 2.7, 2.7, 1)
    return x


def phase(label: int, random: Generator) -> Array:
    """A small wave of one of two phases beside a large random walk."""
    angle = 2 * np.pi * np.arange(50) / 25 + label * np.pi / 2 + random.normal(0, 0.4)
    small = 5 + 1e-3 * (np.sin(angle) + 0.6 * random.normal(size=50))
    return np.column_stack([1e6 * random.normal(size=50).cumsum(), small])


def chirp(label: int, random: Generator) -> Array:
    """A frequency that rises, falls or stays, in noise."""
    low, high, t = random.uniform(4, 8), random.uniform(15, 25), np.arange(500) / 500
    first, last = ((low, high), (high, low), ((low + high) / 2,) * 2)[label]
    angle = first * t + (last - first) * t**2 / 2 + random.uniform()
    return np.sin(2 * np.pi * angle) + 0.8 * random.normal(size=500)


def order(label: int, random: Generator) -> Array:
    """Two events anywhere: which comes first."""
    x = 0.5 * random.normal(size=1000)
    hill = 2 * np.hanning(50)
    events = [hill, hill * np.sin(np.arange(50) / 50 * 4 * np.pi)]
    first = int(random.integers(0, 440))
    second = int(random.integers(first + 60, 940))
    for place, event in ((first, events[label]), (second, events[1 - label])):
        x[place : place + 50] += event
    return x


def motif(label: int, random: Generator) -> Array:
    """One of four motifs of 60 steps anywhere in 1,200 of noise."""
    x = random.normal(size=1200)
    first = int(random.integers(0, 1140))
    x[first : first + 60] += MOTIFS[label]
    return x


def rough_motif(label: int, random: Generator) -> Array:
    """A motif with the spectrum of the noise around it, twice as large at most."""
    x = np.convolve(random.normal(size=1208), SMOOTH, "valid")
    first = int(random.integers(0, 1140))
    x[first : first + 60] += 2 * np.convolve(ROUGH[label], SMOOTH, "valid") * np.hanning(60)
    return x


def template(label: int, random: Generator) -> Array:
    """One of forty walks, a little earlier or later, under noise."""
    t = np.arange(110) + 4 * random.normal()
    moved = np.interp(t, np.arange(110), TEMPLATES[label])
    return moved * random.uniform(0.8, 1.2) + 0.4 * random.normal(size=110)


SETS: dict[str, tuple[Rule, int, int]] = {
    "cylinder, bell, funnel": (funnel, 3, 30),
    "waveforms": (waveform, 3, 300),
    "two patterns": (two_patterns, 4, 200),
    "sizes": (size, 3, 150),
    "spikes": (spikes, 4, 300),
    "phases": (phase, 2, 100),
    "chirps": (chirp, 3, 90),
    "order": (order, 2, 200),
    "motifs": (motif, 4, 200),
    "rough motifs": (rough_motif, 4, 200),
    "forty": (template, 40, 400),
}
"""Name → rule, labels, series to learn from."""


def drawn(rule: Rule, labels: int, n: int, random: Generator) -> tuple[Array, Array]:
    """n series and their labels, each label as often."""
    y = random.permutation(np.arange(n) % labels)
    return np.array([rule(int(label), random) for label in y]), y


def summaries(x: Array) -> Array:
    """Values, spectrum, mean, deviation and range of each column, ``[n, many]``."""
    x = x.reshape(len(x), x.shape[1], -1)
    spectrum = abs(np.fft.rfft(x, axis=1))[:, :100]
    change = np.diff(x, axis=1).std(axis=1)
    whole = [x.mean(axis=1), x.std(axis=1), x.min(axis=1), x.max(axis=1), change]
    return np.concatenate([x.reshape(len(x), -1), spectrum.reshape(len(x), -1), *whole], axis=1)


def scaled(x: Array, like: Array) -> Array:
    """Each column in deviations of another table, ``[n, T · F]``."""
    return ((x - like.mean(axis=(0, 1))) / like.std(axis=(0, 1))).reshape(len(x), -1)


def main(names: list[str]) -> None:
    for name in names or SETS:
        rule, labels, n = SETS[name]
        random = np.random.default_rng(0)
        (x, y), (x_test, y_test) = drawn(rule, labels, n, random), drawn(rule, labels, 600, random)
        sides: dict[str, Any] = {
            "nearest neighbour": make_pipeline(
                FunctionTransformer(scaled, kw_args={"like": x}), KNeighborsClassifier(1)
            ),
            "forest": make_pipeline(
                FunctionTransformer(summaries), RandomForestClassifier(200, random_state=0)
            ),
            "tidegate": SequenceClassifier(random_state=0),
        }
        rows: list[dict[str, object]] = []
        for which, model in sides.items():
            begun = time.perf_counter()
            model.fit(x, y)
            spent = round(time.perf_counter() - begun, 1)
            scores = of_classes(x_test, y_test)(model)
            if which != "tidegate":
                scores = {"accuracy": scores["accuracy"]}
            found = {key: round(value, 4) for key, value in scores.items()}
            rows.append({"data": name, "which": which, **found, "seconds": spent})
            print(rows[-1], flush=True)
        finish("made", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
