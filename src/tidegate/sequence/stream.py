"""Sequences that are not over yet: an answer after every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.long import is_frame
from ..data.ragged import Ragged
from ..data.sequences import unmasked
from ..data.spans import Spans
from ..data.vocabulary import UNKNOWN
from ..errors import ArgumentError, DataError
from ..network.parameters import fingerprint
from .counted import Growing, Sparse, rows_of
from .learn import Learned
from .numbers import Numbers
from .pooled import streams
from .texts import Texts
from .track import Track

Array = NDArray[Any]


class Stream:
    """n sequences that grow by a step at a time, and what a model says of each so far.

    What it says is the same, to the bit, as the model says of the whole sequence up to there.

    Example:
        >>> import tidegate as tg
        >>> X = [np.sin(np.arange(12) * f) for f in (0.5, 0.6, 2.0, 2.1)]
        >>> training = tg.SequenceTraining(updates=40, members=1)
        >>> model = tg.SequenceClassifier(
        ...     hidden=8, bidirectional=False, training=training, random_state=0
        ... ).fit(X, ["slow", "slow", "fast", "fast"])
        >>> stream = model.stream()
        >>> for x_t in X[0]:
        ...     label = stream.push(x_t)
        >>> bool(label == model.predict([X[0]])[0])
        True
    """

    def __init__(self, learned: Learned, say: Callable[[Array], Any], n: int = 1) -> None:
        """
        Args:
            learned: networks that only read forwards.
            say: ``[m, O]`` outputs → what is said of each, m long.
            n: how many sequences.
        """
        if not streams(learned.spec):
            raise ArgumentError(
                "a stream needs a model that only reads forwards; fit it with bidirectional=False"
            )
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise ArgumentError(f"a stream is of 1 sequence or more, got n={n!r}")
        self._learned = learned
        self._say = say
        self._n = int(n)
        self._tokens: list[list[str]] = []
        self._growing: list[Growing] = []
        self._tracks: list[list[Track]] = []
        self._begin()

    def __len__(self) -> int:
        return self._n

    def push(self, x_t: Any) -> Any:
        """Takes the next step of a single sequence, and says what it is so far.

        Args:
            x_t: a number, ``[F]`` numbers, or a token.

        Raises:
            ArgumentError: if the stream is of several sequences.
            DataError: if it is no step of such sequences.
        """
        if self._n != 1:
            raise ArgumentError(f"this stream is of {self._n} sequences; use push_many")
        return self.push_many([_by_name(x_t, self._learned.inputs.form.names)])[0]

    def push_many(self, x_t: Any, which: Any = None) -> Any:
        """Takes the next step of many sequences at once, and says what each is so far.

        Args:
            x_t: ``[m]`` numbers or tokens, or ``[m, F]`` numbers.
            which: ``[m]``, the numbers of the sequences that go on, all different; None for all.

        Returns:
            m answers, as the model's ``predict`` gives them.

        Raises:
            ArgumentError: if ``which`` makes no sense.
            DataError: if these are no steps of such sequences.
        """
        chosen = self._chosen(which)
        m = self._n if chosen is None else len(chosen)
        x = self._read(x_t, m)
        if chosen is None and (self._count == self._count[0]).all():
            self._step(x, None, fresh=bool(self._count[0] == 0))
        else:
            every = np.arange(self._n) if chosen is None else chosen
            new = self._count[every] == 0
            for fresh in (True, False):
                part = np.flatnonzero(new == fresh)
                if len(part):
                    self._step(x.take(part), every[part], fresh)
        return self._say(self._outputs(slice(None) if chosen is None else chosen))

    def state(self) -> dict[str, Any]:
        """All that the stream remembers, for `restore`: arrays, and the tokens of texts."""
        found: dict[str, Any] = {"model": self._model.copy(), "count": self._count.copy()}
        if self._learned.inputs.wide:
            found["tokens"] = [list(tokens) for tokens in self._tokens]
        if isinstance(self._learned.inputs, Numbers):
            found |= {"rows": self._rows.copy(), "last": self._last.copy()}
        for i, tracks in enumerate(self._tracks):
            for j, track in enumerate(tracks):
                arrays = track.arrays()
                found |= {f"track{i}.{j}.{name}": a.copy() for name, a in arrays.items()}
        return found

    def restore(self, state: Mapping[str, Any]) -> Stream:
        """Goes back, or on, to what `state` gave, of the same model; returns itself.

        Raises:
            ArgumentError: if the state is that of another model, or of this one before it went on
                learning.
        """
        kept = isinstance(state, Mapping) and set(state) == set(self.state())
        if not kept or np.ndim(state["count"]) != 1:
            raise ArgumentError("this is not the state of a stream of this model")
        n = len(state["count"])
        other = Stream(self._learned, self._say, n)
        expected = other.state()
        for name, array in state.items():
            if name != "tokens" and np.shape(array) != expected[name].shape:
                raise ArgumentError(
                    f"{name} of the state must be of {expected[name].shape}, got {np.shape(array)}"
                )
        if not np.array_equal(state["model"], self._model):
            raise ArgumentError("this is the state of a stream of another model, which learnt else")
        self._n = n
        self._begin()
        self._count = np.array(state["count"], np.int64)
        if "tokens" in state:
            self._tokens = [list(tokens) for tokens in state["tokens"]]
            for text, tokens in zip(self._growing, self._tokens, strict=False):
                text.add(tokens)
        if "rows" in state:
            self._rows = np.array(state["rows"], np.float32)
            self._last = np.array(state["last"], np.float64)
        for i, tracks in enumerate(self._tracks):
            for j, track in enumerate(tracks):
                track.set({name: state[f"track{i}.{j}.{name}"] for name in track.arrays()})
        return self

    @cached_property
    def _model(self) -> Array:
        """``[8]`` bytes that tell the networks from others."""
        return fingerprint(member.network.parameters for member in self._learned.members)

    # ---- one step ----

    def _begin(self) -> None:
        """Everything as before the first step."""
        n, inputs = self._n, self._learned.inputs
        self._count = np.zeros(n, np.int64)
        self._tokens = [[] for _ in range(n if inputs.wide else 0)]
        parts: dict[str, Array] = {}
        whole = inputs.wide is not None and inputs.wide.memory is None
        self._growing = [Growing(inputs.wide, parts) for _ in range(n if whole else 0)]
        self._offsets: tuple[int, ...] = (0,)
        self._rows = np.zeros((0, 0, 0), np.float32)
        if isinstance(inputs, Numbers):
            size = inputs.reading.segment
            self._offsets = inputs.segments.offsets
            # the newest rows, enough for a segment and the one before it; none if a step is a row
            self._rows = np.zeros(
                (n, 2 * size if size > 1 else 0, inputs.features.width), np.float32
            )
            self._last = np.zeros((n, inputs.form.columns))
        self._tracks = [
            [Track(member.network, n) for _ in self._offsets] for member in self._learned.members
        ]

    def _step(self, x: Ragged, which: Array | None, fresh: bool) -> None:
        """Sequences of one row each go on; which of all, None for all."""
        inputs = self._learned.inputs
        index: Any = slice(None) if which is None else which
        if isinstance(inputs, Numbers):
            before = None if fresh else self._last[index]
            rows: Any = inputs.features.rows(x, before)
            self._last[index] = inputs.features.last(x, before)
            self._step_numbers(rows, which, fresh)
        else:
            for i, token in zip(range(self._n) if which is None else which, x.rows, strict=True):
                kept = self._tokens[i]
                kept.append(token)
                if inputs.wide.memory is not None:
                    del kept[: -inputs.wide.memory]
                else:
                    self._growing[i].add([token])
            self._advance(inputs.table(x), 1, which, 0)
        self._count[index] += 1

    def _step_numbers(self, rows: Array, which: Array | None, fresh: bool) -> None:
        size = self._learned.inputs.reading.segment
        if size == 1:
            return self._advance(rows, 1, which, 0)
        index: Any = slice(None) if which is None else which
        held = self._rows[index]
        held = np.concatenate([held[:, 1:], rows[:, None]], axis=1)
        if fresh:
            held = np.repeat(rows[:, None], 2 * size, axis=1)
        self._rows[index] = held
        # as `Segments.read` counts: the rows in front alone make a first step, later ones end here
        count = self._count[index] + 1
        for j, offset in enumerate(self._offsets):
            due = np.flatnonzero(fresh | ((size - 1 + offset + count) % size == 0))
            if not len(due):
                continue
            table = np.concatenate([held[due, size:], held[due, :size]], axis=2)
            table = np.ascontiguousarray(table.reshape(len(due) * size, -1))
            whole = which is None and len(due) == self._n
            some = None if whole else np.arange(self._n)[index][due]
            self._advance(table, size, some, j)

    def _advance(self, rows: Any, size: int, which: Array | None, offset: int) -> None:
        """The networks take a step of so many rows, for one offset."""
        m = len(rows) // size
        spans = Spans(np.arange(m) * size, np.full(m, size))
        for tracks in self._tracks:
            tracks[offset].step(rows, spans, which)

    def _outputs(self, chosen: Any) -> Array:
        """``[m, O]``, as `Learned.outputs` adds them up."""
        learned = self._learned
        total: Any = 0.0
        for tracks in self._tracks:
            for track in tracks:
                total = total + track.output[chosen].astype(np.float64)
        outputs: Array = total / (len(self._offsets) * len(learned.members) * learned.temperature)
        counted = self._counted(chosen) if learned.inputs.wide else None
        for member in learned.members:
            if member.wide is not None and counted is not None:
                share = len(learned.members) * learned.temperature
                outputs += member.wide.outputs(counted) / share
        return outputs

    def _counted(self, chosen: Any) -> Sparse:
        """What the linear layers count of texts so far, or of the last step of each."""
        every, inputs = np.arange(self._n)[chosen], self._learned.inputs
        if self._growing:
            return rows_of(self._growing[i] for i in every)
        tokens = [self._tokens[i] for i in every]
        rows = np.array([token for each in tokens for token in each], object)
        x = Ragged(inputs.form, rows, np.array([len(each) for each in tokens]))
        counted: Sparse = inputs.wide.of(x)
        return counted.rows(np.cumsum(x.length) - 1)

    # ---- what it is given ----

    @cached_property
    def _single(self) -> str:
        """What a token is, as in all that was learnt: a character, or a word, which has no blank;
        empty where tokens are anything."""
        inputs = self._learned.inputs
        if not isinstance(inputs, Texts):
            return ""
        known = [token for token in inputs.vocabulary.tokens if token != UNKNOWN]
        if inputs.tokens == "char":
            return "character" if all(len(token) == 1 for token in known) else ""
        return "" if any(_several(token) for token in known) else "word"

    def _chosen(self, which: Any) -> Array | None:
        if which is None:
            return None
        chosen = np.asarray(which)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu" or not len(chosen):
            raise ArgumentError(f"which must be [m] numbers of sequences, got {which!r:.60}")
        if chosen.min() < 0 or chosen.max() >= self._n or len(np.unique(chosen)) < len(chosen):
            raise ArgumentError(f"which must be different numbers from 0 to {self._n - 1}")
        return chosen

    def _read(self, x_t: Any, m: int) -> Ragged:
        form = self._learned.inputs.form
        ones = np.ones(m, np.int64)
        if form.kind == "tokens":
            tokens = list(x_t) if not isinstance(x_t, str) else [x_t]
            if len(tokens) != m or not all(isinstance(token, str) for token in tokens):
                raise DataError(
                    f"a step of {m} sequence{_s(m)} must be {m} token{_s(m)}, got {x_t!r:.60}"
                )
            several = {"character": lambda token: len(token) > 1, "word": _several}.get(
                self._single
            )
            if several and (wrong := [token for token in tokens if several(token)]):
                raise DataError(
                    f"{self._single}s come one of a sequence at a time, got {wrong[0]!r:.60}"
                )
            rows = np.empty(m, object)
            rows[:] = tokens
            return Ragged(form, rows, ones)
        x_t = _by_name(x_t, form.names)
        try:
            table = np.asarray(unmasked(x_t), np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"a step must hold numbers: {error}") from None
        if form.columns == 1 and table.ndim == 1:
            table = table[:, None]
        if table.shape != (m, form.columns):
            raise DataError(
                f"a step of {m} sequence{_s(m)} must be [{m}, {form.columns}] numbers"
                f"{f', or push be given [{form.columns}]' if m == 1 else ''}, "
                f"got an array of {table.shape}"
            )
        if np.isinf(table).any():
            number = int(np.argwhere(np.isinf(table))[0][0])
            raise DataError(f"a step holds infinity, of sequence {number} of those that go on")
        return Ragged(form, table, ones)


def _several(token: str) -> bool:
    """Whether it is several words."""
    return len(token.split()) > 1


def _s(m: int) -> str:
    """The ending of m things."""
    return "" if m == 1 else "s"


def _by_name(step: Any, names: tuple[str, ...] | None) -> Any:
    """A frame, or a row of one, with its columns in the order in which they were learnt.

    Raises:
        DataError: if it lacks one, or has others.
    """
    if names is None or not (is_frame(step) or hasattr(step, "iloc")):
        return step
    given = list(step.columns if is_frame(step) else step.index)
    titled = is_frame(step) and all(isinstance(name, str) for name in given)
    if given == list(names) or (set(names).isdisjoint(given) and not titled):
        return step
    if len(given) != len(names) or set(given) != set(names):
        raise DataError(
            f"a step must have the columns {', '.join(names)}, got {', '.join(map(str, given))}"
        )
    return step[list(names)]
