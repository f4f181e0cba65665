"""The build's check for code that the linker could share between instruction sets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECK = Path(__file__).parent.parent / "cmake" / "check_weak_symbols.cmake"
TOOLS = {name: shutil.which(name) for name in ("c++", "cmake", "nm")}

OWN = "namespace tg::avx2 { template <class T> T twice(T x) { return x + x; } }"
SHARED = "namespace tg { template <class T> T twice(T x) { return x + x; } }"


def check(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Compiles `source` and an instance of its template, and runs the check on the object."""
    space = "tg::avx2" if source is OWN else "tg"
    (folder / "a.cpp").write_text(f"{source} template float {space}::twice<float>(float);")
    compiler = [str(TOOLS["c++"]), "-std=c++20", "-O2", "-c", "a.cpp", "-o", "a.o"]
    subprocess.run(compiler, cwd=folder, check=True)
    settings = [f"-DNM={TOOLS['nm']}", "-DISA=avx2", "-DOBJECTS=a.o|a.o", "-DSTAMP=checked"]
    command = [str(TOOLS["cmake"]), *settings, "-P", str(CHECK)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not all(TOOLS.values()), reason="needs a compiler, cmake and nm")
class TestCheck:
    def test_own_namespace_passes(self, tmp_path: Path) -> None:
        done = check(tmp_path, OWN)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "checked").exists()

    def test_shared_symbol_fails_and_is_named(self, tmp_path: Path) -> None:
        done = check(tmp_path, SHARED)
        assert done.returncode != 0
        assert "float tg::twice<float>(float)" in done.stderr
        assert not (tmp_path / "checked").exists()
