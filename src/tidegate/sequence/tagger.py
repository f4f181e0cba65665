"""A label for each step of a sequence."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ..cells.base import sigmoid
from ..errors import DataError
from ..network import Loss
from ..network.reference_loss import softmax
from ..train.progress import Listener
from . import exported, fitting, labels, reading, saved, steps
from .begin import middle
from .learn import Learned
from .samples import Samples
from .stream import Stream
from .tasks import Task
from .training import SequenceTraining

Array = NDArray[Any]


class SequenceTagger(BaseEstimator):  # type: ignore[misc]  # no types there
    """A recurrent network that says what each step of a sequence is.

    X is as for `SequenceClassifier`; y has for each sequence ``[T_i]`` labels, or ``[T_i, K]`` of 0
    and 1 for K questions that are answered apart, NaN where an answer is not known.

    Learnt by `fit`: ``classes_``, None for yes or no; ``n_features_in_``, and
    ``feature_names_in_`` of a frame; ``learned_``, the networks and the course of each
    one's training.

    Example:
        >>> X = [["a", "cat", "sleeps"], ["a", "dog", "barks"]]
        >>> y = [["DET", "NOUN", "VERB"], ["DET", "NOUN", "VERB"]]
        >>> training = SequenceTraining(updates=60, min_count=1)
        >>> model = SequenceTagger(hidden=8, training=training, random_state=0).fit(X, y)
        >>> model.predict([["a", "cat", "barks"]])[0].tolist()
        ['DET', 'NOUN', 'VERB']
    """

    learned_: Learned
    classes_: Array | None

    def __init__(
        self,
        cell: str = "lstm",
        hidden: int = 128,
        layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.4,
        *,
        tokens: str = "word",
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        training: SequenceTraining | None = None,
        random_state: Any = None,
    ) -> None:
        """
        Args:
            cell, hidden, layers, dropout, tokens, warm_start, training, random_state: as for
                `SequenceClassifier`.
            bidirectional: whether a step is judged by what follows, too; a stream cannot.
            class_weight: label → weight, or "balanced"; not for yes or no.
        """
        self.cell = cell
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.tokens = tokens
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.training = training
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        progress: bool | Listener | None = False,
    ) -> SequenceTagger:
        """Learns from sequences and the labels of their steps.

        Args:
            X: n sequences.
            y: n lists of labels; where X is a long frame, also a column of labels beside its rows,
                or such lists with the ids, as for `SequenceClassifier.fit`.
            sample_weight: ``[n]``, from 0 up; None for 1.
            progress: as for `SequenceClassifier.fit`.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if X, y or the weights cannot be used; it says which sequence is wrong.
        """
        before = fitting.warm(self)
        x = reading.read(self, X, before)
        targets, classes = steps.of_steps(y, x)
        if before is not None:
            labels.check_same(classes, self.classes_)
        samples = Samples(x, targets, reading.weights_of(sample_weight, x), stepwise=True)
        self.learned_ = self._job(samples, classes, progress).run(samples, before)
        self.classes_ = classes
        fitting.note_features(self)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SequenceTagger:
        """Goes on learning, from further sequences: about five times from each.

        Args:
            X, y, sample_weight: as for `fit`.
            classes: all labels that will ever come, for the first call; None for those of y. Later
                ones may repeat them.

        Returns:
            Itself.

        Raises:
            ArgumentError, DataError: as `fit`.
        """
        before = fitting.before(self)
        x = reading.read(self, X, before)
        if before is not None:
            known = self.classes_
            if classes is not None:
                labels.check_same(labels.known(classes), known)
            targets = steps.known_of(y, x, known, before.spec.outputs)
        elif classes is None:
            targets, known = steps.of_steps(y, x)
        else:
            known = labels.known(classes)
            targets = steps.known_of(y, x, known, len(known))
        samples = Samples(x, targets, reading.weights_of(sample_weight, x), stepwise=True)
        self.learned_ = self._job(samples, known, False).more(samples, before)
        self.classes_ = known
        fitting.note_features(self)
        return self

    def predict(self, X: Any) -> list[Array]:
        """The likeliest label of each step: n arrays ``[T_i]``, or ``[T_i, K]`` of 0 and 1.

        Raises: as `predict_proba`.
        """
        return [steps.decided(chances, self.classes_) for chances in self.predict_proba(X)]

    def predict_proba(self, X: Any) -> list[Array]:
        """How likely each label is: n arrays ``[T_i, classes]``, or ``[T_i, K]`` of chances of yes.

        Raises:
            NotFittedError: before `fit`.
            DataError: if X is not of the form that was learnt.
        """
        fitting.check_fitted(self)
        x = reading.read(self, X, self.learned_)
        outputs = self.learned_.outputs(x)
        chances = sigmoid(outputs) if self.classes_ is None else softmax(outputs)
        return np.split(chances, np.cumsum(x.length)[:-1])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of the steps that get their label, or of the known answers that are right.

        Args:
            X, y: as for `fit`.
            sample_weight: ``[n]``, what the steps of a sequence count for; None for 1.

        Raises:
            NotFittedError: before `fit`.
            DataError: if X, y or the weights cannot be used, or no answer is known.
        """
        said = self.predict(X)
        x = reading.read(self, X, self.learned_)
        if self.classes_ is None:
            truth = steps.answers_of(y, x, said[0].shape[1])
            known = ~np.isnan(truth)
        else:
            truth = np.concatenate(steps.as_given(y, x, said))
            labels.check_type(truth, self.classes_)
            known = np.ones(len(truth), bool)
        weights = known.T * np.repeat(reading.weights_of(sample_weight, x), x.length)
        if not weights.any():
            raise DataError("y has no answer that is known and counts; give one at least")
        return float(np.average((np.concatenate(said) == truth).T, weights=weights))

    def stream(self, n: int = 1, *, chances: bool = False) -> Stream:
        """n sequences that begin now; see `Stream`. For a model with ``bidirectional=False``.

        Args:
            n: how many.
            chances: whether it says how likely each label of a step is, in place of the likeliest.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if the model also reads backwards.
        """
        fitting.check_fitted(self)
        classes = self.classes_

        def likely(outputs: Array) -> Array:
            return sigmoid(outputs) if classes is None else softmax(outputs)

        def label(outputs: Array) -> Array:
            return steps.decided(likely(outputs), classes)

        return Stream(self.learned_, likely if chances else label, n)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, whole or not at all; `tidegate.load` reads it.

        Raises:
            NotFittedError: before `fit`.
            ModelFileError: if it cannot be written.
        """
        fitting.check_fitted(self)
        classes = {"classes": saved.labels_to_json(self.classes_)}
        saved.write(path, "sequence-tagger", self, classes, {})

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes all of it, scaling included, as an ONNX file: see `exported.write_labels`.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if onnx is not installed.
            ModelFileError: if it cannot be written.
        """
        fitting.check_fitted(self)
        exported.write_labels(path, self.learned_, self.classes_)

    def __audit__(self, data: Any) -> Any:
        """Itself with X or (X, y), as `tg.audit` sees it."""
        from . import audited, unlearnt

        x, y = audited.given(self, data)
        known, count = None, self.learned_.spec.outputs
        if y is not None:
            truth = steps.known_of(y, x, self.classes_, count)
            samples = Samples(x, truth, np.ones(len(x)), stepwise=True)
            plain = self.classes_ is None
            loss = audited.yes_or_no(truth) if plain else audited.entropy(truth[:, 0])
            kind = Loss("binary" if plain else "categorical")
            constant = middle(kind, truth, np.ones(len(truth)), count)
            job = audited.job_of(self, samples, self.classes_)
            known = unlearnt.Known(loss, constant, samples, job)
        names = tuple(map(str, range(count) if self.classes_ is None else self.classes_))
        return audited.subject(self, x, known, "cross-entropy", names)

    def _job(
        self, samples: Samples, classes: Array | None, progress: bool | Listener | None
    ) -> fitting.Job:
        weights = np.repeat(samples.weights, samples.x.length)
        task = self._task(samples.targets, classes, weights)
        training = fitting.training_of(self.training)
        seed = fitting.seed_of(self.random_state)
        return fitting.Job(fitting.architecture_of(self), task, training, seed, progress)

    def _task(self, targets: Array, classes: Array | None, weights: Array) -> Task:
        smoothing = fitting.training_of(self.training).smoothing or 0.0
        if classes is None:
            labels.check_no_weights(self.class_weight)
            return Task(Loss("binary", smoothing=smoothing), targets.shape[1], stepwise=True)
        ids = targets[:, 0].astype(np.int64)
        weighted: tuple[float, ...] = ()
        if self.class_weight is not None:
            weighted = tuple(
                labels.class_weights(self.class_weight, classes, ids, weights).tolist()
            )
        loss = Loss("categorical", smoothing=smoothing, class_weight=weighted)
        return Task(loss, len(classes), stepwise=True)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.two_d_array = False  # y has a label for each step of X, not for each row
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
