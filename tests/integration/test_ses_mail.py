"""Mail through the engine's SES, and how far each mail is in OperationsTable."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from infra.local.system import LocalSystem
from shared.adapters.dynamo.operations import MAIL_KEPT_FOR
from shared.bootstrap import Deps
from shared.domain.ids import LearnerId
from shared.domain.mail import Mail, NotSent
from shared.ports import ConcurrentChange, Outgoing, SendRefused, SendUnanswered, Wording
from tests.integration.conftest import Stored
from tests.support.builders import LEARNER, MINUTE, NOW

EVENT = "enrolment/dr-a/module/1/confirmed/1"


def a_mail(**changes: Any) -> Outgoing:
    facts: dict[str, Any] = {
        "to": "ada@example.org",
        "provider": "Österreichische Gesellschaft",
        "wording": Wording("Grüße — 你好", "Ein Text.\n", "<p>Ein <b>Text</b>.</p>"),
        "kind": "enrolment_confirmed",
        "reference": "0123abcd",
    }
    return Outgoing(**{**facts, **changes})


def test_a_mail_goes_out_with_both_its_texts(engine: LocalSystem, deps: Deps) -> None:
    message_id = deps.mailer.send(a_mail())
    [sent] = [mail for mail in engine.mails() if mail.id == message_id]
    assert (sent.to, sent.subject) == (("ada@example.org",), "Grüße — 你好")
    assert (sent.text, sent.html) == ("Ein Text.\n", "<p>Ein <b>Text</b>.</p>")
    assert sent.sender.endswith("<cme@society.example>")


def test_what_is_no_address_is_refused_for_good(engine: LocalSystem, deps: Deps) -> None:
    before = len(engine.mails())
    with pytest.raises(SendRefused):
        deps.mailer.send(a_mail(to="ada@"))
    assert len(engine.mails()) == before


@pytest.fixture
def lost_answers(deps: Deps) -> Iterator[list[str]]:
    """Every answer of SES gets lost on its way; the list has the requests that were made."""
    requests: list[str] = []
    client = deps.mailer._client  # type: ignore[attr-defined]

    def lose(request: Any, **_: Any) -> None:
        requests.append(request.url)
        raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register("before-send.sesv2.SendEmail", lose)
    yield requests
    client.meta.events.unregister("before-send.sesv2.SendEmail", lose)


def test_without_an_answer_a_mail_is_not_sent_again_behind_our_back(deps: Deps, lost_answers: list[str]) -> None:
    with pytest.raises(SendUnanswered):
        deps.mailer.send(a_mail())
    assert len(lost_answers) == 1


# How far a mail is


def test_how_far_a_mail_is_is_kept_and_forgotten_when_its_event_can_come_no_more(deps: Deps, stored: Stored) -> None:
    assert deps.mails.find(EVENT, LEARNER) is None
    waiting = Mail(event_id=EVENT, learner_id=LEARNER, changed_at=NOW)
    begun = deps.mails.save(waiting.begun("one", NOW))
    sent = deps.mails.save(begun.sent("m-1", NOW + MINUTE))
    assert deps.mails.find(EVENT, LEARNER) == sent == replace(waiting.sent("m-1", NOW + MINUTE), version=2)
    item = stored("OperationsTable", f"MAIL#{LEARNER}", EVENT)
    assert item is not None
    assert int(item["expires"]) == int((NOW + MINUTE + MAIL_KEPT_FOR).timestamp())


def test_of_two_that_would_send_one_is_told_to_keep_away(deps: Deps) -> None:
    mail = Mail(event_id=EVENT, learner_id=LearnerId("dr-b"), changed_at=NOW)
    deps.mails.save(mail.begun("one", NOW))
    with pytest.raises(ConcurrentChange):
        deps.mails.save(mail.begun("another", NOW))


def test_why_nothing_was_sent_is_kept(deps: Deps) -> None:
    mail = Mail(event_id=EVENT, learner_id=LearnerId("dr-c"), changed_at=NOW).not_sent(NotSent.NO_ADDRESS, NOW)
    deps.mails.save(mail)
    assert deps.mails.find(EVENT, LearnerId("dr-c")) == replace(mail, version=1)
