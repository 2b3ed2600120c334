"""``audit-console``, and ``python -m console``: where the commands and the app meet."""

import gc
import os
import sys
from typing import TYPE_CHECKING

from console.cli.main import main as commands

if TYPE_CHECKING:
    from console.cli.open import Request
    from console.engine.api import SessionApi


def main() -> None:
    """Run a command, or open the console."""
    commands(show=_show)


def _show(request: "Request") -> int:
    # What a start makes stays to the end. To look through all of it again and again for garbage would slow the start,
    # and later hold the screen for a tenth of a second at a time.
    gc.disable()
    # Threads that read keys, write frames and read rows need the interpreter for a moment only: they shall not wait
    # for 5 ms each time that something is being drawn.
    sys.setswitchinterval(0.0005)
    os.environ.setdefault("TEXTUAL_FPS", "120")  # a key is shown 8 ms after the one before, if need be, not 17
    from console.app.app import ConsoleApp

    async def opening() -> "SessionApi":
        # Imported behind the first paint: the engine is half of what a start costs.
        from console.engine.api import open_session

        try:
            session = await open_session(request.paths, request.index)
            if request.metrics is not None:
                from console.export.metrics_server import serve_session

                await serve_session(request.metrics, session)
            return session
        finally:
            gc.freeze()
            gc.enable()

    app = ConsoleApp(opening, where=", ".join(request.paths), bell=request.bell, on_finding=request.on_finding)
    if request.theme != "auto":
        app.theme = f"console-{request.theme}"
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    main()
