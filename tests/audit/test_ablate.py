"""What ablation says of networks that were written by hand, so that it is known what they do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tidegate.audit.ablate import ablation_of
from tidegate.audit.ablation import Ablation, Change
from tidegate.data import Spans
from tidegate.errors import ArgumentError
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.audited import NetworkSubject, about_of

STEPS, N, OPEN = 16, 60, 60.0


def right(network: Network, rows: np.ndarray, spans: Spans) -> NetworkSubject:
    """A subject whose outputs are right as they are: what is changed shows as an error."""

    def score(output: np.ndarray) -> np.ndarray:
        truth = network.forward(rows, spans).output
        found: np.ndarray = ((output - truth) ** 2).mean(axis=1)
        return found

    about = about_of(network.spec, loss="squared error")
    return NetworkSubject(about, network, rows, spans, score)


def written(forgets: bool, **settings: Any) -> NetworkSubject:
    """An LSTM of one unit whose c is the sum of x; with ``forgets``, since the last mark."""
    spec = NetworkSpec(NumberInput(2), hidden=1, dtype="float64", **settings)
    network = Network(spec)
    for value in network.params.values():
        value[...] = 0
    for suffix in spec.suffixes:
        p = {
            name.split("_l0")[0]: v
            for name, v in network.params.items()
            if name.endswith(f"_l0{suffix}")
        }
        p["bias_ih"][[0, 1, 3]] = OPEN  # i, f, o
        p["weight_ih"][2, 0] = 0.1  # g
        if forgets:
            p["weight_ih"][1, 1] = -2 * OPEN
    random = np.random.default_rng(0)
    rows = np.column_stack([random.normal(size=N * STEPS), random.random(N * STEPS) < 0.1])
    return right(network, rows, Spans(np.arange(N) * STEPS, np.full(N, STEPS)))


def by(found: Ablation) -> dict[str, Change]:
    return {str(change): change for change in found.changes}


def test_a_gate_that_never_moves_is_told_from_one_that_does() -> None:
    found = ablation_of(written(forgets=False))
    changes = by(found)
    # f is 1 all along: open or at its mean it is what it was, to the last bit
    assert changes["layer 0, f = 1"].change == changes["layer 0, f at its mean, 1.00"].change == 0
    assert changes["layer 0, f = 0"].low > 0
    assert "its level matters, but not that it moves" in found.what_does("f")
    assert "what it writes depends on the input" in found.what_does("g")

    found = ablation_of(written(forgets=True))
    assert all(by(found)[f"layer 0, f = {level}"].low > 0 for level in (0, 1))
    assert found.what_does("f").endswith("it must keep and forget, and when it does so matters")


def test_what_is_held_at_its_mean_is_held_at_its_mean() -> None:
    """1 − a tenth of the steps is the mean of the forget gate."""
    subject = written(forgets=True)
    share = 1 - subject.rows[:, 1].mean()
    (change,) = (c for c in ablation_of(subject).changes if (c.gate, c.how) == ("f", "mean"))
    assert change.level == pytest.approx(share, rel=1e-12)
    c, hand = np.zeros(N), []
    for t in range(STEPS):
        c = share * c + np.tanh(0.1 * subject.rows.reshape(N, STEPS, 2)[:, t, 0])
    hand = subject.score(np.tanh(c)[:, None])
    assert change.score == pytest.approx(hand.mean(), rel=1e-9)


def test_cuts_tell_where_the_memory_is() -> None:
    found = ablation_of(written(forgets=False), at=[1, 4, STEPS])
    changes, ago = by(found), {1: "1 step", 4: "4 steps"}
    for steps in ago:
        assert changes[f"h = 0, {ago[steps]} before the end"].change == 0
        both, only = (changes[f"{s} = 0, {ago[steps]} before the end"] for s in ("h, c", "c"))
        assert both.change == only.change > 0
    assert (
        changes["c = 0, 1 step before the end"].change
        > changes["c = 0, 4 steps before the end"].change
    )
    assert changes[f"c = 0, {STEPS} steps before the end"].change == 0  # there it begins
    assert "nothing rests on it" in found.what_does("h")
    assert found.what_does("c").endswith("what it holds 4 steps before the end is still used there")


def test_two_directions_lose_all_or_nothing() -> None:
    found = ablation_of(written(forgets=False, bidirectional=True), at=[2])
    assert [c.gate for c in found.changes if c.how == "cut"] == ["h, c"]


def test_a_cell_without_gates_is_cut_alone() -> None:
    subject = written(forgets=False)
    spec = NetworkSpec(NumberInput(2), cell="rnn", hidden=2, dtype="float64")
    found = ablation_of(right(Network(spec), subject.rows, subject.spans))
    assert [(c.gate, c.steps) for c in found.changes] == [("h", 1), ("h", 4)]


def test_intervals_are_those_of_a_mean() -> None:
    """Of 60 sequences: near mean ± 1.96 standard errors, which a bootstrap of 1,000 comes within
    15 % of."""
    subject = written(forgets=True)
    (change,) = (c for c in ablation_of(subject).changes if str(c) == "layer 0, f = 1")
    p = subject.network.params
    p["weight_ih_l0"][1, 1] = 0
    held = subject.network.forward(subject.rows, subject.spans).output
    p["weight_ih_l0"][1, 1] = -2 * OPEN
    differences = subject.score(held)
    error = differences.std(ddof=1) / np.sqrt(N)
    assert change.change == pytest.approx(differences.mean(), rel=1e-9)
    assert change.high - change.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_it_is_plain_data_both_ways() -> None:
    found = ablation_of(written(forgets=True))
    again = Ablation.from_json(found.to_json())
    assert again == found
    assert found.to_frame().shape == (len(found.changes), 9)
    text = str(found)
    assert text.startswith("LSTM of 1 units: squared error 0 over 60 sequences; with")
    assert "layer 0, f = 1" in text
    assert "The forget gate f:" in text


def test_chance_and_little_do_not_matter() -> None:
    change = Change("f", "open", 0, 0, 1.0, 1.1, 0.1, 0.01, 0.2)
    assert change.matters(1.0)
    assert not replace(change, low=-0.01).matters(1.0)
    assert not replace(change, change=0.009, low=0.001).matters(1.0)
    assert replace(change, change=-0.1, low=-0.2, high=-0.01).matters(1.0)


def test_what_is_not_there_is_said() -> None:
    found = ablation_of(written(forgets=True))
    with pytest.raises(
        ArgumentError, match="nothing is known of 'z' in layer -1; only of i, f, g, o"
    ):
        found.what_does("z")
    with pytest.raises(ArgumentError, match="a step to cut at must be"):
        ablation_of(written(forgets=True), at=[0])
    for at in (4, "14"):
        with pytest.raises(ArgumentError, match="at must be whole numbers of steps"):
            ablation_of(written(forgets=True), at=at)
