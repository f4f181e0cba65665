"""Commands run in this process, in an empty folder, and learn next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import tidegate
from commands import RAIN, TEXTS, Done
from tidegate.cli import main
from tidegate.forecast import plan
from tidegate.language.training import LanguageTraining
from tidegate.sequence.texts import BUCKETS
from tidegate.sequence.training import Training


@pytest.fixture(autouse=True)
def short_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here is not how well it learns."""
    monkeypatch.setattr(plan.Training, "updates_for", lambda self, rows, covariates=0: 3)


@pytest.fixture(scope="module", autouse=True)
def small_words() -> Iterator[None]:
    """Networks of words are small, from the first model of a room on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BUCKETS, "grams", 500)
        patch.setitem(BUCKETS, "affixes", 500)
        yield


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """Runs the command in an empty folder; ``text`` becomes the file rain.csv there."""
    monkeypatch.chdir(tmp_path)

    def runs(*words: str, text: str | bytes = RAIN) -> Done:
        Path("rain.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(SystemExit) as caught:
            main(words)
        out, err = capsys.readouterr()
        code = caught.value.code
        assert isinstance(code, int)
        return Done(code, out, err)

    return runs


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few that have learnt next to nothing: of texts, numbers, steps and a text."""
    folder = tmp_path_factory.mktemp("models")
    training = Training(updates=2, members=1, calibrate=False, embedding=8)
    texts, moods = zip(*TEXTS, strict=True)
    model = tidegate.SequenceClassifier(hidden=4, training=training, random_state=0)
    model.fit(list(texts), list(moods)).save(folder / "mood.tg")
    random = np.random.default_rng(0)
    x = [random.normal(size=(4 + i, 1)) for i in range(4)]
    model.fit(x, ["a", "b"] * 2).save(folder / "steps.tg")
    tagger = tidegate.SequenceTagger(hidden=4, training=training, random_state=0)
    tagger.fit([["a", "dog"]] * 4, [["x", "y"]] * 4).save(folder / "tags.tg")
    short = LanguageTraining(updates=2, steps=4, batch=2)
    tidegate.LanguageModel(hidden=4, training=short, random_state=0).fit("abc").save(
        folder / "text.tg"
    )
    return folder
