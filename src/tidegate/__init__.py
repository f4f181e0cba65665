"""Recurrent networks that train fast on a CPU, and honest forecasts made with them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audit.ablate import ablate as ablate
    from .audit.compare import compare as compare
    from .audit.gates import gates as gates
    from .audit.whole import audit as audit
    from .errors import ArgumentError as ArgumentError
    from .errors import DataError as DataError
    from .errors import ModelFileError as ModelFileError
    from .errors import NotFittedError as NotFittedError
    from .errors import TidegateError as TidegateError
    from .errors import TrainingError as TrainingError
    from .forecast.forecaster import Forecaster as Forecaster
    from .forecast.plan import ForecastTraining as ForecastTraining
    from .language.model import LanguageModel as LanguageModel
    from .language.training import LanguageTraining as LanguageTraining
    from .loading import load as load
    from .network import Init as Init
    from .network.layers import GRU as GRU
    from .network.layers import LSTM as LSTM
    from .network.layers import RNN as RNN
    from .network.threads import get_threads as get_threads
    from .network.threads import set_threads as set_threads
    from .sequence.classifier import SequenceClassifier as SequenceClassifier
    from .sequence.regressor import SequenceRegressor as SequenceRegressor
    from .sequence.tagger import SequenceTagger as SequenceTagger
    from .sequence.training import SequenceTraining as SequenceTraining

    __version__: str

# public name → module; each is loaded when first used
_HOME = {
    "ablate": "audit.ablate",
    "audit": "audit",
    "compare": "audit.compare",
    "gates": "audit.gates",
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "network.layers"),
    **dict.fromkeys(("get_threads", "set_threads"), "network.threads"),
    "Forecaster": "forecast.forecaster",
    "ForecastTraining": "forecast.plan",
    "LanguageModel": "language.model",
    "LanguageTraining": "language.training",
    "SequenceClassifier": "sequence.classifier",
    "SequenceRegressor": "sequence.regressor",
    "SequenceTagger": "sequence.tagger",
    "SequenceTraining": "sequence.training",
    "Init": "network",
    "load": "loading",
    **dict.fromkeys(
        (
            "TidegateError",
            "ArgumentError",
            "DataError",
            "ModelFileError",
            "NotFittedError",
            "TrainingError",
        ),
        "errors",
    ),
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("tidegate")
    elif name in _HOME:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    else:
        raise AttributeError(f"module 'tidegate' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
