"""A story in which everything happens that this system knows: passes, fails, claims, lapses, corrections."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.availability import end_of_day
from tests.flow.journey import REQUEST_ID, TOLD_QUEUES, Learner, Message, Module, World, answered

# When a step ran, which no rule asks about.
RAN = ("graded_at", "issued_at", "failed_at", "started_at", "finished_at", "advanced_at")
BY_CHANCE = ("status", "pdf_sha256", "credential_sha256", "jwt_sha256", "x", "y", "before", "after", "message_id")
# How often a job had to look again depends on who was faster.
HOW_IT_WENT = ("page", "walk", "lagging_before", "idle")
EVALUATION = {"required": True, "questions": [{"question_id": "useful", "text": "Was it useful?", "options": []}]}


@dataclass(frozen=True)
class Story:
    """A story that is over. ``first`` ended during it, ``second`` went on."""

    world: World
    first: Module
    second: Module
    people: dict[str, Learner]


@dataclass(frozen=True)
class Outcome:
    """What is left of a story; it can be looked at when its world is gone."""

    story: Story
    states: dict[str, str]
    messages: list[Message]
    tables: Any
    """Without how often an item was written and what its last write announced: both may differ with the order."""
    tables_with_versions: Any
    mails: list[tuple[tuple[str, ...], str]]
    """To whom, and with what subject, in no order."""
    told: set[str]
    """The ids of all that learners and verifiers are to be told."""


def play(world: World) -> Story:
    """Play it, with as much under way at once as the calls allow."""
    world.draw_the_same_form_for_all()
    first = world.published(expires_on=(world.today + timedelta(days=9)).isoformat())
    second = world.published(claim="claimed", members_only=False, evaluation=EVALUATION)
    people = {name: world.learner(name) for name in ("ann", "ben", "dee", "eve", "fay", "hal")}
    people["cy"] = world.learner("cy", member=False)
    people["gus"] = world.learner("gus", member=False)
    for name, learner in people.items():
        answered(learner.enrol(second if name == "gus" else first), 202)
    world.deliver()
    for name in ("ann", "ben", "eve", "fay", "gus", "hal"):
        answered(people[name].acknowledge())
        answered(people[name].introduce())

    # Three hand in at once, a fourth gives up in the middle.
    _hands_in(people["ann"], right=True)
    _hands_in(people["ben"], right=False)
    _hands_in(people["gus"], right=True)
    people["hal"].begins()
    answered(people["hal"].withdraw())
    world.deliver()

    # A day later one tries again, while another claims credit.
    world.wait(hours=24)
    _hands_in(people["ben"], right=True)
    answered(people["gus"].evaluate(useful="very"))
    answered(people["gus"].claim(("ESMO-MORA", "1.00")), 202)
    world.deliver()

    # At the end of the module two are still at it, and the office corrects what is out.
    for name, right in (("eve", True), ("fay", False)):
        form = people[name].begins()
        answered(people[name].save(first.right(form) if right else first.wrong(form)))
    world.wait_until(end_of(first) + timedelta(seconds=30 + 60))
    answered(world.admin.reissues(people["ann"].enrolment()["certificate"], attested_name="Dr. Anna"), 202)
    answered(world.admin.revokes(people["gus"].enrolment()["certificate"]))
    assert world.retire_the_expired() == 1
    assert world.close_the_overdue() == 2
    world.deliver()
    return Story(world, first, second, people)


def _hands_in(learner: Learner, *, right: bool) -> None:
    form = learner.begins()
    answers = learner.module.right(form) if right else learner.module.wrong(form)
    answered(learner.submit(answers, form["attempt"]), 202)


def end_of(module: Module) -> datetime:
    """When the module closes by the calendar."""
    content = module.content
    return end_of_day(datetime.fromisoformat(content["expires_on"]).date(), content["zone"])


def outcome_of(story: Story) -> Outcome:
    world = story.world
    messages = world.messages()
    told = [message.event["id"] for message in messages if message.queue in TOLD_QUEUES]
    return Outcome(
        story=story,
        states={name: learner.enrolment()["state"] for name, learner in story.people.items()},
        messages=messages,
        tables=tables_of(world, but=("version", "outbox")),
        tables_with_versions=tables_of(world),
        mails=sorted((mail.to, mail.subject) for mail in world.mails()),
        told=set(_without_chance(world, told)),
    )


def tables_of(world: World, *, but: Sequence[str] = ()) -> list[Any]:
    """What is kept of learners, certificates and jobs: without what chance decides, and ``but`` what is named.

    The hash of a document depends on the certificate's number or the key, and so do the audit's digests of what has it
    in it; the place of a status is drawn, and the mail service names a mail at random.
    """
    tables = ("LearningTable", "CertificateTable", "OperationsTable")
    rows = [_unplaced(row) for table in tables for row in world.rows(table).values() if row["sk"] != "LIST"]
    return sorted(_without_chance(world, [_without(row, (*BY_CHANCE, *but)) for row in rows]), key=json.dumps)


def _unplaced(row: dict[str, Any]) -> dict[str, Any]:
    """A key by its kind; of a place on a status list, and of a bit, not where it is."""
    of_issuer = row["pk"] == "ISSUER" or row["pk"].startswith("STATUS#")
    return row | {name: row[name].partition("#")[0] for name in ("pk", "sk")} if of_issuer else row


def decided(world: World) -> list[Any]:
    """What was decided, whenever and however often the steps ran. A mail says what is true when it is written."""
    rows = tables_of(world, but=("version", "outbox", "announced_again", *RAN))
    return [row for row in rows if not row["pk"].startswith("MAIL#")]


def _without(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return [_without(each, names) for each in value] if isinstance(value, list) else value


def _without_chance(world: World, value: Any) -> Any:
    """``value`` with one word for every request id, and the learner's name for every certificate number."""
    text = REQUEST_ID.sub("REQUEST", json.dumps(value))
    for (pk, sk), row in world.rows("LearningTable").items():
        if sk.startswith("CLAIM#"):
            text = text.replace(row["facts"]["certificate"], f"NUMBER-OF-{pk}")
    return json.loads(text)
