"""A network as a value, its parameters, and its arithmetic."""

from __future__ import annotations

from .classes import Classes as Classes
from .file import load_network as load_network
from .file import save_network as save_network
from .loss import Loss as Loss
from .network import Network as Network
from .optimizer import Optimizer as Optimizer
from .spec import Init as Init
from .spec import NetworkSpec as NetworkSpec
from .spec import NumberInput as NumberInput
from .spec import TokenInput as TokenInput
