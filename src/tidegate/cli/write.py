"""tidegate write FILE: goes on from a prompt as a text would."""

from __future__ import annotations

import json as to_json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ArgumentError, DataError
from .exits import exit_codes
from .values import one_of, whole

if TYPE_CHECKING:
    from ..language.judge import Judgement
    from ..language.model import LanguageModel

CELLS = ("lstm", "gru", "rnn", "rnn_relu")
HELD = 0.05
"""The share of the text, its end, that judges the model."""


def write(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="A text in UTF-8 to learn from; - for stdin. Left out with --model.",
        ),
    ] = None,
    prompt: Annotated[
        str, typer.Option(help="What to go on from.  [default: the start of a line]")
    ] = "",
    length: Annotated[
        int, typer.Option(parser=whole(0), metavar="N", help="Characters, or words, to write.")
    ] = 500,
    level: Annotated[
        str | None,
        typer.Option(
            parser=one_of("char", "word"),
            metavar="char|word",
            help="What the text is a row of.  [default: char]",
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(
            metavar="T",
            help="Below 1 for what is likely, above 1 for what is less so; 0 for the "
            "likeliest each time.",
        ),
    ] = 0.8,
    top_k: Annotated[
        int | None,
        typer.Option(parser=whole(1), metavar="K", help="Draw from the K likeliest only."),
    ] = None,
    top_p: Annotated[
        float,
        typer.Option(metavar="P", help="Draw from the likeliest that have chance P together."),
    ] = 1.0,
    cell: Annotated[
        str | None,
        typer.Option(
            parser=one_of(*CELLS),
            metavar="|".join(CELLS),
            help="The kind of recurrent network.  [default: lstm]",
        ),
    ] = None,
    hidden: Annotated[
        int | None, typer.Option(parser=whole(1), metavar="N", help="Its units.  [default: 256]")
    ] = None,
    updates: Annotated[
        int | None,
        typer.Option(
            parser=whole(1),
            metavar="N",
            help="How long to learn.  [default: 20 times through the text, a short one more "
            "often; 12,000 at most]",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            parser=whole(0, 2**31 - 1), metavar="N", help="Equal seeds write equal texts."
        ),
    ] = 0,
    model: Annotated[
        str | None,
        typer.Option(
            help="Write with a model that --save kept, without learning.", metavar="MODEL"
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(help="Keep the model, for --model or tidegate.load.", metavar="MODEL"),
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Write the text to this file; - for stdout.", metavar="FILE")
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="JSON in place of the text alone: text and scores."
        ),
    ] = False,
) -> None:
    """Learns from a text, says how well, and writes on from a prompt.

    The last twentieth of the text is held out: on it, what a character or word costs the model is
    compared with what it costs by counting which follow which. That report goes to stderr, the
    text to stdout, as it is written.

    **Examples**

    `tidegate write corpus.txt --prompt "Once upon a time" --save corpus.safetensors`

    `tidegate write --model corpus.safetensors --prompt "The end" --temperature 0.5`

    `tidegate write poems.txt --level word --length 60`

    Exit codes: 0 done, 1 bad data, 2 wrong use, 130 stopped by Ctrl-C.
    """
    learning = {
        "--level": level,
        "--cell": cell,
        "--hidden": hidden,
        "--updates": updates,
        "--save": save,
    }
    if (file is None) == (model is None):
        both = "" if file is None else ", not both"
        raise typer.BadParameter(f"give a FILE to learn from, or a --model that has learnt{both}")
    if model is not None and (given := [name for name, value in learning.items() if value]):
        raise typer.BadParameter(f"{given[0]} is for learning, and --model has learnt already")
    with exit_codes():
        from ..language.choosing import Choice
        from . import output

        output.check_ending(out, json, plain=".txt")
        output.check_places({"--out": out, "--save": save}, file, model)
        Choice(temperature, top_k, top_p)  # what is wrong shows before the work begins
        settings: dict[str, Any] = {"level": level or "char", "cell": cell or "lstm"}
        if hidden is not None:
            settings["hidden"] = hidden
        judged = None
        if model is None:
            writer, judged = _learnt(str(file), settings, updates, seed)
            sys.stderr.write(_report(writer, judged))
        else:
            writer = _kept(model)
        if save is not None:
            writer.save(save)
        pieces = writer.generate(prompt, length, temperature, top_k, top_p, seed, stream=True)
        if not json and out in (None, "-"):
            sys.stdout.write(prompt)
            for piece in pieces:
                sys.stdout.write(piece)
                sys.stdout.flush()
            sys.stdout.write("\n")
            return
        text = prompt + "".join(pieces)
        data = text + "\n"
        if json:
            found = {"text": text, "prompt": prompt, "seed": seed}
            found["judged"] = None if judged is None else judged.to_json()
            data = to_json.dumps(found, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        output.write(data, out or "-")


def _learnt(
    file: str, settings: dict[str, Any], updates: int | None, seed: int
) -> tuple[LanguageModel, Judgement]:
    from ..data.text import read_text
    from ..language.model import LanguageModel
    from ..language.training import LanguageTraining

    name, data = read_text(file, table=False)
    text = data.decode()
    training = LanguageTraining(updates=updates, validation=HELD)
    model = LanguageModel(**settings, training=training, random_state=seed)
    try:
        model.fit(text, progress=None)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    if model.history_ is not None and model.history_.stopped == "interrupted":
        raise KeyboardInterrupt
    try:
        return model, model.judge(text)
    except ArgumentError:  # a twentieth is nothing
        raise DataError(
            f"{name}: the text is too short to hold its end out, which judges the model; give a "
            f"longer one"
        ) from None


def _kept(path: str) -> LanguageModel:
    from ..language.model import LanguageModel

    return LanguageModel.load(path)


def _report(model: LanguageModel, judged: Judgement) -> str:
    """What a token costs, by model and counts, and the verdict."""
    from .layout import sentence

    unit = "character" if model.level == "char" else "word"
    # the unknown token is none of its own, and the end of a line no word
    known = len(model.alphabet_.vocabulary) - (1 if model.level == "char" else 2)
    lines = [
        f"Learnt a text of {known:,} different {unit}s. On its last {judged.tokens:,} {unit}s, "
        f"held out, one costs, in nats:",
        "",
    ]
    wide = max(len(name) for name in judged.nats)
    for name, nats in sorted(judged.nats.items(), key=lambda item: item[1]):
        lines.append(f"{name:{wide}}  {nats:6.3f}")
    lines += [
        "",
        f"counts of n: how often each {unit} followed the n - 1 before it. Lower is better.",
        "",
        sentence(model.cell.upper(), judged.verdict),
        "",
        "",
    ]
    return "\n".join(lines)
