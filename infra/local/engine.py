"""The AWS-compatible engine that keeps the state: moto in this process, or ministack as a child process."""

import io
import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from socket import socket
from typing import Any, Protocol

from infra.local.errors import LocalError
from infra.local.http_server import HOST, HttpServer
from infra.local.outbox import SentMail

ENGINES = ("moto", "ministack")

_SEND_EMAIL = "/v2/email/outbound-emails"

Wake = Callable[[bytes], None]
"""Told the body of every request that may have written; it names its table or queue."""


class Engine(Protocol):
    """Answers AWS's protocols at `address`; a started one is empty."""

    queue_seconds: float
    """How often one must look at a queue for what nobody was woken for, such as a message visible again."""
    stream_seconds: float
    """The same for a table's stream."""

    @property
    def address(self) -> str: ...

    def start(self) -> None: ...

    def is_alive(self) -> bool: ...

    def mails(self) -> Sequence[SentMail]:
        """All that were sent, oldest first."""
        ...

    def close(self) -> None: ...


class Moto:
    """moto behind one lock: it is not atomic even for one item, and numbers stream records twice under a race.

    Its state belongs to the process, so there is one at a time in a process. Every request takes the lock, so
    a long poll would hold up all others: receive with WaitTimeSeconds 0 and let `wake` say when to look.
    """

    queue_seconds = 2.0
    stream_seconds = 10.0  # seldom: moto keeps 3 KiB of every look for ever

    def __init__(self, wake: Wake) -> None:
        # Imported here: half a second that neither `token` nor ministack needs.
        from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
            DomainDispatcherApplication,
            create_backend_app,
        )

        from infra.local.transactions import mend_transactions  # noqa: PLC0415

        _let_moto_sign_digests()
        mend_transactions()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._wake = wake
        self._mails: list[SentMail] = []
        self._server = HttpServer(self._serve, port=0)

    @property
    def address(self) -> str:
        return self._server.address

    def start(self) -> None:
        self._server.start()
        reset = urllib.request.Request(f"{self.address}/moto-api/reset", method="POST")  # noqa: S310 loopback
        with urllib.request.urlopen(reset):  # noqa: S310
            pass

    def is_alive(self) -> bool:
        return True

    def close(self) -> None:
        self._server.close()

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        with self._lock:
            answer = list(self._app(environ, start_response))
        if _may_write(environ.get("HTTP_X_AMZ_TARGET", "")):
            self._wake(body)
        if environ["PATH_INFO"] == _SEND_EMAIL:
            self._keep_mail(json.loads(body), json.loads(b"".join(answer)))
        return answer

    def mails(self) -> Sequence[SentMail]:
        return tuple(self._mails)

    def _keep_mail(self, sent: dict[str, Any], answer: dict[str, Any]) -> None:
        """moto itself keeps one of a mail's two bodies; an answer without an id is a refusal."""
        if "MessageId" in answer:
            content = sent["Content"]["Simple"]
            self._mails.append(
                SentMail(
                    id=answer["MessageId"],
                    sent_at=datetime.now(UTC),
                    sender=sent["FromEmailAddress"],
                    to=tuple(sent["Destination"]["ToAddresses"]),
                    subject=content["Subject"]["Data"],
                    text=content["Body"]["Text"]["Data"],
                    html=content["Body"]["Html"]["Data"],
                )
            )


class Ministack:
    """ministack as a child in an environment of its own: it hands its whole environment to its workers."""

    queue_seconds = 0.2
    stream_seconds = 0.2

    def __init__(self, home: Path, program: Path, *, authorize: bool = False) -> None:
        """`home` is its folder, emptied at the start; LocalError when `program` is not installed.

        With `authorize` every call needs a right of the caller's role, as on AWS.
        """
        if not program.exists():
            raise LocalError("the engine ministack is not installed; `make run ENGINE=ministack` installs it")
        self._home = home
        self._program = program
        self._authorize = authorize
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self._port}"

    def start(self) -> None:
        """Raise LocalError when it does not answer within 20 seconds."""
        shutil.rmtree(self._home, ignore_errors=True)
        (self._home / "tmp").mkdir(parents=True)
        environment = {
            "PATH": f"{self._program.parent}:/usr/bin:/bin",
            "HOME": str(self._home),
            "TMPDIR": str(self._home / "tmp"),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "IOT_MTLS_ENABLED": "0",
            "PERSIST_STATE": "0",
            "AUTH": str(self._authorize).lower(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        with (self._home / "ministack.log").open("wb") as log:
            # A session of its own: Ctrl-C in the terminal reaches this process alone, which then ends the child.
            self._process = subprocess.Popen(  # noqa: S603
                [str(self._program)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            if not self.is_alive() or time.monotonic() > deadline:
                self.close()
                raise LocalError(f"the engine ministack did not start; see {self._home / 'ministack.log'}")
            time.sleep(0.05)

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def mails(self) -> Sequence[SentMail]:
        with urllib.request.urlopen(f"{self.address}/_ministack/ses/messages", timeout=5) as answer:  # noqa: S310
            by_account = json.loads(answer.read())["messages"]
        return [
            SentMail(
                id=mail["MessageId"],
                sent_at=datetime.fromtimestamp(mail["Timestamp"], UTC),
                sender=mail["Source"],
                to=tuple(mail["To"]),
                subject=mail["Subject"],
                text=mail["BodyText"],
                html=mail["BodyHtml"],
            )
            for mails in by_account.values()
            for mail in mails
        ]

    def close(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._home / "tmp", ignore_errors=True)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/_ministack/health", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == HTTPStatus.OK)
        except (urllib.error.URLError, OSError):
            return False


@cache
def _let_moto_sign_digests() -> None:
    """As KMS signs them: moto 5.2 would hash again what MessageType=DIGEST says is a hash."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from moto.kms.responses import KmsResponse  # noqa: PLC0415

    sign_message = KmsResponse.sign

    def sign(call: Any) -> str:
        if call._get_param("MessageType") != "DIGEST":
            return str(sign_message(call))
        key = call.kms_backend.describe_key(call._get_param("KeyId"))
        signature = key.private_key.private_key.sign(call._get_param("Message"), ECDSA(Prehashed(SHA256())))
        return json.dumps(
            {
                "KeyId": key.arn,
                "Signature": b64encode(signature).decode(),
                "SigningAlgorithm": call._get_param("SigningAlgorithm"),
            }
        )

    KmsResponse.sign = sign  # type: ignore[method-assign, assignment]


def _may_write(target: str) -> bool:
    service, _, operation = target.partition(".")
    if service == "AmazonSQS":
        return operation.startswith("SendMessage")
    return service.startswith("DynamoDB_") and operation not in ("GetItem", "BatchGetItem", "Query", "Scan")


def _free_port() -> int:
    with closing(socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
