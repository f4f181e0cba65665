"""A model anew, with some of its settings changed: what a fix or a comparison trains.

The audit knows no class of models. It knows that a model's arguments are its attributes, as
scikit-learn has it, and that what is rarely set is a dataclass among them.
"""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass, replace
from types import NoneType
from typing import Any, get_args, get_type_hints

from ..errors import ArgumentError

SEEDS = ("seed", "random_state")
"""What models call the seed."""
RARELY = "training"
"""The argument that holds what is rarely set."""


def again(model: Any, changes: dict[str, Any], seed: int | None = None) -> Any:
    """A model of the same settings but for some, not fitted.

    Args:
        model: fitted or not; it stays as it is.
        changes: name → value; "training.updates" is a part of an argument, and what is no argument
            is looked for in ``training``: "init.chrono" is "training.init.chrono".
        seed: of what is drawn at random; None for the model's own.

    Raises:
        ArgumentError: if the model has no such setting.

    Example:
        >>> import tidegate as tg
        >>> found = again(tg.SequenceRegressor(hidden=8), {"cell": "lstm", "init.chrono": 50})
        >>> found.cell, found.hidden, found.training.init.chrono
        ('lstm', 8, 50)
    """
    settings, hints = _settings(model)
    for key, value in changes.items():
        path = key.split(".")
        if path[0] not in settings:
            path = [RARELY, *path]
        if path[0] not in settings:
            raise ArgumentError(f"{type(model).__name__} has no setting {key!r}")
        name, *rest = path
        settings[name] = _changed(settings[name], hints.get(name), rest, value, key)
    if seed is not None:
        for name in SEEDS:
            if name in settings:
                settings[name] = seed
    return type(model)(**settings)


def seed_of(model: Any) -> int:
    """The seed that a model was given; 0 if it was given none."""
    found = next((getattr(model, name) for name in SEEDS if hasattr(model, name)), None)
    return found if isinstance(found, int) else 0


def _settings(model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments that the model was made with, and their types."""
    make = type(model).__init__
    names = [name for name in inspect.signature(make).parameters if name != "self"]
    if missing := [name for name in names if not hasattr(model, name)]:
        raise ArgumentError(
            f"{type(model).__name__} cannot be trained anew: it does not keep its argument "
            f"{missing[0]!r}"
        )
    return {name: getattr(model, name) for name in names}, get_type_hints(make)


def _changed(old: Any, hint: Any, path: list[str], value: Any, key: str) -> Any:
    """``old`` with the part at a path replaced; where there is nothing, with defaults beside it."""
    if not path:
        return value
    if old is None:
        kinds = [kind for kind in get_args(hint) if kind is not NoneType and is_dataclass(kind)]
        if not kinds:
            raise ArgumentError(f"there is no setting {key!r}")
        make: Any = kinds[0]
        old = make()
    if not is_dataclass(old) or isinstance(old, type):
        raise ArgumentError(f"there is no setting {key!r}: {old!r} has no parts")
    if path[0] not in {field.name for field in fields(old)}:
        raise ArgumentError(f"there is no setting {key!r}: {type(old).__name__} has none such")
    hints = get_type_hints(type(old))
    part = _changed(getattr(old, path[0]), hints[path[0]], path[1:], value, key)
    return replace(old, **{path[0]: part})
