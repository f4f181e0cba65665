"""Files of language models: what they keep of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tidegate.language.model import LanguageModel
from tidegate.language.training import LanguageTraining


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("hidden", np.int64(6), 6),
        ("layers", np.int32(2), 2),
        ("dropout", np.float32(0.25), 0.25),
        ("random_state", np.int64(7), 7),
        ("random_state", True, 1),
        ("random_state", np.random.RandomState(0), None),
    ],
)
def test_settings_of_any_type_of_number(name: str, given: Any, kept: Any, tmp_path: Path) -> None:
    training = LanguageTraining(updates=2, steps=4, batch=2)
    model = LanguageModel(**{"hidden": 4, "training": training, name: given}).fit("abc " * 20)
    model.save(tmp_path / "model")
    again = LanguageModel.load(tmp_path / "model")
    assert again.get_params()[name] == kept and type(again.get_params()[name]) is type(kept)
    assert again.score("abc") == model.score("abc")
