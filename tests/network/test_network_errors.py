"""Every wrong argument of a network is one clear line, and nothing is changed by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from problems import same_bits
from tidegate.data import Spans, TokenBags
from tidegate.errors import ArgumentError
from tidegate.network import Loss, Network, NetworkSpec, NumberInput, Optimizer, TokenInput

ROWS, IDS = np.zeros((6, 3)), np.array([0, 1, 2, 3, 4, 0], np.int32)
BAGS = TokenBags(IDS, [0, 1, 2, 3, 3, 3], [0, 4, 1], [1, 1, 1])
SPANS = Spans([0, 2], [4, 4])
Y, CLASSES = np.zeros((2, 2)), np.array([0, 1])
STATE = (np.zeros((1, 2, 4)),)

NUMBERS = NetworkSpec(NumberInput(3), cell="gru", hidden=4, outputs=2, loss=Loss("mse"))
EACH = NUMBERS.but(readout="each")
SEGMENTS = NUMBERS.but(input=NumberInput(3, segment=3))
TOKENS = NUMBERS.but(input=TokenInput(5, 2), loss=Loss("categorical"))
DROPOUT = NUMBERS.but(layers=2, dropout=0.5)


def train(*given: Any, **settings: Any) -> Callable[[Network], Any]:
    return lambda network: network.train_step(*given, Optimizer(), **settings)


def forward(*given: Any, **settings: Any) -> Callable[[Network], Any]:
    return lambda network: network.forward(*given, **settings)


def custom(function: Callable[[np.ndarray], Any]) -> Callable[[Network], Any]:
    return lambda network: network.custom_step(ROWS, SPANS, function, Optimizer())


ERRORS: list[tuple[NetworkSpec, Callable[[Network], Any], str]] = [
    # rows
    (NUMBERS, forward(ROWS[:, :2], SPANS), "rows must be [N, 3], got an array of (6, 2)"),
    (NUMBERS, forward(ROWS[0], SPANS), "rows must be [N, 3], got an array of (3,)"),
    (
        NUMBERS,
        forward([[1, 2, 3], [1]], SPANS),
        "rows must be an array, got rows of different lengths",
    ),
    (NUMBERS, forward(ROWS.astype(object), SPANS), "rows must be numbers, got an array of object"),
    (
        TOKENS,
        forward(ROWS, SPANS),
        "rows must be [N] token ids, whole numbers, got an array of (6, 3) of float64",
    ),
    (
        TOKENS,
        forward(IDS * 1.0, SPANS),
        "rows must be [N] token ids, whole numbers, got an array of (6,) of float64",
    ),
    (
        TOKENS,
        forward(IDS + 2, SPANS),
        "row 3 holds token id 5, which is outside of the vocabulary of 5",
    ),
    (
        TOKENS,
        forward(IDS - 1, SPANS),
        "row 0 holds token id -1, which is outside of the vocabulary of 5",
    ),
    (
        TOKENS,
        forward(IDS.astype(int) + 2**32, SPANS),
        "row 0 holds 4294967296, which is no token id",
    ),
    (NUMBERS, forward(BAGS, SPANS), "TokenBags are for a network with a TokenInput"),
    (
        TOKENS.but(input=TokenInput(3, 2)),
        forward(BAGS, SPANS),
        "entry 1 of TokenBags holds row 4, which is outside of the vocabulary of 3",
    ),
    (TOKENS, forward(BAGS, Spans([5], [2])), "span 0 reads rows 5 to 6, but there are 6"),
    # spans
    (NUMBERS, forward(ROWS, Spans([], [])), "a network needs one span at least, got none"),
    (
        NUMBERS.but(readout="each", read_last=3),
        forward(ROWS, Spans([0, 0], [3, 2])),
        "a span needs 3 steps at least, as many as are read out; span 1 has 2",
    ),
    (NUMBERS, forward(ROWS, Spans([0, 3], [4, 4])), "span 1 reads rows 3 to 6, but there are 6"),
    (
        NUMBERS,
        forward(ROWS, Spans([2**62], [1])),
        "span 0 reads rows 4611686018427387904 to 4611686018427387904, but there are 6",
    ),
    (
        NUMBERS,
        forward(ROWS, Spans([2**63 - 1], [2])),
        "span 0 reads rows 9223372036854775807 to 9223372036854775808, but there are 6",
    ),
    (
        TOKENS,
        forward(IDS, Spans([4], [2**63 - 1])),
        "span 0 reads rows 4 to 9223372036854775810, but there are 6",
    ),
    (NUMBERS, forward(ROWS[:0], SPANS), "span 0 reads rows 0 to 3, but there are 0"),
    (TOKENS, forward(IDS, Spans([5], [2])), "span 0 reads rows 5 to 6, but there are 6"),
    (
        SEGMENTS,
        forward(ROWS, SPANS),
        "the length of a span must be a multiple of the segment, 3, got 4",
    ),
    (
        NUMBERS,
        forward(ROWS, Spans([0], [2], shift=np.zeros((1, 2)))),
        "spans.shift must be [1, 3], got an array of (1, 2)",
    ),
    (
        NUMBERS,
        forward(ROWS, Spans([0], [2], factor=np.full((1, 3), "a"))),
        "spans.factor must be numbers, got an array of <U1",
    ),
    (
        TOKENS,
        forward(IDS, Spans([0], [2], factor=np.zeros((1, 3)))),
        "spans.shift and spans.factor are for numbers, got rows of tokens",
    ),
    # state
    (NUMBERS, forward(ROWS, SPANS, state=STATE[0]), "state must be a tuple of 1, (h), got ndarray"),
    (NUMBERS, forward(ROWS, SPANS, state=STATE * 2), "state must be a tuple of 1, (h), got 2"),
    (
        NUMBERS,
        forward(ROWS, SPANS[:1], state=STATE),
        "state must be arrays of (1, 1, 4), got one of (1, 2, 4)",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, state=STATE),
        "a state that moves on must be contiguous, writable arrays of float32, as Network.forward "
        "returns it",
    ),
    # targets
    (NUMBERS, train(ROWS, SPANS, Y[:, :1]), "targets must be [M, 2], got an array of (2, 1)"),
    (NUMBERS, train(ROWS, SPANS, Y[0]), "targets must be [M, 2], got an array of (2,)"),
    (NUMBERS, train(ROWS, SPANS, "?"), "targets must be numbers, got an array of <U1"),
    (NUMBERS, train(ROWS, SPANS, Y[:1]), "span 1 has its target in row 1, but there are 1 rows"),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, target_index=[0, 2]),
        "span 1 has its target in row 2, but there are 2 rows",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, target_index=[-1, 0]),
        "span 0 has its target in row -1, but there are 2 rows",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, target_index=[0]),
        "target_index must have one row of targets for each of the 2 spans, got 1",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, target_index=[0.0, 1.0]),
        "target_index must be [2] rows of targets, whole numbers, got an array of (2,) of float64",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, weights=[1.0]),
        "weights must be [2], one for each row of targets, got an array of (1,)",
    ),
    (
        NUMBERS,
        train(ROWS, SPANS, Y, weights=Y),
        "weights must be [2], one for each row of targets, got an array of (2, 2)",
    ),
    (EACH, train(ROWS, SPANS, Y), "span 0 has its target in row 3, but there are 2 rows"),
    (
        EACH,
        lambda n: n.loss(ROWS, SPANS, ROWS[:5, :2]),
        "span 1 has its target in row 5, but there are 5 rows",
    ),
    (
        TOKENS,
        train(IDS, SPANS, [0, 2]),
        "row 1 of targets holds class 2, but the network has 2 outputs",
    ),
    (
        TOKENS,
        train(IDS, SPANS, Y),
        "targets must be [M] class ids, whole numbers, got an array of (2, 2) of float64",
    ),
    (
        NUMBERS.but(loss=None),
        train(ROWS, SPANS, Y),
        "a network needs a head (outputs > 0) and a loss to be trained",
    ),
    (
        NUMBERS.but(outputs=0),
        train(ROWS, SPANS, Y),
        "a network needs a head (outputs > 0) and a loss to be trained",
    ),
    # seeds, and gradients from outside
    (
        DROPOUT,
        train(ROWS, SPANS, Y, seed=-1),
        "a seed must be a whole number from 0 to 2^64 - 1, got -1",
    ),
    (
        DROPOUT,
        train(ROWS, SPANS, Y, seed=2**64),
        "a seed must be a whole number from 0 to 2^64 - 1, got 18446744073709551616",
    ),
    (
        DROPOUT,
        lambda n: n.forward_train(ROWS, SPANS, seed=1.5),
        "a seed must be a whole number from 0 to 2^64 - 1, got 1.5",
    ),
    (
        NUMBERS,
        custom(lambda o: (0.0, o[:1])),
        "the gradient of the output must have its shape (2, 2), got (1, 2)",
    ),
    (
        NUMBERS,
        custom(lambda o: (0.0, o.astype(str))),
        "the gradient of the output must be numbers, got an array of <U32",
    ),
    (
        NUMBERS,
        lambda n: n.forward_train(ROWS, Spans([3], [4])),
        "span 0 reads rows 3 to 6, but there are 6",
    ),
    (
        NUMBERS,
        lambda n: n.backward(n.forward_train(ROWS, SPANS), Y[:1]),
        "the gradient of the output must have its shape (2, 2), got (1, 2)",
    ),
    (
        NUMBERS,
        lambda n: n.backward(Network(NUMBERS).forward_train(ROWS, SPANS), Y),
        "the tape is of another network or used up",
    ),
]


@pytest.mark.parametrize(("spec", "call", "message"), ERRORS)
def test_a_wrong_argument(spec: NetworkSpec, call: Callable[[Network], Any], message: str) -> None:
    network = Network(spec)
    before = network.parameters.copy()
    with pytest.raises(ArgumentError) as error:
        call(network)
    assert str(error.value) == message
    assert same_bits(network.parameters, before)
    tokens = isinstance(spec.input, TokenInput)
    network.forward(0 * IDS if tokens else ROWS, Spans([0], [3]))  # as good as before


def test_a_tape_is_used_once() -> None:
    network = Network(NUMBERS)
    tape = network.forward_train(ROWS, SPANS)
    network.backward(tape, Y)
    with pytest.raises(ArgumentError, match="the tape is of another network or used up"):
        network.backward(tape, Y)


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        (np.zeros(5), "(5,) of float64"),
        (np.zeros((1, 118)), "(1, 118) of float64"),
        (np.zeros(118, int), "(118,) of int64"),
        ("zeros", "() of <U5"),
    ],
)
def test_parameters_of_another_network(parameters: Any, what: str) -> None:
    with pytest.raises(ArgumentError) as error:
        Network(NUMBERS, parameters=parameters)
    assert str(error.value) == f"this network has 118 parameters, got an array of {what}"


def test_parameters_are_copied() -> None:
    given = Network(NUMBERS, seed=1).parameters
    network = Network(NUMBERS, parameters=given)
    given[...] = 0
    assert same_bits(network.parameters, Network(NUMBERS, seed=1).parameters)
