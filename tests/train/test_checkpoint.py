"""Stopped anywhere and resumed, a run ends with the same bits as one that was never stopped."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from runs import DROPOUT, SPEC, bits, held, run, settings, untimed
from tidegate.errors import ArgumentError, ModelFileError
from tidegate.network import Network, Optimizer
from tidegate.network.file import parameters_of, read_model, write_model
from tidegate.train import FitSettings, Held, Report, progress

VALIDATION = held(30, first=60)


@pytest.fixture(autouse=True)
def told_each_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.safetensors"


class Power(Exception):
    """It went out."""


def ctrl_c_after(update: int) -> Any:
    def listen(report: Report) -> None:
        if report.update == update:
            signal.raise_signal(signal.SIGINT)

    return listen


def fails_after(update: int) -> Any:
    def listen(report: Report) -> None:
        if report.update == update:
            raise Power

    return listen


def resumable(path: Path, **changes: Any) -> FitSettings:
    return settings(checkpoint=path, resume=True, **changes)


OPTIMIZERS = {
    "adam": Optimizer("adam", 0.02, clip=1.0),
    "adamw": Optimizer("adamw", 0.02, weight_decay=0.1),
    "sgd": Optimizer("sgd", 0.1, momentum=0.9),
}


@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("spec", [SPEC, DROPOUT], ids=["gru", "dropout"])
def test_ctrl_c_after_every_update(path: Path, spec: Any, validated: bool) -> None:
    """Twelve updates in four epochs: the run is stopped after each, at epochs' ends too."""
    validation = VALIDATION if validated else None
    chosen: dict[str, Any] = {"schedule": "onecycle", "bucket": True}
    expected, history = run(spec, settings(**chosen), validation=validation)
    for update in range(1, 12):
        _, part = run(
            spec, resumable(path, **chosen), validation=validation, progress=ctrl_c_after(update)
        )
        assert part.stopped == "interrupted"
        assert len(part.loss) == update
        # another seed: what the network holds before does not matter
        again, whole = run(
            spec,
            resumable(path, **chosen),
            validation=validation,
            network=Network(spec, seed=99),
        )
        assert bits(again) == bits(expected)
        assert untimed(whole) == untimed(history)
        path.unlink()


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_stopped_again_and_again(path: Path, kind: str) -> None:
    chosen = {"optimizer": OPTIMIZERS[kind], "schedule": "cosine", "warmup": 0.2}
    expected, history = run(DROPOUT, settings(**chosen), validation=VALIDATION)
    for update in (2, 3, 4, 9, 11):
        run(
            DROPOUT, resumable(path, **chosen), validation=VALIDATION, progress=ctrl_c_after(update)
        )
    again, whole = run(DROPOUT, resumable(path, **chosen), validation=VALIDATION)
    assert bits(again) == bits(expected)
    assert untimed(whole) == untimed(history)


@pytest.mark.parametrize(("every", "kept"), [(None, 6), (2, 8), (5, 5)])
def test_after_a_crash(path: Path, every: int | None, kept: int) -> None:
    expected, history = run(validation=VALIDATION)
    chosen = resumable(path, checkpoint_every=every)
    with pytest.raises(Power):
        run(chosen=chosen, validation=VALIDATION, progress=fails_after(9))
    assert read_model(path).meta["step"] == kept
    again, whole = run(chosen=chosen, validation=VALIDATION)
    assert bits(again) == bits(expected)
    assert untimed(whole) == untimed(history)


def test_a_number_of_updates(path: Path) -> None:
    expected, history = run(chosen=settings(updates=7), validation=VALIDATION)
    chosen = resumable(path, updates=7)
    for update in (2, 5, 7):
        run(chosen=chosen, validation=VALIDATION, progress=ctrl_c_after(update))
    again, whole = run(chosen=chosen, validation=VALIDATION)
    assert bits(again) == bits(expected)
    assert untimed(whole) == untimed(history)


def test_a_finished_run_is_finished(path: Path) -> None:
    chosen = resumable(path, epochs=200, patience=1, optimizer=Optimizer("sgd", 0.6))
    network, history = run(chosen=chosen, validation=VALIDATION)
    assert history.stopped == "patience"
    calls: list[Report] = []
    again, whole = run(
        chosen=chosen, validation=VALIDATION, network=Network(SPEC, seed=9), progress=calls.append
    )
    assert not calls
    assert bits(again) == bits(network)
    assert whole == history


def test_more_epochs(path: Path) -> None:
    """Where the rate does not depend on the length of the run, it may be made longer."""
    run(chosen=resumable(path, epochs=2), validation=VALIDATION)
    again, whole = run(chosen=resumable(path, epochs=4), validation=VALIDATION)
    expected, history = run(chosen=settings(epochs=4), validation=VALIDATION)
    assert bits(again) == bits(expected)
    assert untimed(whole) == untimed(history)


def test_without_resume_it_starts_again(path: Path) -> None:
    chosen = settings(checkpoint=path)
    first, _ = run(chosen=chosen, progress=ctrl_c_after(4))
    again, history = run(chosen=chosen)
    assert len(history.loss) == 12
    assert bits(again) == bits(run()[0])
    assert bits(first) != bits(again)


def test_nothing_to_resume(path: Path) -> None:
    network, _ = run(chosen=resumable(path))
    assert bits(network) == bits(run()[0])
    assert path.exists()


def test_a_checkpoint_is_a_model_file(path: Path) -> None:
    """The network that it holds is the newest one; any reader of safetensors sees its weights."""
    network, _ = run(chosen=settings(checkpoint=path))
    spec, parameters = parameters_of(read_model(path, "checkpoint"))
    assert spec == SPEC
    assert parameters.tobytes() == bits(network)
    weights = safetensors.numpy.load_file(path)
    np.testing.assert_array_equal(weights["weight_hh_l0"], network.params["weight_hh_l0"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 7}, "settings.batch = 8, not 7"),
        ({"seed": 4}, "settings.seed = 0, not 4"),
        ({"updates": 12}, "settings.updates = None, not 12"),
        ({"schedule": "cosine"}, "settings.schedule = 'constant', not 'cosine'"),
        ({"optimizer": Optimizer("adam", 0.03, clip=1.0)}, "settings.optimizer = "),
    ],
)
def test_other_settings(path: Path, changes: dict[str, Any], message: str) -> None:
    run(chosen=resumable(path), progress=ctrl_c_after(4))
    before = path.read_bytes()
    with pytest.raises(ArgumentError) as caught:
        run(chosen=resumable(path, **changes))
    assert f"{path} is the checkpoint of a run with {message}" in str(caught.value)
    assert path.read_bytes() == before


def changed(array: Any) -> np.ndarray:
    result = np.array(array)
    result.flat[8] += 1e-3
    return result


def test_other_data_or_network(path: Path) -> None:
    run(chosen=resumable(path), progress=ctrl_c_after(4))
    data = vars(held())
    for other in (
        {"data": Held(**{**data, "rows": changed(data["rows"])})},
        {"data": Held(**{**data, "targets": changed(data["targets"])})},
        {"data": Held(**{**data, "weights": np.ones(200)})},
        {"data": held(19)},
        {"data": held(20, length=6)},
        {"validation": VALIDATION},
    ):
        with pytest.raises(ArgumentError, match="a run with other data; resume with what that run"):
            run(chosen=resumable(path), **other)
    with pytest.raises(ArgumentError, match="a run with another network"):
        run(SPEC.but(hidden=5), resumable(path))


def test_damaged(path: Path) -> None:
    run(chosen=resumable(path), validation=VALIDATION, progress=ctrl_c_after(4))
    sound = read_model(path)
    whole = path.read_bytes()

    def refused(message: str) -> None:
        network = Network(SPEC, seed=1)
        before = bits(network)
        with pytest.raises(ModelFileError) as caught:
            run(chosen=resumable(path), validation=VALIDATION, network=network)
        assert str(caught.value).startswith(str(path))
        assert message in str(caught.value)
        assert bits(network) == before

    path.write_bytes(whole[:-3])
    refused("cut off")
    write_model(path, "forecaster", SPEC.to_json(), sound.tensors, sound.meta)
    refused("not a 'checkpoint'")

    def without(name: str) -> dict[str, np.ndarray]:
        return {key: array for key, array in sound.tensors.items() if key != name}

    for tensors in (
        *(without(name) for name in sound.tensors if "." in name),
        {**sound.tensors, "optimizer.m": np.zeros(3, "f4")},
        {**sound.tensors, "optimizer.v": sound.tensors["optimizer.v"].astype("f8")},
        {**sound.tensors, "updates.loss": np.zeros(3)},
        {**sound.tensors, "updates.norm": np.zeros((4, 1))},
        {**sound.tensors, "epochs.seconds": np.zeros(2)},
    ):
        write_model(path, "checkpoint", SPEC.to_json(), tensors, sound.meta)
        refused("does not hold the state of a run")
    for meta in (
        {},
        {**sound.meta, "settings": 3},
        {**sound.meta, "step": 5},
        {**sound.meta, "step": 4.0},
        {**sound.meta, "step": None},
        {**sound.meta, "stopped": None},
    ):
        write_model(path, "checkpoint", SPEC.to_json(), sound.tensors, meta)
        refused("does not hold the state of a run")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be written"):
        run(chosen=settings(checkpoint=tmp_path / "no" / "such" / "folder"))
