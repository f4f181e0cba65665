"""What goes for all tests."""

import signal


def pytest_configure() -> None:
    """A shell that runs the tests in the background has Ctrl-C ignored, and tests press it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
