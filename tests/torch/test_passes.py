"""How a pass of the core reads torch's tensors: anyhow they lie, and none that does not fit."""

from __future__ import annotations

import warnings

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations  # noqa: E402

from tidegate.torch import GRU, LSTM, RNN  # noqa: E402
from tidegate.torch.layers import Layers, network_of  # noqa: E402
from tidegate.torch.layout import Places  # noqa: E402
from torch_pairs import check, twins  # noqa: E402


def strided(values):
    """The same values in other memory, every second place of which is theirs."""
    wide = torch.zeros(*values.shape[:-1], 2 * values.shape[-1], dtype=values.dtype)
    wide[..., ::2] = values
    return wide[..., ::2]


@pytest.mark.parametrize("bias", [False, True])
def test_weights_inputs_and_states_may_lie_anyhow(bias):
    kind = {"num_layers": 2, "bidirectional": True, "bias": bias}
    a, b = twins(nn.LSTM, LSTM, kind, torch.float32)
    for module in (a, b):
        for name, value in list(module.named_parameters()):
            setattr(module, name, nn.Parameter(strided(value.detach())))
    x = strided(torch.randn(4, 5, 3))
    state = tuple(strided(torch.randn(4, 5, 5)) for _ in "hc")
    assert not x.is_contiguous() and not b.weight_ih_l0.is_contiguous()
    check(a, b, x, state)


def test_a_tensor_that_is_minus_its_memory():
    x = torch.randn(1, 1, 3, 2)
    minus = torch.view_as_complex(x).conj().imag
    assert minus.is_neg()
    layer = GRU(3, 4)
    torch.testing.assert_close(layer(minus)[0], layer(-x[..., 1])[0])
    one = torch.view_as_complex(torch.randn(1, 1, 1, 2)).conj().imag
    assert one.is_neg() and one.is_contiguous()
    layer = GRU(1, 4)
    torch.testing.assert_close(layer(one)[0], layer(one.clone())[0])


def test_weights_of_two_types_are_for_torch_to_refuse():
    a, b = nn.GRU(3, 4), GRU(3, 4)
    for module in (a, b):
        module.weight_hh_l0 = nn.Parameter(module.weight_hh_l0.detach().double())
    for module in (a, b):
        with pytest.raises(RuntimeError, match="same dtype"):
            module(torch.randn(5, 2, 3))


def test_weights_of_another_shape_are_refused():
    layer = GRU(3, 4)
    layer.weight_ih_l0 = nn.Parameter(layer.weight_ih_l0.detach().T)  # as many values
    with pytest.raises(RuntimeError, match=r"must be of shapes \[\[12, 3\], .* got \[\[3, 12\]"):
        layer(torch.randn(5, 2, 3))


@pytest.mark.parametrize(("ours", "theirs"), [(LSTM, nn.LSTM), (GRU, nn.GRU), (RNN, nn.RNN)])
def test_torchscript_takes_torchs_own(ours, theirs):
    layer = ours(3, 4)
    x = torch.randn(5, 2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        scripted = torch.jit.script(nn.Sequential(layer))
        traced = torch.jit.trace(layer, x)
    assert type(layer) is ours
    for other in (scripted, traced):
        torch.testing.assert_close(other(2 * x)[0], layer(2 * x)[0])


@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
def test_a_graph_of_fx_has_the_module_in_it(kind):
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([kind(3, 4), kind(4, 4)])

        def forward(self, x, lengths):
            y, state = self.layers[0](x)
            return self.layers[1](y, state, lengths=lengths)

    model = Model()
    graph = torch.fx.symbolic_trace(model)
    nodes = [node.target for node in graph.graph.nodes if node.op == "call_module"]
    assert nodes == ["layers.0", "layers.1"]
    x, lengths = torch.randn(5, 2, 3), torch.tensor([5, 2])
    torch.testing.assert_close(graph(x, lengths), model(x, lengths))


def test_all_may_be_dropped():
    a, b = twins(nn.RNN, RNN, {"num_layers": 2, "dropout": 1.0}, torch.float32)
    check(a, b, torch.randn(5, 2, 3))


def test_weights_that_are_made_of_others():
    torch.manual_seed(3)
    a = parametrizations.orthogonal(nn.RNN(3, 4), "weight_hh_l0")
    b = RNN(3, 4)
    parametrizations.orthogonal(b, "weight_hh_l0")
    b.load_state_dict(a.state_dict())
    x = torch.randn(5, 2, 3)
    losses = []
    for module in (a, b):
        optimizer = torch.optim.SGD(module.parameters(), 0.1)
        for _ in range(3):
            optimizer.zero_grad()
            loss = module(x)[0].square().sum()
            loss.backward()
            optimizer.step()
        losses.append(loss.detach())
        eye = module.weight_hh_l0 @ module.weight_hh_l0.T
        torch.testing.assert_close(eye, torch.eye(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(*losses)


def test_a_weight_that_moves_behind_torchs_back_counts():
    layer = RNN(3, 4)
    x = torch.randn(5, 2, 3)
    before = layer(x)[0]
    layer.weight_hh_l0.data.mul_(2)  # no version of it changes
    layer.bias_ih_l0.detach().numpy()[:] = 1
    theirs = nn.RNN(3, 4)
    theirs.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer(x)[0], theirs(x)[0])
    assert not torch.equal(before, layer(x)[0])


LAYERS = Layers("rnn", 3, 4, 1, False, True, 0.0, torch.float64)


def ones():
    """Weights of LAYERS."""
    return tuple(torch.ones(shape, dtype=torch.float64) for shape in ((4, 3), (4, 4), (4,), (4,)))


def a_pass(**changes):
    """One call of the core, with some arguments in other places."""
    given = {
        "weights": ones(),
        "rows": torch.ones(6, 3, dtype=torch.float64),
        "places": Places(torch.tensor([0, 3]).numpy(), torch.tensor([3, 3]).numpy(), None).native,
        "h0": None,
        "c0": None,
        "keep": True,
        "dropout": False,
        "seed": 0,
        "step": 0,
        "y": torch.zeros(6, 4, dtype=torch.float64),
        "h": torch.zeros(1, 2, 4, dtype=torch.float64),
        "c": None,
    } | changes
    return network_of(LAYERS).native.network.unfold(**given), given["y"]


def test_what_does_not_fit_is_refused_and_leaves_no_trace():
    double = {"dtype": torch.float64}
    _, expected = a_pass()
    small = torch.zeros(1, 1, **double)
    moved = tuple(2 * weight for weight in ones())
    for wrong in (
        {"weights": moved[:3]},
        {"weights": (*moved[:3], torch.ones(5, **double))},
        {"weights": (moved[0], strided(moved[1]), *moved[2:])},
        {"weights": moved, "rows": torch.ones(5, 3, **double)},
        {"weights": moved, "y": small},
        {"weights": moved, "h": small},
        {"weights": moved, "h0": small},
    ):
        with pytest.raises(ValueError):
            a_pass(**wrong)
        # what has been read of the weights before the refusal is no reason to think them known
        _, again = a_pass(weights=moved)
        _, once_more = a_pass()
        torch.testing.assert_close(once_more, expected)
        assert not torch.equal(again, expected)


def test_a_way_back_that_does_not_fit_is_refused():
    double = {"dtype": torch.float64}
    back = network_of(LAYERS).native.network.unfold_backward
    tape, y = a_pass()
    values, rows = torch.zeros(LAYERS.size, **double), torch.zeros(6, 3, **double)
    small = torch.zeros(1, **double)
    for wrong in (
        (small, None, None, values, rows, None, None),
        (y, small, None, values, rows, None, None),
        (y, None, None, small, rows, None, None),
        (y, None, None, values, small, None, None),
        (y, None, None, values, rows, small, None),
    ):
        with pytest.raises(ValueError, match=r"too small|as large"):
            back(tape, *wrong)
    back(tape, y, None, None, values, rows, None, None)
    with pytest.raises(ValueError, match="used up"):
        back(tape, y, None, None, values, rows, None, None)
