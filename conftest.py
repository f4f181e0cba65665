"""Which examples can run here: those of extras need the extra."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("sktime") else ["src/tidegate/forecast/sktime.py"]
