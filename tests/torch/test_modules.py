"""tidegate.torch's modules beside torch's own: everything that a caller can see is the same."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.nn.utils.rnn import PackedSequence, pack_sequence  # noqa: E402

import tidegate as tg  # noqa: E402
from tidegate.torch import GRU, LSTM, RNN  # noqa: E402
from torch_pairs import check, each_kind, each_pair, leaves, state_of, twins  # noqa: E402


@each_pair
@each_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_padded_packed_and_alone(ours, theirs, kind, dtype):
    a, b = twins(ours, theirs, kind, dtype)
    x = torch.randn(4, 6, 3, dtype=dtype)
    batch = x.shape[0 if kind.get("batch_first") else 1]
    check(a, b, x)
    check(a, b, x, state_of(a, (batch,)))
    check(a, b, x[0])
    check(a, b, x[0], state_of(a, ()))
    check(a, b, x.transpose(0, 1))  # not contiguous
    sequences = [torch.randn(n, 3, dtype=dtype) for n in (3, 6, 1, 6)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    check(a, b, packed)
    check(a, b, packed, state_of(a, (4,)))
    in_order = pack_sequence(sorted(sequences, key=len, reverse=True))
    check(a, b, in_order, state_of(a, (4,)))
    got, _ = b(packed)
    assert isinstance(got, PackedSequence)
    torch.testing.assert_close(got.unsorted_indices, packed.unsorted_indices)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_the_samples_of_torchs_own_tests(name):
    """Every way to make and call these modules that torch tests, in its module database."""
    pytest.importorskip("expecttest")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.testing._internal.common_modules import module_db
    theirs = getattr(nn, name)
    ours = {"LSTM": LSTM, "GRU": GRU, "RNN": RNN}[name]
    info = next(info for info in module_db if info.module_cls is theirs)
    count = 0
    for training in (True, False):
        settings = {"device": "cpu", "dtype": torch.float64, "requires_grad": False}
        for sample in info.module_inputs_func(info, training=training, **settings):
            made, called = sample.constructor_input, sample.forward_input
            a = theirs(*made.args, **made.kwargs).train(training).to(torch.float64)
            b = ours(*made.args, **made.kwargs).train(training).to(torch.float64)
            b.load_state_dict(a.state_dict())
            assert not called.kwargs
            torch.manual_seed(3)
            if a.dropout and training and a.num_layers > 1:
                assert leaves(b(*called.args))[0].shape == leaves(a(*called.args))[0].shape
            else:
                check(a, b, *called.args)
            count += 1
    assert count >= 32


@pytest.mark.filterwarnings("ignore:tidegate.torch has no fused second derivative")
@each_pair
@pytest.mark.parametrize(
    "kind", [{}, {"num_layers": 2, "bidirectional": True, "bias": False}], ids=str
)
def test_first_and_second_derivatives(ours, theirs, kind):
    b = ours(2, 2, dtype=torch.float64, **kind)
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    packed = pack_sequence([torch.randn(n, 2, dtype=torch.float64) for n in (1, 2)], False)
    state = leaves(state_of(b, (2,), grad=True))

    def call(data, *rest):
        hx = rest[: len(state)]
        given = packed._replace(data=data) if data.dim() == 2 else data
        return tuple(leaves(b(given, hx if len(hx) > 1 else hx[0])))

    for data in (x, packed.data.requires_grad_()):
        inputs = (data, *state, *b.parameters())
        assert torch.autograd.gradcheck(call, inputs)
        assert torch.autograd.gradgradcheck(call, inputs)


# ---- what is wrong is told as torch tells it ----

WRONG = {
    "rank": lambda m: (torch.randn(2, 3, 4, 3),),
    "features": lambda m: (torch.randn(4, 2, 7),),
    "type": lambda m: (torch.randn(4, 2, 3, dtype=torch.float64),),
    "whole numbers": lambda m: (torch.ones(4, 2, 3, dtype=torch.int64),),
    "no sequence": lambda m: (torch.randn(4, 0, 3),),
    "no step": lambda m: (torch.randn(0, 2, 3),),
    "batch of the state": lambda m: (torch.randn(4, 2, 3), state_of(m, (3,))),
    "rank of the state": lambda m: (torch.randn(4, 2, 3), state_of(m, ())),
    "state for one alone": lambda m: (torch.randn(4, 3), state_of(m, (1,))),
    "type of the state": lambda m: (torch.randn(4, 2, 3), double(state_of(m, (2,)))),
}


def double(state):
    return tuple(part.double() for part in state) if isinstance(state, tuple) else state.double()


@each_pair
@pytest.mark.parametrize("what", WRONG)
def test_errors_are_torchs(ours, theirs, what):
    a, b = twins(ours, theirs, {}, torch.float32)
    torch.manual_seed(1)
    args = WRONG[what](a)
    try:
        expected = leaves(a(*args))
    except Exception as error:
        with pytest.raises(type(error)) as raised:
            b(*args)
        assert str(raised.value) == str(error)
    else:  # torch computes it
        for got, part in zip(leaves(b(*args)), expected, strict=True):
            torch.testing.assert_close(got, part)


@each_pair
def test_features_and_states_of_a_packed_sequence_are_checked(ours, theirs):
    # torch's own LSTM does not, and computes with what lies beyond the weights
    with pytest.raises(RuntimeError, match=r"must be equal to input_size. Expected 3, got 7"):
        ours(3, 5)(pack_sequence([torch.randn(4, 7)]))
    layer = ours(3, 5)
    with pytest.raises(RuntimeError, match=r"Expected hidden(\[0\])? size \(1, 1, 5\)"):
        layer(pack_sequence([torch.randn(4, 3)]), state_of(layer, (3,)))
    # states are put in order first, as torch does
    given = pack_sequence([torch.randn(2, 3), torch.randn(4, 3)], enforce_sorted=False)
    for batch in ((1,), (0,), ()):
        with pytest.raises((RuntimeError, IndexError)) as expected:
            nn.GRU(3, 5)(given, torch.zeros(1, *batch, 5))
        with pytest.raises(type(expected.value)) as got:
            layer(given, state_of(layer, batch))
        assert str(got.value).replace("hidden[0]", "hidden") == str(expected.value)
    packed = pack_sequence([torch.randn(4, 3, dtype=torch.float64)])
    with pytest.raises((RuntimeError, ValueError)) as expected:
        theirs(3, 5)(packed)
    with pytest.raises(type(expected.value)) as got:
        layer(packed)
    assert str(got.value) == str(expected.value)


@each_pair
@pytest.mark.parametrize("sizes", [[2, 3], [2, 2], [2, 2, 2], [3, 3, -1]])
def test_a_packed_sequence_that_was_made_by_hand_is_checked(ours, theirs, sizes):
    made = PackedSequence(torch.randn(5, 3), torch.tensor(sizes))
    with pytest.raises(RuntimeError, match=r"must not rise and must sum up to its 5 rows, got"):
        ours(3, 4)(made)


@each_pair
def test_constructors_say_what_torchs_say(ours, theirs):
    for args, kwargs in (
        ((3, 0), {}),
        ((3, 5, 0), {}),
        ((3, 5), {"dropout": 2.0}),
        ((3, 5), {"dropout": "no"}),
        ((3, "5"), {}),
    ):
        with pytest.raises((ValueError, TypeError)) as expected:
            theirs(*args, **kwargs)
        with pytest.raises(type(expected.value)) as got:
            ours(*args, **kwargs)
        assert str(got.value) == str(expected.value)
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers"):
        ours(3, 5, dropout=0.5)
    with pytest.raises(ValueError, match="Unknown nonlinearity"):
        RNN(3, 5, nonlinearity="sine")
    for plain, torchs in ((GRU, torch.nn.GRU), (RNN, torch.nn.RNN)):
        for size in (2, 0):
            with pytest.raises(ValueError, match="only supported for LSTM") as expected:
                torchs(3, 5, proj_size=size)
            with pytest.raises(ValueError, match="only supported for LSTM") as got:
                plain(3, 5, proj_size=size)
            assert str(got.value) == str(expected.value)
    placed = GRU(3, 5, 1, True, False, 0.0, False, 0, None, torch.float64)  # as torch's
    assert placed.weight_hh_l0.dtype == torch.float64


# ---- a module as a thing ----


@each_pair
@each_kind
def test_looks_copies_and_files(ours, theirs, kind):
    a, b = twins(ours, theirs, kind, torch.float32)
    assert repr(b) == repr(a)
    assert list(b.state_dict()) == list(a.state_dict())
    a.load_state_dict(b.state_dict())
    assert [p.dtype for p in b.double().parameters()] == [torch.float64] * len(list(a.parameters()))
    b.float().flatten_parameters()
    x = torch.randn(4, 2, 3)
    expected = leaves(b(x))
    stored = io.BytesIO()
    torch.save(b, stored)
    stored.seek(0)
    loaded = torch.load(stored, weights_only=False)
    for twin in (copy.deepcopy(b), pickle.loads(pickle.dumps(b)), loaded):
        assert type(twin) is ours
        for got, part in zip(leaves(twin(x)), expected, strict=True):
            assert torch.equal(got, part)
    seen = []
    b.register_forward_hook(lambda module, args, output: seen.append(output[0].shape))
    b.register_forward_pre_hook(lambda module, args: (args[0] * 0,))
    assert not torch.equal(leaves(b(x))[0], expected[0]) and len(seen) == 1


@each_pair
def test_relu_and_other_arguments_stand_where_torchs_do(ours, theirs):
    args = (3, 5, 2, "relu", False, True) if theirs is nn.RNN else (3, 5, 2, False, True)
    a, b = theirs(*args), ours(*args)
    b.load_state_dict(a.state_dict())
    check(a, b, torch.randn(2, 4, 3))
    assert repr(a) == repr(b)


def test_dropout_follows_torchs_seed_and_is_off_in_eval():
    layer = LSTM(3, 8, num_layers=3, dropout=0.5)
    x = torch.randn(6, 2, 3)
    torch.manual_seed(5)
    first = layer(x)[0]
    other = layer(x)[0]
    torch.manual_seed(5)
    assert torch.equal(layer(x)[0], first) and not torch.equal(other, first)
    plain = nn.LSTM(3, 8, num_layers=3)
    plain.load_state_dict(layer.state_dict())
    torch.testing.assert_close(layer.eval()(x)[0], plain(x)[0])
    # the way back has the masks of the way there
    layer.train().double()
    x = x.double().requires_grad_()

    def call(given):
        torch.manual_seed(5)
        return layer(given)[0]

    assert torch.autograd.gradcheck(call, (x,))


@pytest.mark.filterwarnings("ignore:tidegate.torch has no fused second derivative")
@each_pair
@pytest.mark.parametrize("both", [False, True])
def test_a_second_derivative_goes_through_the_masks_of_the_first(ours, theirs, both):
    layer = ours(2, 2, num_layers=3, dropout=0.5, bidirectional=both, dtype=torch.float64)
    packed = pack_sequence([torch.randn(n, 2, dtype=torch.float64) for n in (1, 2)], False)
    x = torch.randn(2, 2, 2, dtype=torch.float64, requires_grad=True)

    def call(data):
        torch.manual_seed(5)
        given = packed._replace(data=data) if data.dim() == 2 else data
        return layer(given)[0].data if data.dim() == 2 else layer(given)[0]

    for data in (x, packed.data.clone().requires_grad_()):
        y = call(data)
        d_y = torch.randn_like(y)
        (once,) = torch.autograd.grad(y, data, d_y, retain_graph=True)
        d_y.requires_grad_()
        (twice,) = torch.autograd.grad(y, data, d_y, create_graph=True)
        torch.testing.assert_close(twice, once)
        assert torch.autograd.gradgradcheck(call, (data,))
    cut = LSTM(2, 3, num_layers=2, dropout=0.5, checkpoint=True)
    y = cut(torch.randn(4, 2, 2, requires_grad=True))[0]
    with pytest.raises(RuntimeError, match="leave out one of the three"):
        d_y = torch.ones_like(y, requires_grad=True)
        torch.autograd.grad(y, cut.weight_ih_l0, d_y, create_graph=True)


@each_pair
def test_modules_of_one_kind_take_turns_in_any_order(ours, theirs):
    a, b = (ours(3, 5) for _ in range(2))
    x = torch.randn(4, 2, 3)
    expected = b(x)[0].detach()
    y, _ = a(x)[0], b(x)[0]
    y.sum().backward()  # the core holds the weights of the first once more
    assert torch.equal(b(x)[0], expected)


def test_a_graph_that_is_retained_goes_back_twice_and_one_whose_weights_moved_does_not():
    layer = GRU(3, 5, dtype=torch.float64)
    x = torch.randn(6, 2, 3, dtype=torch.float64, requires_grad=True)
    total = layer(x)[0].sin().sum()
    (first,) = torch.autograd.grad(total, x, retain_graph=True)
    (second,) = torch.autograd.grad(total, x, retain_graph=True)
    assert torch.equal(first, second)
    # another module of the same kind in between leaves its weights to nobody else
    GRU(3, 5, dtype=torch.float64)(x)[0].sum().backward()
    assert torch.equal(torch.autograd.grad(total, x, retain_graph=True)[0], first)
    with torch.no_grad():
        layer.weight_hh_l0.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(total, x)


def test_only_what_asks_for_a_gradient_has_one():
    layer = LSTM(3, 5)
    layer.weight_hh_l0.requires_grad_(False)
    _, (_, c) = layer(torch.randn(4, 2, 3))
    c.sum().backward()
    assert layer.weight_hh_l0.grad is None and layer.weight_ih_l0.grad.abs().sum() > 0
    with torch.no_grad():
        assert not layer(torch.randn(4, 2, 3))[0].requires_grad
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    assert not layer(torch.randn(4, 2, 3))[0].requires_grad


@each_pair
@each_kind
def test_a_call_without_gradients_gives_the_same_bits(ours, theirs, kind):
    _, layer = twins(ours, theirs, kind, torch.float32)
    layer.eval()
    x = torch.randn(4, 6, 3)
    (y, last), modes = layer(x), (torch.no_grad, torch.inference_mode)
    assert y.requires_grad
    for mode in modes:
        with mode():
            same, again = layer(x)
        assert not same.requires_grad and torch.equal(same, y)
        pairs = zip(*((p if isinstance(p, tuple) else (p,)) for p in (last, again)), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


def test_threads_follow_torch():
    before = torch.get_num_threads()
    try:
        for threads in (2, 1):
            torch.set_num_threads(threads)
            LSTM(3, 5)(torch.randn(4, 2, 3))
            assert tg.get_threads() == threads
    finally:
        torch.set_num_threads(before)
        tg.set_threads(before)


@each_pair
@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # by torch's own switch
@torch.backends.mkldnn.flags(enabled=False)  # has no bfloat16 where there is no AVX-512
def test_what_the_core_lacks_is_torchs_work(ours, theirs):
    a, b = twins(ours, theirs, {}, torch.float32)
    x = torch.randn(4, 2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected, got = leaves(a(x)), leaves(b(x))
    assert [part.dtype for part in got] == [part.dtype for part in expected]
    a, b = a.bfloat16(), b.bfloat16()
    for got, part in zip(leaves(b(x.bfloat16())), leaves(a(x.bfloat16())), strict=True):
        assert torch.equal(got, part)
    with pytest.raises(ValueError, match="which is not there but for float32"):
        b(x.bfloat16(), record=True)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_projections_are_torchs_work():
    a, b = nn.LSTM(3, 5, proj_size=2), LSTM(3, 5, proj_size=2)
    b.load_state_dict(a.state_dict())
    check(a, b, torch.randn(4, 2, 3))
