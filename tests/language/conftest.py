"""Small models of a small grammar, fitted once."""

from __future__ import annotations

import pytest

from grammar import sentences
from tidegate.language.model import LanguageModel
from tidegate.language.training import LanguageTraining


@pytest.fixture(scope="session")
def words() -> LanguageModel:
    training = LanguageTraining(updates=600, steps=16, batch=8, min_count=1)
    model = LanguageModel("word", hidden=32, dropout=0.0, training=training, random_state=1)
    return model.fit(sentences(400, seed=0))


@pytest.fixture(scope="session")
def characters() -> LanguageModel:
    training = LanguageTraining(updates=150, steps=16, batch=8)
    model = LanguageModel(cell="gru", hidden=24, training=training, random_state=1)
    return model.fit(sentences(200, seed=0))
