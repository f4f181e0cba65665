"""What cannot be audited is refused in one line."""

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.data.spans import Spans
from tidegate.errors import ArgumentError, DataError, NotFittedError
from tidegate.network import Network, NetworkSpec, NumberInput, TokenInput
from tidegate.sequence.training import Training

ONE = np.ones((3, 1, 2))


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (tg.SequenceClassifier(), ONE),
        (tg.SequenceRegressor(), ONE),
        (tg.SequenceTagger(), ONE),
        (tg.LanguageModel(), "a text"),
        (tg.Forecaster(horizon=1), pl.DataFrame({"ds": [1, 2], "y": [1.0, 2.0]})),
    ],
)
def test_a_model_must_be_fitted(model, data):
    with pytest.raises(NotFittedError, match="fit"):
        tg.audit(model, data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ONE, "two steps at least"),
        (np.ones((3, 5)), r"\[B, T, 2\]"),
        (np.ones((3, 5, 3)), r"\[B, T, 2\]"),
        (np.full((3, 5, 2), np.nan), "NaN or infinity"),
        (np.full((3, 5, 2), np.inf), "NaN or infinity"),
        (np.ones((0, 5, 2)), "is empty"),
        ("words", r"\[B, T, 2\]"),
        ([np.ones((3, 2)), np.ones((5, 2))], "unequal length; cut or pad"),
    ],
)
def test_a_layer_needs_finite_sequences_of_two_steps(data, words):
    with pytest.raises(DataError, match=words):
        tg.audit(tg.LSTM(2, 4), data)


@pytest.mark.parametrize(
    ("layer", "name"), [(tg.LSTM(2, 4), "LSTM"), (tg.RNN(2, 4, nonlinearity="relu"), "RNN .*")]
)
def test_parameters_that_are_no_numbers_are_refused(layer, name):
    layer.params["weight_hh_l0"][0, 0] = np.nan
    with pytest.raises(DataError, match=f"parameters of this {name} of 4 units hold NaN"):
        tg.audit(layer, np.ones((2, 9, 2)))


def test_an_estimator_needs_sequences_of_two_steps():
    x = np.random.default_rng(0).normal(size=(20, 4))
    training = Training(updates=2, members=1)
    model = tg.SequenceRegressor(hidden=2, training=training).fit(list(x), x[:, 0])
    with pytest.raises(DataError, match="two steps at least"):
        tg.audit(model, [[1.0], [2.0]])
    with pytest.raises(DataError, match="infinity"):
        tg.audit(model, [[1.0, np.inf]])


def test_a_forecaster_needs_what_came_after_a_window():
    table = pl.DataFrame({"ds": range(60), "y": np.arange(60.0)})
    model = tg.Forecaster(horizon=5, hidden=2).fit(table, progress=False)
    with pytest.raises(DataError, match="rows at least"):
        tg.audit(model, table[:6])


@pytest.mark.parametrize("model", [object(), "model.safetensors", None, np.ones(3)])
def test_another_kind_is_refused(model):
    with pytest.raises(ArgumentError, match=r"expected a fitted estimator"):
        tg.audit(model, ONE)


@pytest.mark.parametrize("seed", [-1, "a", None, 0.5])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ArgumentError, match="seed must be a whole number"):
        tg.audit(tg.LSTM(2, 4), np.ones((2, 5, 2)), seed=seed)
    with pytest.raises(ArgumentError, match="seed must be a whole number"):
        tg.ablate(tg.LSTM(2, 4), np.ones((2, 5, 2)), seed=seed)


def test_the_package_is_the_function_however_it_was_imported():
    import tidegate.audit
    from tidegate.audit import audit

    assert audit is tidegate.audit is tg.audit
    assert callable(tidegate.audit)


def test_missing_values_are_no_fault_but_nothing_else_is():
    random = np.random.default_rng(0)
    X = [random.normal(size=(6, 2)) for _ in range(8)]
    training = Training(updates=4, members=1)
    model = tg.SequenceClassifier(hidden=3, training=training).fit(X, [0, 1] * 4)
    with pytest.raises(DataError, match="nothing but NaN"):
        tg.audit(model, [np.full((5, 2), np.nan)])
    gaps = [x.copy() for x in X]
    gaps[0][:, 1] = np.nan  # a whole column of one sequence
    assert tg.audit(model, gaps).sequences == 8


def test_a_network_takes_an_array_or_rows_with_their_spans():
    rows = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
    network = Network(NetworkSpec(NumberInput(2), hidden=3, outputs=1))
    spans = Spans(np.array([0, 6]), np.array([6, 6]))
    found = tg.audit(network, rows.reshape(2, 6, 2))
    assert found.to_json() == tg.audit(network, (rows, spans)).to_json()
    for data in (None, rows, (rows, 3), [rows, spans]):
        with pytest.raises((DataError, ArgumentError), match=r"needs an array \[B, T, 2\]|takes"):
            tg.audit(network, data)
    reader = Network(NetworkSpec(TokenInput(5, 4), hidden=3, outputs=5))
    with pytest.raises(DataError, match=r"needs \(ids, Spans\), got ndarray"):
        tg.audit(reader, np.ones((2, 6)))


def test_a_torch_module_is_told_who_takes_it():
    torch = pytest.importorskip("torch")
    with pytest.raises(ArgumentError, match=r"got LSTM; tidegate.torch.audit takes a torch module"):
        tg.gates(torch.nn.LSTM(1, 2), ONE)


def test_the_adapter_for_sktime_is_told_what_to_give():
    class Adapter:
        forecaster_ = tg.Forecaster(horizon=2)

    with pytest.raises(ArgumentError, match=r"got Adapter; give the Forecaster behind it"):
        tg.audit(Adapter(), np.ones(20))
