"""A label for each sequence."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from ..data.ragged import Ragged
from ..network import Loss
from ..network.reference_loss import softmax
from ..network.spec import Readout
from ..train.progress import Listener
from . import exported, fitting, labels, reading, saved
from .aligned import aligned
from .begin import middle
from .learn import Learned
from .samples import Samples
from .stream import Stream
from .tasks import Task
from .training import SequenceTraining

Array = NDArray[Any]


class SequenceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types there
    """A recurrent network that says what a sequence is, in scikit-learn's conventions.

    X may be a list of ``[T_i]`` or ``[T_i, F]`` arrays of unequal length, an array ``[n, T]`` or
    ``[n, T, F]``, a list of texts or of lists of tokens, or a frame with the columns ``sequence``
    and ``step``, whose sequences count in the order in which they first come; its other columns are
    known by their names. NaN is a missing value.

    Beside the networks stand, where they help, a bag of words, or random kernels of series that are
    read to both ends; ``training`` says how to do without the latter.

    Learnt by `fit`: ``classes_``; ``n_features_in_``, and ``feature_names_in_`` of a frame;
    ``learned_``, the networks and the course of each one's training.

    Example:
        >>> t = np.arange(12)
        >>> X = [np.sin(t * f) for f in (0.5, 0.6, 2.0, 2.1)]
        >>> training = SequenceTraining(updates=60, members=1)
        >>> model = SequenceClassifier(hidden=8, training=training, random_state=0)
        >>> model.fit(X, ["slow", "slow", "fast", "fast"]).predict([np.sin(t * 0.55)]).tolist()
        ['slow']
    """

    learned_: Learned
    classes_: Array

    def __init__(
        self,
        cell: str = "gru",
        hidden: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        readout: Readout = "mean+max",
        dropout: float = 0.3,
        *,
        tokens: str = "word",
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
        training: SequenceTraining | None = None,
        random_state: Any = None,
    ) -> None:
        """
        Args:
            cell: "gru", "lstm", "rnn" or "rnn_relu".
            hidden: units of a layer.
            layers: of the network.
            bidirectional: whether it also reads from the end; a stream cannot.
            readout: what it is judged by: "last", "mean", "max" or "mean+max" of its states.
            dropout: the share of what the head is given, and of what passes between layers, that
                training leaves out.
            tokens: what a text is a sequence of, "word" or "char".
            class_weight: label → weight, or "balanced".
            warm_start: whether `fit` goes on from what was learnt before.
            training: how it learns, a `tidegate.SequenceTraining`; None for what suits the data.
            random_state: a seed; None for another one each time.
        """
        self.cell = cell
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.readout = readout
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
    ) -> SequenceClassifier:
        """Learns from sequences and their labels.

        Args:
            X: n sequences.
            y: ``[n]`` labels, of one type. Of a long frame: with its ids, as a Series of pandas
                with these as its index or as a frame with the column ``sequence``; or a column
                beside its rows; or in the order of the ids, if they are sorted.
            sample_weight: ``[n]``, from 0 up; None for 1. A weight of 2 is the same as twice the
                sequence, to the bit.
            progress: None for a bar on stderr if that is a terminal; True or False for always or
                never; or a function that is given a `train.Report` from time to time.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if X, y or the weights cannot be used; it says which sequence is wrong.
        """
        before = fitting.warm(self)
        x = reading.read(self, X, before)
        ids, classes = labels.of_sequences(aligned(y, x), len(x))
        if before is not None:
            labels.check_same(classes, self.classes_)
        samples = self._samples(x, ids, classes, sample_weight)
        labels.check_several(classes, ids, samples.weights)
        self.learned_ = self._job(len(classes), progress).run(samples, before)
        self.classes_ = classes
        fitting.note_features(self)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> SequenceClassifier:
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
        y = aligned(y, x)
        known = self.classes_ if before else labels.known(y if classes is None else classes)
        if before and classes is not None:
            labels.check_same(labels.known(classes), known)
        samples = self._samples(x, labels.ids_of(y, known, len(x)), known, sample_weight)
        self.learned_ = self._job(len(known), False).more(samples, before)
        self.classes_ = known
        fitting.note_features(self)
        return self

    def predict(self, X: Any) -> Array:
        """The likeliest label of each sequence, ``[n]``. Raises: as `predict_proba`."""
        chances = self.predict_proba(X)
        found: Array = self.classes_[chances.argmax(axis=1)]
        return found

    def predict_proba(self, X: Any) -> Array:
        """How likely each label is, ``[n, classes]``, in the order of ``classes_``.

        Raises:
            NotFittedError: before `fit`.
            DataError: if X is not of the form that was learnt.
        """
        fitting.check_fitted(self)
        x = reading.read(self, X, self.learned_)
        return softmax(self.learned_.outputs(x))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of the sequences that get their label.

        Args:
            X, y, sample_weight: as for `fit`.

        Raises:
            NotFittedError: before `fit`.
            DataError: if X, y or the weights cannot be used.
        """
        fitting.check_fitted(self)
        x = reading.read(self, X, self.learned_)
        truth = labels.column(aligned(y, x), len(x))
        labels.check_type(truth, self.classes_)
        right = truth == self.classes_[softmax(self.learned_.outputs(x)).argmax(axis=1)]
        return float(np.average(right, weights=reading.weights_of(sample_weight, x)))

    def stream(self, n: int = 1, *, chances: bool = False) -> Stream:
        """n sequences that begin now; see `Stream`. For a model with ``bidirectional=False``.

        Args:
            n: how many.
            chances: whether it says how likely each label is, in place of the likeliest label.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if the model also reads backwards.
        """
        fitting.check_fitted(self)
        classes = self.classes_

        def label(outputs: Array) -> Array:
            found: Array = classes[softmax(outputs).argmax(axis=1)]
            return found

        return Stream(self.learned_, softmax if chances else label, n)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, whole or not at all; `tidegate.load` reads it.

        Raises:
            NotFittedError: before `fit`.
            ModelFileError: if it cannot be written.
        """
        fitting.check_fitted(self)
        classes = {"classes": saved.labels_to_json(self.classes_)}
        saved.write(path, "sequence-classifier", self, classes, {})

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
        known, count = None, len(self.classes_)
        if y is not None:
            ids = labels.ids_of(aligned(y, x), self.classes_, len(x))
            samples = Samples(x, ids[:, None].astype(np.float64), np.ones(len(x)))
            constant = middle(Loss("categorical"), samples.targets, samples.weights, count)
            job = audited.job_of(self, count)
            known = unlearnt.Known(audited.entropy(ids), constant, samples, job)
        names = tuple(map(str, self.classes_))
        return audited.subject(self, x, known, "cross-entropy", names)

    def _samples(self, x: Ragged, ids: Array, classes: Array, sample_weight: Any) -> Samples:
        weights = reading.weights_of(sample_weight, x)
        weights = weights * labels.class_weights(self.class_weight, classes, ids, weights)[ids]
        return Samples(x, ids[:, None].astype(np.float64), weights)

    def _job(self, classes: int, progress: bool | Listener | None) -> fitting.Job:
        training = fitting.training_of(self.training)
        architecture = fitting.architecture_of(self, self.readout)
        smoothing = 0.1 if training.smoothing is None else training.smoothing
        task = Task(Loss("categorical", smoothing=smoothing), classes)
        seed = fitting.seed_of(self.random_state)
        return fitting.Job(architecture, task, training, seed, progress)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
