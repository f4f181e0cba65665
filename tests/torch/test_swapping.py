"""accelerate and restore; and that a model learns the same with either."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations, parametrize  # noqa: E402
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence  # noqa: E402

from tidegate.errors import ArgumentError  # noqa: E402
from tidegate.torch import GRU, LSTM, RNN, accelerate, restore  # noqa: E402


class Own(nn.LSTM):
    """A user's own class."""


def model():
    return nn.ModuleDict(
        {
            "a": nn.LSTM(3, 4),
            "b": nn.Sequential(nn.GRU(4, 4), nn.Identity()),
            "c": nn.RNN(4, 4, nonlinearity="relu"),
            "own": Own(3, 4),
            "small": nn.LSTM(3, 4, proj_size=2),
            "low": nn.GRU(3, 4, dtype=torch.bfloat16),
            "meta": nn.GRU(3, 4, device="meta"),
            "head": nn.Linear(4, 1),
        }
    )


def test_modules_become_ours_where_they_are_and_torchs_again():
    whole = model()
    x = torch.randn(5, 2, 3)
    before, same = whole["a"](x)[0], dict(whole.named_modules())
    weights = {name: p.data_ptr() for name, p in whole.named_parameters()}
    seen = []
    whole["a"].register_forward_hook(lambda *args: seen.append(1))
    found = accelerate(whole)
    assert list(found.swapped) == ["a", "b.0", "c"]
    kinds = [type(whole["a"]), type(whole["b"][0]), type(whole["c"])]
    assert kinds == [LSTM, GRU, RNN]
    assert list(found.left) == ["own", "small", "low", "meta"]
    text = str(found)
    assert "a: now tidegate.torch.LSTM(3, 4)" in text and "own: left, it is a Own" in text
    assert "proj_size" in text and "bfloat16" in text and "on meta" in text
    assert {name: p.data_ptr() for name, p in whole.named_parameters()} == weights
    assert all(whole.get_submodule(name) is module for name, module in same.items() if name)
    torch.testing.assert_close(whole["a"](x)[0], before)
    assert seen == [1]
    assert not accelerate(whole).swapped  # there is nothing left to do
    back = restore(whole)
    assert list(back.swapped) == ["a", "b.0", "c"] and not back.left
    assert type(whole["a"]) is nn.LSTM and type(whole["c"]) is nn.RNN
    torch.testing.assert_close(whole["a"](x)[0], before)
    assert str(restore(nn.Linear(2, 2))) == "no recurrent module of torch's found"


def test_a_module_with_parametrizations_keeps_them():
    model = nn.Sequential(nn.GRU(3, 4))
    parametrizations.orthogonal(model[0], "weight_hh_l0")
    x = torch.randn(5, 2, 3)
    expected = model(x)[0]
    assert accelerate(model).swapped == {"0": "tidegate.torch.GRU(3, 4)"}
    assert isinstance(model[0], GRU) and parametrize.is_parametrized(model[0], "weight_hh_l0")
    torch.testing.assert_close(model(x)[0], expected)
    model(x)[0].sum().backward()
    assert model[0].parametrizations.weight_hh_l0.original.grad is not None
    assert restore(model).swapped == {"0": "torch.nn.GRU(3, 4)"}
    assert isinstance(model[0], nn.GRU)
    torch.testing.assert_close(model(x)[0], expected)
    accelerate(model)
    parametrize.remove_parametrizations(model[0], "weight_hh_l0")
    assert type(model[0]) is GRU
    torch.testing.assert_close(model(x)[0], expected)


def test_a_module_may_be_the_model_and_checkpoints_stay():
    alone = nn.GRU(3, 4)
    assert str(accelerate(alone)) == "the model itself: now tidegate.torch.GRU(3, 4)"
    assert type(alone) is GRU
    kept = LSTM(3, 4, checkpoint=True)
    assert "checkpoint=True" in str(restore(kept)) and type(kept) is LSTM


@pytest.mark.parametrize(("model", "words"), [(None, "NoneType"), (nn.LSTM, "the class LSTM")])
def test_what_is_no_module_is_refused(model, words):
    for change in (accelerate, restore):
        with pytest.raises(ArgumentError, match=f"must be a torch.nn.Module, got {words}"):
            change(model)


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 8)
        self.layer = nn.LSTM(8, 12, bidirectional=True, batch_first=True)
        self.head = nn.Linear(24, 3)

    def forward(self, ids, lengths):
        x = pack_padded_sequence(self.embedding(ids), lengths, True, enforce_sorted=False)
        return self.head(pad_packed_sequence(self.layer(x)[0], batch_first=True)[0])


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.GRU(1, 16, num_layers=2)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.layer(x)[0][-1])


def course(make, loss, fast):
    torch.manual_seed(0)
    whole = make()
    if fast:
        assert len(accelerate(whole).swapped) == 1
    optimizer = torch.optim.Adam(whole.parameters(), 0.01)
    losses = []
    for step in range(60):
        optimizer.zero_grad()
        value = loss(whole, step)
        value.backward()
        nn.utils.clip_grad_norm_(whole.parameters(), 1.0)
        optimizer.step()
        losses.append(value.item())
    return losses


def tagging(whole, step):
    generator = torch.Generator().manual_seed(step)
    ids = torch.randint(0, 20, (8, 9), generator=generator)
    lengths = torch.randint(1, 10, (8,), generator=generator)
    lengths[0] = 9
    labels = ids % 3
    inside = torch.arange(9) < lengths[:, None]
    return nn.functional.cross_entropy(whole(ids, lengths)[inside], labels[inside])


def forecasting(whole, step):
    series = torch.sin(torch.arange(200) * 0.3) + torch.cos(torch.arange(200) * 0.07)
    starts = torch.arange(16) * 7 + step % 7
    x = torch.stack([series[start : start + 24] for start in starts], 1)[..., None]
    return nn.functional.mse_loss(whole(x)[:, 0], series[starts + 24])


@pytest.mark.parametrize(("make", "loss"), [(Tagger, tagging), (Forecaster, forecasting)])
def test_a_model_learns_the_same_with_either(make, loss):
    slow, fast = course(make, loss, False), course(make, loss, True)
    assert slow[-1] < 0.8 * slow[0]
    assert max(abs(a - b) for a, b in zip(slow, fast, strict=True)) < 1e-4
