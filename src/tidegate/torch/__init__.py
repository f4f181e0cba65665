"""For users of torch. Imported only by who asks for it; each name is loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .company import parallel as parallel
    from .incoming import from_torch as from_torch
    from .keras_weights import from_keras as from_keras
    from .modules import GRU as GRU
    from .modules import LSTM as LSTM
    from .modules import RNN as RNN
    from .swapping import accelerate as accelerate
    from .swapping import restore as restore

# public name → module
_HOME = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), "modules"),
    **dict.fromkeys(("accelerate", "restore"), "swapping"),
    "audit": ".audit.foreign",  # from above: it is an audit, of what this package can see
    "from_keras": "keras_weights",
    "from_torch": "incoming",
    "parallel": "company",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tidegate.torch' has no attribute {name!r}")
    try:
        value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name == "torch":
            hint = "tidegate.torch needs torch: pip install 'tidegate[torch]'"
            raise ModuleNotFoundError(hint, name="torch") from None
        raise
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
