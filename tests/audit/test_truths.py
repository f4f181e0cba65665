"""What an audit says of models whose memory is known."""

import json

import numpy as np
import polars as pl
import pytest

import tidegate as tg
from tidegate.audit.result import WORDS
from tidegate.data import Spans
from tidegate.forecast.plan import Training as ForecastTraining
from tidegate.language.training import LanguageTraining
from tidegate.network import Init, Loss, Network, NetworkSpec, NumberInput, Optimizer
from tidegate.sequence.training import Training


def adding(n, steps, seed=0):
    random = np.random.default_rng(seed)
    x = np.zeros((n, steps, 2))
    x[:, :, 0] = random.uniform(size=(n, steps))
    k, first, second = np.arange(n), *random.integers(0, steps // 2, (2, n))
    second += steps // 2
    x[k, first, 1] = x[k, second, 1] = 1
    return x, x[k, first, 0] + x[k, second, 0]


def regressor(cell, init, updates):
    training = Training(updates=updates, members=1, segment=1, init=init, changes=False)
    return tg.SequenceRegressor(
        cell, 16, bidirectional=False, readout="last", dropout=0.0, training=training,
        random_state=0,
    )  # fmt: skip


def frame(y):
    return pl.DataFrame({"ds": range(len(y)), "y": y})


def forecaster(**settings):
    training = ForecastTraining(updates=120, calibrate=False)
    return tg.Forecaster(hidden=24, training=training, **settings)


def test_a_tanh_rnn_that_fails_the_adding_problem_is_vanishing():
    x, y = adding(300, 200)
    found = tg.audit(regressor("rnn", Init(), 150).fit(x, y), (x, y))
    assert str(found.verdict).startswith("vanishing")
    assert found.memory.usable < 200
    best = found.fixes[0]
    assert best.changes == {"cell": "lstm", "init.chrono": 200}


def test_an_lstm_that_begins_open_is_healthy_there_and_uses_all_of_it():
    x, y = adding(300, 200)
    found = tg.audit(regressor("lstm", Init(chrono=200), 150).fit(x, y), (x, y))
    assert str(found.verdict).startswith("healthy")
    assert found.memory.full < 0.5 * found.memory.score[0]
    assert found.memory.usable > 100


def test_a_unit_forget_bias_keeps_a_few_steps_and_chrono_t_max():
    rows = np.random.default_rng(0).normal(size=(20 * 400, 2))
    spans = Spans(np.arange(20) * 400, np.full(20, 400))

    def kept(init):
        network = Network(NetworkSpec(NumberInput(2), hidden=32, init=init), seed=1)
        return tg.audit(network, (rows, spans))

    few, many = kept(Init()), kept(Init(chrono=200))
    # σ(1) = 0.73 → −1/log = 3.2 steps
    assert np.median(few.units[0].forget_time) == pytest.approx(3.2, rel=0.2)
    # f = 1 − 1/(1 + u) with u from 1 to 199: about u steps
    assert 50 < np.median(many.units[0].forget_time) < 150
    assert few.memory.usable <= 32 < 128 <= many.memory.usable
    c = [next(r for r in a.rate if r.state == "c") for a in (few, many)]
    assert c[0].half_life < 20 < c[1].half_life


def test_an_identity_relu_rnn_with_too_large_a_rate_explodes():
    x, y = adding(64, 100)
    spec = NetworkSpec(
        NumberInput(2), cell="rnn_relu", hidden=16, outputs=1, loss=Loss("mse"),
        init=Init(recurrent="identity"),
    )  # fmt: skip
    network = Network(spec, seed=0)
    rows, spans = x.reshape(-1, 2), Spans(np.arange(64) * 100, np.full(64, 100))
    before = tg.audit(network, (rows, spans))
    assert before.verdict.word == "healthy"
    assert before.rate[0].growth == pytest.approx(1, abs=0.02)
    network.train_step(rows, spans, 100 * y[:, None], Optimizer("adam", 0.05, clip=1.0))
    after = tg.audit(network, (rows, spans))
    assert str(after.verdict).startswith("exploding")
    assert after.rate[0].low > 1


def test_a_layer_driven_to_the_ends_of_its_tanh_is_saturated():
    layer = tg.RNN(2, 16)
    layer.params["weight_ih_l0"][:] *= 60
    found = tg.audit(layer, np.random.default_rng(0).normal(size=(20, 100, 2)))
    assert str(found.verdict).startswith("saturated")
    assert found.units[0].saturation > 0.8


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_direct_heads_are_blind_to_the_newest_rows_and_to_no_others(cell):
    """The last h encoder outputs as the h forecasts (ANCHORS: what other forecasters do)."""
    h = 6
    spec = NetworkSpec(NumberInput(2), cell=cell, hidden=8, readout="each", read_last=h, outputs=1)
    rows = np.random.default_rng(0).normal(size=(20 * 150, 2))
    found = tg.audit(Network(spec), (rows, Spans(np.arange(20) * 150, np.full(20, 150))))
    assert {(b.output, b.input, b.lags) for b in found.blind} == {
        (f"t+{k}", "all inputs", tuple(range(k, h))) for k in range(1, h)
    }
    assert all(b.certain for b in found.blind)
    assert str(found.blind[0]) == "t+1 cannot depend on the newest 5 rows of all inputs"


def test_a_gradient_too_small_for_a_number_is_not_blindness():
    layer = tg.RNN(1, 4)
    layer.params["weight_hh_l0"][:] = 1e-3 * np.eye(4)
    found = tg.audit(layer, np.ones((4, 200, 1)))
    total = found.influence.total()[0]
    assert total[0] > 0 and total[90] > 0  # 1e-270, which float32 has not
    assert total[150] == 0  # 1e-450, which nothing has
    assert found.blind == ()


def test_each_unit_of_a_layer_has_an_influence_of_its_own():
    v, u = np.array([0.5, -0.9]), np.array([1.0, 2.0])
    layer = tg.RNN(1, 2, nonlinearity="linear", dtype="float64")
    layer.params["weight_hh_l0"][:] = np.diag(v)
    layer.params["weight_ih_l0"][:, 0] = u
    found = tg.audit(layer, np.ones((2, 9, 1))).influence
    assert found.outputs == ("h0", "h1")
    lags = np.arange(9)
    np.testing.assert_allclose(found.mean[..., 0], np.abs(u[:, None] * v[:, None] ** lags), 1e-12)


def test_a_column_that_has_no_weights_is_no_blindness_but_no_influence():
    layer = tg.GRU(2, 4)
    layer.params["weight_ih_l0"][:, 1] = 0
    found = tg.audit(layer, np.random.default_rng(0).normal(size=(4, 20, 2)))
    assert found.influence.mean[0, :, 1].max() == 0 < found.influence.mean[0, :, 0].min()
    assert found.blind == ()


@pytest.mark.parametrize(("seed", "rows"), [(0, 600), (1, 600), (2, 2500)])
def test_a_model_of_white_noise_does_not_use_the_past(seed, rows):
    """Windows of long series are measured from the last value, which the mean of a window beats."""
    table = frame(10 + np.random.default_rng(seed).normal(size=rows))
    found = tg.audit(forecaster(horizon=6).fit(table, progress=False), table)
    assert str(found.verdict).startswith("unused past")


def test_a_season_of_24_shows_at_lag_24():
    t = np.arange(600)
    random = np.random.default_rng(0)
    shape = random.normal(size=24)
    table = frame(10 + 3 * shape[t % 24] + random.normal(size=600) * 0.5)
    found = tg.audit(forecaster(horizon=3, window=96).fit(table, progress=False), table)
    assert str(found.verdict).startswith("healthy")
    influence = found.influence
    for total in influence.total():
        assert influence.lag[np.nanargmax(total)] == 24
    assert found.memory.context[0] == 0 and found.memory.usable >= 24


def test_influence_of_a_regressor_is_found_where_its_answer_lies():
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 30, 2))
    y = x[:, -6, 1]
    found = tg.audit(regressor("gru", Init(), 400).fit(x, y), (x, y))
    lag, column = np.unravel_index(np.argmax(found.influence.mean[0]), (30, 2))
    assert (lag, column) == (5, 1)
    assert 6 <= found.memory.usable <= 30
    assert found.memory.score[2] > 0.95 > 0.8 > found.memory.full  # 4 steps: no more than the mean


def test_a_regressor_s_influence_is_that_of_finite_differences():
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 12, 2)) * [1.0, 5.0]
    training = Training(updates=30, members=1, segment=3)
    model = tg.SequenceRegressor(
        "gru", 8, bidirectional=False, readout="last", training=training, random_state=0
    )
    model.fit(x, x[:, 4, 0])
    subject = model.__audit__((x, x[:, 4, 0]))
    lag, table = subject.influence(np.array([7]))
    features, network = model.learned_.inputs, model.learned_.members[0].network
    exact = Network(network.spec.but(dtype="float64"),
                    parameters=network.parameters.astype(np.float64))  # fmt: skip

    def output(rows):
        from tidegate.data.sequences import read_sequences

        inputs = read_sequences(rows[None])
        # 12 rows and two copies of the first, from an offset of 1, are five steps of three
        read, spans = features.segments.read(features.table(inputs), inputs.spans, 1)
        assert spans.length.tolist() == [15]
        return exact.forward(read, spans).output[0, 0]

    scale = features.features.scale
    for back in (0, 3, 11):
        for column in range(2):
            far, near = x[7].copy(), x[7].copy()
            far[11 - back, column] += 1e-2 * scale[column]
            near[11 - back, column] -= 1e-2 * scale[column]
            slope = (output(far) - output(near)) / 2e-2
            place = int(np.flatnonzero(lag == back)[0])
            # rows are read in float32: 1e-7 beside steps of 1e-2
            assert table[0, 0, place, column] == pytest.approx(abs(slope), rel=1e-3, abs=1e-4)


def models():
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 12, 2))
    quick = Training(updates=20, members=1, min_count=1)
    words = [["a", "cat", "sleeps", "here"], ["a", "dog", "barks", "now"]] * 10
    tags = [["DET", "NOUN", "VERB", "ADV"]] * 20
    text = "the cat sat on the mat. " * 30
    table = frame(np.arange(200) % 7 + random.normal(size=200))
    return {
        "classifier": (tg.SequenceClassifier(hidden=4, training=quick), x, x[:, 0, 0] > 0),
        "regressor": (tg.SequenceRegressor(hidden=4, training=quick), x, x[:, :2, 0]),
        "tagger": (tg.SequenceTagger(hidden=4, training=quick), words, tags),
        "texts": (tg.SequenceClassifier(hidden=4, training=quick), words, [0, 1] * 10),
        "language": (
            tg.LanguageModel(hidden=8, training=LanguageTraining(updates=20, steps=16)), text, None,
        ),
        "forecaster": (forecaster(horizon=2), table, None),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(models()))
def test_every_estimator_can_be_audited_with_and_without_targets(name):
    model, data, y = models()[name]
    model.fit(data) if y is None else model.fit(data, y)
    found = tg.audit(model, data if y is None else (data, y))
    assert found.verdict.word in WORDS
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["model"] == found.model
    assert len(found.to_frame()) == sum(len(c.lag) for c in found.gradient)
    assert found.memory.context[-1] >= found.memory.usable
    assert str(tg.audit(model, data).verdict)
    again = tg.audit(model, data if y is None else (data, y))
    assert again.to_json() == found.to_json()


def test_a_tagger_of_yes_and_no_is_judged_by_what_its_answers_cost():
    random = np.random.default_rng(0)
    x = [random.normal(size=(n, 2)) for n in (9, 12, 7, 10) * 6]
    y = [np.stack([part[:, 0] > 0, np.roll(part[:, 1], 1) > 0], axis=1) * 1.0 for part in x]
    y[3][2, 1] = np.nan
    quick = Training(updates=60, members=1)
    model = tg.SequenceTagger("gru", 8, training=quick, random_state=0).fit(x, y)
    found = tg.audit(model, (x, y))
    assert found.memory.name == "cross-entropy"
    costs = []
    for chances, truth in zip(model.predict_proba(x), y, strict=True):
        right = np.where(truth > 0, chances, 1 - chances)
        costs += np.nanmean(np.where(np.isnan(truth), np.nan, -np.log(right)), axis=1).tolist()
    # 400 of the 228 steps, drawn again and again
    assert found.memory.full == pytest.approx(np.mean(costs), rel=0.1)
    assert found.memory.score[0] > found.memory.full
    with pytest.raises(tg.DataError, match="sequence 1 must be of"):
        tg.audit(model, (x, [y[0], y[0], *y[2:]]))
