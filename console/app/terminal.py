"""The terminal's driver: Textual's, with the manners of a job that is stopped and continued.

Textual begins the application mode again at every SIGCONT, also when it was never left (a plain SIGSTOP): a second
thread then reads the same keys, is forgotten at the end, and keeps the process until one more key. And it writes to the
terminal from within the signal's handler, where the thread that was interrupted may hold the queue's lock. Here both
signals are handled in the event loop, and what goes on was never started twice.

A terminal may also go away (a closed window, a lost connection). Textual's writing thread ends at the first failing
write, and whoever writes then waits for it for ever. Here what cannot be written is dropped, and the console ends.
"""

import asyncio
import contextlib
import os
import signal
import termios
import threading
import tty
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

_SCREEN = "\x1b[?1047h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l"
"""The other screen without a cursor, focus and pastes reported, no wrapped lines: as the application mode sets them.
1047 and not 1049, which would forget where the cursor was before the console."""


class ConsoleDriver(LinuxDriver):
    """Stops and goes on as a shell's job control expects, and ends where there is no terminal any more."""

    def __init__(self, app: "App[Any]", **options: Any) -> None:  # noqa: ANN401 - as Textual's own
        super().__init__(app, **options)
        file: Any = MayVanish(self._file, lambda: os.kill(os.getpid(), signal.SIGHUP))
        self._file = file
        self._listen()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self.sleep)
        loop.add_signal_handler(signal.SIGCONT, self._continued)

    def sleep(self) -> None:
        """Give the terminal back, stop until the shell continues us, and take it again.

        Where nobody could continue us (no shell, its group is an orphan) the system does not stop us, and only the
        screen is drawn again.
        """
        self.suspend_application_mode()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)  # we are stopped within, not some time later
        self._wait_for_foreground()
        self._listen()
        self.resume_application_mode()
        self._app.post_message(Driver.SignalResume())

    def _continued(self) -> None:
        """Somebody stopped us without asking, and somebody else may have used the terminal since."""
        self._wait_for_foreground()
        with contextlib.suppress(termios.error):
            attributes = termios.tcgetattr(self.fileno)
            attributes[tty.LFLAG] = self._patch_lflag(attributes[tty.LFLAG])
            attributes[tty.IFLAG] = self._patch_iflag(attributes[tty.IFLAG])
            termios.tcsetattr(self.fileno, termios.TCSANOW, attributes)
        self.write(_SCREEN)
        self._enable_mouse_support()
        self._app.post_message(Driver.SignalResume())

    def _wait_for_foreground(self) -> None:
        """A job that was continued in the background must not touch the terminal: it stops again."""
        with contextlib.suppress(OSError):
            while os.tcgetpgrp(self.fileno) != os.getpgrp():
                signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


class MayVanish:
    """A terminal's file to which writing never fails. ``gone`` is called once, when it is not there any more."""

    def __init__(self, file: Any, gone: Callable[[], object]) -> None:  # noqa: ANN401 - what a terminal is to Textual
        self._file = file
        self._gone: Callable[[], object] | None = gone
        self.fileno = file.fileno
        self.isatty = file.isatty

    def write(self, text: str) -> None:
        self._attempt(lambda: self._file.write(text))

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError:
            gone, self._gone = self._gone, None
            if gone is not None:
                gone()
