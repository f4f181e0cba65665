"""Training: the fit loop over spans, and what goes with it."""

from __future__ import annotations

from .carried import fit_carried as fit_carried
from .custom import CustomLoss as CustomLoss
from .diverged import DivergedError as DivergedError
from .fit import fit as fit
from .fit import fit_drawn as fit_drawn
from .history import Epoch as Epoch
from .history import History as History
from .progress import Report as Report
from .sequences import Held as Held
from .settings import FitSettings as FitSettings
from .source import Drawn as Drawn
