"""NumPy's linear algebra is held to one thread, and given back what it had."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tidegate.network import NetworkSpec, NumberInput
from tidegate.network.blas import one_blas_thread
from tidegate.network.initial import initial


def threads() -> set[int]:
    """Those of NumPy's own BLAS: another test may have loaded a library with one more."""
    blas = [each for each in threadpool_info() if each["user_api"] == "blas"]
    own = [each for each in blas if "numpy" in each["filepath"]]
    return {each["num_threads"] for each in own or blas}


def test_first_weights_take_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, qr = [], np.linalg.qr

    def watched(*arguments: Any) -> Any:
        seen.append(threads())
        return qr(*arguments)

    monkeypatch.setattr(np.linalg, "qr", watched)
    with threadpool_limits(3, user_api="blas"):
        initial(NetworkSpec(NumberInput(1), cell="gru", hidden=4), seed=0)
        assert threads() == {3}
    assert seen == [{1}, {1}, {1}]


def test_callers_side_by_side_leave_what_they_found() -> None:
    def held(_: int) -> set[int]:
        with one_blas_thread():
            return threads()

    before = threads()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(held, range(40))) == [{1}] * 40
    assert threads() == before


def test_an_error_gives_the_threads_back() -> None:
    with threadpool_limits(3, user_api="blas"):
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            _ = 1 // 0
        assert threads() == {3}
