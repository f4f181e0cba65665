"""The words of a verdict."""

from dataclasses import replace

import numpy as np
import pytest

import tidegate as tg
from tidegate.audit.result import LagCurve, Memory, Rate, Units
from tidegate.audit.verdict import judge, stateless
from tidegate.data import Spans
from tidegate.network import Network, NetworkSpec, NumberInput
from tidegate.network.audited import about_of

LOSS = np.array([0.7, 0.6])
FADING = np.array([1, 1e-5, 1e-5, 1e-8])
MEMORY = Memory("cross-entropy", np.array([1, 40]), LOSS, LOSS, LOSS, 40, 0.14, 0.2)


@pytest.mark.parametrize(
    ("gain", "p", "said"),
    [
        (0.14, 0.2, "all 40, which may be chance (p = 0.200)"),
        (0.14, np.nan, "all 40, of too few to tell"),
        (0.0, 0.2, "all 40"),
    ],
)
def test_a_past_that_is_not_proved_to_be_of_use(gain, p, said):
    verdict = stateless("step", replace(MEMORY, gain=gain, p=p))
    assert str(verdict).startswith("unused past: ")
    assert str(verdict).endswith(said)


def test_nats_are_what_a_loss_is_counted_in():
    said = str(stateless("token", replace(MEMORY, name="nats a token")))
    assert "the loss in nats a token is 0.7 with the newest token alone, and " in said
    said = str(stateless("step", replace(MEMORY, name="nats", p=0.01)))
    assert said.endswith("the newest 40 of 40 steps decide the loss in nats to within 1 %")


def test_a_single_step_is_no_number_of_steps():
    curve = LagCurve(0, "forward", "h", np.arange(4), *[np.ones(4)] * 4, np.full(4, 9))
    rate = Rate(0, "forward", "h", 1.0, 1.0, 1.0, np.inf, np.array([1]), np.ones(1), np.ones(1))
    about = about_of(NetworkSpec(NumberInput(2), cell="rnn", hidden=1))
    for context, seen in (([1, 40], "step"), ([2, 40], "2 steps")):
        memory = replace(MEMORY, context=np.array(context), gain=0.0)
        assert f"with only the newest {seen} seen" in str(
            judge(4, about, (curve,), (rate,), memory, ())
        )


def test_a_past_that_is():
    assert str(stateless("step", replace(MEMORY, p=0.01))).startswith("healthy: ")


@pytest.mark.parametrize(("sequences", "few"), [(5, True), (6, False)])
def test_too_few_sequences_to_see_what_lies_beyond_are_said(sequences, few):
    """Of 4 steps 1 is reached by the gradient: 3 rows of 2 columns are 6 values."""
    curve = LagCurve(0, "forward", "h", np.arange(4), *[FADING] * 4, np.full(4, 9))
    rate = Rate(0, "forward", "h", 1e-3, 1e-3, 1e-3, 0.1, np.array([1]), FADING[1:2], FADING[1:2])
    about = about_of(NetworkSpec(NumberInput(2), cell="rnn", hidden=1))
    memory = replace(MEMORY, gain=0.0)
    verdict = judge(4, about, (curve,), (rate,), memory, (), lambda rows: 0.4, sequences)
    assert str(verdict).startswith("unused past: ")
    assert ("5 sequences are few to see it by, each has 6 values there" in str(verdict)) == few
    assert str(verdict).endswith("before you believe it" if few else "tell of the target")


def test_a_gradient_that_grows_but_does_not_explode_is_said_as_such():
    grown = np.array([1.0, 5.0, 20.0, 325.0])
    curve = LagCurve(0, "forward", "h", np.arange(4), *[grown] * 4, np.full(4, 9))
    rate = Rate(0, "forward", "h", 5.0, 4.0, 6.0, np.inf, np.array([1]), grown[1:2], grown[1:2])
    about = about_of(NetworkSpec(NumberInput(2), cell="rnn", hidden=1))
    said = str(judge(4, about, (curve,), (rate,), replace(MEMORY, p=0.01), ()))
    assert said.startswith("healthy: the gradient is 325 times as large after 3 of 4 steps; ")


@pytest.mark.parametrize(
    ("direct", "p", "saturation", "said"),
    [
        (False, 0.01, 0.1, "vanishing: the gradient does not outlive a step"),
        (True, 0.01, 0.1, "healthy: all states are read out, so that each step counts, though"),
        (True, 0.01, 0.9, "healthy: all states are read out"),
        (True, 0.2, 0.1, "unused past: "),
        (True, 0.2, 0.9, "saturated: 90 % of all units"),
    ],
)
def test_where_all_states_are_read_out_a_gradient_that_fades_between_them_is_no_fault(
    direct, p, saturation, said
):
    fading = 1e-2 ** np.arange(40.0)
    curve = LagCurve(0, "forward", "h", np.arange(40), *[fading] * 4, np.full(40, 9))
    rate = Rate(0, "forward", "h", 1e-2, 1e-2, 1e-2, 0.1, np.array([1]), fading[1:2], fading[1:2])
    about = replace(about_of(NetworkSpec(NumberInput(2), cell="rnn", hidden=1)), direct=direct)
    one = np.ones(1)
    units = Units(0, "forward", one, one, {}, {}, one < 0, saturation)
    # the rows far back tell of the target: a reason to call "vanishing" what has no other way
    memory = replace(MEMORY, p=p)
    verdict = judge(40, about, (curve,), (rate,), memory, (units,), lambda rows: 0.001)
    assert str(verdict).startswith(said)


@pytest.mark.parametrize(("readout", "word"), [("last", "vanishing"), ("mean+max", "healthy")])
def test_an_audit_knows_what_a_network_reads_out(readout, word):
    spec = NetworkSpec(NumberInput(1), cell="rnn", hidden=4, readout=readout, outputs=1)
    network = Network(spec, seed=1)
    network.params["weight_hh_l0"][...] *= 0.1
    rows = np.random.default_rng(0).normal(size=(20 * 60, 1))
    found = tg.audit(network, (rows, Spans(np.arange(20) * 60, np.full(20, 60))))
    assert found.verdict.word == word
