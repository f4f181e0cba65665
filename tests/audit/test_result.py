"""Results are plain data: to JSON and back, and as frames."""

import json

import numpy as np
import pytest

from tidegate.audit.ablation import Ablation
from tidegate.audit.comparison import Comparison
from tidegate.audit.gates import Gates
from tidegate.audit.result import (
    Audit,
    Blind,
    Fix,
    Influence,
    LagCurve,
    Memory,
    Rate,
    Units,
    Verdict,
)
from tidegate.audit.tried import TriedFixes
from tidegate.errors import ArgumentError


def example():
    lag = np.arange(3)
    norm = np.array([1.0, 0.5, 0.0])
    few, flags = np.array([4.0, 4.0, 2.0]), np.array([True, False])
    return Audit(
        model="LSTM of 2 units",
        cell="lstm",
        hidden=2,
        sequences=4,
        length=3,
        step="day",
        rows=1,
        gradient=(LagCurve(0, "forward", "h", lag, norm, norm / 2, norm, norm * 2, few),),
        rate=(Rate(0, "forward", "h", 0.5, np.nan, np.nan, 1.0, lag[1:], norm[1:], norm[1:] / 3),),
        influence=Influence(("y",), ("a", "b"), lag, np.ones((1, 3, 2)), "per deviation"),
        memory=Memory("squared error", lag, norm + 1, norm, norm + 2, 2, 0.5, 0.01),
        blind=(Blind("t+1", "all inputs", (1, 2), 1, True),),
        units=(
            Units(
                0,
                "forward",
                np.array([3.0, np.inf]),
                np.array([2.0, np.nan]),
                {"f": norm[:2]},
                {"f": norm[:2]},
                flags,
                0.25,
            ),
        ),
        verdict=Verdict("vanishing", "it halves every step.", {"growth": 0.5}),
        fixes=(Fix("an LSTM", "it keeps", {"cell": "lstm", "init.chrono": 200}),),
        source=(object(), object()),
    )


def test_an_audit_goes_to_json_and_back():
    audit = example()
    text = json.dumps(audit.to_json(), allow_nan=False)
    back = Audit.from_json(json.loads(text))
    assert json.dumps(back.to_json(), allow_nan=False) == text
    assert back.source is None
    assert back.blind == audit.blind and back.fixes == audit.fixes
    assert back.verdict == audit.verdict
    np.testing.assert_array_equal(back.gradient[0].low, audit.gradient[0].low)
    np.testing.assert_array_equal(back.units[0].forget_time, [3.0, np.inf])
    assert back.units[0].dead.tolist() == [True, False] and back.units[0].dead.dtype == bool
    assert np.isnan(back.rate[0].low)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"more": 1}, "no entry 'more'"),
        ({"gradient": 3}, "expected a list"),
        ({"verdict": None}, "Verdict must be a JSON object"),
        ({"influence": {}}, "needs the entry 'outputs'"),
    ],
)
def test_what_is_no_audit_is_refused(change, words):
    with pytest.raises(ArgumentError, match=words):
        Audit.from_json({**example().to_json(), **change})


def test_a_frame_has_a_row_for_each_lag():
    frame = example().to_frame()
    assert frame.columns == ["layer", "direction", "state", "lag", "mean", "low", "high"]
    assert frame["lag"].to_list() == [0, 1, 2]
    assert frame["high"].to_list() == [2.0, 1.0, 0.0]


def test_it_is_told_in_words_with_the_verdict_first():
    text = str(example())
    assert text.startswith("vanishing: it halves")
    assert "t+1 cannot depend on the newest 2 rows of all inputs" in text
    assert "half-life 1 steps" in text


def test_what_a_notebook_shows_is_what_is_printed() -> None:
    kinds = (Audit, Gates, Ablation, Comparison, TriedFixes)
    assert [kind for kind in kinds if kind.__repr__ is not kind.__str__] == []
