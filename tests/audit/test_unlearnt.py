"""What an audit says of an estimator and the sequences that it was fitted to."""

import pickle

import numpy as np
import pytest

import tidegate as tg
from tidegate.data import Spans
from tidegate.data.sequences import read_sequences
from tidegate.language.unlearnt import learnt
from tidegate.network import (
    Loss,
    Network,
    NetworkSpec,
    NumberInput,
    Optimizer,
    load_network,
    save_network,
)
from tidegate.sequence import seen as of_seen
from tidegate.sequence.seen import Seen
from tidegate.train import FitSettings, fit
from tidegate.train.looks import worst
from tidegate.train.watch import GradientWarning

TRAINING = tg.SequenceTraining(updates=400, members=1, augment=False)


def noise(n, steps):
    return np.random.default_rng(0).normal(size=(n, steps))


def model(kind):
    return kind(hidden=32, dropout=0.0, training=TRAINING, random_state=0)


def test_a_classifier_of_labels_that_have_nothing_to_do_with_its_input_uses_no_past():
    x, y = noise(90, 20), np.random.default_rng(1).integers(0, 2, 90)
    fitted = model(tg.SequenceClassifier).fit(x, y)
    assert fitted.score(x, y) > 0.9  # by heart
    assert tg.audit(fitted, (x, y)).verdict.word == "unused past"


def test_a_regressor_of_noise_uses_no_past():
    x, y = noise(90, 20), np.random.default_rng(1).normal(size=90)
    fitted = model(tg.SequenceRegressor).fit(x, y)
    assert fitted.score(x, y) > 0.5
    assert tg.audit(fitted, (x, y)).verdict.word == "unused past"


def test_a_tagger_of_noise_uses_no_past():
    x, y = list(noise(40, 20)), list(np.random.default_rng(1).integers(0, 2, (40, 20)))
    fitted = model(tg.SequenceTagger).fit(x, y)
    assert tg.audit(fitted, (x, y)).verdict.word == "unused past"


def test_who_answers_parts_of_sequences_worse_than_nobody_has_no_use_for_the_rest():
    """Of one step it says 1.14 nats beside 1.10 of chance and of all steps, which is no gain."""
    random = np.random.default_rng(9)
    x, _ = random.normal(size=(150, 24, 2)), random.normal(size=150)
    y = random.integers(0, 3, 150)
    training = tg.SequenceTraining(updates=150, members=1, segment=1)
    fitted = tg.SequenceClassifier("rnn", 24, training=training, random_state=0).fit(x, y)
    found = tg.audit(fitted, (x, y))
    assert found.verdict.word == "unused past"
    assert found.memory.score.max() < np.log(3) + 0.01


FAR = tg.SequenceTraining(updates=100, members=1, segment=1, embedding=16)
"""A tanh RNN that so learns loses its gradient within some 30 steps."""


def far_rnn(kind):
    return kind("rnn", 16, bidirectional=False, readout="last", training=FAR, random_state=0)


@pytest.mark.parametrize("kind", [tg.SequenceClassifier, tg.SequenceRegressor])
def test_where_no_gradient_arrives_the_data_say_whether_it_matters(kind):
    random = np.random.default_rng(3)
    x = random.normal(size=(120, 150, 2))
    none, early = random.integers(0, 2, 120), (x[:, 5, 1] > 0).astype(int)
    for y, word in ((none, "unused past"), (early, "vanishing")):
        found = tg.audit(far_rnn(kind).fit(x, y), (x, y))
        assert found.verdict.word == word
        assert found.verdict.evidence["reach"] < 75
        assert (found.verdict.evidence["p of what lies beyond"] < 0.05) == (word == "vanishing")
        assert found.memory.usable == 1


def test_where_no_gradient_arrives_words_and_steps_are_asked_too():
    random = np.random.default_rng(4)
    words = [list(random.choice(list("abcdefgh"), 120)) for _ in range(100)]
    early = [word[3] in "abcd" for word in words]
    found = tg.audit(far_rnn(tg.SequenceClassifier).fit(words, early), (words, early))
    assert found.verdict.word == "vanishing"
    x = list(random.normal(size=(40, 150, 1)))
    y = [np.roll(part[:, 0] > 0, 90) for part in x]
    tagger = tg.SequenceTagger("rnn", 16, bidirectional=False, training=FAR, random_state=0)
    assert tg.audit(tagger.fit(x, y), (x, y)).verdict.word == "vanishing"


def test_a_past_that_is_used_is_told_on_the_learnt_sequences_too():
    x = noise(120, 20)
    y = x[:, :10].mean(axis=1)
    found = tg.audit(model(tg.SequenceRegressor).fit(x, y), (x, y))
    assert found.verdict.word == "healthy"
    assert found.memory.usable > 10


def test_an_audit_leaves_the_user_s_generator_where_it_was():
    random = np.random.RandomState(0)
    x, y = noise(40, 8), np.arange(40) % 2
    fitted = tg.SequenceClassifier(hidden=4, training=TRAINING, random_state=random).fit(x, y)
    before = random.get_state()[2]
    tg.audit(fitted, (x, y))
    assert random.get_state()[2] == before


def test_a_file_keeps_what_was_learnt_from(tmp_path):
    x, y = noise(40, 8), np.arange(40) % 2
    fitted = model(tg.SequenceClassifier).fit(x, y)
    fitted.partial_fit(x[:20] + 1, y[:20])
    fitted.save(tmp_path / "m.safetensors")
    again = tg.load(tmp_path / "m.safetensors")
    for learned in (fitted.learned_, again.learned_):
        assert learned.seen.holds(read_sequences(x)).all()
        assert learned.seen.holds(read_sequences(x[:20] + 1)).all()
        assert not learned.seen.holds(read_sequences(x[20:] + 1)).any()


def test_of_many_sequences_the_smallest_hashes_stand_for_all(monkeypatch):
    monkeypatch.setattr(of_seen, "MOST", 50)
    learnt, other = read_sequences(noise(500, 4)), read_sequences(noise(500, 4) + 1)
    seen = Seen().and_of(learnt)
    assert len(seen.hashes) == 50
    assert seen.holds(learnt).all()
    assert not seen.holds(other).any()


def marked(n, steps):
    """The value at a place that is marked is the answer."""
    random = np.random.default_rng(0)
    x, k, place = np.zeros((n, steps, 2)), np.arange(n), random.integers(0, steps, n)
    x[:, :, 0] = random.uniform(size=(n, steps))
    x[k, place, 1] = 1
    return x, x[k, place, 0]


@pytest.mark.filterwarnings("ignore::tidegate.train.watch.GradientWarning")
@pytest.mark.parametrize(("steps", "rate"), [(60, 0.1), (100, 0.05), (30, 0.1)])
def test_an_identity_relu_rnn_whose_gradient_burst_while_it_learnt_is_exploding(
    steps, rate, tmp_path
):
    """Of the last one the gradient by the states grows a few times only, its norm 10,000 times."""
    x, y = marked(100, steps)
    training = tg.SequenceTraining(
        updates=60, members=1, segment=1, learning_rate=rate, init=tg.Init(recurrent="identity")
    )
    fitted = tg.SequenceRegressor(
        "rnn_relu", 32, bidirectional=False, readout="last", dropout=0.0, training=training,
        random_state=0,
    )  # fmt: skip
    fitted.fit(x, y)
    fitted.save(tmp_path / "m.safetensors")
    for model in (fitted, tg.load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(fitted))):
        found = tg.audit(model, (x, y))
        assert str(found.verdict).startswith("exploding: while it learnt, after 1 update, ")
        assert "orthogonal recurrent weights" in [fix.title for fix in found.fixes]


def test_a_relu_rnn_that_one_large_gradient_ruined_is_exploding_and_noise_is_not(tmp_path):
    """Without a limit of its norm a gradient 10 times that of the first update is enough: its
    square stays in Adam's mean. No warning is given, for most come out of it."""
    training = tg.SequenceTraining(
        updates=100, members=1, segment=1, learning_rate=0.01, clip=None,
        init=tg.Init(recurrent="identity"),
    )  # fmt: skip
    model = tg.SequenceRegressor(
        "rnn_relu", 32, bidirectional=False, readout="last", dropout=0.0, training=training,
        random_state=0,
    )  # fmt: skip
    x, y = marked(100, 100)
    model.fit(x, y)
    burst = model.learned_.members[0].network.burst
    assert not burst.certain and 10 < burst.norm < 1000
    model.save(tmp_path / "m.safetensors")
    for each in (model, tg.load(tmp_path / "m.safetensors")):
        found = tg.audit(each, (x, y))
        assert str(found.verdict).startswith("exploding: while it learnt, after 1 update, the norm")
        assert found.fixes[0].changes == {"cell": "gru"}
        assert "gradients clipped by their norm, at 1" in [fix.title for fix in found.fixes]
    noise = np.random.default_rng(1).normal(size=100)
    model.fit(x, noise)
    assert model.learned_.members[0].network.burst is not None
    assert tg.audit(model, (x, noise)).verdict.word == "unused past"


@pytest.mark.parametrize(
    ("rate", "updates", "word"), [(0.2, 10, "exploding"), (0.001, 10, "healthy")]
)
def test_dead_units_with_weights_that_magnify_are_the_marks_of_an_explosion(rate, updates, word):
    """Nobody watched, as with weights from elsewhere."""
    x, y = marked(64, 30)
    spec = NetworkSpec(
        NumberInput(2), cell="rnn_relu", hidden=24, outputs=1, loss=Loss("mse"),
        init=tg.Init(recurrent="identity"),
    )  # fmt: skip
    network = Network(spec, seed=0)
    rows, spans = x.reshape(-1, 2), Spans(np.arange(64) * 30, np.full(64, 30))
    optimizer = Optimizer("adam", rate, clip=1.0)
    for _ in range(updates):
        network.train_step(rows, spans, y[:, None], optimizer)
    assert network.burst is None
    found = tg.audit(network, (rows, spans))
    assert found.verdict.word == word
    assert ("units are dead, as after updates" in str(found.verdict)) == (word == "exploding")


def test_a_relu_rnn_that_was_only_drawn_is_not_exploding():
    layer = tg.RNN(1, 32, nonlinearity="relu")
    layer.params["bias_ih_l0"][:] = -0.2  # many units are dead, but no weight magnifies
    found = tg.audit(layer, np.random.default_rng(0).uniform(size=(20, 60, 1)))
    assert found.verdict.evidence["dead units"] > 0.25
    assert found.verdict.word == "vanishing"


def test_a_network_keeps_that_its_gradient_burst(tmp_path):
    x, y = marked(64, 60)
    spec = NetworkSpec(
        NumberInput(2), cell="rnn_relu", hidden=16, outputs=1, loss=Loss("mse"),
        init=tg.Init(recurrent="identity"),
    )  # fmt: skip
    network = Network(spec, seed=0)
    rows, spans = x.reshape(-1, 2), Spans(np.arange(64) * 60, np.full(64, 60))
    settings = FitSettings(updates=40, optimizer=Optimizer("adam", 0.1, clip=1.0))
    with pytest.warns(GradientWarning, match="explodes"):
        history = fit(network, rows, spans, y[:, None], settings)
    assert network.burst == worst(history.looks, history.norm)
    save_network(tmp_path / "n.safetensors", network)
    again = load_network(tmp_path / "n.safetensors")
    assert again.burst == network.burst
    assert str(tg.audit(again, (rows, spans)).verdict).startswith("exploding")


def test_a_constant_function_of_torch_uses_no_past():
    torch = pytest.importorskip("torch")
    import tidegate.torch

    found = tidegate.torch.audit(lambda x: torch.ones(len(x), 1), torch.randn(8, 40, 1))
    assert found.verdict.word == "unused past"


def of_letters(text):
    training = tg.LanguageTraining(updates=400, steps=32)
    return tg.LanguageModel(hidden=48, training=training, random_state=0).fit(text)


def test_a_language_model_that_knows_random_letters_by_heart_uses_no_past():
    text = "".join(np.random.default_rng(1).choice(list("abcdefghijklmnop"), 1000))
    model = of_letters(text)
    assert model.score(text) < 0.9 * np.log(16)  # by heart, in part
    found = tg.audit(model, text)
    assert found.verdict.word == "unused past"
    assert found.memory.usable == 1


def test_a_language_model_of_words_uses_the_past_of_the_text_that_it_learnt():
    words = np.random.default_rng(2).choice(["the", "old", "dog", "barks", "near", "house"], 300)
    text = " ".join(words)
    found = tg.audit(of_letters(text), text)
    assert found.verdict.word == "healthy"
    assert found.memory.usable > 1


def test_a_language_model_and_its_file_know_what_they_learnt_from(tmp_path):
    text = "".join(np.random.default_rng(3).choice(list("abcdef "), 900))
    quick = tg.LanguageTraining(updates=2, steps=8)
    model = tg.LanguageModel(hidden=4, training=quick, random_state=0).fit(text[:600])
    model.partial_fit(text[600:])
    model.save(tmp_path / "m.safetensors")
    for each in (model, tg.load(tmp_path / "m.safetensors")):
        for part, known in ((text[100:400], True), (text[650:], True), (text[::-1], False)):
            assert learnt(each.alphabet_.ids(part), each.seen_) == known
