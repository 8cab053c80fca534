"""`/dev/outbox`: the mail that was sent, to look at on this machine; AWS has nothing of it."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from html import escape
from http import HTTPStatus

from infra.local.gateway import Request, Response

PATH = "/dev/outbox"

_MAIL = re.compile(re.escape(PATH) + r"/(?P<number>[1-9][0-9]{0,8})(?P<part>/html)?")
_STYLE = (
    "body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }"
    " table { border-collapse: collapse; width: 100% }"
    " td, th { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #ddd }"
    " pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; background: #f3f5f6 }"
    " iframe { width: 100%; height: 40rem; border: 1px solid #d5dbdf }"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-src 'self'; frame-ancestors 'none'"
# A mail's own HTML has its styles in its tags. It may run nothing, load nothing and go nowhere.
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail as the engine was given it; ``sent_at`` is by the machine's clock."""

    id: str
    sent_at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Outbox:
    """Answers GET of the list, newest first (as JSON where that is asked for), of one mail, and of its HTML."""

    def __init__(self, mails: Callable[[], Sequence[SentMail]]) -> None:
        """`mails` gives all that were sent, oldest first."""
        self._mails = mails

    @staticmethod
    def is_asked(request: Request) -> bool:
        path = _path(request)
        return request.method == "GET" and (path == PATH or path.startswith(f"{PATH}/"))

    def handle(self, request: Request) -> Response:
        mails = self._mails()
        if _path(request) == PATH:
            if "application/json" in request.headers.get("accept", ""):
                return _answer(json.dumps({"mails": [_facts(mail) for mail in mails[::-1]]}), "application/json")
            return _page("Outbox", _list(mails))
        found = _MAIL.fullmatch(_path(request))
        if found is None or int(found["number"]) > len(mails):
            return _answer('{"message": "Not Found"}', "application/json", status=HTTPStatus.NOT_FOUND)
        mail = mails[int(found["number"]) - 1]
        if found["part"]:
            return _answer(mail.html, "text/html; charset=utf-8", policy=_MAIL_POLICY)
        return _page(mail.subject, _shown(mail, _path(request)))


def _path(request: Request) -> str:
    return request.target.partition("?")[0]


def _list(mails: Sequence[SentMail]) -> str:
    rows = [
        f"<tr><td>{_spoken(mail.sent_at)}</td><td>{escape(', '.join(mail.to))}</td>"
        f'<td><a href="{PATH}/{number}">{escape(mail.subject)}</a></td></tr>'
        for number, mail in enumerate(mails, 1)
    ]
    if not rows:
        return "<p>No mail has been sent yet.</p>"
    return f"<table><tr><th>Sent</th><th>To</th><th>Subject</th></tr>{''.join(rows[::-1])}</table>"


def _shown(mail: SentMail, path: str) -> str:
    sender = str(make_header(decode_header(mail.sender)))
    facts = [("Sent", _spoken(mail.sent_at)), ("From", sender), ("To", ", ".join(mail.to))]
    rows = "".join(f"<tr><th>{name}</th><td>{escape(fact)}</td></tr>" for name, fact in facts)
    return (
        f'<p><a href="{PATH}">All mail</a></p><table>{rows}</table>'
        f"<h2>Text</h2><pre>{escape(mail.text)}</pre>"
        f'<h2>HTML</h2><iframe src="{path}/html" sandbox title="The HTML of this mail"></iframe>'
    )


def _page(title: str, body: str) -> Response:
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return _answer(page, "text/html; charset=utf-8", policy=_PAGE_POLICY)


def _answer(body: str, media_type: str, *, policy: str = "default-src 'none'", status: int = HTTPStatus.OK) -> Response:
    headers = {
        "content-type": media_type,
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    return Response(status, headers, body.encode())


def _facts(mail: SentMail) -> dict[str, object]:
    return {
        "id": mail.id,
        "sent_at": mail.sent_at.isoformat(timespec="seconds"),
        "from": mail.sender,
        "to": list(mail.to),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
    }


def _spoken(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
