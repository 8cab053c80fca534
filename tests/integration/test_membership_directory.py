"""The society's directory, as it answers, fails, hangs and comes back: a doubt never makes anybody a non-member."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from infra.local.clock import LocalClock
from infra.local.system import LocalSystem
from shared.adapters.breaker import Breaker
from shared.adapters.membership_directory import HttpMembershipDirectory, NoDirectory
from shared.bootstrap import deps
from shared.domain.ids import LearnerId
from shared.domain.learner import Membership
from shared.ports import DirectoryUnavailable
from tests.flow.journey import START, World, answered, instant

ADA = LearnerId("dr-a")
MEMBER = {"member": True, "until": "2027-12-31"}


@dataclass
class Society:
    """A directory on this machine: what it answers next, how long that takes, and what it was asked."""

    address: str = ""
    status: int = 200
    body: bytes = json.dumps(MEMBER).encode()
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    failing: int = 0
    """So many answers to come are 503."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture(autouse=True)
def metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "CME")


@pytest.fixture
def society() -> Iterator[Society]:
    society, released = Society(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            society.asked.append((self.path, self.headers.get("authorization")))
            released.wait(society.seconds)
            status = society.status
            if society.failing:
                society.failing -= 1
                status = 503
            self.send_response(status)
            for name, value in ({"content-length": str(len(society.body))} | society.headers).items():
                self.send_header(name, value)
            with suppress(OSError):  # who asked may have gone
                self.end_headers()
                self.wfile.write(society.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    society.address = f"http://127.0.0.1:{server.server_address[1]}/members"
    yield society
    released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def directory(society: Society) -> HttpMembershipDirectory:
    return HttpMembershipDirectory(society.address, "opens-it", Breaker(failures=2, rest=0.3))


def test_it_says_who_is_a_member_and_until_when(society: Society, directory: HttpMembershipDirectory) -> None:
    assert directory.find(ADA) == Membership(learner_id=ADA, member=True, until=date(2027, 12, 31))
    assert society.asked == [("/members/dr-a", "Bearer opens-it")]


@pytest.mark.parametrize("said", [{"member": True}, {"member": True, "until": None}, {"member": False, "since": 1}])
def test_a_membership_may_have_no_end(society: Society, directory: HttpMembershipDirectory, said: Any) -> None:
    society.body = json.dumps(said).encode()
    assert directory.find(ADA) == Membership(learner_id=ADA, member=said["member"])


def test_whom_it_does_not_know_it_does_not_know(society: Society, directory: HttpMembershipDirectory) -> None:
    society.status = 404
    assert directory.find(ADA) is None


def test_a_learners_id_stays_one_part_of_the_path(society: Society, directory: HttpMembershipDirectory) -> None:
    directory.find(LearnerId("../all?x=1#y"))
    assert society.asked[0][0] == "/members/..%2Fall%3Fx%3D1%23y"


def test_one_failure_is_tried_again_at_once(society: Society, directory: HttpMembershipDirectory) -> None:
    society.failing = 1
    assert directory.find(ADA)
    assert len(society.asked) == 2


@pytest.mark.parametrize("status", [500, 503, 429, 401, 302, 204])
def test_any_other_answer_is_none(society: Society, directory: HttpMembershipDirectory, status: int) -> None:
    society.status = status
    society.headers = {"location": f"{society.address}/elsewhere", "retry-after": "3600"}
    with pytest.raises(DirectoryUnavailable):
        directory.find(ADA)
    assert {path for path, _ in society.asked} == {"/members/dr-a"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"member": "yes"}',
        b'{"member": 1}',
        b'{"member": true, "until": "soon"}',
        b'{"member": true, "until": 2027}',
        b"\xff",
    ],
)
def test_an_answer_that_says_nothing_of_a_membership_declines_nobody(
    society: Society, directory: HttpMembershipDirectory, body: bytes
) -> None:
    society.body = body
    with pytest.raises(DirectoryUnavailable):
        directory.find(ADA)


def test_one_that_hangs_is_not_waited_for(society: Society, directory: HttpMembershipDirectory) -> None:
    society.seconds = 8
    began = time.monotonic()
    with pytest.raises(DirectoryUnavailable):
        directory.find(ADA)
    assert time.monotonic() - began < 6


def test_one_that_is_not_there_at_all_is_unavailable() -> None:
    with pytest.raises(DirectoryUnavailable):
        HttpMembershipDirectory("http://127.0.0.1:1/members").find(ADA)


def test_after_two_failures_it_is_left_in_peace_then_tried_again(
    society: Society, directory: HttpMembershipDirectory
) -> None:
    society.status = 500
    for _ in range(5):
        with pytest.raises(DirectoryUnavailable):
            directory.find(ADA)
    assert len(society.asked) == 4  # two finds of two tries each
    society.status = 200
    time.sleep(0.35)
    assert directory.find(ADA)
    assert directory.find(ADA)


def test_without_a_directory_nobody_is_known_to_it() -> None:
    assert NoDirectory().find(ADA) is None


@pytest.fixture
def world(society: Society, tmp_path: Path) -> Iterator[World]:
    with LocalSystem(
        clock=LocalClock(START, ticking=False),
        parameters={"MembershipDirectoryUrl": society.address, "MembershipDirectoryToken": "opens-it"},
        state=tmp_path,
        log=tmp_path / "functions.log",
    ) as system:
        yield World(system)


def test_a_request_outlasts_a_directory_that_is_down_for_a_day(world: World, society: Society) -> None:
    society.status = 500
    module, ada = world.published(), world.learner("dr-a", member=False)
    answered(ada.enrol(module), 202)
    world.deliver()
    for _ in range(24):
        waiting = ada.enrolment()
        assert (waiting["state"], waiting["waiting_for"]) == ("requested", "membership-directory")
        assert "tried again by itself" in waiting["what_to_do"]
        page = answered(world.admin.ask("GET", "/admin/learners/dr-a"))
        assert [each["waiting_for"] for each in page["enrolments"]] == ["membership-directory"]
        world.wait(hours=1)
        assert world.recover() == {"announced": 1, "given_up": 0, "unissued": 0, "stuck": 0}
        world.deliver()
    assert world.events("cme.enrolment.declined.v1") == []
    assert len(society.asked) == 4  # then the breaker answered
    society.status = 200
    deps().membership_directory = HttpMembershipDirectory(society.address, "opens-it")  # as in a new process
    world.wait(hours=1)
    world.recover()
    world.deliver()
    confirmed = ada.enrolment()
    assert confirmed["state"] == "confirmed"
    assert "waiting_for" not in confirmed
    [decided] = world.events("cme.enrolment.confirmed.v1")
    assert instant(decided["time"]) == START
