"""Ctrl-C as a wish to stop at the next good moment."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Interrupt:
    """Within its block, the first Ctrl-C only sets ``asked``; a second one acts as it always does.

    What is asked in a block within another one is asked of both, whichever had begun.

    Outside the main thread, or where Ctrl-C is ignored, nothing is changed. The handler that was
    there is put back at the end.

    Example:
        >>> with Interrupt() as interrupt:
        ...     signal.raise_signal(signal.SIGINT)
        ...     interrupt.asked
        True
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None
        self._around: Interrupt | None = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if before not in (None, signal.SIG_IGN):  # None: set by someone outside Python
                self._before = before
                around = getattr(before, "__self__", None)
                if isinstance(around, Interrupt):
                    self._around, self.asked = around, around.asked
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._before is not None and signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self.asked:
            self._ask()
            return
        signal.signal(signal.SIGINT, self._before)
        signal.raise_signal(signal.SIGINT)

    def _ask(self) -> None:
        self.asked = True
        if self._around is not None:
            self._around._ask()
