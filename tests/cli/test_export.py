"""tidegate export, from its words to the files and exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import tidegate
from commands import Run
from tidegate.forecast.exported import feed_of
from tidegate.network import Network, NetworkSpec, NumberInput, save_network
from tidegate.network.to_torch import read_torch

SHORT = ("--updates", "3", "--hidden", "4")
WALK = [(f"r{i}", step, i % 2 - 0.5 + step, i % 2) for i in range(20) for step in range(3 + i % 4)]
STEPS = "\n".join(["run,second,x,kind", *(",".join(map(str, row)) for row in WALK)])


@pytest.fixture
def saved(run: Run) -> Run:
    """steps.tg, a classifier of three networks, beside what it learnt from."""
    Path("steps.csv").write_text(STEPS)
    words = [
        "classify",
        "steps.csv",
        "--id",
        "run",
        "--time",
        "second",
        "--label",
        "kind",
        "--updates",
        "3",
        "--hidden",
        "4",
    ]
    assert run(*words, "--save", "steps.tg").code == 0
    return run


def test_onnx(saved: Run) -> None:
    done = saved("export", "steps.tg", "--to", "onnx")
    assert done.code == 0, done.err
    assert done.out == (
        "steps.onnx: x [batch, time, 1] (lengths if you like) → "
        "probabilities [batch, 2], label [batch]\n"
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession("steps.onnx", options)
    x = np.arange(8.0).reshape(2, 4, 1)
    chances = session.run(["probabilities"], {"x": x})[0]
    assert np.abs(chances - tidegate.load("steps.tg").predict_proba(list(x))).max() < 1e-5


def test_torch(saved: Run) -> None:
    done = saved("export", "steps.tg", "--to", "torch", "--out", "net.safetensors")
    assert done.code == 0, done.err
    model = tidegate.load("steps.tg")
    assert done.out.splitlines()[0].startswith("net-0.safetensors: the network 1 of 4, ")
    for number, member in enumerate(model.learned_.members):
        module = read_torch(f"net-{number}.safetensors")
        x = torch.ones(1, 4, member.network.spec.input.columns)
        assert torch.equal(module(x)[0], member.network.to_torch()(x)[0])


def test_forecaster(run: Run) -> None:
    run("forecast", "rain.csv", "--horizon", "2", "--save", "rain.tg")
    done = run("export", "rain.tg", "--to", "onnx")
    assert done.code == 0, done.err
    assert done.out.startswith("rain.onnx: values [batch, rows]")
    assert "→ forecast [batch, 2], quantiles [batch, 2, 5]" in done.out
    model = tidegate.load("rain.tg")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    found = onnxruntime.InferenceSession("rain.onnx", options).run(["forecast"], feed_of(model))[0]
    expected = model.predict()["GRU"].to_numpy()
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())
    assert run("export", "rain.tg", "--to", "torch").code == 0
    network = model.answers_.learned[0].model.network
    module = read_torch("rain.torch.safetensors")
    assert sum(p.numel() for p in module.parameters()) == len(network.parameters)


def test_a_rule_has_no_network(run: Run) -> None:
    rows = "\n".join(["day,y", *(f"2024-01-{i + 1:02},{i % 2}" for i in range(31))])
    run("forecast", "rain.csv", "--horizon", "1", "--auto", "--save", "rule.tg", text=rows)
    model = tidegate.load("rule.tg")
    assert not hasattr(model.answers_, "learned"), "a series that repeats itself needs no network"
    for to in ("torch", "onnx"):
        done = run("export", "rule.tg", "--to", to)
        assert done.code == 2 and "simple rule" in done.err


def test_language_model_and_network_alone(run: Run) -> None:
    Path("corpus.txt").write_text("the cat sat on the mat.\n" * 60)
    words = [
        "write",
        "corpus.txt",
        "--length",
        "1",
        "--hidden",
        "4",
        "--updates",
        "3",
        "--save",
        "corpus.tg",
    ]
    assert run(*words).code == 0
    done = run("export", "corpus.tg", "--to", "onnx", "--out", "c.onnx")
    assert done.code == 0 and "c.onnx: tokens [batch, time] (lengths, h_0, c_0" in done.out
    assert run("export", "corpus.tg", "--to", "torch").code == 0
    save_network("net.tg", Network(NetworkSpec(NumberInput(2), hidden=3)))
    assert "output [batch, 3], h_n [1, batch, 3]" in run("export", "net.tg", "--to", "onnx").out


def test_texts(run: Run) -> None:
    rows = [f"a {word} film no {i},{word}" for i in range(20) for word in ("good", "bad")]
    Path("reviews.csv").write_text("\n".join(["review,mood", *rows]))
    words = ("classify", "reviews.csv", "--text", "review", "--label", "mood", *SHORT)
    assert run(*words, "--save", "mood.tg").code == 0
    done = run("export", "mood.tg", "--to", "onnx")
    assert done.out.startswith(
        "mood.onnx: parts [batch, time, parts], weights [batch, time, parts], "
        "grams [batch, grams], counts [batch, grams] (lengths if you like) → "
    )


def test_wrong_use_and_bad_files(saved: Run) -> None:
    assert saved("export", "steps.tg").code == 2
    assert saved("export", "steps.tg", "--to", "keras").code == 2
    assert saved("export", "none.tg", "--to", "onnx").code == 1
    assert saved("export", "steps.csv", "--to", "onnx").code == 1
    done = saved("export", "steps.tg", "--to", "onnx", "--out", "steps.tg")
    assert done.code == 2 and "a file that is read" in done.err
    assert saved("export", "steps.tg", "--to", "onnx", "--out", "no/such.onnx").code == 2


@pytest.mark.parametrize("to", ["onnx", "torch"])
def test_a_model_goes_to_a_pipe_and_not_to_a_file_called_dash(saved: Run, to: str) -> None:
    done = saved("export", "steps.tg", "--to", to, "--out", "-")
    assert done.code == 2 and "name a file" in done.err
    assert saved("export", "steps.tg", "--to", to, "--out", "/dev/null").code == 0
