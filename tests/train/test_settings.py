"""Settings refuse what makes no sense, and say which one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.errors import ArgumentError
from tidegate.network import Optimizer
from tidegate.train import FitSettings


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "FitSettings.epochs must be a whole number from 1"),
        ({"epochs": 1.5}, "FitSettings.epochs must be a whole number"),
        ({"updates": 0}, "FitSettings.updates must be"),
        ({"batch": 0}, "FitSettings.batch must be"),
        ({"patience": 0}, "FitSettings.patience must be"),
        ({"seed": -1}, "FitSettings.seed must be"),
        ({"schedule": "step"}, "FitSettings.schedule must be one of 'constant', 'cosine'"),
        ({"warmup": 1.0}, "FitSettings.warmup must be at least 0 and below 1"),
        ({"bucket": 1}, "FitSettings.bucket must be True or False"),
        ({"optimizer": "adam"}, "FitSettings.optimizer must be an Optimizer"),
        ({"resume": True}, "need the file FitSettings.checkpoint"),
        ({"checkpoint_every": 5}, "need the file FitSettings.checkpoint"),
    ],
)
def test_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        FitSettings(**changes)


def test_json_has_what_decides_the_result() -> None:
    def differ(a: dict[str, Any], b: dict[str, Any]) -> bool:
        return FitSettings(**a).to_json() != FitSettings(**b).to_json()

    data = FitSettings(updates=3, optimizer=Optimizer("sgd", momentum=0.9)).to_json()
    assert json.loads(json.dumps(data)) == data
    for a, b in (
        ({}, {"batch": 3}),
        ({}, {"seed": 1}),
        ({}, {"updates": 7}),
        ({}, {"patience": 2}),
        ({}, {"bucket": True}),
        ({}, {"optimizer": Optimizer(betas=(0.8, 0.999), clip=1.0)}),
        ({"schedule": "cosine"}, {"schedule": "cosine", "epochs": 3}),
        ({"warmup": 0.1}, {"warmup": 0.1, "epochs": 3}),
    ):
        assert differ(a, b)
    for a, b in (({}, {"epochs": 3}), ({}, {"checkpoint": "x", "resume": True})):
        assert not differ(a, b)
