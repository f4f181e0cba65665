"""The losses in NumPy against torch, and at their edges."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from problems import LOSSES, OUTPUTS, assert_relative, assert_same, loss_id, random_targets
from tidegate.network import Loss, NetworkSpec, NumberInput
from tidegate.network.reference_loss import log_softmax, loss, softmax

WEIGHTS = np.array([0.5, 1.0, 2.0, 0.0, 3.0, 1.5, 0.7])


def case(spec: Loss, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    network = NetworkSpec(NumberInput(1), outputs=OUTPUTS, loss=spec)
    return scale * random.normal(size=(7, OUTPUTS)), random_targets(network, random, 7)


@pytest.mark.parametrize("spec", LOSSES, ids=loss_id)
@pytest.mark.parametrize("weight", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_equals_torch(spec: Loss, weight: np.ndarray | None) -> None:
    torch = pytest.importorskip("torch")
    from torch_twin import torch_loss

    output, target = case(spec)
    tensor = torch.from_numpy(output).requires_grad_()
    expected = torch_loss(spec, tensor, target, np.ones(7) if weight is None else weight, 3)
    expected.backward()
    value, slope = loss(spec, output, target, weight, sequences=3)
    assert_same(value, expected.item(), 1e-14)
    assert_relative(slope, tensor.grad.numpy(), 1e-13)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_categorical_mean_is_torchs_own_mean(smoothing: float) -> None:
    torch = pytest.importorskip("torch")
    class_weight = (1.0, 0.5, 2.0, 0.0, 3.0, 1.0)
    spec = Loss("categorical", smoothing=smoothing, class_weight=class_weight)
    output, target = case(spec)
    expected = torch.nn.CrossEntropyLoss(
        torch.tensor(class_weight, dtype=torch.float64), ignore_index=-1, label_smoothing=smoothing
    )(torch.from_numpy(output), torch.from_numpy(target))
    assert_same(loss(spec, output, target)[0], expected.item(), 1e-14)


def masked_outputs(spec: Loss, target: np.ndarray) -> np.ndarray:
    """``[7, O]``, which outputs have no target."""
    masked = target < 0 if spec.kind == "categorical" else np.isnan(target)
    if spec.kind == "mixing":
        value, event = masked.reshape(-1, 2 + spec.paths)[:, :2].T
        masked = np.repeat(value[:, None], spec.together, axis=1)
        masked[:, spec.together - spec.chance :] = event[:, None]
    masked = masked.reshape(7, -1)
    return np.repeat(masked, OUTPUTS // masked.shape[1], axis=1)


@pytest.mark.parametrize("spec", LOSSES, ids=loss_id)
def test_a_masked_element_counts_for_nothing(spec: Loss) -> None:
    output, target = case(spec)
    masked = masked_outputs(spec, target)
    assert masked.any() and not masked.all()
    same, slope = loss(spec, output + 5.0 * masked, target)
    assert same == loss(spec, output, target)[0]
    assert not slope[masked].any()


@pytest.mark.parametrize("spec", LOSSES, ids=loss_id)
def test_no_target_at_all_gives_zero(spec: Loss) -> None:
    output, target = case(spec)
    if spec.kind == "mixing":
        target.reshape(-1, 2 + spec.paths)[:, :2] = np.nan
    else:
        target[...] = -1 if spec.kind == "categorical" else np.nan
    value, slope = loss(spec, output, target)
    assert value == 0 and not slope.any()


@pytest.mark.parametrize("spec", LOSSES, ids=loss_id)
def test_large_outputs_stay_finite(spec: Loss) -> None:
    output, target = case(spec, scale=1e4)  # e^1e4 is far beyond float64
    value, slope = loss(spec, output, target)
    assert np.isfinite(value) and np.isfinite(slope).all()


def test_a_perfect_rmse_has_no_slope() -> None:
    value, slope = loss(Loss("rmse"), np.ones((2, 1)), np.ones((2, 1)))
    assert value == 0 and not slope.any()


def test_binary_class_weights_go_by_the_nearer_class() -> None:
    spec = Loss("binary", class_weight=(1.0, 3.0), reduction="sum")
    output = np.zeros((1, 1))  # σ(0) = 1/2: each element is log 2, whatever its target
    for target, weight in ((0.0, 1.0), (0.4, 1.0), (0.5, 3.0), (1.0, 3.0)):
        assert_same(loss(spec, output, np.array([[target]]))[0], weight * np.log(2), 1e-15)


def test_kinks_have_slope_zero() -> None:
    one = np.ones((1, 1))
    assert loss(Loss("mae"), one, one)[1] == 0
    assert loss(Loss("pinball", quantiles=(0.9,)), one, one)[1] == 0


def test_softmax_adds_up_to_one() -> None:
    o = np.array([[1e4, 0.0, -1e4], [0.1, 0.2, 0.3]])
    assert_same(softmax(o).sum(axis=1), np.ones(2), 1e-15)
    assert_same(np.exp(log_softmax(o)), softmax(o), 1e-15)


def test_many_classes_take_no_table_of_class_by_class() -> None:
    output, target = np.zeros((3, 4000)), np.array([0, 3999, -1])
    tracemalloc.start()
    loss(Loss("categorical", smoothing=0.1), output, target)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * output.nbytes  # such a table has 1,333 times the output's bytes
