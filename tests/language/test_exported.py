"""A language model's ONNX file says in onnxruntime what the model says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import tidegate as tg
from tidegate.errors import NotFittedError
from tidegate.language.text import END_ID
from tidegate.language.training import LanguageTraining

TEXT = "the cat sat on the mat. a dog slept!\n" * 20
TOLERANCE = 1e-5  # what is promised


def fitted(level: Any, cell: str, layers: int) -> tg.LanguageModel:
    training = LanguageTraining(updates=5, steps=8, min_count=1)
    model = tg.LanguageModel(
        level, cell, hidden=12, layers=layers, training=training, random_state=0
    )
    return model.fit(TEXT)


def session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of every input that need not be given
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("level", ["char", "word"])
def test_chances_of_what_comes_next(level: Any, cell: str, layers: int, tmp_path: Path) -> None:
    model = fitted(level, cell, layers)
    model.to_onnx(tmp_path / "model.onnx")
    metadata = {p.key: p.value for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    tokens = json.loads(metadata["alphabet"])["vocabulary"]["tokens"]
    run = session(tmp_path / "model.onnx")
    prompt = "the cat sat"
    ids = [END_ID, *map(tokens.index, prompt if level == "char" else prompt.split())]

    state: dict[str, np.ndarray] = {}
    for number in ids:  # as a stream
        chances, *states = run.run(
            ["probabilities", *(f"{name}_n" for name in ("h", "c")[: 1 + (cell == "lstm")])],
            {"tokens": np.array([[number]]), **state},
        )
        state = {f"{name}_0": part for name, part in zip(("h", "c"), states, strict=False)}
    expected = dict(model.next(prompt, k=len(tokens)))
    for token, chance in expected.items():
        assert abs(chances[0, 0, tokens.index(token)] - chance) < TOLERANCE

    whole = run.run(["probabilities"], {"tokens": np.array([ids])})[0]
    assert np.abs(whole[0, -1] - chances[0, 0]).max() < TOLERANCE


def test_nothing_is_written_before_fit(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        tg.LanguageModel().to_onnx(tmp_path / "model.onnx")
