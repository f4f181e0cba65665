"""What goes for all tests: which examples can run here, and that Ctrl-C can be pressed."""

from __future__ import annotations

import signal
from importlib.util import find_spec

# those of extras need the extra
collect_ignore = [] if find_spec("sktime") else ["src/tidegate/forecast/sktime.py"]


def pytest_configure() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored, and tests press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
