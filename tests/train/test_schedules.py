"""Learning rates, held against torch's schedulers and against their formulas."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.network import Optimizer
from tidegate.train import FitSettings
from tidegate.train.schedules import share


def rates(total: int, **settings: object) -> np.ndarray:
    chosen = FitSettings(optimizer=Optimizer(learning_rate=0.1), **settings)  # type: ignore[arg-type]
    return np.array([chosen.learning_rate(done, total) for done in range(total)])


def torch_rates(total: int, make: str, **settings: object) -> np.ndarray:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = getattr(torch.optim.lr_scheduler, make)(optimizer, **settings)
    result = []
    for _ in range(total):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        with warnings.catch_warnings():  # torch objects to a step after the last one
            warnings.simplefilter("ignore")
            if len(result) < total:
                scheduler.step()
    return np.array(result)


@pytest.mark.parametrize("total", [1, 2, 10, 97])
def test_cosine_is_torchs(total: int) -> None:
    expected = torch_rates(total, "CosineAnnealingLR", T_max=total)
    # torch multiplies step by step, which adds up rounding errors
    np.testing.assert_allclose(rates(total, schedule="cosine"), expected, rtol=1e-9)


@pytest.mark.parametrize("total", [10, 97, 200])
@pytest.mark.parametrize("warmup", [None, 0.5])
def test_onecycle_is_torchs(total: int, warmup: float | None) -> None:
    expected = torch_rates(
        total, "OneCycleLR", max_lr=0.1, total_steps=total, pct_start=warmup or 0.3
    )
    found = rates(total, schedule="onecycle", warmup=warmup)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_constant() -> None:
    assert set(rates(5)) == {0.1}


def test_warmup_rises_in_even_steps_to_the_schedule() -> None:
    up = [0.1 * k / 5 for k in range(1, 5)]
    np.testing.assert_allclose(rates(10, warmup=0.4), up + [0.1] * 6)
    after = rates(6, schedule="cosine")
    np.testing.assert_allclose(rates(10, schedule="cosine", warmup=0.4), [*up, *after])


@given(
    st.sampled_from(["constant", "cosine", "onecycle"]),
    st.floats(0, 0.99),
    st.integers(1, 300),
)
def test_every_rate_is_a_share(kind: str, warmup: float, total: int) -> None:
    shares = np.array([share(kind, warmup, done, total) for done in range(total)])  # type: ignore[arg-type]
    assert (shares > 0).all()
    assert (shares <= 1).all()
    top = int(shares.argmax())
    assert (np.diff(shares[: top + 1]) >= 0).all()
    assert (np.diff(shares[top:]) <= 1e-15).all()
