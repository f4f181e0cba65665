"""Memory of a training step, as the system counts it: softmax over many words, and no leak."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The peak of a process includes what came before it, so each measurement has a process of its own.
PEAK = """
import resource
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
"""
WORDS = """
import numpy as np
from tidegate.data import Spans
from tidegate.network import Loss, NetworkSpec, TokenInput
from tidegate.network import Network
from tidegate.network import Optimizer
spec = NetworkSpec(TokenInput(50_000, 2), cell="rnn", hidden=2, outputs=50_000, readout="each",
                   loss=Loss("categorical", smoothing=0.1))
network, optimizer = Network(spec), Optimizer("adam")
rows = np.arange({steps}, dtype=np.int32)
def work(n):
    spans = Spans([0], [n])
    network.train_step(rows, spans, rows, optimizer)
    network.loss(rows, spans, rows)
work(1)
before = peak()
work({steps})
print(peak() - before)
"""
LEAK = """
import numpy as np
import tidegate as tg
layer = tg.LSTM(4, 64)
x = np.zeros((16, 50, 4), "f4")
def work(times):
    for _ in range(times):
        layer.backward(layer.forward(x), None)
        layer.forward(x, keep=False)
        kept = [layer.forward(x) for _ in range(3)]
work(20)
before = peak()
work(60)
print(peak() - before)
"""


def grown(code: str) -> float:
    """MiB that the peak of a process grew by while it worked."""
    done = subprocess.run([sys.executable, "-c", PEAK + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.parametrize("steps", [1000])
def test_softmax_over_many_words_needs_no_whole_table(steps: int) -> None:
    whole = steps * 50_000 * 4 / 2**20  # 191 MiB
    assert grown(WORDS.format(steps=steps)) < whole / 3


def test_passes_give_their_memory_back() -> None:
    saved = 16 * 50 * 64 * 4 * 6 / 2**20  # of one forward pass: gates, c and h
    assert grown(LEAK) < 3 * saved
