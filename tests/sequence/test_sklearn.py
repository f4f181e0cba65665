"""Scikit-learn's own checks of estimators: all of them, none expected to fail."""

from __future__ import annotations

from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from tidegate.sequence.classifier import SequenceClassifier
from tidegate.sequence.regressor import SequenceRegressor
from tidegate.sequence.training import Training

# defaults, but for a shorter training: the checks fit some hundred models
SHORT = Training(updates=120, members=1)
FASTER = Training(updates=400, members=1, learning_rate=1e-2)


@parametrize_with_checks(
    [
        SequenceClassifier(hidden=16, training=SHORT),
        SequenceRegressor(hidden=32, dropout=0.0, training=FASTER),
    ]
)
def test_checks(estimator: Any, check: Any) -> None:
    check(estimator)
