"""tidegate classify, regress and predict, from words to exit codes, in this process; and what all
of them and tag refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tidegate
from commands import SENTENCES, SHORT, STEPS, TEXTS, Run, rows

REVIEWS = "\n".join(["review,mood", *(f'"{text}",{mood}' for text, mood in TEXTS)])
WIDE = "\n".join(
    ["a,b,c,kind", *(f"{i},{i % 3},{-i},{'odd' if i % 2 else 'even'}" for i in range(20))]
)


def test_texts_are_classified_and_judged(run: Run) -> None:
    Path("reviews.csv").write_text(REVIEWS)
    words = ("classify", "reviews.csv", "--text", "review", "--label", "mood", *SHORT)
    done = run(*words)
    assert done.code == 0, done.err
    assert "Learnt from 32 sequences; 8 sequences" in done.out
    assert "bag of words    100.0 %" in done.out
    assert "majority class   50.0 %" in done.out
    assert "How often GRU calls a label (row) what (column):" in done.out
    assert "Verdict: GRU is " in done.out or "Verdict: GRU beats " in done.out
    data = json.loads(run(*words, "--json").out)
    assert sum(map(sum, data["confusion"])) == data["labels"] == 8
    assert set(data["right"]) == {"GRU", "bag of words", "majority class"}
    assert data["learnt_from"] == 32
    read = json.loads(run(*words, "--characters", "--json").out)["right"]
    assert set(read) == {"GRU", "bag of characters", "majority class"}


def test_what_was_saved_predicts(run: Run) -> None:
    Path("reviews.csv").write_text(REVIEWS)
    words = ("classify", "reviews.csv", "--text", "review", "--label", "mood", *SHORT)
    run(*words, "--save", "mood.tg", "--out", "report.txt")
    assert "Verdict: GRU" in Path("report.txt").read_text()
    model = tidegate.load("mood.tg")
    assert isinstance(model, tidegate.SequenceClassifier)
    texts = [text for text, _ in TEXTS]
    chances = model.predict_proba(texts)
    found = rows(run("predict", "mood.tg", "reviews.csv", "--text", "review").out)
    assert [row["line"] for row in found] == [str(i + 2) for i in range(40)]
    assert [row["label"] for row in found] == model.predict(texts).tolist()
    np.testing.assert_allclose([float(row["chance"]) for row in found], chances.max(axis=1))
    data = json.loads(run("predict", "mood.tg", "reviews.csv", "--text", "review", "--json").out)
    first = data["sequences"][0]["chances"]
    assert first == dict(zip(["no", "yes"], chances[0], strict=True))


def test_a_model_knows_the_columns_of_the_file_that_it_learnt_from(run: Run) -> None:
    Path("reviews.csv").write_text(REVIEWS)
    Path("steps.csv").write_text(STEPS)
    Path("renamed.csv").write_text(REVIEWS.replace("review,mood", "said,mood"))
    given = {
        "mood.tg": ("reviews.csv", "--text", "review"),
        "steps.tg": ("steps.csv", "--id", "run", "--time", "second"),
    }
    labels = {"mood.tg": "mood", "steps.tg": "activity"}
    for model, (file, *columns) in given.items():
        words = ("classify", file, *columns, "--label", labels[model], *SHORT)
        assert run(*words, "--save", model).code == 0
        named = run("predict", model, file, *columns)
        assert named.code == 0, named.err
        assert run("predict", model, file).out == named.out
        audit = ("audit", model, file, "--label", labels[model], "--json")
        assert run(*audit).out == run(*audit, *columns).out != ""
    other = run("predict", "mood.tg", "renamed.csv")
    assert (other.code, "there is no column 'review'" in other.err) == (1, True)
    assert run("predict", "mood.tg", "renamed.csv", "--text", "said").code == 0


def test_steps_in_any_order_are_the_same_sequences(run: Run) -> None:
    header, *body = STEPS.split("\n")
    mixed = [body[i] for i in np.random.default_rng(1).permutation(len(body))]
    Path("steps.csv").write_text(STEPS)
    Path("mixed.csv").write_text("\n".join([header, *mixed]))
    named = ("--id", "run", "--time", "second")
    done = run("classify", "steps.csv", *named, "--label", "activity", *SHORT, "--save", "m.tg")
    assert done.code == 0, done.err
    assert "last value" in done.out
    ordered = {row["run"]: row for row in rows(run("predict", "m.tg", "steps.csv", *named).out)}
    others = {row["run"]: row for row in rows(run("predict", "m.tg", "mixed.csv", *named).out)}
    assert len(ordered) == 20
    assert others == ordered
    unordered = rows(run("predict", "m.tg", "mixed.csv", "--id", "run").out)
    assert {row["run"]: row for row in unordered} != ordered


def test_columns_are_known_by_their_names(run: Run) -> None:
    Path("wide.csv").write_text(WIDE)
    run("classify", "wide.csv", "--label", "kind", *SHORT, "--save", "m.tg")
    body = [line.split(",") for line in WIDE.split("\n")]
    Path("other.csv").write_text("\n".join(",".join([row[2], row[0], row[1]]) for row in body))
    first = run("predict", "m.tg", "wide.csv")
    assert first.code == 0, first.err
    assert run("predict", "m.tg", "other.csv").out == first.out
    Path("less.csv").write_text("a,b\n1,2\n")
    less = run("predict", "m.tg", "less.csv")
    assert (less.code, less.out) == (1, "")
    assert "less.csv: there is no column 'c'; the columns are a, b" in less.err


def test_texts_and_sequences_that_are_not_named_are_asked_for(run: Run) -> None:
    Path("steps.csv").write_text(STEPS)
    done = run("classify", "steps.csv", "--label", "activity", *SHORT)
    assert (done.code, done.out) == (1, "")
    assert "name the texts with --text, the sequence of each row with --id, or" in done.err


@pytest.mark.parametrize("command", ["classify", "tag"])
def test_columns_of_numbers_may_be_named(command: str, run: Run) -> None:
    header, *body = STEPS.split("\n")
    Path("steps.csv").write_text(STEPS)
    Path("more.csv").write_text("\n".join([f"{header},who", *(f"{row},Ann" for row in body)]))
    named = ("--id", "run", "--time", "second", "--label", "activity", *SHORT)
    refused = run(command, "more.csv", *named)
    assert (refused.code, refused.out) == (1, "")
    assert "'Ann' is no number; correct it, or name the columns of numbers with" in refused.err
    plain = run(command, "steps.csv", *named)
    assert plain.code == 0, plain.err
    done = run(command, "more.csv", *named, "--value", "x", "--save", "m.tg")
    assert done.out == plain.out
    predicted = run("predict", "m.tg", "more.csv", "--id", "run", "--time", "second")
    assert predicted.code == 0, predicted.err
    for wrong, message in (
        (("--value", "activity"), "'activity' is named twice"),
        (("--value", "who", "--text", "who"), "'who' is named twice"),
        (("--value", "x", "--text", "who"), "--value names columns of numbers"),
    ):
        done = run(command, "more.csv", *named, *wrong)
        assert done.code == 2 and message in done.err


def test_a_number_may_be_told_from_some_columns(run: Run) -> None:
    Path("wide.csv").write_text(WIDE)
    header, *body = (line.rsplit(",", 1)[0] for line in WIDE.split("\n"))
    Path("less.csv").write_text("\n".join([header, *body]))
    done = run("regress", "wide.csv", "--target", "c", "--value", "b", "--value", "a", *SHORT)
    assert done.code == 0, done.err
    assert done.out != run("regress", "less.csv", "--target", "c", *SHORT).out  # a, b
    back = "\n".join(",".join(row.split(",")[i] for i in (1, 0, 2)) for row in [header, *body])
    Path("back.csv").write_text(back)
    assert run("regress", "back.csv", "--target", "c", *SHORT).out == done.out


def test_numbers_of_rows_are_not_learnt_from(run: Run) -> None:
    header, *body = WIDE.split("\n")
    numbered = [f",{header}", *(f"{i},{row}" for i, row in enumerate(body))]
    Path("wide.csv").write_text(WIDE)
    Path("numbered.csv").write_text("\n".join(numbered))
    words = ("--label", "kind", *SHORT, "--json")
    one = json.loads(run("classify", "wide.csv", *words).out)
    other = json.loads(run("classify", "numbered.csv", *words).out)
    assert one == other


def test_a_number_of_each_sequence(run: Run) -> None:
    Path("stars.csv").write_text(
        "review,stars\n" + "".join(f'"{t}",{4.5 if mood == "yes" else 1}\n' for t, mood in TEXTS)
    )
    words = ("regress", "stars.csv", "--text", "review", "--target", "stars", *SHORT)
    done = run(*words, "--save", "stars.tg")
    assert done.code == 0, done.err
    assert "Learnt from 32 sequences; 8 sequences, drawn at random, held out, to judge:" in done.out
    assert "Verdict: GRU " in done.out
    data = json.loads(run(*words, "--json").out)
    assert set(data["error"]) == {"GRU", "bag of words", "median"}
    # any guess between the two numbers is off by 1.75 in the mean if both are as frequent
    assert 0 <= data["error"]["bag of words"] < 1 <= data["error"]["median"] <= 3.5
    found = rows(run("predict", "stars.tg", "stars.csv", "--text", "review").out)
    expected = tidegate.load("stars.tg").predict([text for text, _ in TEXTS])
    np.testing.assert_allclose([float(row["value"]) for row in found], expected)
    audits = [
        run("audit", "stars.tg", "stars.csv", option, "stars").out
        for option in ("--target", "--label")
    ]
    assert audits[0] == audits[1] and "squared error" in audits[0]


@pytest.mark.parametrize("name", ["label", "chance"])
def test_a_column_of_ids_that_is_called_as_an_answer(run: Run, models: Path, name: str) -> None:
    Path("steps.csv").write_text(f"{name},x\nr0,1\nr0,2\nr1,1\n")
    found = rows(run("predict", str(models / "steps.tg"), "steps.csv", "--id", name).out)
    assert [row["id"] for row in found] == ["r0", "r1"]
    assert {row["label"] for row in found} <= {"a", "b"}


def test_labels_that_may_be_amounts_are_told_in_a_line(run: Run) -> None:
    Path("amounts.csv").write_text(
        "\n".join(["review,stars", *(f"film no {i // 2},{i * 2 // 3}.5" for i in range(30))])
    )
    done = run("classify", "amounts.csv", "--text", "review", "--label", "stars", *SHORT)
    told = "amounts.csv: 20 different labels of 30 sequences; if they are amounts, use tidegate"
    assert done.code == 0 and done.err == f"{told} regress\n"


def test_a_number_of_each_run_of_steps(run: Run) -> None:
    table = STEPS.replace("activity", "load").replace("still", '"1,5"').replace("moving", "2")
    Path("runs.csv").write_text(STEPS.replace("activity", "load").replace("still", "1.5"))
    done = run("regress", "runs.csv", "--id", "run", "--target", "load", *SHORT)
    assert (done.code, done.out) == (1, "")
    assert "column 'load': 'moving' is no number" in done.err
    Path("runs.csv").write_text(table.replace('"1,5"', "1.5"))
    done = run("regress", "runs.csv", "--id", "run", "--time", "second", "--target", "load", *SHORT)
    assert done.code == 0, done.err
    assert "last value" in done.out
    words = ("regress", "runs.csv", "--id", "run", "--target", "load", "--loss")
    assert run(*words, "rmse", *SHORT).code == 0
    assert run(*words, "pinball", *SHORT).code == 2


def test_a_file_of_ones_own_judges(run: Run) -> None:
    """All of the first file is learnt, and the labels of the second are what counts."""
    Path("reviews.csv").write_text(REVIEWS)
    others = [("a good play", "yes"), ("one bad song", "no"), ("a good song", "never seen")]
    Path("others.csv").write_text(
        "mood,review\n" + "".join(f"{mood},{text}\n" for text, mood in others)
    )
    words = ("classify", "reviews.csv", "--text", "review", "--label", "mood", *SHORT)
    done = run(*words, "--test", "others.csv", "--save", "mood.tg")
    assert done.code == 0, done.err
    assert "Learnt from 40 sequences; 3 sequences, of others.csv, to judge:" in done.out
    assert "bag of words    66.7 %" in done.out
    data = json.loads(run(*words, "--test", "others.csv", "--json").out)
    model = tidegate.load("mood.tg")
    right = model.predict([text for text, _ in others]) == [mood for _, mood in others]
    assert data["right"]["GRU"] == pytest.approx(right.mean())
    assert data["learnt_from"] == 40


def test_what_is_learnt_from_does_not_judge(run: Run) -> None:
    Path("reviews.csv").write_text(REVIEWS)
    words = ("classify", "reviews.csv", "--text", "review", "--label", "mood", *SHORT)
    done = run(*words, "--test", "./reviews.csv")
    assert done.code == 2
    assert "--test ./reviews.csv is what is learnt from, which cannot judge" in done.err


def test_columns_of_the_test_file_are_known_by_their_names(run: Run) -> None:
    header, *body = [line.split(",") for line in WIDE.split("\n")]
    Path("wide.csv").write_text(WIDE)
    mixed = [[row[3], row[2], "x", row[0], row[1]] for row in body]
    lines = [["kind", "c", "other", "a", "b"], *mixed]
    Path("mixed.csv").write_text("\n".join(map(",".join, lines)))
    words = ("classify", "wide.csv", "--label", "kind", *SHORT, "--json", "--test")
    Path("same.csv").write_text(WIDE)
    same = run(*words, "same.csv")
    assert same.code == 0, same.err
    assert run(*words, "mixed.csv").out == same.out
    assert header == ["a", "b", "c", "kind"]


GIVEN: Any = {
    "reviews.csv": REVIEWS,
    "steps.csv": STEPS,
    "tokens.txt": SENTENCES,
    "empty_cell.csv": "review,mood\ngood,\nbad,no\n",
    "one_label.csv": "review,mood\ngood,yes\nfine,yes\nwell,yes\n",
    "one_row.csv": "review,mood\ngood,yes\n",
    "two_labels.csv": "run,x,mood\na,1,yes\na,2,no\n",
    "twice.csv": "run,second,x,mood\na,1,3,yes\na,1,4,yes\nb,1,3,no\n",
    "no_number.csv": "run,x,mood\na,1,yes\na,one,yes\na,2,yes\nb,1,no\n",
    "infinite.csv": "run,x,mood\n" + "a,1,yes\nb,inf,no\n" * 3,
    "endless.csv": "review,stars\na,1\nb,inf\n",
    "enormous.csv": "review,stars\na,1\nb,-1e308\n",
    "no_tag.txt": "the\tDET\ncat\n",
    "climbs.csv": "run,x,left\na,1,1\na,2,2\nb,1,1\n",
    "treebank.conllu": "# text = A cat\n1\tA\ta\tDET\t_\n2\tcat\tcat\tNOUN\t_\n\n"
    "1-2\tit's\t_\t_\t_\n1\tit\tit\tPRON\t_\n2\t's\tbe\tAUX\t_\n\n",
    "one.conllu": "1\tA\ta\tDET\t_\n2\tcat\tcat\tNOUN\t_\n",
    "commas.txt": 'id,sentence\n1,the cat sleeps\n2,"a dog, barks"\n',
    "taken.csv": "run,step,kind\na,1,x\nb,2,y\n",
}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("classify reviews.csv", 2, "Missing option '--label'"),
        ("classify none.csv --label mood", 1, "none.csv: there is no such file"),
        ("classify reviews.csv --label moods --text review", 1, "there is no column 'moods'"),
        ("classify reviews.csv --label mood --text mood", 2, "the column 'mood' is named twice"),
        (
            "classify reviews.csv --label mood",
            1,
            "line 2, column 'review': 'a good film no 0' is no",
        ),
        ("classify reviews.csv --label mood --time review", 2, "give the --id of each too"),
        (
            "classify empty_cell.csv --label mood --text review",
            1,
            "line 2: the cell in column 'mood'",
        ),
        ("classify one_label.csv --label mood --text review", 1, "one_label.csv: every label is '"),
        (
            "classify one_row.csv --label mood --text review",
            1,
            "one_row.csv: there is one sequence",
        ),
        ("classify two_labels.csv --label mood --id run", 1, "line 3: 'no' is another"),
        ("classify twice.csv --label mood --id run --time second", 1, "line 3: this sequence has"),
        (
            "classify no_number.csv --label mood --id run",
            1,
            "line 3, column 'x': 'one' is no number",
        ),
        (
            "classify infinite.csv --label mood --id run",
            1,
            "infinite.csv, line 3, column 'x': 'inf' is no finite number",
        ),
        ("classify taken.csv --label kind --id run", 1, "called 'step'; name it with --time if"),
        ("classify reviews.csv --label mood --text review --save .", 2, "--save '.' is a folder"),
        ("classify reviews.csv --label mood --text review --held-out 1", 2, "below 1, got '1'"),
        ("tag tokens.txt --seed 4294967296", 2, "'--seed': expected a whole number from 0 to 429"),
        (
            "classify reviews.csv --label mood --text review --test steps.csv --held-out .1",
            2,
            "--test and --held-out both say what to judge by",
        ),
        (
            "classify reviews.csv --label mood --text review --test steps.csv",
            1,
            "steps.csv: there is no column 'review'",
        ),
        ("tag tokens.txt --test none.txt", 1, "none.txt: there is no such file"),
        ("tag tokens.txt --test no_tag.txt", 1, "no_tag.txt, line 2: expected a token and its"),
        ("regress reviews.csv --text review", 2, "Missing option '--target'"),
        (
            "regress reviews.csv --text review --target mood",
            1,
            "reviews.csv, line 2, column 'mood': 'yes' is no number",
        ),
        (
            "regress endless.csv --text review --target stars",
            1,
            "endless.csv, line 3, column 'stars': 'inf' is no finite number",
        ),
        (
            "regress enormous.csv --text review --target stars",
            1,
            "enormous.csv, line 3, column 'stars': '-1e308' is too large to tell how far off",
        ),
        ("regress reviews.csv --text review --target mood --loss mad", 2, "mse, mae, rmse, huber"),
        ("tag reviews.csv --label mood", 2, "--label names a column of a CSV file; name its --id"),
        (
            "regress climbs.csv --target left --id run",
            1,
            "climbs.csv, line 3: '2.0' is another than '1.0' before it, in the same sequence; "
            "regress tells one number of each",
        ),
        ("tag reviews.csv", 1, "reviews.csv: expected a token a line, and this looks like a CSV"),
        ("tag treebank.conllu", 1, "this looks like CoNLL-U, whose lines begin with numbers; keep"),
        ("predict tags.tg treebank.conllu", 1, "this looks like CoNLL-U"),
        ("predict tags.tg one.conllu", 1, "this looks like CoNLL-U"),
        ("tag commas.txt", 1, "a CSV file; name its --id, --text and --label"),
        ("predict tags.tg reviews.csv", 1, "this looks like a CSV file; name its --text"),
        ("predict tags.tg commas.txt", 1, "this looks like a CSV file; name its --text"),
        ("tag steps.csv --id run", 2, "name the column of its --label, too"),
        ("tag no_tag.txt", 1, "no_tag.txt, line 2: expected a token and its label, got 'cat'"),
        ("predict none.tg reviews.csv", 1, "none.tg does not exist"),
        ("predict tags.tg tokens.txt --out a.json", 2, "a.json: add --json for JSON, or end its"),
        ("predict tags.tg tokens.txt --out a.csv --json", 2, "--json writes JSON; end its name"),
        ("tag tokens.txt --out a.json", 2, "add --json for JSON, or end its name in .txt"),
        ("predict mood.tg reviews.csv", 2, "mood.tg reads words; name their column as --text"),
        ("predict mood.tg steps.csv --text review", 1, "there is no column 'review'"),
        ("predict steps.tg steps.csv", 2, "name the column of the sequence as --id"),
        ("predict steps.tg steps.csv --id run --text x", 2, "reads numbers, no texts"),
        ("predict text.tg reviews.csv", 2, "labels no sequences; use tidegate write --model"),
    ],
)
def test_what_is_refused(run: Run, models: Path, words: str, code: int, message: str) -> None:
    for name, text in GIVEN.items():
        Path(name).write_text(text)
    for path in models.iterdir():
        Path(path.name).write_bytes(path.read_bytes())
    done = run(*words.split(), *(SHORT if words.startswith(("classify", "regress", "tag")) else ()))
    assert message in done.err
    assert done.code == code
    assert done.err.count("\n") == 1
    assert done.out == ""
