"""What --help says of each command."""

from __future__ import annotations

import re

import pytest
import typer

from tidegate.cli.app import app, run

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
WORD = re.compile(r"--[a-z-]+")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_what_takes_no_value_shows_none(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*name.split(), "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "<bool>" in line and "--help" not in line] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_use_options_that_there_are(name: str) -> None:
    examples = re.findall(r"`(?:.* )?tidegate (.*)`", COMMANDS[name].help)
    assert len(examples) > 1
    for example in examples:
        command = next(word for word in example.split() if word in COMMANDS)
        known = {option for each in COMMANDS[command].params for option in each.opts}
        if command == "fit":  # the options of the command that it runs may follow
            known |= {
                option for each in COMMANDS.values() for p in each.params for option in p.opts
            }
        assert set(WORD.findall(example)) <= known, example
