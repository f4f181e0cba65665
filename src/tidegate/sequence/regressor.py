"""A number, or several, for each sequence."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin

from ..errors import ArgumentError, DataError
from ..network import Loss
from ..network.spec import Readout
from ..train.progress import Listener
from . import exported, fitting, reading, saved
from .aligned import aligned
from .begin import middle
from .learn import Learned
from .samples import Samples
from .stream import Stream
from .targets import Units, numbers_of
from .tasks import Task
from .training import SequenceTraining

Array = NDArray[Any]

LOSSES = ("mse", "mae", "rmse", "huber", "pinball")


class SequenceRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]  # no types there
    """A recurrent network that says a number of a sequence, in scikit-learn's conventions.

    X is as for `SequenceClassifier`; y is ``[n]``, or ``[n, K]`` for several numbers.

    Learnt by `fit`: ``units_``, of y; ``n_features_in_``, and ``feature_names_in_`` of a frame;
    ``learned_``, the networks and the course of each one's training.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> X = [random.normal(size=n) for n in random.integers(5, 9, 40)]
        >>> y = [x.mean() for x in X]
        >>> training = SequenceTraining(updates=200, members=1)
        >>> model = SequenceRegressor(hidden=8, training=training, random_state=0).fit(X, y)
        >>> model.score(X, y) > 0.9
        True
    """

    learned_: Learned
    units_: Units

    def __init__(
        self,
        cell: str = "gru",
        hidden: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        readout: Readout = "mean+max",
        dropout: float = 0.1,
        *,
        loss: str | Loss = "mse",
        tokens: str = "word",
        warm_start: bool = False,
        training: SequenceTraining | None = None,
        random_state: Any = None,
    ) -> None:
        """
        Args:
            cell, hidden, layers, bidirectional, readout, dropout, tokens, warm_start, training,
                random_state: as for `SequenceClassifier`.
            loss: "mse", "mae", "rmse", "huber" or "pinball", whose quantile is the median; or a
                `network.Loss` with quantiles or a delta of its own. It counts deviations of y.
        """
        self.cell = cell
        self.hidden = hidden
        self.layers = layers
        self.bidirectional = bidirectional
        self.readout = readout
        self.dropout = dropout
        self.loss = loss
        self.tokens = tokens
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
    ) -> SequenceRegressor:
        """Learns from sequences and their numbers.

        Args:
            X: n sequences.
            y: ``[n]`` or ``[n, K]`` finite numbers; of a long frame as for
                `SequenceClassifier.fit`.
            sample_weight, progress: as for `SequenceClassifier.fit`.

        Returns:
            Itself.

        Raises:
            ArgumentError: if a setting makes no sense.
            DataError: if X, y or the weights cannot be used; it says which sequence is wrong.
        """
        before = fitting.warm(self)
        samples, units = self._samples(X, y, sample_weight, before)
        self.learned_ = self._job(len(units.centre), progress).run(samples, before)
        self.units_ = units
        fitting.note_features(self)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceRegressor:
        """Goes on learning, from further sequences: about five times from each.

        The first call settles the units of X and y.

        Args:
            X, y, sample_weight: as for `fit`.

        Returns:
            Itself.

        Raises:
            ArgumentError, DataError: as `fit`.
        """
        before = fitting.before(self)
        samples, units = self._samples(X, y, sample_weight, before)
        self.learned_ = self._job(len(units.centre), False).more(samples, before)
        self.units_ = units
        fitting.note_features(self)
        return self

    def predict(self, X: Any) -> Array:
        """The numbers of each sequence.

        ``[n]`` or ``[n, K]``, as y was; of Q quantiles ``[n, Q]`` or ``[n, K, Q]``.

        Raises:
            NotFittedError: before `fit`.
            DataError: if X is not of the form that was learnt.
        """
        fitting.check_fitted(self)
        x = reading.read(self, X, self.learned_)
        return self.units_.undo(self.learned_.outputs(x))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R², the share of the variance of y that is told; the mean over several numbers.

        Args:
            X, y, sample_weight: as for `fit`.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if the model says several quantiles of a number.
            DataError: if X, y or the weights cannot be used.
        """
        from sklearn.metrics import r2_score

        fitting.check_fitted(self)
        quantiles = self.learned_.spec.outputs // len(self.units_.centre)
        if quantiles > 1:
            raise ArgumentError(
                f"score is of one number, and this model says {quantiles} quantiles of each; judge "
                f"what predict gives, such as by sklearn.metrics.mean_pinball_loss"
            )
        x = reading.read(self, X, self.learned_)
        truth, _ = numbers_of(aligned(y, x), len(x))
        said = self.units_.undo(self.learned_.outputs(x)).reshape(len(x), -1)
        # in powers of 2, which change no bit: squares of 1e300 are infinite, of 1e-300 are 0
        power = np.frexp(np.abs(truth).max(axis=0))[1]
        truth, said = np.ldexp(truth, -power), np.ldexp(said, -power)
        return float(r2_score(truth, said, sample_weight=reading.weights_of(sample_weight, x)))

    def stream(self, n: int = 1) -> Stream:
        """n sequences that begin now; see `Stream`. For a model with ``bidirectional=False``.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if the model also reads backwards.
        """
        fitting.check_fitted(self)
        return Stream(self.learned_, self.units_.undo, n)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model file, whole or not at all; `tidegate.load` reads it.

        Raises:
            NotFittedError: before `fit`.
            ModelFileError: if it cannot be written.
        """
        fitting.check_fitted(self)
        units = {"units.centre": self.units_.centre, "units.scale": self.units_.scale}
        saved.write(path, "sequence-regressor", self, {"flat": self.units_.flat}, units)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Writes all of it, scaling included, as an ONNX file: see `exported.write_numbers`.

        Raises:
            NotFittedError: before `fit`.
            ArgumentError: if onnx is not installed.
            ModelFileError: if it cannot be written.
        """
        fitting.check_fitted(self)
        exported.write_numbers(path, self.learned_, self.units_)

    def __audit__(self, data: Any) -> Any:
        """Itself with X or (X, y), as `tg.audit` sees it."""
        from . import audited, unlearnt

        x, y = audited.given(self, data)
        known, count = None, self.learned_.spec.outputs
        if y is not None:
            samples = Samples(x, numbers_of(aligned(y, x), len(x))[0], np.ones(len(x)))
            samples = self.units_.apply(samples)
            targets = samples.targets
            several = targets.shape[1]
            constant = middle(Loss("mse"), targets, samples.weights, several)
            known = unlearnt.Known(
                audited.squared(targets),
                np.repeat(constant, count // several),
                samples,
                audited.job_of(self, several),
            )
        names = ("y",) if count == 1 else tuple(f"y{i}" for i in range(count))
        return audited.subject(self, x, known, "squared error", names)

    def _samples(
        self, X: Any, y: Any, sample_weight: Any, before: Learned | None
    ) -> tuple[Samples, Units]:
        """What is learnt from, in units of y: those of what was learnt before, or its own."""
        x = reading.read(self, X, before)
        targets, flat = numbers_of(aligned(y, x), len(x))
        samples = Samples(x, targets, reading.weights_of(sample_weight, x)).merged()
        if before is None:
            units = Units.of(samples.targets, samples.weights, flat)
        elif len(self.units_.centre) == targets.shape[1]:
            units = self.units_
        else:
            raise DataError(
                f"y has {targets.shape[1]} numbers for a sequence, {len(self.units_.centre)} before"
            )
        return units.apply(samples), units

    def _job(self, targets: int, progress: bool | Listener | None) -> fitting.Job:
        loss = self.loss
        if isinstance(loss, str) and loss in LOSSES:
            loss = Loss(loss, quantiles=(0.5,) if loss == "pinball" else ())  # type: ignore[arg-type]
        if not isinstance(loss, Loss) or loss.kind not in LOSSES:
            raise ArgumentError(
                f"loss must be one of {', '.join(LOSSES)}, or such a Loss, got {self.loss!r}"
            )
        task = Task(loss, targets * (len(loss.quantiles) or 1))
        architecture = fitting.architecture_of(self, self.readout)
        training = fitting.training_of(self.training)
        seed = fitting.seed_of(self.random_state)
        return fitting.Job(architecture, task, training, seed, progress)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        return tags
