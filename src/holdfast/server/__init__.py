"""The server: settings, engine, REST face and workers as one ASGI app; the commit lane.

- `app.py`: `create_asgi_app`, to serve or to mount
- `serve.py`, `supervisor.py`, `worker.py`: the program that listens, in one process or several
- `gateway.py`: how asynchronous routes reach the synchronous engine
- `lane.py`, `readers.py`, `handover.py`: its threads
- `skew.py`, `readiness.py`: the watch over the clock, and whether we may be sent requests
- `metrics.py`, `logs.py`: what operators see
"""

from holdfast.server.app import create_asgi_app

__all__ = ["create_asgi_app"]
