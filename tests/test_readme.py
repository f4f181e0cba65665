"""The README's Python runs as it stands, and its report is what the command prints."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tidegate.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_blocks_are_found() -> None:
    assert len(BLOCKS) == README.count("```python") > 0


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_block_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})


def words(report: str) -> list[str]:
    """The lines of a report but its chart, without their numbers: those depend on the machine."""
    lines = [line for line in report.splitlines() if "┤" not in line]
    return [re.sub(r"[ \d.]+", " ", line).strip() for line in lines]


def test_report_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"^\$ tidegate (.*)\n((?:.*\n)*?)```$", README, re.MULTILINE)
    assert found is not None
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as end:
        main(found[1].split())
    assert end.value.code == 0
    printed = capfd.readouterr()
    assert words(printed.err + printed.out) == words(found[2])


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
