"""What tidegate.torch's modules have and torch's have not: lengths, records, checkpoints."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence  # noqa: E402

import tidegate as tg  # noqa: E402
from tidegate.torch import GRU, LSTM  # noqa: E402
from torch_pairs import check, each_kind, each_pair, leaves, state_of, twins  # noqa: E402


@each_pair
@each_kind
def test_lengths_are_a_packed_sequence_without_packing(ours, theirs, kind):
    _, b = twins(ours, theirs, kind)
    sequences = [torch.randn(n, 3, dtype=torch.float64) for n in (3, 6, 1)]
    expected, state = b(pack_sequence(sequences, enforce_sorted=False))
    first = kind.get("batch_first", False)
    expected, _ = pad_packed_sequence(expected, batch_first=first, total_length=7)
    x = torch.full((3, 7, 3), torch.nan, dtype=torch.float64)
    for i, sequence in enumerate(sequences):
        x[i, : len(sequence)] = sequence
    given = x if first else x.transpose(0, 1)
    y, got = b(given.requires_grad_(), lengths=[3, 6, 1])
    torch.testing.assert_close(y, expected)
    for part, other in zip(leaves(got), leaves(state), strict=True):
        torch.testing.assert_close(part, other)
    (gradient,) = torch.autograd.grad(y.sum(), given)
    rows = gradient if first else gradient.transpose(0, 1)
    assert rows[0, 2].abs().sum() > 0 and not rows[0, 3:].any() and not rows[2, 1:].any()


@pytest.mark.parametrize(
    "lengths",
    [[3, 0], [3, 8], [3], [3.0, 2.0], [[3, 2]], "abc", [None, 3], object(), torch.ones(2) * 1j],
)
def test_lengths_that_cannot_be(lengths):
    with pytest.raises(ValueError, match="lengths must be"):
        LSTM(3, 5)(torch.randn(7, 2, 3), lengths=lengths)
    with pytest.raises(ValueError, match="has its own"):
        LSTM(3, 5)(pack_sequence([torch.randn(4, 3)]), lengths=[4])


@each_pair
def test_the_record_is_the_cores(ours, theirs):
    layer = ours(3, 5, num_layers=2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(2, 6, 3, dtype=torch.float64)
    twin = getattr(tg, ours.__name__)(3, 5, num_layers=2, bidirectional=True, dtype="float64")
    for name, values in layer.named_parameters():
        twin.params[name][...] = values.detach().numpy()
    expected = twin.forward(x.numpy(), record=True).record
    y, _, record = layer(x.transpose(0, 1).requires_grad_(), record=True)
    assert len(record) == 4
    for entry, other in zip(record, expected, strict=True):
        assert list(entry) == list(other)
        for name, values in entry.items():
            torch.testing.assert_close(values.transpose(0, 1), torch.from_numpy(other[name]))
    y.sum().backward()  # the record has used nothing up
    with torch.no_grad():
        _, _, again = layer(x[0], record=True)
    torch.testing.assert_close(again[0]["h"], record[0]["h"][:, 0])
    packed = pack_sequence([x[0], x[1, :2]])
    assert isinstance(layer(packed, record=True)[2][0]["h"], PackedSequence)


@each_pair
@each_kind
def test_checkpoint_computes_the_same(ours, theirs, kind):
    _, b = twins(ours, theirs, kind)
    cut = ours(3, 5, dtype=torch.float64, checkpoint=True, **kind)
    cut.load_state_dict(b.state_dict())
    x = torch.randn(100, 100, 3, dtype=torch.float64)
    state = state_of(b, (100,))
    check(b, cut, x)
    check(b, cut, x, state)
    check(b, cut, x.transpose(0, 1))
    sequences = [torch.randn(n, 3, dtype=torch.float64) for n in (3, 300, 1, 120)]
    check(b, cut, pack_sequence(sequences, enforce_sorted=False), state_of(b, (4,)))
    total = cut(x.requires_grad_())[0].sum()
    (first,) = torch.autograd.grad(total, x, retain_graph=True)
    assert torch.equal(torch.autograd.grad(total, x)[0], first)


@each_pair
@each_kind
def test_checkpoint_reads_and_writes_nothing_beyond_a_length(ours, theirs, kind):
    _, b = twins(ours, theirs, kind)
    cut = ours(3, 5, dtype=torch.float64, checkpoint=True, **kind)
    cut.load_state_dict(b.state_dict())
    x = torch.full((3, 150, 3), torch.nan, dtype=torch.float64)
    lengths = [150, 2, 99]
    for own, length in zip(x, lengths, strict=True):
        own[:length] = torch.randn(length, 3)
    given = x if kind.get("batch_first", False) else x.transpose(0, 1)
    found = []
    for module in (b, cut):
        own = given.clone().requires_grad_()
        y, _ = module(own, lengths=lengths)
        found.append((y, torch.autograd.grad(y.sin().sum(), own)[0]))
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected)


def test_checkpoint_with_a_record_has_both():
    cut = GRU(3, 5, checkpoint=True)
    x = torch.randn(99, 2, 3, requires_grad=True)
    y, _, record = cut(x, record=True)
    torch.testing.assert_close(record[0]["h"], y)
    (found,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(found, torch.autograd.grad(cut(x)[0].sum(), x)[0])


@pytest.mark.parametrize("both", [False, True])
def test_checkpoint_with_dropout_has_one_set_of_masks(both):
    kind = {"num_layers": 3, "dropout": 0.5, "bidirectional": both}
    layer = LSTM(2, 4, dtype=torch.float64, checkpoint=True, **kind)
    x = torch.randn(90, 1, 2, dtype=torch.float64, requires_grad=True)

    def call(given):
        torch.manual_seed(5)
        return layer(given)[0]

    assert torch.autograd.gradcheck(call, (x,))
