"""The plan of the house holds: imports go down only, and `import tidegate` loads nothing heavy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tidegate

ROOT = Path(tidegate.__file__).parent

# A package may import those above it in this list; packages on one line do not import each other.
LEVELS = (
    ("errors", "evidence", "_core"),
    ("cells", "data"),
    ("network",),
    ("layers", "train"),
    ("torch",),
    ("forecast", "sequence", "language", "audit"),
    ("loading", "report"),
    ("cli",),
    ("__main__",),
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")

HEAVY = {
    "joblib",
    "narwhals",
    "onnx",
    "optuna",
    "pandas",
    "polars",
    "rich",
    "safetensors",
    "scipy",
    "sklearn",
    "sktime",
    "statsforecast",
    "torch",
    "typer",
}


def imported(path: Path) -> set[str]:
    """The parts of tidegate that a file names in its imports, wherever in the file they stand."""
    package = ("tidegate", *path.relative_to(ROOT).parent.parts)
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            found = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        names |= {name.split(".")[1] for name in found if name.startswith("tidegate.")}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_down_only(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert own in LEVEL, f"{own} has no place in LEVELS: say where it stands"
    for name in imported(path) - {own}:
        assert name in LEVEL, f"{path} imports {name} from the package root: name its own module"
        assert LEVEL[name] < LEVEL[own], f"{own} may not import {name}: it stands no lower"


def test_import_is_light() -> None:
    code = f"import sys, tidegate; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_version_is_stated_once() -> None:
    from importlib.metadata import version

    assert tidegate.__version__ == version("tidegate")
