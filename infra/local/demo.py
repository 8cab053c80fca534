"""`make demo`: the journey of four learners on a fresh engine, told as it happens and checked step by step."""

import hashlib
import io
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from infra.local import sample
from infra.local.client import Answer, Client, UnexpectedAnswer
from infra.local.clock import LocalClock
from infra.local.errors import LocalError
from infra.local.issuer import STATE
from infra.local.output import logging_to
from infra.local.sample import SampleEdition
from infra.local.system import ROOT, LocalSystem
from infra.local.trail import Hop, Trail
from shared.adapters.dynamo.store import SHARDS, shard_of
from shared.domain.job import JobKind
from shared.domain.status_list import StatusList, StatusListId

LOG = STATE / "demo.log"
FOLDER = ROOT / "build" / "demo"
START = datetime(2022, 5, 2, 8, tzinfo=UTC)
"""Some days before edition 1 expires."""

_PATIENCE = timedelta(seconds=10)
_POLL_SECONDS = 0.03
_WIDTH = 100  # characters
_JOB_PAUSE = "1"  # seconds: a regrade has few attempts to wait for here
_FAULT = "Two of its answers can be defended"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account, and their name there."""

    sub: str
    name: str
    groups: tuple[str, ...] = ()


AUTHOR = Person("sample-author", "The author", ("admin", "author"))
ADMIN = Person("sample-admin", "The admin", ("admin",))
ANNA = Person("dr-a", "Anna Kovacs")
ANNAS_NAME = "Anna Kovács"  # as her certificate should have had it
BJORN = Person("dr-b", "Björn Ågren")
CAGLA = Person("dr-c", "Çağla Öztürk")
DIMITRA = Person("dr-d", "Dimitra Papadaki")
WITHOUT_CERTIFICATE = {CAGLA: "declined", DIMITRA: "lapsed"}

CREDENTIALS = {"application/vc+ld+json": ".json", "application/vc+jwt": ".jwt"}
"""The forms of a credential, and how their files end."""

Certificates = Mapping[Person, tuple[str, int] | None]
"""Each learner's certificate number and count of versions."""


def demo(engine: str, folder: Path = FOLDER, patience: timedelta = _PATIENCE) -> int:
    """Play the story and leave its files in `folder`, emptied before; 1 where it goes another way, else 0.

    What the system does by itself is waited for with `patience`. Raise LocalError when the system can't start or
    the folder can't be emptied.
    """
    _print_in_any_encoding()
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
    _empty(folder)
    clock = LocalClock(START, bounded=True)

    def say(progress: str) -> None:
        console.print(progress, style="dim")

    parameters = {"JobPause": _JOB_PAUSE}
    with (
        logging_to(LOG),
        LocalSystem(clock=clock, port=0, engine=engine, log=LOG, progress=say, parameters=parameters) as system,
    ):
        system.go_live()
        say(f"serving {system.address}; what the functions print is in {_shown(LOG)}")
        try:
            Story(system, console, folder, patience).play()
        except UnexpectedAnswer as deviation:
            print(f"error: {deviation}", file=sys.stderr)
            return 1
    return 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """An attempt that was graded: what it asked, in its order, of which the first `wrong` were answered wrongly."""

    learner: Person
    attempt: int
    asked: tuple[str, ...]
    wrong: int


class AnswerKey:
    """Of the sample's bank, as no learner has it: it answers rightly or wrongly at will."""

    def __init__(self, edition: SampleEdition) -> None:
        questions = edition.bank["questions"]
        self.questions = len(questions)
        self._pass_mark = edition.card["test"]["pass_mark"]
        self._points = {question["question_id"]: question["points"] for question in questions}
        self._right = {question["question_id"]: _options(question, correct=True) for question in questions}
        self._wrong = {question["question_id"]: _options(question, correct=False)[:1] for question in questions}

    def answers(self, asked: Sequence[str], *, wrong: int) -> dict[str, list[str]]:
        """The first `wrong` questions answered wrongly, the others rightly."""
        return {
            question: (self._wrong if place < wrong else self._right)[question] for place, question in enumerate(asked)
        }

    def worth(self, asked: Sequence[str]) -> int:
        """The points for answering these rightly."""
        return sum(self._points[question] for question in asked)

    def just_failing(self, asked: Sequence[str]) -> int:
        """The least number of questions whose wrong answers miss the pass mark."""
        needed = self._pass_mark * self.worth(asked)
        return next(wrong for wrong in range(len(asked) + 1) if self.worth(asked[wrong:]) * 100 < needed)

    def grade(self, sitting: Sitting, voided: str | None = None) -> tuple[int, int, bool]:
        """Points, points to be had, and whether that is a pass; the question `voided` counts for nobody."""
        right = self.worth([question for question in sitting.asked[sitting.wrong :] if question != voided])
        possible = self.worth([question for question in sitting.asked if question != voided])
        return right, possible, right * 100 >= self._pass_mark * possible


class Story:
    """The scenes in their order. Of each step the answers are checked, and which events follow: these, no others."""

    def __init__(self, system: LocalSystem, console: Console, folder: Path, patience: timedelta) -> None:
        self._system = system
        self._client = Client(system.address)
        self._trail = Trail()
        system.observers.append(self._trail)
        self._console = console
        self._folder = folder
        self._patience = patience.total_seconds()
        self._began = time.perf_counter()
        self._steps = 0
        self._outcome = ""
        self._follows: Counter[str] = Counter()
        self._edition = next(sample.editions())
        self._key = AnswerKey(self._edition)
        self._sittings: list[Sitting] = []
        self._module = f"/modules/{self._edition.module_id}"
        self._draft = f"/admin{self._module}/editions/{self._edition.edition}"
        self._enrolment = f"{self._module}/enrolment"

    def play(self) -> None:
        """Raise UnexpectedAnswer, naming the step, where it goes another way."""
        self._scene("Before the learners come")
        self._publish()
        self._admit(ANNA, BJORN)

        self._scene(f"Dr. A, {ANNA.name}, passes at once")
        self._enrol(ANNA)
        self._prepare(ANNA)
        annas = self._pass(ANNA, attempt=1)
        self._download(ANNA, annas, version=1)

        self._scene(f"Dr. B, {BJORN.name}, fails, waits and passes")
        self._enrol(BJORN)
        self._prepare(BJORN)
        self._fail(BJORN, attempt=1)
        self._cool_down(BJORN)
        bjorns = self._pass(BJORN, attempt=2)
        self._download(BJORN, bjorns, version=1)

        self._scene("A question turns out to be faulty")
        faulty = self._answered_wrongly(BJORN, attempt=1)
        self._try_to_void(faulty)
        self._void(faulty)
        self._keep_every_pass(faulty, {ANNA: annas, BJORN: bjorns})
        self._compute_statistics(faulty)

        self._scene(f"Dr. C, {CAGLA.name}, is not a member")
        self._be_declined(CAGLA)

        self._scene(f"Dr. D, {DIMITRA.name}, puts it off")
        self._admit(DIMITRA)
        self._enrol(DIMITRA)
        self._give_notice(DIMITRA)

        self._scene("Edition 1 expires")
        self._expire(DIMITRA)
        self._come_too_late(CAGLA)

        self._scene("Dr. A's certificate is corrected")
        self._reissue(ANNA, annas)
        self._download(ANNA, annas, version=2)
        self._verify(ANNA, annas, version=1, status="superseded")
        self._verify(ANNA, annas, version=2, status="valid")

        self._scene("What anybody can check without asking")
        self._leave_for_verifiers({(ANNA, annas): ("superseded", "valid"), (BJORN, bjorns): ("valid",)})

        self._scene("What remains")
        for learner, number in ((ANNA, annas), (BJORN, bjorns), (CAGLA, None), (DIMITRA, None)):
            self._read_transcript(learner, number)
        self._verify_audit()
        self._sum_up({ANNA: (annas, 2), BJORN: (bjorns, 1), CAGLA: None, DIMITRA: None})

    def _publish(self) -> None:
        edition = self._edition
        with self._step(AUTHOR, f"publishes edition {edition.edition} with a bank of {self._key.questions} questions"):
            self._ask(AUTHOR, "PUT", self._draft, edition.card, expect=201)
            self._ask(AUTHOR, "PUT", f"{self._draft}/questions", edition.bank, expect=200)
            self._ask(AUTHOR, "POST", f"{self._draft}/publication", expect=200)
            card = self._ask(None, "GET", self._module, expect=200)
            _expect("open", True, card.fact("open"))
            self._outcome = (
                f"open until {_spoken(_instant(card, 'expires_at'))}; "
                f"a test of {card.fact('test', 'questions')}, pass mark {card.fact('test', 'pass_mark')} %, "
                f"{card.fact('test', 'attempts')} attempts"
            )

    def _admit(self, *learners: Person) -> None:
        with self._step(ADMIN, f"notes that {' and '.join(learner.name for learner in learners)} are members"):
            for learner in learners:
                self._ask(ADMIN, "PUT", f"/admin/learners/{learner.sub}/membership", {"member": True}, expect=200)

    def _enrol(self, learner: Person) -> None:
        with self._step(
            learner,
            "asks to enrol",
            "enrolment.requested → confirm → enrolment.confirmed",
            "enrolment.confirmed → notify",
        ):
            self._ask(learner, "PUT", self._enrolment, expect=202)
            enrolment = self._await(learner, self._enrolment, "state", pending=("requested",), expected="confirmed")
            self._outcome = f"confirmed, {enrolment.fact('attempts_left')} attempts left"

    def _prepare(self, learner: Person) -> None:
        with self._step(learner, "acknowledges the disclosures, gives name and profession"):
            card = self._ask(None, "GET", self._module, expect=200)
            acknowledgement = {"information_hash": card.fact("information_hash")}
            self._ask(learner, "PUT", f"{self._enrolment}/acknowledgement", acknowledgement, expect=200)
            self._ask(learner, "PUT", "/me", {"name": learner.name, "profession": "MD"}, expect=200)
            self._outcome = "may sit the test"

    def _pass(self, learner: Person, *, attempt: int) -> str:
        """The number of the certificate that follows."""
        with self._step(
            learner,
            f"sits the test, attempt {attempt}, and answers every question rightly",
            "attempt.submitted → grade → attempt.passed",
            "attempt.passed → settle → credit.claimed, enrolment.passed",
            "credit.claimed → certify → certificate.issued",
            "enrolment.passed → notify",
            "certificate.issued → notify",
        ):
            self._sit(learner, attempt, passing=True)
            enrolment = self._await(
                learner, self._enrolment, "state", pending=("confirmed", "passed"), expected="certified"
            )
            number = str(enrolment.fact("certificate"))
            self._outcome = f"passed with {_score(enrolment, attempt)} points, certificate {number}"
        return number

    def _fail(self, learner: Person, *, attempt: int) -> None:
        with self._step(
            learner,
            f"sits the test, attempt {attempt}, and misses the pass mark by one answer",
            "attempt.submitted → grade → attempt.failed",
            "attempt.failed → settle → enrolment.attempt_failed",
            "enrolment.attempt_failed → notify",
        ):
            self._sit(learner, attempt, passing=False)
            enrolment = self._ask(learner, "GET", self._enrolment, expect=200)
            _expect("the enrolment's state", "confirmed", enrolment.fact("state"))
            left = enrolment.fact("attempts_left")
            self._outcome = f"failed with {_score(enrolment, attempt)} points, {left} attempts left"

    def _sit(self, learner: Person, attempt: int, *, passing: bool) -> None:
        """Start, save and hand in; the grade must be what the answers are worth."""
        started = self._ask(learner, "POST", f"{self._enrolment}/attempts", expect=201)
        _expect("the attempt", attempt, started.fact("attempt"))
        asked = [question["question_id"] for question in started.fact("questions")]
        wrong = 0 if passing else self._key.just_failing(asked)
        path = f"{self._enrolment}/attempts/{attempt}"
        answers = self._key.answers(asked, wrong=wrong)
        self._ask(learner, "PATCH", f"{path}/answers", {"answers": answers}, expect=200)
        self._ask(learner, "POST", f"{path}/submission", expect=202)
        graded = self._await(learner, path, "state", pending=("submitted",), expected="graded")
        _expect("the points", self._key.worth(asked[wrong:]), graded.fact("points"))
        _expect("the points to be had", self._key.worth(asked), graded.fact("max_points"))
        _expect("passed", passing, graded.fact("passed"))
        self._sittings.append(Sitting(learner, attempt, tuple(asked), wrong))

    def _cool_down(self, learner: Person) -> None:
        cooldown = timedelta(hours=self._edition.card["test"]["cooldown_hours"])
        with self._step(learner, "tries again at once"):
            last = self._ask(learner, "GET", self._enrolment, expect=200)
            refused = self._refused(learner, "POST", f"{self._enrolment}/attempts", "attempt-cooling-down")
            next_at = _instant(refused, "next_attempt_at")
            _expect("the next attempt", _instant(last, "attempts", 0, "submitted_at") + cooldown, next_at)
            self._outcome = f"told to wait until {_spoken(next_at)}"
        with self._step(learner, f"waits {cooldown // timedelta(hours=1)} hours"):
            self._advance(cooldown)
            _expect("the wait is over", True, next_at <= self._system.clock.now())
            self._outcome = "may try again"

    def _answered_wrongly(self, learner: Person, *, attempt: int) -> str:
        """A question that the learner answered wrongly in this attempt."""
        [sitting] = [each for each in self._sittings if (each.learner, each.attempt) == (learner, attempt)]
        return sitting.asked[0]

    def _try_to_void(self, question: str) -> None:
        grades = [(self._key.grade(sitting), self._key.grade(sitting, question)) for sitting in self._sittings]
        with self._step(AUTHOR, f"asks what would change if question {question} counted for nobody"):
            asked = {"question_id": question, "action": "void", "reason": _FAULT, "dry_run": True}
            effect = self._ask(AUTHOR, "POST", f"{self._draft}/regrades", asked, expect=200)
            _expect("the attempts", len(grades), effect.fact("attempts"))
            newly_passed = sum(after[2] and not before[2] for before, after in grades)
            _expect("the newly passed", newly_passed, effect.fact("newly_passed"))
            changed = sum(before[:2] != after[:2] for before, after in grades)
            _expect("the points changed", changed, effect.fact("points_changed"))
            self._outcome = f"of {len(grades)} attempts {changed} would change in points, {newly_passed} would now pass"

    def _void(self, question: str) -> None:
        with self._step(
            AUTHOR,
            f"voids question {question} for everybody",
            *self._walks(JobKind.REGRADE),
            *["attempt.regrade_requested → grade → attempt.passed"] * len(self._sittings),
            *["attempt.passed → settle"] * len(self._sittings),  # all have passed before: nothing new to announce
        ):
            asked = {"question_id": question, "action": "void", "reason": _FAULT}
            self._work(self._ask(AUTHOR, "POST", f"{self._draft}/regrades", asked, expect=202))

    def _work(self, ordered: Answer) -> None:
        """Wait until the job that was ordered is finished."""
        job = self._await(
            AUTHOR, f"/admin/jobs/{ordered.fact('job')}", "state", pending=("running",), expected="finished"
        )
        learners = len({sitting.learner for sitting in self._sittings})
        _expect("those the job has seen", (learners, learners), (job.fact("done"), job.fact("total")))
        self._outcome = f"{job.fact('kind')} finished, {job.fact('done')} of {job.fact('total')} learners"

    def _walks(self, kind: JobKind) -> Iterator[str]:
        """The hops of a job over the edition's learners, a page for each shard of the edition's index.

        A regrade asks for each attempt once; its second walk, after a pause, finds them all graded.
        """
        asking = Counter(shard_of(sitting.learner.sub) for sitting in self._sittings if kind is JobKind.REGRADE)
        advanced = ["job.advanced"] * (SHARDS - 1)
        following = [*advanced, "job.rested", *advanced] if asking else advanced
        for page, (cause, next_page) in enumerate(pairwise(["job.advanced", *following, ""])):
            announced = ["attempt.regrade_requested"] * asking[page] + ([next_page] if next_page else [])
            yield " → ".join([cause, "work", *([", ".join(announced)] if announced else [])])

    def _keep_every_pass(self, voided: str, certificates: Mapping[Person, str]) -> None:
        for learner, number in certificates.items():
            with self._step(learner, "looks at the attempts and the certificates again"):
                enrolment = self._ask(learner, "GET", self._enrolment, expect=200)
                _expect("the enrolment's state", "certified", enrolment.fact("state"))
                expected = [self._key.grade(each, voided) for each in self._sittings if each.learner == learner]
                got = [(of["points"], of["max_points"], of["passed"]) for of in enrolment.fact("attempts")]
                _expect("points, points to be had and passed", expected, got)
                held = self._ask(learner, "GET", "/certificates", expect=200).fact("certificates")
                _expect("the certificates", [(number, 1)], [(each["number"], each["version"]) for each in held])
                scores = ", ".join(_score(enrolment, attempt) for attempt in range(1, len(got) + 1))
                self._outcome = f"{scores} points, each a pass; certificate {number}, version 1"

    def _compute_statistics(self, voided: str) -> None:
        shown = Counter(question for sitting in self._sittings for question in sitting.asked)
        right = Counter(question for sitting in self._sittings for question in sitting.asked[sitting.wrong :])
        with self._step(AUTHOR, "has the item statistics computed", *self._walks(JobKind.STATISTICS)):
            self._work(self._ask(AUTHOR, "POST", f"{self._draft}/statistics", expect=202))
            report = self._ask(AUTHOR, "GET", f"{self._draft}/statistics", expect=200)
            _expect("the attempts", len(self._sittings), report.fact("attempts"))
            questions = report.fact("questions")
            expected = {name: (shown[name], right[name] / shown[name]) for name in shown if name != voided}
            got = {each["question_id"]: (each["shown"], each["difficulty"]) for each in questions}
            _expect("how often each question was shown, and solved", expected, got)
            hardest = min(questions, key=lambda each: (each["difficulty"], each["question_id"]))
            name, often = hardest["question_id"], hardest["shown"]
            self._outcome = f"{len(questions)} questions; the hardest is {name}, {right[name]} of {often} solved it"

    def _be_declined(self, learner: Person) -> None:
        with self._step(
            learner,
            "asks to enrol",
            "enrolment.requested → confirm → enrolment.declined",
            "enrolment.declined → notify",
        ):
            self._ask(learner, "PUT", self._enrolment, expect=202)
            enrolment = self._await(learner, self._enrolment, "state", pending=("requested",), expected="declined")
            _expect("the reason", "not-a-member", enrolment.fact("reason"))
            self._outcome = f"declined, {enrolment.fact('reason')}: {enrolment.fact('what_to_do')}"
        with self._step(learner, "tries to sit the test all the same"):
            refused = self._refused(learner, "POST", f"{self._enrolment}/attempts", "not-confirmed")
            self._outcome = f"refused: {refused.fact('detail')}"

    def _give_notice(self, learner: Person) -> None:
        with self._step(
            None,
            "The calendar comes to the last day of edition 1",
            "schedule → remind → job.advanced",
            *self._pages_about(learner, "enrolment.expiring"),
            "enrolment.expiring → notify",
        ):
            card = self._ask(None, "GET", self._module, expect=200)
            last_day = _instant(card, "expires_at") - timedelta(days=1)
            self._advance(last_day - self._system.clock.now() + timedelta(minutes=1))
            self._outcome = f"{learner.name} is told; those who have passed are spared"

    def _expire(self, learner: Person) -> None:
        with self._step(
            None,
            "The calendar passes the end of edition 1",
            "schedule → retire → module.retired",
            "module.retired → work → job.advanced",
            *self._pages_about(learner, "enrolment.retirement_reached"),
            "enrolment.retirement_reached → lapse → enrolment.lapsed",
            "enrolment.lapsed → notify",
        ):
            card = self._ask(None, "GET", self._module, expect=200)
            _expect("open", True, card.fact("open"))
            self._advance(_instant(card, "expires_at") - self._system.clock.now() + timedelta(minutes=1))
            _expect("open", False, self._ask(None, "GET", self._module, expect=200).fact("open"))
            self._await(learner, self._enrolment, "state", pending=("confirmed",), expected="lapsed")
            self._outcome = f"closed and retired; {learner.name}'s enrolment has lapsed"

    def _pages_about(self, learner: Person, told: str) -> Iterator[str]:
        """The hops of a job that tells the one learner whose enrolment is open, a page for each shard of the index."""
        for page in range(SHARDS):
            announced = [told] * (page == shard_of(learner.sub)) + ["job.advanced"] * (page < SHARDS - 1)
            yield " → ".join(["job.advanced", "work", *([", ".join(announced)] if announced else [])])

    def _come_too_late(self, learner: Person) -> None:
        with self._step(learner, "asks to enrol once more"):
            refused = self._refused(learner, "PUT", self._enrolment, "module-closed")
            self._outcome = f"refused: {refused.fact('detail')}"

    def _reissue(self, holder: Person, number: str) -> None:
        with self._step(
            ADMIN,
            f"reissues it with the name put right, {ANNAS_NAME}",
            "certificate.reissue_requested → certify → certificate.reissued",
            "certificate.reissued → notify",
            "certificate.reissued → publish_status",
        ):
            path = f"/admin/certificates/{number}"
            etag = self._ask(ADMIN, "GET", path, expect=200).headers.get("etag", "")
            correction = {"reason": "Name corrected", "attested_name": ANNAS_NAME}
            ordered = self._ask(ADMIN, "POST", f"{path}/reissues", correction, {"If-Match": etag}, expect=202)
            _expect("the version ordered", 2, ordered.fact("version"))
            issued = self._await(holder, f"/certificates/{number}", "version", pending=(1,), expected=2)
            _expect("the name on it", ANNAS_NAME, issued.fact("attested_name"))
            _expect("the version it supersedes", 1, issued.fact("supersedes"))
            self._outcome = f"version 2, supersedes version 1: {issued.fact('reason')}"

    def _download(self, learner: Person, number: str, *, version: int) -> None:
        with self._step(learner, f"downloads version {version} of the certificate, and its credential"):
            found = self._ask(learner, "GET", f"/certificates/{number}/pdf?version={version}", expect=303)
            stored = self._client.fetch(found.headers.get("location", ""))
            _expect(stored.asked, 200, stored.status, stored)
            _expect("the start of the PDF", b"%PDF-", stored.body[:5])
            file = self._pdf(number, version)
            file.write_bytes(stored.body)
            path = f"/certificates/{number}/credential?version={version}"
            for form, suffix in CREDENTIALS.items():
                credential = self._ask(learner, "GET", path, headers={"Accept": form}, expect=200)
                file.with_suffix(suffix).write_bytes(credential.body)
            self._outcome = f"{file.name}, {len(stored.body) // 1024} KiB, and an Open Badge as JSON-LD and as JWT"

    def _verify(self, holder: Person, number: str, *, version: int, status: str) -> None:
        """By the address that the holder's certificate names; the PDF that was downloaded must be the one it means."""
        file = self._pdf(number, version)
        with self._step(None, f"Anybody verifies version {version}"):
            held = self._ask(holder, "GET", f"/certificates/{number}?version={version}", expect=200)
            address = str(held.fact("links", "verify"))
            path = f"/verify/{number}?version={version}"
            _expect("the address to verify it at", f"{self._system.address}{path}", address)
            found = self._ask(None, "GET", path, headers={"Accept": "application/json"}, expect=200)
            _expect("the status", status, found.fact("status"))
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            _expect(f"the SHA-256 of {file.name}", digest, found.fact("pdf_sha256"))
            page = self._ask(None, "GET", path, headers={"Accept": "text/html"}, expect=200)
            _expect("the page's type", "text/html; charset=utf-8", page.headers.get("content-type"))
            record = json.dumps(json.loads(found.body), indent=2, ensure_ascii=False)
            file.with_suffix(".verification.json").write_text(f"{record}\n", encoding="utf-8")
            file.with_suffix(".verification.html").write_bytes(page.body)
            self._outcome = f"{status}, and its SHA-256 is the downloaded PDF's: {digest[:12]}…"

    def _leave_for_verifiers(self, certificates: Mapping[tuple[Person, str], tuple[str, ...]]) -> None:
        """The issuer's keys and the status lists, and what the list must say of each version."""
        with self._step(None, "Anybody fetches the society's keys and its status lists"):
            keys = self._ask(None, "GET", "/.well-known/did.json", expect=200)
            (self._folder / "did.json").write_bytes(keys.body)
            entries = []
            for (_, number), statuses in certificates.items():
                for version, status in enumerate(statuses, 1):
                    self._check_bit(self._pdf(number, version).with_suffix(".json"), is_set=status != "valid")
                    entries.append({"number": number, "version": version, "status": status})
            text = json.dumps(entries, indent=2)
            (self._folder / "credentials.json").write_text(f"{text}\n", encoding="utf-8")
            lists = len(list(self._folder.glob("status-list-*.json")))
            self._outcome = (
                f"{len(entries)} credentials, {lists} status list{'s' * (lists > 1)}; the superseded one's bit is set: "
                "`make verifiers` verifies them with libraries of others"
            )

    def _check_bit(self, credential: Path, *, is_set: bool) -> None:
        """Fetch the list that a credential names, keep it, and look at the credential's bit."""
        entry = json.loads(credential.read_bytes())["credentialStatus"]
        path = str(entry["statusListCredential"]).removeprefix(self._system.address)
        found = self._ask(None, "GET", path, expect=200)
        list_id = StatusListId(path.rpartition("/")[2])
        (self._folder / f"status-list-{list_id}.json").write_bytes(found.body)
        published = StatusList(
            list_id=list_id, encoded=found.fact("credentialSubject", "encodedList"), document=found.body.decode()
        )
        told = published.says({int(entry["statusListIndex"]): is_set})
        _expect(f"the bit of {credential.stem} {'set' if is_set else 'not set'}", True, told)

    def _read_transcript(self, learner: Person, number: str | None) -> None:
        offered = [(credit["scheme"], credit["maximum"], number) for credit in self._edition.card["credits"]]
        with self._step(learner, "reads the transcript"):
            answer = self._ask(learner, "GET", "/transcript", expect=200)
            entries = [
                [answer.fact("entries", place, fact) for fact in ("scheme", "amount", "certificate", "earned_on")]
                for place in range(len(answer.fact("entries")))
            ]
            _expect("the credit", offered if number else [], [tuple(entry[:3]) for entry in entries])
            self._outcome = (
                "; ".join(f"{amount} {scheme} on {day}" for scheme, amount, _, day in entries) or "no credit"
            )

    def _verify_audit(self) -> None:
        with self._step(ADMIN, "checks that the audit is as it was written"):
            answer = self._ask(ADMIN, "GET", "/admin/audit/verification", expect=200)
            _expect("the chain", True, answer.fact("intact"))
            head = answer.fact("head", "hash")
            self._outcome = f"{answer.fact('checked')} entries hold, the last has the hash {head[:12]}…"

    def _sum_up(self, certificates: Certificates) -> None:
        """The table, as the API has it, and the files."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for heading in ("Learner", "State", "Attempts", "Points", "Certificate", "Versions"):
            table.add_column(heading, min_width=len(heading), no_wrap=heading not in ("Learner", "Points"))
        for learner, certificate in certificates.items():
            table.add_row(learner.name, *self._standing(learner, certificate))
        self._await_hops()
        self._console.print()
        self._console.print(table, soft_wrap=False)
        self._list_mails(certificates)
        self._console.print(f"{_shown(self._folder)}/")
        for file in sorted(self._folder.iterdir()):
            self._console.print(f"  {file.name}")
        took = time.perf_counter() - self._began
        self._console.print(f"\nAll {self._steps} steps went as they should, in {took:.1f} s.", style="bold")

    def _list_mails(self, learners: Iterable[Person]) -> None:
        """What each learner was written: one mail for each event that came to notify, but for a lapse after notice."""
        mails = self._system.mails()
        told = sum(hop.step == "notify" and hop.cause != "enrolment.lapsed" for hop in self._trail.hops())
        _expect("the mails that were sent", told, len(mails))
        title = f": {self._edition.card['title']}"
        for learner in learners:
            subjects = [mail.subject.replace(title, "") for mail in mails if f"{learner.sub}@example.org" in mail.to]
            self._console.print(f"Mail to {learner.name} ({len(subjects)}): {'; '.join(subjects)}")
        self._console.print()

    def _standing(self, learner: Person, certificate: tuple[str, int] | None) -> tuple[str, ...]:
        """The cells of the learner's row. The end must be a certificate whose last version alone is valid, or none."""
        enrolment = self._send(learner, "GET", self._enrolment)
        state = enrolment.fact("state")
        _expect(f"{learner.name} in the end", "certified" if certificate else WITHOUT_CERTIFICATE[learner], state)
        number, versions = certificate or ("", 0)
        statuses = [self._status(number, version) for version in range(1, versions + 1)]
        _expect(f"the versions of {number}", ["superseded"] * (versions - 1) + ["valid"] * bool(versions), statuses)
        points = [_score(enrolment, attempt) for attempt in range(1, len(enrolment.fact("attempts")) + 1)]
        told = "\n".join(f"{version} {status}" for version, status in enumerate(statuses, 1))
        return state, str(len(points)), ", ".join(points), number, told

    def _status(self, number: str, version: int) -> str:
        path = f"/verify/{number}?version={version}"
        return str(self._send(None, "GET", path, headers={"Accept": "application/json"}).fact("status"))

    def _pdf(self, number: str, version: int) -> Path:
        return self._folder / f"{number}-v{version}.pdf"

    def _scene(self, title: str) -> None:
        heading, clock = f"── {title} ", f" {_spoken(self._system.clock.now())}"
        self._console.print(f"\n{heading.ljust(self._console.width - len(clock), '─')}{clock}", style="bold")

    @contextmanager
    def _step(self, who: Person | None, what: str, *follows: str) -> Iterator[None]:
        """Tell one step; `follows` are the Trail's hops that must follow, in any order, written as text.

        They are compared with those of all steps before, so that what comes too late is a difference too.
        Raise UnexpectedAnswer with the step's name for what differs.
        """
        self._steps += 1
        told = f"{who.name} {what}" if who else what
        self._outcome = "done"
        self._console.print(f"{self._steps:>2}  {told}", style="cyan")
        began = time.perf_counter()
        before = self._follows.total()
        self._follows.update(follows)
        try:
            yield
            hops = self._await_hops()
        except UnexpectedAnswer as deviation:
            raise UnexpectedAnswer(f"step {self._steps}, {told}: {deviation}") from None
        for hop in hops[before:]:
            self._line(str(hop), hop.seconds, "green")
        self._line(self._outcome, time.perf_counter() - began, "bold")

    def _await_hops(self) -> list[Hop]:
        deadline = time.monotonic() + self._patience
        while True:
            hops = self._trail.hops()
            came = Counter(str(hop) for hop in hops)
            if came == self._follows:
                return hops
            if time.monotonic() > deadline:
                missing = "; ".join((self._follows - came).elements()) or "no more"
                surplus = "; ".join((came - self._follows).elements()) or "none"
                raise UnexpectedAnswer(f"events: expected {missing}, got {surplus} ({self._waited()})")
            time.sleep(_POLL_SECONDS)

    def _ask(
        self,
        who: Person | None,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        expect: int,
    ) -> Answer:
        answer = self._send(who, method, path, body, headers)
        form = answer.headers.get("content-type", "").partition(";")[0] if headers and "Accept" in headers else ""
        self._tell(answer, f"{answer.status} {form}".rstrip(), answer.seconds)
        _expect(answer.asked, expect, answer.status, answer)
        return answer

    def _refused(self, who: Person, method: str, path: str, problem: str) -> Answer:
        """Asked and refused with 409 and this problem."""
        answer = self._send(who, method, path)
        self._tell(answer, f"{answer.status} {problem}", answer.seconds)
        _expect(answer.asked, (409, problem), (answer.status, str(answer.fact("type")).rpartition("/")[2]), answer)
        return answer

    def _await(self, who: Person, path: str, fact: str, *, pending: tuple[object, ...], expected: object) -> Answer:
        """Ask until `fact` is none of `pending`; then it must be what is expected."""
        began = time.monotonic()
        while (answer := self._send(who, "GET", path)).status == 200 and answer.fact(fact) in pending:
            if time.monotonic() - began > self._patience:
                raise UnexpectedAnswer(
                    f"{answer.asked}: expected {fact} {expected}, got {answer.fact(fact)} ({self._waited()})"
                )
            time.sleep(_POLL_SECONDS)
        _expect(answer.asked, 200, answer.status, answer)
        self._tell(answer, f"{answer.status} {fact} {answer.fact(fact)}", time.monotonic() - began)
        _expect(fact, expected, answer.fact(fact), answer)
        return answer

    def _send(
        self,
        who: Person | None,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A token is good for a day, and the clock moves: each request has a new one."""
        token = self._system.token(who.sub, name=who.name, groups=list(who.groups)) if who else None
        return self._client.send(method, path, token, body, headers)

    def _advance(self, by: timedelta) -> None:
        self._system.advance(by)
        self._console.print(f"{'':>13}it is {_spoken(self._system.clock.now())}", style="yellow")

    def _tell(self, answer: Answer, came: str, seconds: float) -> None:
        self._line(f"{answer.asked.replace(self._edition.module_id, '…')} → {came}", seconds, "dim")

    def _line(self, text: str, seconds: float, style: str) -> None:
        self._console.print(f"{seconds * 1000:>8.0f} ms  {text}", style=style)

    def _waited(self) -> str:
        return f"waited {self._patience:g} s; the reason may be in {_shown(LOG)}"


def _expect(what: str, expected: object, got: object, answer: Answer | None = None) -> None:
    """Raise UnexpectedAnswer unless they are equal; `answer` is shown with the difference."""
    if expected != got:
        context = f" in {answer.excerpt}" if answer else ""
        raise UnexpectedAnswer(f"{what}: expected {expected}, got {got}{context}")


def _options(question: dict[str, Any], *, correct: bool) -> list[str]:
    return [option["option_id"] for option in question["options"] if option["correct"] is correct]


def _score(enrolment: Answer, attempt: int) -> str:
    """Such as `8/8`."""
    of = enrolment.fact("attempts", attempt - 1)
    return f"{of['points']:g}/{of['max_points']:g}"


def _instant(answer: Answer, *path: str | int) -> datetime:
    told = answer.fact(*path)
    try:
        return datetime.fromisoformat(told)
    except (TypeError, ValueError):
        raise UnexpectedAnswer(f"{answer.asked}: expected {path[-1]} to be an instant, got {told}") from None


def _spoken(at: datetime) -> str:
    """Such as `4 May 2022, 22:00 UTC`."""
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def _empty(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise LocalError(f"{_shown(folder)} cannot be emptied: {error.strerror}") from error


def _print_in_any_encoding() -> None:
    """What the terminal has no letter for is printed as `?`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
