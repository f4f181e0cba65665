# The native core as far as its types matter here; native/bindings/module.cpp has the rest.
from typing import Any

class Optimizer:
    def __init__(
        self,
        *,
        kind: str,
        learning_rate: float,
        beta1: float,
        beta2: float,
        eps: float,
        weight_decay: float,
        momentum: float,
        step: int,
    ) -> None: ...

class Places:
    def __init__(self, start: Any, steps: Any, offset: Any) -> None: ...

NetworkF32: Any
NetworkF64: Any
SpansNetworkF32: Any
SpansNetworkF64: Any
TargetsNetworkF32: Any
TargetsNetworkF64: Any

def isa() -> str: ...
def isas() -> list[str]: ...
def threads() -> int: ...
def set_threads(count: int) -> None: ...
def fma_peak(threads: int, seconds: float = 0.5) -> float: ...
