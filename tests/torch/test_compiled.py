"""torch.compile sees one operation, and torch.func what it can transform."""

from __future__ import annotations

import warnings

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.fx.experimental.proxy_tensor import make_fx  # noqa: E402
from torch.nn.utils.rnn import pack_sequence  # noqa: E402

from tidegate.torch import GRU, LSTM, RNN, fused  # noqa: E402
from tidegate.torch.compiled import KEPT, _unfold, _unfold_backward, _waiting  # noqa: E402

PAIRS = [(LSTM, nn.LSTM), (GRU, nn.GRU), (RNN, nn.RNN)]
# torch.compile itself warns of what will change in torch
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(autouse=True)
def _fresh():
    torch.manual_seed(0)
    torch._dynamo.reset()
    _waiting.clear()


class Model(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.layer(x)[0].relu())


def gradients(call, model, x):
    y = call(x)
    model.zero_grad()
    y.sin().sum().backward()
    return [y, *(p.grad.clone() for p in model.parameters())]


@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_compiled_model_is_one_graph_with_one_operation(kind, dtype):
    model = Model(kind(3, 5, num_layers=2, dtype=dtype)).to(dtype)
    seen = []

    def backend(graph, examples):
        seen.append([node.target for node in graph.graph.nodes if "tidegate" in str(node.target)])
        return graph

    x = torch.randn(4, 2, 3, dtype=dtype)
    torch.compile(model, fullgraph=True, backend=backend)(x)
    assert [len(found) for found in seen] == [1]
    compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
    for got, expected in zip(
        gradients(compiled, model, x), gradients(model, model, x), strict=True
    ):
        torch.testing.assert_close(got, expected)
    assert not _waiting  # the way back has taken the tape


def test_a_compiled_packed_sequence_is_one_graph():
    layer = LSTM(3, 5, dtype=torch.float64)
    packed = pack_sequence([torch.randn(n, 3, dtype=torch.float64) for n in (2, 4)], False)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    got, expected = compiled(packed), layer(packed)
    torch.testing.assert_close(got[0].data, expected[0].data)
    torch.testing.assert_close(got[1], expected[1])
    in_order = pack_sequence([torch.randn(n, 3, dtype=torch.float64) for n in (4, 2)])
    compiled = torch.compile(layer, backend="aot_eager")  # how many there are is in a tensor
    torch.testing.assert_close(compiled(in_order)[0].data, layer(in_order)[0].data)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("ordered", [False, True])
def test_a_compiled_packed_sequence_takes_states(ours, theirs, ordered):
    layer = ours(3, 5, num_layers=2, dtype=torch.float64)
    sequences = [torch.randn(n, 3, dtype=torch.float64) for n in ((4, 2) if ordered else (2, 4))]
    packed = pack_sequence(sequences, ordered)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")

    def state(batch):
        h = torch.randn(2, batch, 5, dtype=torch.float64)
        return (h, h.sin()) if ours is LSTM else h

    given = state(2)
    got, expected = compiled(packed, given), layer(packed, given)
    torch.testing.assert_close(got[0].data, expected[0].data)
    torch.testing.assert_close(got[1], expected[1])
    if ordered:  # else torch puts them in order first, and says what it misses
        with pytest.raises(
            RuntimeError, match=r"Expected hidden size \(2, 2, 5\), got \[2, 3, 5\]"
        ):
            compiled(packed, state(3))


def test_compiled_lengths_are_checked_when_the_graph_runs():
    layer = LSTM(3, 5, batch_first=True, dtype=torch.float64)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(2, 4, 3, dtype=torch.float64)
    for lengths in (torch.tensor([4, 2]), torch.tensor([1, 3])):
        torch.testing.assert_close(compiled(x, lengths=lengths), layer(x, lengths=lengths))
    with pytest.raises(ValueError, match="from 1 to 4, got 5 for sequence 0"):
        compiled(x, lengths=torch.tensor([5, 2]))


def test_whoever_sees_operations_sees_one():
    layer = GRU(3, 5)
    x = torch.randn(4, 2, 3)
    graph = make_fx(lambda given: layer(given)[0])(x)
    assert sum("tidegate" in str(node.target) for node in graph.graph.nodes) == 1
    torch.testing.assert_close(graph(2 * x), layer(2 * x)[0])
    with FakeTensorMode():
        y, h = GRU(3, 5)(torch.empty(4, 2, 3))
    assert (y.shape, h.shape) == ((4, 2, 5), (1, 2, 5))
    program = torch.export.export(layer, (x,), dynamic_shapes=({0: torch.export.Dim("T")},))
    longer = torch.randn(9, 2, 3)
    torch.testing.assert_close(program.module()(longer)[0], layer(longer)[0])


def test_a_compiled_dropout():
    layer = LSTM(3, 5, num_layers=2, dropout=0.5)
    x = torch.randn(4, 2, 3)
    torch.manual_seed(4)
    expected = layer(x)[0]
    torch.manual_seed(4)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x)[0], expected)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn_relu"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_the_operation_keeps_what_torch_asks_of_one(cell, dtype, checkpoint):
    gates = {"lstm": 4, "gru": 3, "rnn_relu": 1}[cell]

    def new(*shape):
        return torch.randn(shape, dtype=dtype, requires_grad=True)

    weights = [new(gates * 4, 3), new(gates * 4, 4), new(gates * 4), new(gates * 4)]
    c = new(1, 2, 4) if cell == "lstm" else torch.empty(0, dtype=dtype)
    flags = [False, False, False, True, checkpoint]
    args = (new(5, 2, 3), new(1, 2, 4), c, weights, None, None, cell, [3, 4, 1], flags, 0.0)
    assert set(torch.library.opcheck(_unfold, args).values()) == {"SUCCESS"}
    lengths = torch.tensor([5, 2])
    args = (*args[:4], lengths, *args[5:])
    assert set(torch.library.opcheck(_unfold, args).values()) == {"SUCCESS"}


@pytest.mark.filterwarnings("ignore:tidegate.torch has no fused second derivative")
@pytest.mark.parametrize("kind", ["padded", "lengths", "packed", "dropout"])
def test_the_operation_of_the_way_back_keeps_it_too(kind):
    def new(*shape):
        return torch.randn(shape, dtype=torch.float64)

    layers = 2 if kind == "dropout" else 1
    # 2 units: gradcheck moves each number twice
    weights = [new(8, 3), new(8, 2), *([new(8, 2), new(8, 2)] if layers == 2 else [])]
    place = {"lengths": torch.tensor([3, 1]), "packed": torch.tensor([2, 1, 1])}.get(kind)
    seed = torch.tensor(7) if kind == "dropout" else None
    packed = kind == "packed"
    x, h, c = new(*((4, 3) if packed else (3, 2, 3))), new(layers, 2, 2), new(layers, 2, 2)
    dropout = 0.5 if kind == "dropout" else 0.0
    rest = ("lstm", [3, 2, layers], [packed, False, False, False, False], dropout)
    *ends, key = _unfold(x, h, c, weights, place, seed, *rest)
    grads = [torch.randn_like(end) for end in ends]

    def back(*tensors):
        return tuple(
            _unfold_backward(
                list(tensors[:3]), *tensors[3:6], list(tensors[6:]), place, seed, key, *rest
            )
        )

    given = [each.requires_grad_() for each in (*grads, x, h, c, *weights)]
    args = (given[:3], *given[3:6], given[6:], place, seed, key, *rest)
    assert set(torch.library.opcheck(_unfold_backward, args).values()) == {"SUCCESS"}
    assert torch.autograd.gradcheck(back, given)


@pytest.mark.filterwarnings("ignore:tidegate.torch has no fused second derivative")
@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_second_derivative_where_somebody_sees_operations(ours, theirs):
    layer = ours(2, 3, num_layers=2, bidirectional=True, dtype=torch.float64)
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda given: compiled(given)[0], (x,))


@pytest.mark.parametrize("both", [False, True])
def test_a_compiled_checkpoint(both):
    plain = GRU(3, 5, num_layers=2, bidirectional=both, dtype=torch.float64)
    cut = GRU(3, 5, num_layers=2, bidirectional=both, dtype=torch.float64, checkpoint=True)
    cut.load_state_dict(plain.state_dict())
    x = torch.randn(100, 2, 3, dtype=torch.float64)
    compiled = torch.compile(cut, fullgraph=True, backend="aot_eager")
    expected = gradients(lambda x: plain(x)[0], plain, x)
    for got, value in zip(gradients(lambda x: compiled(x)[0], cut, x), expected, strict=True):
        torch.testing.assert_close(got, value)
    y = compiled(x)[0]
    _waiting.clear()
    y.sin().sum().backward()  # computes forwards again
    torch.testing.assert_close(cut.weight_hh_l0.grad, 2 * plain.weight_hh_l0.grad)


def test_tapes_without_a_way_back_do_not_pile_up_and_one_that_is_gone_is_made_anew():
    layer = LSTM(3, 5, dtype=torch.float64)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    first = compiled(x)[0]
    for i in range(KEPT + 2):
        compiled(x.detach() + i)
    assert len(_waiting) == KEPT
    (got,) = torch.autograd.grad(first.sum(), x)
    (expected,) = torch.autograd.grad(layer(x)[0].sum(), x)
    torch.testing.assert_close(got, expected)


# ---- torch.func ----


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_vmap_forward_mode_and_grad_are_right_and_say_once_that_they_are_slow(ours, theirs):
    layer = ours(3, 4, num_layers=2, bidirectional=True, dtype=torch.float64)
    xs = torch.randn(3, 5, 2, 3, dtype=torch.float64)
    fused._told.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        together = torch.func.vmap(lambda x: layer(x)[0])(xs)
        torch.func.vmap(lambda x: layer(x)[0])(xs)
        tangent = torch.randn(5, 2, 3, dtype=torch.float64)
        _, moved = torch.func.jvp(lambda x: layer(x)[0], (xs[0],), (tangent,))
        with torch.autograd.forward_ad.dual_level():
            dual = torch.autograd.forward_ad.make_dual(xs[0], tangent)
            other = torch.autograd.forward_ad.unpack_dual(layer(dual)[0]).tangent
    assert len([w for w in told if "tidegate.torch" in str(w.message)]) == 2
    torch.testing.assert_close(together, torch.stack([layer(x)[0] for x in xs]))
    far = 1e-6
    slope = (layer(xs[0] + far * tangent)[0] - layer(xs[0] - far * tangent)[0]) / (2 * far)
    torch.testing.assert_close(moved, slope, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(other, moved)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of torch.fx, and that it is slow
@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
def test_transforms_that_are_traced(kind):
    layer = kind(3, 4, dtype=torch.float64)
    xs = torch.randn(3, 5, 2, 3, dtype=torch.float64)

    def call(x):
        return layer(x)[0]

    _, moved = torch.func.jvp(call, (xs[0],), (xs[1],))
    _, line = torch.func.linearize(call, xs[0])
    torch.testing.assert_close(line(xs[1]), moved)
    together = torch.func.vmap(call)
    torch.testing.assert_close(make_fx(together)(xs)(2 * xs), together(2 * xs))
    slope = torch.func.grad(lambda x: call(x).sin().sum())
    torch.testing.assert_close(make_fx(slope)(xs[0])(xs[1]), slope(xs[1]))

    def jvp(x):
        return torch.func.jvp(call, (x,), (xs[1],))[1]

    for change, given in ((together, xs), (slope, xs[0]), (jvp, xs[0])):
        compiled = torch.compile(change, backend="aot_eager")
        torch.testing.assert_close(compiled(given), change(given))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_many_gradients_at_once(ours, theirs):
    layer, twin = ours(2, 3, dtype=torch.float64), theirs(2, 3, dtype=torch.float64)
    twin.load_state_dict(layer.state_dict())
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    jacobian = torch.autograd.functional.jacobian
    expected = jacobian(lambda given: twin(given)[0], x)
    fused._told.clear()
    with pytest.warns(UserWarning, match="many gradients"):
        found = jacobian(lambda given: layer(given)[0], x, vectorize=True)
    torch.testing.assert_close(found, expected)
    y = layer(x)[0]
    probes = torch.eye(y.numel(), dtype=torch.float64).view(-1, *y.shape)
    found = torch.func.vmap(lambda v: torch.autograd.grad(y, x, v, retain_graph=True)[0])(probes)
    torch.testing.assert_close(found.view(expected.shape), expected)


@pytest.mark.filterwarnings("ignore:tidegate.torch has no fused pass under")
@pytest.mark.parametrize("kind", [LSTM, GRU, RNN])
def test_gradients_of_sequences_of_many_lengths_by_torch_func(kind):
    layer = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True, dtype=torch.float64)
    packed = pack_sequence([torch.randn(n, 3, dtype=torch.float64) for n in (1, 4, 2)], False)
    x, lengths = torch.randn(3, 4, 3, dtype=torch.float64), torch.tensor([1, 4, 2])

    def packed_loss(data):
        y, state = layer(packed._replace(data=data))
        return y.data.sin().sum() + (state[0] if kind is LSTM else state).cos().sum()

    def padded_loss(x):
        return layer(x, lengths=lengths)[0].sin().sum()

    for loss, data in ((packed_loss, packed.data), (padded_loss, x)):
        leaf = data.clone().requires_grad_()
        (expected,) = torch.autograd.grad(loss(leaf), leaf)
        torch.testing.assert_close(torch.func.grad(loss)(data), expected)
        batch = torch.stack([data, 2 * data])
        leaf = (2 * data).requires_grad_()
        (other,) = torch.autograd.grad(loss(leaf), leaf)
        found = torch.func.vmap(torch.func.grad(loss))(batch)
        torch.testing.assert_close(found, torch.stack([expected, other]))


def test_gradients_of_each_sample():
    layer = GRU(3, 4, batch_first=True, dtype=torch.float64)
    params = {name: p.detach() for name, p in layer.named_parameters()}
    x = torch.randn(4, 5, 3, dtype=torch.float64)

    def loss(params, one):
        return torch.func.functional_call(layer, params, (one,))[0].sin().sum()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = torch.func.vmap(torch.func.grad(loss), (None, 0))(params, x)
    for i in range(4):
        layer.zero_grad()
        layer(x[i])[0].sin().sum().backward()
        for name, p in layer.named_parameters():
            torch.testing.assert_close(found[name][i], p.grad)
