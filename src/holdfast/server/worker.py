"""One of several server processes: `python -m holdfast.server.worker`, run by the supervisor."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

from holdfast.server.logs import configure_logs
from holdfast.server.serve import ServeRefused, serve_here
from holdfast.settings import Settings

_STDIN = 0
_CHUNK = 65_536


def main() -> int:
    """Serve on the socket whose number is the argument, by the settings on standard input."""
    settings = Settings.model_validate_json(_first_line())
    configure_logs(level=settings.log_level, format_=settings.log_format, debug=settings.debug)
    threading.Thread(target=_end_with_supervisor, name="holdfast-lifeline", daemon=True).start()
    try:
        return serve_here(settings, socket.socket(fileno=int(sys.argv[1])))
    except ServeRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


def _first_line() -> bytes:
    """Read what the supervisor writes. Not through `sys.stdin`, whose lock a thread would keep."""
    line = b""
    while not line.endswith(b"\n"):
        chunk = os.read(_STDIN, _CHUNK)
        if not chunk:
            message = "This is started by the supervisor: use 'holdfast serve'."
            raise SystemExit(message)
        line += chunk
    return line


def _end_with_supervisor() -> None:
    """Wait until the supervisor is gone, and end as if it had asked."""
    while os.read(_STDIN, _CHUNK):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
