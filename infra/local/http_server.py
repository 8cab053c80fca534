"""Serves a WSGI application on loopback, in a thread that ends when asked to."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from waitress import create_server, wasyncore

from infra.local.errors import LocalError

HOST = "127.0.0.1"

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class HttpServer:
    """Bound when it is made, so that its address is known before it serves; port 0 takes a free one."""

    def __init__(self, app: WsgiApp, port: int) -> None:
        """Raise LocalError when the port cannot be had."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is no news on one machine
        try:
            self._server = create_server(app, host=HOST, port=port, threads=8, connection_limit=1000, ident=None)
        except PermissionError as error:
            raise LocalError(f"port {port} needs rights that you do not have; take one above 1023") from error
        except OSError as error:
            raise LocalError(f"port {port} is in use; take another one (PORT= or --port)") from error
        self._is_closing = False
        self._waking = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name=f"http-{self.port}", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    @property
    def address(self) -> str:
        """Without a trailing slash."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Answer the requests under way (for five seconds at most), then free the port."""
        self._server.task_dispatcher.shutdown(timeout=5)
        if not self._thread.is_alive():
            self._server.close()
            return
        with self._waking:
            self._is_closing = True
            self._server.trigger.pull_trigger()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while not self._is_closing:
            wasyncore.loop(map=self._server._map, use_poll=True, count=1)
        # Sockets are closed by the thread that waits on them, and the trigger's not before it was pulled.
        with self._waking:
            wasyncore.close_all(self._server._map, ignore_all=True)
