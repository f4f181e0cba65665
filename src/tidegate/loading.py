"""Any fitted model that was saved, whatever it is."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from .errors import ModelFileError
from .network.file import read_model

_HOME = {
    "forecaster": "forecast.load",
    "sequence-classifier": "sequence.load",
    "sequence-regressor": "sequence.load",
    "sequence-tagger": "sequence.load",
    "language": "language.model",
}
"""Kind of file → the module that reads it, imported when such a file comes."""


def load(path: str | os.PathLike[str]) -> Any:
    """The forecaster, classifier, regressor, tagger or language model that was saved.

    It predicts the same bits; nothing from the file is run.

    Raises:
        ModelFileError: if the file is damaged, of another kind, or does not exist.

    Example:
        >>> import tempfile
        >>> import tidegate as tg
        >>> training = tg.LanguageTraining(updates=3, steps=8, min_count=1)
        >>> model = tg.LanguageModel(hidden=4, training=training).fit("abracadabra" * 9)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model.safetensors")
        ...     tg.load(f"{folder}/model.safetensors").score("abra") == model.score("abra")
        True
    """
    file = read_model(path)
    if file.kind not in _HOME:
        raise ModelFileError(
            f"{file.path} holds a {file.kind!r}; expected one of {', '.join(_HOME)}"
        )
    home: Any = import_module(f".{_HOME[file.kind]}", __package__)
    reader = home.LanguageModel if file.kind == "language" else home
    return reader.load(path)
