"""A process that has everything imported, and forks a server or worker at each line it is told.

So a killed server is back in a moment, and many can be killed. It opens nothing by itself: what is
forked from it opens its own database, as a process that starts afresh does.

    python -m tests.crashes.zygote serve|work
"""

from __future__ import annotations

import os
import signal
import sys

from holdfast.cli.serving import work
from holdfast.server.serve import serve
from holdfast.settings import Settings


def main(what: str) -> None:
    """Fork at each line, and say the number of the process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # The forked one has a group of its own, and hears nothing from here.
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            run = serve if what == "serve" else work
            os._exit(run(Settings()))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
