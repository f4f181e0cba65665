"""A model's recurrent modules, made faster where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ..errors import ArgumentError
from .calling import BASES
from .layers import DTYPES
from .modules import GRU, LSTM, RNN
from .recurrent import what

OURS: dict[type, type] = {nn.LSTM: LSTM, nn.GRU: GRU, nn.RNN: RNN}
THEIRS = {ours: theirs for theirs, ours in OURS.items()}


@dataclass(frozen=True)
class Swapped:
    """What `accelerate` or `restore` has done."""

    swapped: dict[str, str]
    """Name of a module in the model, "" for the model itself → what it is now."""
    left: dict[str, str]
    """Name of a recurrent module that stays as it was → why."""

    def __str__(self) -> str:
        lines = [f"{name or 'the model itself'}: now {what}" for name, what in self.swapped.items()]
        lines += [f"{name or 'the model itself'}: left, {why}" for name, why in self.left.items()]
        return "\n".join(lines) or "no recurrent module of torch's found"


def accelerate(model: nn.Module) -> Swapped:
    """Makes every `nn.LSTM`, `nn.GRU` and `nn.RNN` of a model tidegate's, in place.

    A module becomes one of another class: its parameters, hooks and settings, and whatever holds
    it, stay the very same. `restore` undoes it. `str` of what it returns says what it did.

    Args:
        model: any; it may be such a module itself.

    Raises:
        ArgumentError: if the model is no nn.Module.

    Example:
        >>> model = nn.Sequential(nn.LSTM(3, 4), nn.Flatten())
        >>> print(accelerate(model))
        0: now tidegate.torch.LSTM(3, 4)
        >>> type(model[0]) is LSTM, restore(model).swapped
        (True, {'0': 'torch.nn.LSTM(3, 4)'})
    """
    _check_module(model)
    swapped, left = {}, {}
    for name, module in model.named_modules():
        if _kind(module) in THEIRS or not isinstance(module, nn.RNNBase):
            continue
        if (why := _left(module)) is not None:
            left[name] = why
        else:
            kind = OURS[_kind(module)]
            _become(module, kind)
            swapped[name] = f"tidegate.torch.{kind.__name__}({module.extra_repr()})"
    return Swapped(swapped, left)


def restore(model: nn.Module) -> Swapped:
    """Makes tidegate's modules torch's again, in place; those with checkpoint=True stay.

    Raises:
        ArgumentError: if the model is no nn.Module.
    """
    _check_module(model)
    swapped, left = {}, {}
    for name, module in model.named_modules():
        if _kind(module) not in THEIRS:
            continue
        if module.checkpoint:
            left[name] = "it was made with checkpoint=True, which torch's has not"
        else:
            kind = BASES[str(module.mode)]
            _become(module, kind)
            swapped[name] = f"torch.nn.{kind.__name__}({module.extra_repr()})"
    return Swapped(swapped, left)


def _check_module(model: Any) -> None:
    if not isinstance(model, nn.Module):
        raise ArgumentError(f"the model must be a torch.nn.Module, got {what(model)}")


def _kind(module: nn.Module) -> type:
    """Its class; of a parametrized module, which has one of its own, the class before."""
    own = type(module)
    return own.__bases__[0] if is_parametrized(module) else own


def _become(module: nn.Module, kind: type) -> None:
    """Makes a module one of another class, with what parametrizations have put on its own."""
    own = type(module)
    if is_parametrized(module):
        kept = {k: v for k, v in vars(own).items() if k not in ("__dict__", "__weakref__")}
        kind = type(own.__name__, (kind,), kept)
    module.__class__ = kind


def _left(module: nn.RNNBase) -> str | None:
    """Why a module would gain nothing, or might lose something; None if it is to be swapped."""
    if _kind(module) not in OURS:
        return f"it is a {type(module).__name__}, which may do more than torch's own"
    if module.proj_size:
        return "it has proj_size, for which the core has no layer"
    weight = module.weight_ih_l0
    assert isinstance(weight, Tensor)
    if weight.device.type != "cpu":
        return f"its weights are on {weight.device}, not on the CPU"
    if weight.dtype not in DTYPES:
        return f"its weights are {weight.dtype}, not float32 or float64"
    return None
