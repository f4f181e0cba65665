"""A module of torch, or any function of tensors, as the audit sees it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from ..errors import ArgumentError, DataError
from ..network.audited import NetworkSubject
from ..network.lags import CHANGE, change, doubling, spread
from ..network.subject import About, Context, Ends, Subject
from .recurrent import recurrent_of, what

Array = NDArray[Any]
Model = Callable[[Tensor], Any]
MOST_OUTPUTS = 64
"""That are looked at one by one; of more, the sum with random signs."""
OPEN = 8.0
"""The bias of a gate that is to keep nearly all."""


@dataclass(frozen=True, eq=False)
class TorchSubject:
    """A model of tensors ``[B, T, F]`` with some; see `network.subject.Subject`.

    Influence, memory and what is blind come from the model as a whole, by torch's autograd. The
    recurrent layers inside of it are found by running it: each is given what it was given then, and
    its states and gates are those of the same layer in tidegate's core.
    """

    about: About
    model: Model
    x: Tensor
    y: Tensor | None
    loss: Callable[[Tensor, Tensor], Tensor]
    """(output, y) → the loss of each sequence, ``[B]``."""
    found: tuple[NetworkSubject, ...]
    """The recurrent modules, in the order in which they ran."""
    cuts: bool
    """Whether the model takes fewer steps; else the steps before are filled."""
    others: tuple[Subject, ...] = ()

    @cached_property
    def length(self) -> Array:
        """``[n]``, the steps of each sequence."""
        return np.full(len(self.x), self.x.shape[1])

    @cached_property
    def context(self) -> Context:
        """The loss by the rows that are seen."""
        return Context(tuple(doubling(self.x.shape[1])), self._losses)

    def trail(self, ends: Ends, layer: int, state: str, probe: Array) -> Array:
        """See `network.subject.Subject`."""
        for subject in self.found:
            if layer < subject.about.layers:
                return subject.trail(ends, layer, state, probe)
            layer -= subject.about.layers
        raise IndexError(layer)

    def record(self, which: Array) -> list[dict[str, Array]]:
        """See `network.subject.Subject`."""
        return [entry for subject in self.found for entry in subject.record(which)]

    def influence(self, which: Array) -> tuple[Array, Array]:
        """See `network.subject.Subject`. Lag 0 is the newest row."""
        x = self.x[torch.from_numpy(which)].clone().requires_grad_()
        names = self.about.outputs
        with running(self.model):
            outputs = self._judged(x)
            table = np.zeros((len(which), len(names), x.shape[1], x.shape[2]))
            for i in range(len(names)):
                total = outputs[:, i].sum()
                if not total.requires_grad:
                    continue
                (slope,) = torch.autograd.grad(total, x, retain_graph=True, allow_unused=True)
                if slope is not None:
                    table[:, i] = slope.abs().flip(1).numpy()
        return np.arange(x.shape[1]), table

    def fresh(self) -> Subject | None:
        """See `network.subject.Subject`; a function has no parameters to draw."""
        if not isinstance(self.model, nn.Module):
            return None
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            model = copy.deepcopy(self.model)
            for module in model.modules():
                if isinstance(module, nn.RNNBase):
                    _open(module)
                elif callable(again := getattr(module, "reset_parameters", None)):
                    again()
            x = 0.1 * torch.randn_like(self.x)
        return TorchSubject(self.about, model, x, self.y, self.loss, self.found, self.cuts)

    def _judged(self, x: Tensor) -> Tensor:
        """``[B, outputs]``, one by one, or their sum with random signs."""
        found = flat(self.model(x), x)
        if len(self.about.outputs) == found.shape[1]:
            return found
        sign = np.random.default_rng(0).choice([-1.0, 1.0], found.shape[1])
        weights = torch.from_numpy(sign / np.sqrt(len(sign))).to(found.dtype)
        return (found * weights).sum(1, keepdim=True)

    def _losses(self, rows: int, most: int) -> Array:
        which = torch.from_numpy(spread(len(self.x), most))
        x = self.x[which]
        with running(self.model), torch.no_grad():
            seen = self._seen(x, rows)
            if self.y is None:
                full = flat(self.model(x), x).double().numpy()
                return change(flat(self.model(seen), seen).double().numpy(), full)
            output = self.model(seen)
            output = flat(output, seen) if self.loss is squared else tensor_of(output)
            found = self.loss(output, self.y[which])
            if not isinstance(found, Tensor) or found.shape != (len(which),):
                shape = list(found.shape) if isinstance(found, Tensor) else what(found)
                raise ArgumentError(
                    f"loss must give one number for each of {len(which)} sequences, got {shape}; "
                    f"torch's losses do with reduction='none', and a mean over the outputs of each "
                    f"where there are several"
                )
            return found.double().numpy()

    def _seen(self, x: Tensor, rows: int) -> Tensor:
        if self.cuts:
            return x[:, -rows:]
        seen = x.clone()
        seen[:, : x.shape[1] - rows] = self.x.mean(dim=(0, 1))
        return seen


def subject_of(
    model: Model, x: Any, y: Any = None, loss: Callable[[Tensor, Tensor], Tensor] | None = None
) -> TorchSubject:
    """A model with data; see `tidegate.torch.audit`.

    Raises:
        ArgumentError: if the model does not map ``[B, T, F]`` to outputs for each sequence.
        DataError: if x is no such tensor, or holds NaN or infinity.
    """
    if not callable(model) or isinstance(model, type):
        raise ArgumentError(f"an audit takes a module or a function of a tensor, got {what(model)}")
    if loss is not None and (not callable(loss) or isinstance(loss, type)):
        raise ArgumentError(f"loss must be a function of (output, y), got {what(loss)}")
    if loss is not None and y is None:
        raise ArgumentError("loss is a function of (output, y); give y too")
    given = _tensor("x", x)
    if given.dim() != 3 or not given.is_floating_point() or not given.numel():
        raise DataError(
            f"an audit of a module needs numbers [B, T, F], got a tensor of {list(given.shape)} of "
            f"{given.dtype}"
        )
    if not torch.isfinite(given).all():
        raise DataError("x holds NaN or infinity; an audit needs finite numbers")
    weight = next(model.parameters(), None) if isinstance(model, nn.Module) else None
    if weight is not None:
        if weight.device.type != "cpu":
            raise ArgumentError(f"the model is on {weight.device}; call model.cpu() first")
        given = given.to(weight.dtype)
    kept, left = _recurrent(model, given)
    with running(model), torch.no_grad():
        outputs = flat(model(given[:2]), given[:2])
        cuts = _cuts(model, given)
    count = outputs.shape[1]
    names = tuple(f"y{i}" for i in range(count)) if count <= MOST_OUTPUTS else ("all outputs",)
    words = type(model).__name__ if isinstance(model, nn.Module) else "a function"
    if left:
        words += f" (of its recurrent layers without {', '.join(left)})"
    first = kept[0].about if kept else None
    about = About(
        model=words,
        cell=first.cell if first else "rnn",
        hidden=first.hidden if first else 0,
        layers=sum(subject.about.layers for subject in kept),
        directions=first.directions if first else 1,
        outputs=names,
        inputs=tuple(f"x{i}" for i in range(given.shape[2])),
        unit="in units of output and input",
        loss=CHANGE if y is None else "loss",
    )
    targets = None if y is None else _targets(y, outputs, len(given), loss is None)
    return TorchSubject(about, model, given, targets, loss or squared, kept, cuts)


def _targets(y: Any, outputs: Tensor, count: int, compared: bool) -> Tensor:
    """What a model should give, checked; ``compared`` where it is held against outputs of a row."""
    found = _tensor("y", y)
    if not found.dim() or len(found) != count:
        shape = list(found.shape)
        raise DataError(f"y must have one row for each of the {count} sequences, got {shape}")
    width = found.numel() // count
    if compared and width != outputs.shape[1]:
        raise DataError(
            f"y has {width} numbers a sequence, the model gives {outputs.shape[1]}; give such a y, "
            f"or loss=, a function of (output, y) that gives one number for each sequence"
        )
    if found.is_floating_point() and not torch.isfinite(found).all():
        raise DataError("y holds NaN or infinity; an audit needs finite numbers")
    return found


def _tensor(name: str, values: Any) -> Tensor:
    """Values as a tensor on the CPU. Raises: DataError, if they are no numbers."""
    try:
        return torch.as_tensor(values).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        raise DataError(
            f"{name} must be a tensor or an array of numbers, got {what(values)}"
        ) from None


def squared(output: Tensor, y: Tensor) -> Tensor:
    """The mean squared error of each sequence, ``[B]``."""
    return (output.reshape(len(y), -1) - y.reshape(len(y), -1)).square().mean(1)


def tensor_of(output: Any) -> Tensor:
    """What a model gives, or the first tensor of it."""
    if isinstance(output, Tensor):
        return output
    parts = output.values() if isinstance(output, dict) else output
    if isinstance(parts, list | tuple) or isinstance(output, dict):
        for part in parts:
            if isinstance(part, Tensor):
                return part
    raise ArgumentError(
        f"an audit needs a model that gives a tensor, or a tuple that begins with one, "
        f"got {type(output).__name__}"
    )


def flat(output: Any, x: Tensor) -> Tensor:
    """``[B, outputs]``; of what has as many steps as the input, the last step."""
    found = tensor_of(output)
    if not found.dim() or len(found) != len(x):
        raise ArgumentError(
            f"an audit needs outputs for each of the {len(x)} sequences, got a tensor of "
            f"{list(found.shape)}"
        )
    if found.dim() == 3 and found.shape[1] == x.shape[1]:
        found = found[:, -1]
    return found.reshape(len(x), -1)


@contextmanager
def running(model: Model) -> Iterator[None]:
    """While this lasts, the model is in eval mode: without dropout."""
    training = [m for m in model.modules() if m.training] if isinstance(model, nn.Module) else []
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


def _cuts(model: Model, x: Tensor) -> bool:
    """Whether the model gives the same outputs from fewer steps."""
    full = flat(model(x[:1]), x[:1]).shape
    for rows in doubling(x.shape[1])[:2]:
        try:
            if flat(model(x[:1, -rows:]), x[:1, -rows:]).shape != full:
                return False
        except Exception:  # whatever it says: it does not take fewer
            return False
    return True


def _recurrent(model: Model, x: Tensor) -> tuple[tuple[NetworkSubject, ...], list[str]]:
    """The recurrent modules of one kind, with what they read of x; and the names of others."""
    if not isinstance(model, nn.Module):
        return (), []
    seen: dict[str, list[Tensor]] = {}
    modules = {n: m for n, m in model.named_modules() if isinstance(m, nn.RNNBase)}
    hooks = []
    for name, module in modules.items():

        def remember(module: Any, args: Any, kwargs: Any, name: str = name) -> None:
            given = args[0] if args else kwargs["input"]
            if isinstance(given, Tensor) and given.dim() == 3 and not module.batch_first:
                batch, steps = x.shape[:2]
                if batch != steps and given.shape[:2] == (batch, steps):
                    raise ArgumentError(
                        f"{name or 'the model'} reads [T, B, F] and was given [B, T, F], so that "
                        f"its states go from one sequence to the next; make it with "
                        f"batch_first=True"
                    )
            seen.setdefault(name, []).append(_read(module, given))

        hooks.append(module.register_forward_pre_hook(remember, with_kwargs=True))
    try:
        with running(model), torch.no_grad():
            model(x)
    finally:
        for hook in hooks:
            hook.remove()
    kept: list[NetworkSubject] = []
    left = []
    for place, parts in seen.items():
        module, name = modules[place], place or "the model itself"
        rows = torch.cat(parts, 1)  # called for each step, it has read them one after the other
        if module.proj_size or len(rows) != len(x) or rows.shape[1] < 2:
            left.append(name)
            continue
        subject = recurrent_of(module).layer().__audit__(rows.double().numpy())
        alike = not kept or _kind(kept[0].about) == _kind(subject.about)
        kept.append(subject) if alike else left.append(name)
    return tuple(kept), left


def _kind(about: About) -> tuple[Any, ...]:
    return about.cell, about.hidden, about.directions


def _read(module: Any, given: Any) -> Tensor:
    """``[B, T, I]`` of what a module was given."""
    if isinstance(given, PackedSequence):
        unpacked: Tensor = pad_packed_sequence(given, batch_first=True)[0]
        return unpacked
    if given.dim() == 2:
        alone: Tensor = given[None]
        return alone
    turned = given if module.batch_first else given.transpose(0, 1)
    found: Tensor = turned.clone()
    return found


def _open(module: nn.RNNBase) -> None:
    """New parameters under which little is lost: orthogonal, and gates that keep."""
    hidden = module.hidden_size
    with torch.no_grad():
        for name, value in module.named_parameters():
            if "weight_hh" in name and value.shape[1] == hidden:
                for part in torch.split(value, hidden):
                    nn.init.orthogonal_(part)
            elif "weight" in name:
                nn.init.xavier_uniform_(value)
            else:
                value.zero_()
                # the gate that keeps is the second one of both, LSTM's f and GRU's z
                if "bias_ih" in name and module.mode in ("LSTM", "GRU"):
                    value[hidden : 2 * hidden] = OPEN
