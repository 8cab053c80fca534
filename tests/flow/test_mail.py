"""Mail of the journey: what learners are written, once for each event, in their language, to nobody else."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.outbox import SentMail
from infra.local.pollers import Delivery
from shared.bootstrap import deps
from shared.ports import Mailer, Outgoing, SendPutOff, SendUnanswered
from tests.flow.journey import Learner, World, answered
from tests.flow.story import Outcome, outcome_of, play


def subjects(learner: Learner) -> list[str]:
    """What the learner was written, in order, without the module's title."""
    title = learner.module.content["title"]
    mails = learner.world.mails(learner)
    assert all(title in mail.subject for mail in mails)
    return [mail.subject.replace(title, "").strip(" :") for mail in mails]


def last_mail(learner: Learner) -> SentMail:
    return learner.world.mails(learner)[-1]


def test_a_journey_is_told_from_the_enrolment_to_the_certificate(world: World) -> None:
    module = world.published()
    ada = world.learner("ada", name="Ada Lovelace")
    number = ada.earns(module)
    assert subjects(ada) == ["You are enrolled", "You have passed", "Your certificate"]
    for mail in world.mails(ada):
        assert mail.to == ("ada@example.org",)
        assert mail.text.startswith("Dear Ada Lovelace,")
    certificate = last_mail(ada)
    verification = answered(ada.certificate(number))["links"]["verify"]
    assert verification in certificate.text
    assert "X-Amz" not in certificate.text
    assert number in certificate.html


def test_a_fail_says_what_comes_next(world: World) -> None:
    module = world.published()
    ben = world.learner("ben").is_ready_for(module)
    enrolment = ben.fails()
    assert subjects(ben)[-1] == "The result of your CME test"
    told = last_mail(ben).text
    assert "2 attempts left" in told
    assert enrolment["attempts_left"] == 2
    assert "2 May 2022, 10:00" in told
    assert enrolment["next_attempt_at"] == "2022-05-02T08:00:00Z"


def test_who_is_declined_learns_why_and_what_to_do(world: World) -> None:
    cy = world.learner("cy", member=False)
    answered(cy.enrol(world.published()), 202)
    world.deliver()
    assert subjects(cy) == ["Your enrolment was declined"]
    assert "contact the society’s office" in last_mail(cy).text


def test_where_credit_is_claimed_it_is_said_until_when(world: World) -> None:
    module = world.published(claim="claimed", members_only=False)
    gus = world.learner("gus").is_ready_for(module)
    gus.passes()
    assert "claim your credit by 31 May 2022, 10:00" in last_mail(gus).text
    answered(gus.claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()
    assert subjects(gus)[-1] == "Your certificate"
    assert "1 ESMO-MORA" in last_mail(gus).text


def test_a_holder_learns_of_a_reissue_a_revocation_and_a_restoration(world: World) -> None:
    ann = world.learner("ann")
    number = ann.earns(world.published())
    answered(world.admin.reissues(number, attested_name="Dr. Anna"), 202)
    world.deliver()
    reissued = last_mail(ann)
    assert "Version 2 takes the place of version 1" in reissued.text
    assert "Name corrected" in reissued.text
    assert f"/verify/{number}?version=2" in reissued.text
    answered(world.admin.revokes(number, "fraud"))
    world.deliver()
    assert "it had been obtained by fraud" in last_mail(ann).text
    assert "by the office" not in last_mail(ann).text
    answered(world.admin.restores(number))
    world.deliver()
    assert subjects(ann)[-3:] == [
        "A new version of your certificate",
        "Your certificate has been revoked",
        "Your certificate is valid again",
    ]


def test_before_the_module_closes_a_learner_is_told_once_what_is_left(world: World) -> None:
    module = world.published(expires_on=(world.today + timedelta(days=8)).isoformat())
    dee = world.learner("dee").is_ready_for(module)
    world.wait(days=1, hours=14)
    for _ in range(2):
        world.remind()
        world.deliver()
    assert subjects(dee)[1:] == ["Open until 9 May 2022"]
    assert "3 attempts left" in last_mail(dee).text


def test_before_the_claim_window_closes_a_learner_is_told_once_until_when(world: World) -> None:
    module = world.published(claim="claimed", members_only=False)
    gus = world.learner("gus").is_ready_for(module)
    gus.passes()
    world.wait(days=24)
    for _ in range(2):
        world.remind()
        world.deliver()
    assert subjects(gus)[2:] == ["Claim your credit by 31 May 2022"]
    assert "by 31 May 2022, 10:00" in last_mail(gus).text


@pytest.mark.parametrize(
    ("language", "greeting"),
    [("de-CH", "Guten Tag"), ("fr", "Bonjour"), ("es", "Estimado/a"), ("it", "Gentile"), ("en", "Dear")],
)
def test_a_learner_is_written_to_in_their_language(world: World, language: str, greeting: str) -> None:
    dee = world.learner("dee", name="Dee Núñez")
    answered(dee.introduce(language=language))
    answered(dee.enrol(world.published()), 202)
    world.deliver()
    [mail] = world.mails(dee)
    assert mail.text.startswith(f"{greeting} Dee Núñez")
    assert f'<html lang="{language[:2]}">' in mail.html


def test_a_changed_address_is_written_to_from_the_next_enrolment_or_profile_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = world.published()
    eve = world.learner("eve").is_ready_for(module)
    issue = world.system.issuer.token
    monkeypatch.setattr(world.system.issuer, "token", lambda sub, **said: issue(sub, email="eve@new.example", **said))
    answered(eve.introduce())
    eve.fails()
    assert [mail.to for mail in world.system.mails()] == [("eve@example.org",), ("eve@new.example",)]


def test_no_address_and_no_name_is_where_it_does_not_belong(world: World) -> None:
    ada = world.learner("ada", name="Ada Lovelace")
    ada.earns(world.published())
    for row in world.rows("OperationsTable").values():
        assert not any(secret in str(row) for secret in ("Lovelace", "@example.org"))
    assert not any(secret in message.body for message in world.messages() for secret in ("Lovelace", "@example.org"))
    [contact] = world.facts_of(ada, "CONTACT")
    assert contact["email"] == "ada@example.org"


def test_every_event_is_told_once_and_only_to_whom_it_is_about(undisturbed: Outcome) -> None:
    to = Counter(address.removesuffix("@example.org") for addresses, _ in undisturbed.mails for address in addresses)
    # Enrolled; passed; certificate. Ben and fay failed once, ann's was reissued, gus's revoked, cy was declined.
    assert to == {"ann": 4, "ben": 4, "cy": 1, "dee": 1, "eve": 3, "fay": 2, "gus": 4, "hal": 1}
    assert len(set(undisturbed.mails)) == len(undisturbed.mails)


@pytest.mark.parametrize("delivery", [Delivery(times=2), Delivery(times=2, seed=1)], ids=["twice", "twice and mixed"])
def test_delivered_twice_in_whatever_order_every_mail_comes_once(
    world: World, undisturbed: Outcome, delivery: Delivery
) -> None:
    world.system.delivery = delivery
    assert outcome_of(play(world)).mails == undisturbed.mails


# SES has its bad days


@dataclass
class BadDay:
    """See ``ports.Mailer``: the next sends come to these errors, after the mail went out where its answer is lost."""

    mailer: Mailer
    errors: list[Exception]

    def send(self, mail: Outgoing) -> str:
        error = self.errors.pop(0) if self.errors else None
        if error is None:
            return self.mailer.send(mail)
        if isinstance(error, SendUnanswered):
            self.mailer.send(mail)
        raise error


def begin_a_bad_day(*errors: Exception) -> None:
    deps().mailer = BadDay(deps().mailer, list(errors))


def enrolled(world: World, sub: str = "ada") -> Learner:
    learner = world.learner(sub)
    answered(learner.enrol(world.published()), 202)
    world.deliver()
    return learner


def mail_kept(world: World) -> Any:
    [facts] = [row["facts"] for (pk, _), row in world.rows("OperationsTable").items() if pk.startswith("MAIL#")]
    return facts


def test_a_lost_answer_makes_a_second_mail_and_never_a_third(world: World) -> None:
    begin_a_bad_day(SendUnanswered("ReadTimeoutError"))
    ada = enrolled(world)
    first, second = world.mails(ada)
    assert (first.subject, first.text) == (second.subject, second.text)
    [confirmed] = world.events("cme.enrolment.confirmed.v1")[:1]
    world.send("NotificationsQueue", confirmed)
    world.deliver()
    assert len(world.mails(ada)) == 2


def test_two_lost_answers_in_a_row_make_no_third_mail_either(world: World) -> None:
    begin_a_bad_day(SendUnanswered("ReadTimeoutError"), SendUnanswered("ReadTimeoutError"))
    assert len(world.mails(enrolled(world))) == 2
    assert mail_kept(world)["state"] == "sent"


def test_throttled_mail_comes_once_when_its_turn_has_come(world: World) -> None:
    begin_a_bad_day(*[SendPutOff("TooManyRequestsException")] * 4)
    assert len(world.mails(enrolled(world))) == 1
    assert mail_kept(world)["doubts"] == 0


def test_mail_that_is_refused_at_every_try_waits_among_the_dead_letters_for_what_is_set_right(world: World) -> None:
    begin_a_bad_day(*[SendPutOff("SendingPausedException")] * 5)
    ada = enrolled(world)
    assert world.mails(ada) == []
    [letter] = world.system.messages("NotificationsDeadLetters")
    causes = [row["facts"]["cause"] for (pk, _), row in world.rows("OperationsTable").items() if "FAILURE#" in pk]
    assert causes == ["SendPutOff: SendingPausedException"]
    world.send("NotificationsQueue", letter)
    world.deliver()
    assert len(world.mails(ada)) == 1


def test_what_ses_says_of_an_address_goes_into_no_log_and_no_cause(world: World, state: Path) -> None:
    log = state / "functions.log"
    begins_at = log.stat().st_size
    world.system.aws("sesv2").delete_email_identity(EmailIdentity="cme@society.example")
    assert world.mails(enrolled(world)) == []
    causes = [row["facts"]["cause"] for (pk, _), row in world.rows("OperationsTable").items() if "FAILURE#" in pk]
    assert causes == ["SendPutOff: MessageRejected"]
    written = log.read_bytes()[begins_at:].decode()
    assert "MessageRejected" in written
    assert "@example.org" not in written
    assert "@society.example" not in written
