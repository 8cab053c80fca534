"""A function in an interpreter of its own, started by AWS's runtime client, as Lambda starts it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS = 30


@dataclass(frozen=True)
class ColdCall:
    """The first call of a process, from the start of its interpreter to its answer."""

    answer: Any
    failed: bool
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of this process alone, which a busy machine does not stretch."""
    bytes: int
    """The most memory that it had."""


class _Invocation:
    """The Runtime API with one event in it: asked for the next one, it waits until the process is ended."""

    def __init__(self, event: Any, arn: str) -> None:
        self._event = json.dumps(event).encode()
        self._arn = arn
        self._given = False
        self._ended = threading.Event()
        self.answered = threading.Event()
        self.answer: Any = None
        self.failed = False

    def next(self) -> tuple[dict[str, str], bytes]:
        if self._given:
            self._ended.wait()
        self._given = True
        deadline = str(int((time.time() + SECONDS) * 1000))
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": "00000000-0000-0000-0000-000000000001",
            "Lambda-Runtime-Deadline-Ms": deadline,
            "Lambda-Runtime-Invoked-Function-Arn": self._arn,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000001;Sampled=0",
        }
        return headers, self._event

    def answered_with(self, body: bytes, *, failed: bool) -> None:
        self.answer, self.failed = json.loads(body), failed
        self.answered.set()

    def end(self) -> None:
        self._ended.set()


def _handler_of(invocation: _Invocation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # an answer in one piece

        def do_GET(self) -> None:
            self._say(200, *invocation.next())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._say(202, {}, b"{}")
            invocation.answered_with(body, failed=self.path.endswith("error"))

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """The process was ended while it asked for the next event."""


@contextmanager
def _served(invocation: _Invocation) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), _handler_of(invocation))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        invocation.end()
        server.shutdown()
        server.server_close()


def call_cold(handler: str, event: Any, name: str, **environment: str) -> ColdCall:
    """Start ``handler`` (module.function) in the environment of this process, hand it ``event``, and end it."""
    invocation = _Invocation(event, f"arn:aws:lambda:us-east-1:000000000000:function:{name}")
    with _served(invocation) as address:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler],
            cwd=ROOT,
            env={
                **os.environ,
                "AWS_LAMBDA_RUNTIME_API": address,
                "AWS_LAMBDA_FUNCTION_NAME": name,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
                "LAMBDA_TASK_ROOT": str(ROOT),
                # Compiled, as `make build` leaves it, but not into the tree.
                "PYTHONDONTWRITEBYTECODE": "",
                "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bench" / "compiled"),
                **environment,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        is_answered = invocation.answered.wait(SECONDS)
        wall = time.perf_counter() - began
        memory = _most_memory(process.pid)
        os.kill(process.pid, signal.SIGKILL)  # not by Popen, which would take its figures
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    if not is_answered:
        raise TimeoutError(f"{name} gave no answer within {SECONDS} s")
    return ColdCall(invocation.answer, invocation.failed, wall, used.ru_utime + used.ru_stime, memory)


def _most_memory(pid: int) -> int:
    """Bytes. Not from the figures of its end, which begin with those of the process that it was forked from."""
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
