"""The outbox of the local system: what was sent, newest first, safe to look at, and nowhere but here."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.gateway import Request, Response
from infra.local.outbox import PATH, Outbox, SentMail
from infra.local.system import TEMPLATE, LocalSystem

JSON = {"accept": "application/json"}


def a_mail(number: int, **changes: str) -> SentMail:
    return SentMail(
        id=f"m-{number}",
        sent_at=datetime(2026, 3, 2, 9, number, tzinfo=UTC),
        sender="=?utf-8?q?Soci=C3=A9t=C3=A9?= <cme@society.example>",
        to=("ada@example.org",),
        subject=changes.get("subject", f"Subject {number}"),
        text=changes.get("text", f"Text {number}"),
        html=changes.get("html", f"<p>HTML {number}</p>"),
    )


def asked(path: str, *mails: SentMail, **headers: str) -> Response:
    request = Request("GET", path, headers)
    assert Outbox.is_asked(request)
    return Outbox(lambda: mails).handle(request)


def test_all_mail_is_listed_the_newest_first() -> None:
    page = asked(PATH, a_mail(1), a_mail(2)).body.decode()
    assert page.index("Subject 2") < page.index("Subject 1")
    assert f'href="{PATH}/2"' in page
    assert "ada@example.org" in page


def test_as_json_it_has_all_of_each_mail() -> None:
    answer = asked(PATH, a_mail(1), a_mail(2), **JSON)
    assert answer.headers["content-type"] == "application/json"
    first, second = answer.json()["mails"]
    assert (first["id"], second["id"]) == ("m-2", "m-1")
    assert second == {
        "id": "m-1",
        "sent_at": "2026-03-02T09:01:00+00:00",
        "from": "=?utf-8?q?Soci=C3=A9t=C3=A9?= <cme@society.example>",
        "to": ["ada@example.org"],
        "subject": "Subject 1",
        "text": "Text 1",
        "html": "<p>HTML 1</p>",
    }


def test_before_the_first_mail_it_says_so() -> None:
    assert "No mail" in asked(PATH).body.decode()
    assert asked(PATH, **JSON).json() == {"mails": []}


def test_one_mail_is_shown_with_its_text_and_its_html_in_a_frame_of_its_own() -> None:
    page = asked(f"{PATH}/1", a_mail(1)).body.decode()
    assert "Text 1" in page
    assert "Société &lt;cme@society.example&gt;" in page
    assert "HTML 1" not in page
    assert f'<iframe src="{PATH}/1/html" sandbox' in page
    assert asked(f"{PATH}/1/html", a_mail(1)).body == b"<p>HTML 1</p>"


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1", f"{PATH}/1/html"])
def test_nothing_in_a_mail_can_run_or_load_anything(path: str) -> None:
    hostile = "<script>alert(1)</script>"
    answer = asked(path, a_mail(1, subject=hostile, text=hostile, html=hostile))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    if path.endswith("/html"):
        assert "sandbox;" in policy
    else:
        assert hostile.encode() not in answer.body


@pytest.mark.parametrize("path", [f"{PATH}/2", f"{PATH}/0", f"{PATH}/x", f"{PATH}/1/text", f"{PATH}/"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert asked(path, a_mail(1)).status == 404


@pytest.mark.parametrize(
    "request_", [Request("POST", PATH), Request("GET", "/dev/outboxes"), Request("GET", "/modules")]
)
def test_everything_else_is_for_the_api(request_: Request) -> None:
    assert not Outbox.is_asked(request_)


def test_the_local_system_shows_what_its_engine_sent(tmp_path: Path) -> None:
    with LocalSystem(state=tmp_path) as system:
        assert system.request("GET", PATH, headers=JSON).json() == {"mails": []}
        system.aws("sesv2").send_email(
            FromEmailAddress="cme@society.example",
            Destination={"ToAddresses": ["ada@example.org"]},
            Content={
                "Simple": {
                    "Subject": {"Data": "A subject"},
                    "Body": {"Text": {"Data": "A text"}, "Html": {"Data": "<p>A text</p>"}},
                }
            },
        )
        [mail] = system.request("GET", PATH, headers=JSON).json()["mails"]
        assert (mail["subject"], mail["text"], mail["html"]) == ("A subject", "A text", "<p>A text</p>")
        assert system.request("GET", f"{PATH}/1").status == 200


def test_the_deployed_system_has_no_outbox() -> None:
    assert PATH not in TEMPLATE.read_text(encoding="utf-8")
