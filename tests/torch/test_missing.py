"""Without torch."""

from __future__ import annotations

import subprocess
import sys


def test_its_absence_is_told_with_what_to_install() -> None:
    code = "import sys; sys.modules['torch'] = None; from tidegate.torch import LSTM"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    said = "ModuleNotFoundError: tidegate.torch needs torch: pip install 'tidegate[torch]'"
    assert done.stderr.strip().endswith(said)
