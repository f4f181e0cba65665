"""What goes for all tests: which examples can run here, that Ctrl-C can be pressed, that no
example is late, for a machine may be busy, and that processes of tests share its cores."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec

from hypothesis import settings

# those of extras need the extra
collect_ignore = [] if find_spec("sktime") else ["src/tidegate/forecast/sktime.py"]

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# each process with a thread for every core would wait for cores that another has
workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if workers > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 1) // workers, 1)))


def pytest_configure() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored, and tests press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
