"""tidegate.torch.audit: models of others, with faults that are known for they are built in."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import tidegate as tg  # noqa: E402
import tidegate.torch as tt  # noqa: E402
from tidegate.errors import ArgumentError, DataError  # noqa: E402


class Direct(nn.Module):
    """The last h encoder outputs as h forecasts, as two libraries have it."""

    def __init__(self, h):
        super().__init__()
        self.h = h
        self.layer = nn.LSTM(2, 16, batch_first=True)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -self.h :])


def test_a_direct_head_is_blind_to_just_the_newest_rows():
    found = tt.audit(Direct(5), torch.randn(6, 40, 2))
    assert [(b.output, b.lags, b.certain) for b in found.blind] == [
        (f"y{i}", tuple(range(4 - i)), True) for i in range(4)
    ]


def test_a_gradient_that_died_is_no_blindness():
    layer = nn.RNN(1, 4, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(1e-3)  # 40 steps back nothing is left that float32 holds
    found = tt.audit(layer, torch.randn(6, 60, 1))
    assert (found.influence.total()[:, -1] == 0).all() and not found.blind
    assert found.verdict.word == "vanishing"


def test_states_are_those_of_the_same_layer_here():
    layer = nn.GRU(3, 6, num_layers=2, bidirectional=True)
    twin = tt.from_torch(layer)
    x = torch.randn(30, 4, 3)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = layer

        def forward(self, x):
            return self.inner(x.transpose(0, 1))[0].mean(0)

    model = Model().train()
    found = tt.audit(model, x.transpose(0, 1))
    expected = tg.audit(twin, x.transpose(0, 1).numpy())
    assert model.training and model.inner.training
    assert len(found.gradient) == len(expected.gradient) == 4
    for one, other in zip(found.gradient, expected.gradient, strict=True):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-5)
    for mine, theirs in zip(found.units, expected.units, strict=True):
        np.testing.assert_allclose(mine.forget_time, theirs.forget_time, rtol=1e-3)


def test_influence_is_torchs_own_derivative():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    found = tt.audit(model, torch.randn(8, 4, 3))
    weight = model[1].weight.detach().abs().reshape(2, 4, 3).flip(1)
    np.testing.assert_allclose(found.influence.mean, weight.numpy(), rtol=1e-6)
    assert found.gradient == () and "no recurrent layer was found" in found.verdict.sentence


def test_layers_one_above_the_other_and_one_that_differs():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.below, self.above = nn.GRU(2, 8), tt.GRU(8, 8)
            self.other = nn.LSTM(8, 3)

        def forward(self, x):
            y, _ = self.above(self.below(x.transpose(0, 1))[0])
            return self.other(y)[0][-1]

    found = tt.audit(Model(), torch.randn(5, 30, 2))
    assert [curve.layer for curve in found.gradient] == [0, 1]
    assert "without other" in found.model


def test_a_layer_that_is_called_step_by_step_is_one_sequence():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.LSTM(2, 4, batch_first=True)

        def forward(self, x):
            state = None
            for t in range(x.shape[1]):
                y, state = self.layer(x[:, t : t + 1], state)
            return y[:, 0]

    model = Model()
    x = torch.randn(6, 20, 2)
    found, whole = tt.audit(model, x), tt.audit(model.layer, x)
    np.testing.assert_allclose(found.gradient[0].mean, whole.gradient[0].mean)


def test_a_function_is_known_by_what_it_does():
    newest = tt.audit(lambda x: x[:, -3:].sum((1, 2)), torch.randn(9, 40, 2))
    assert newest.memory.usable == 3
    late = tt.audit(lambda x: x[:, :-3].sum(1), torch.randn(9, 40, 2))
    blind = [b for b in late.blind if b.lags == (0, 1, 2)]
    assert blind and not blind[0].certain


def test_what_a_longer_past_is_worth_is_the_users_own_loss():
    x = torch.randn(200, 16, 1)
    y = x[:, -1, 0] + x[:, -6, 0]
    found = tt.audit(lambda x: x[:, -1, 0] + (x[:, -6, 0] if x.shape[1] > 5 else 0), x, y)
    assert found.memory.usable == 6 and found.memory.full < 1e-12
    noise = torch.randn(200)
    unused = tt.audit(
        nn.LSTM(1, 4, batch_first=True), x, noise, lambda out, y: (out[:, -1, 0] - y) ** 2
    )
    assert unused.verdict.word == "unused past"


@pytest.mark.parametrize(
    ("model", "x", "error", "words"),
    [
        (nn.Linear(2, 2), torch.randn(3, 4), DataError, r"\[B, T, F\]"),
        (nn.Linear(2, 2), torch.ones(3, 4, 2, dtype=torch.int64), DataError, "numbers"),
        (nn.Linear(2, 2), torch.full((3, 4, 2), torch.nan), DataError, "NaN"),
        (lambda x: x.sum(), torch.randn(3, 4, 2), ArgumentError, "each of the"),
        (lambda x: "words", torch.randn(3, 4, 2), ArgumentError, "gives a tensor"),
        (3, torch.randn(3, 4, 2), ArgumentError, "a module or a function"),
        (nn.LSTM, torch.randn(3, 4, 2), ArgumentError, "the class LSTM; make one"),
        (nn.Linear(2, 2), "a", DataError, "x must be a tensor or an array of numbers, got str"),
        (nn.Linear(2, 2), None, DataError, "x must be a tensor or an array of numbers, got None"),
        (nn.LSTM(2, 4, batch_first=True), torch.randn(3, 1, 2), DataError, "two steps"),
        (nn.LSTM(2, 4, device="meta"), torch.randn(3, 4, 2), ArgumentError, "on meta"),
    ],
)
def test_what_cannot_be_audited(model, x, error, words):
    with pytest.raises(error, match=words):
        tt.audit(model, x)


@pytest.mark.parametrize("kind", [nn.LSTM, tt.GRU])
def test_a_layer_that_takes_sequences_for_steps_is_told(kind):
    alone = kind(2, 4)
    with pytest.raises(
        ArgumentError, match=r"^the model reads \[T, B, F\] and was given \[B, T, F\]"
    ):
        tt.audit(alone, torch.randn(6, 9, 2))
    with pytest.raises(ArgumentError, match=r"^1 reads .* with batch_first=True"):
        tt.audit(nn.Sequential(nn.Identity(), alone), torch.randn(6, 9, 2))


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (torch.randn(4, 2), "one row for each of the 3 sequences"),
        (torch.randn(3), "y has 1 numbers a sequence, the model gives 2"),
        (torch.full((3, 2), torch.nan), "y holds NaN"),
        ("a", "y must be a tensor or an array of numbers, got str"),
    ],
)
def test_a_y_that_does_not_fit(y, words):
    with pytest.raises(DataError, match=words):
        tt.audit(lambda x: x[:, -1], torch.randn(3, 4, 2), y)


def test_a_loss_is_a_function_that_gives_a_number_for_each_sequence():
    x, y = torch.randn(6, 4, 2), torch.randn(6, 2)
    last = nn.LSTM(2, 2, batch_first=True)
    for loss, words in (
        (3, "a function of .output, y., got int"),
        (nn.MSELoss, "the class MSELoss"),
        (lambda out, y: (out[:, -1] - y).square().mean(), r"each of 6 sequences, got \[\]"),
        (lambda out, y: 0.0, "each of 6 sequences, got float"),
    ):
        with pytest.raises(ArgumentError, match=words):
            tt.audit(last, x, y, loss)
    with pytest.raises(ArgumentError, match="give y too"):
        tt.audit(last, x, loss=lambda out, y: out.sum((1, 2)))


def test_without_a_loss_y_is_what_the_last_step_should_give():
    x, y = torch.randn(20, 6, 2), torch.randn(20, 3)
    last = nn.LSTM(2, 3, batch_first=True)
    found = tt.audit(last, x, y)
    with torch.no_grad():
        error = (last(x)[0][:, -1] - y).square().mean()
    assert found.memory.full == pytest.approx(float(error), rel=1e-6)
