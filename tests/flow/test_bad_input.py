"""Whatever is sent: it gets the problem of the contract, and changes nothing."""

import base64
import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from shared.api.openapi import OPERATIONS
from shared.api.operation import Operation
from tests.conftest import Tried
from tests.flow.journey import SAMPLE, Begin, Client, Learner, Module, World, answered, problem

WITH_BODY = [operation for operation in OPERATIONS if operation.body]
WITHOUT_BODY = [operation for operation in OPERATIONS if not operation.body]
WITH_EDITION = [operation for operation in OPERATIONS if operation.query and "edition" in operation.query.model_fields]
WITH_VERSION = [operation for operation in OPERATIONS if operation.query and "version" in operation.query.model_fields]
NAMING_SOMETHING = [
    operation
    for operation in OPERATIONS
    # These make what they name, or list what there is.
    if "{" in operation.path and operation.id not in ("putEdition", "putMembership", "listAccommodations")
]
INVALID = (422, "invalid-request")


def by_id(operation: Operation) -> str:
    return operation.id


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture(scope="module")
def module(world: World) -> Module:
    """Its first edition is out, its second a draft with a bank."""
    module = world.published(world.module("module"))
    draft = world.module("module", edition=2)
    answered(world.author.drafts(draft))
    answered(world.author.attaches_bank(draft))
    return module


@pytest.fixture(scope="module")
def ada(world: World, module: Module) -> Learner:
    """Has a certificate of another module, and an attempt under way in this one."""
    ada = world.learner("ada")
    ada.earns(world.published(world.module("other")))
    ada.is_ready_for(module).begins()
    return ada


@pytest.fixture(scope="module")
def ben(world: World, module: Module) -> Learner:
    """Enrolled and ready, no more."""
    return world.learner("ben").is_ready_for(module)


@pytest.fixture(scope="module")
def known(world: World, ada: Learner) -> dict[str, str]:
    """Path parameters that name something that is there, and a draft where an edition is named."""
    number = answered(ada.ask("GET", "/certificates"))["certificates"][0]["number"]
    status_list = ada.badge(number)["credentialStatus"]["statusListCredential"].rpartition("/")[2]
    job = world.admin.exports("participants.csv").job["job"]
    return {
        "module_id": "module",
        "edition": "2",
        "attempt": "1",
        "number": number,
        "learner_id": "ada",
        "identity": "ada-old",
        "job": job,
        "queue": "grades",
        "kind": "participants.csv",
        "list": status_list,
    }


def asker(world: World, ada: Learner, operation: Operation) -> Client:
    return world.admin if operation.groups else ada


@pytest.fixture(autouse=True)
def _figures(statuses: list[int], tried: Tried) -> Iterator[None]:
    yield
    tried("hostile requests", sum(400 <= status < 500 for status in statuses))


class Unchanged:
    """What is stored now is what is to be stored at the end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables()

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        assert self._world.tables() == self._tables


# Headers that some operation needs; the others leave them aside.
CONDITIONS = {"if_match": '"1"', "idempotency_key": "new"}


def refusal_of(operation: Operation) -> tuple[int, str]:
    """A bank is told its errors by their lines, whatever is wrong with it and in whatever format."""
    return (422, "import-failed") if operation.id == "putQuestions" else INVALID


def bad_bodies(operation: Operation) -> dict[str, Any]:
    assert operation.body
    fields = operation.body.model_fields
    bodies: dict[str, Any] = {
        "an unknown field": {"no_such_field": 1},
        "a list": [],
        "a string": '"text"',
        "a number": "1",
        "null": "null",
        "broken JSON": '{"a": ',
        "more than one": "{} {}",
        "not UTF-8": b'{"\xff": 1}',
        "half a character": '{"\\ud800": 1}',
        "too deep": "[" * 10_000,
        "another encoding": '{"name": "é"}'.encode("utf-16"),
    }
    bodies |= {f"{name} of another type": {name: {"wrong": 5}} for name in fields}
    if any(field.is_required() for field in fields.values()):
        bodies |= {"an empty object": {}, "nothing": b"", "white space": b"  \n "}
        bodies |= {f"{name} is null": {name: None} for name, field in fields.items() if field.is_required()}
    return bodies


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_id)
def test_a_body_that_is_not_as_expected_is_refused(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    client, path = asker(world, ada, operation), operation.path.format_map(known)
    with Unchanged(world):
        for name, body in bad_bodies(operation).items():
            refused = client.ask(operation.method, path, body, **CONDITIONS)
            assert problem(refused) == refusal_of(operation), name
            errors = refused.json()["errors"]
            assert errors, name
            for error in errors:
                assert error["line"] >= 1 if operation.id == "putQuestions" else error["loc"][0] == "body"
                assert error["msg"]


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_id)
def test_a_body_over_the_limit_is_too_large(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    limit = 4 * 1024 * 1024 if operation.id in ("putQuestions", "importMemberships") else 256 * 1024
    client, path = asker(world, ada, operation), operation.path.format_map(known)
    with Unchanged(world):
        refused = client.ask(operation.method, path, b" " * (limit + 1))
        assert problem(refused) == (413, "too-large")
        assert refused.json()["max_bytes"] == limit
        at_the_limit = b'{"no_such_field": "' + b"x" * (limit - 21) + b'"}'
        assert len(at_the_limit) == limit
        assert problem(client.ask(operation.method, path, at_the_limit)) == refusal_of(operation)


@pytest.mark.parametrize("operation", WITH_BODY, ids=by_id)
def test_another_media_type_is_refused(world: World, ada: Learner, known: dict[str, str], operation: Operation) -> None:
    client, path = asker(world, ada, operation), operation.path.format_map(known)
    with Unchanged(world):
        for media_type in ("text/plain", "application/xml", "multipart/form-data; boundary=x"):
            assert problem(client.ask(operation.method, path, "{}", content_type=media_type)) == INVALID


@pytest.mark.parametrize("operation", WITHOUT_BODY, ids=by_id)
def test_an_operation_without_a_body_takes_none(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    client, path = asker(world, ada, operation), operation.path.format_map(known)
    with Unchanged(world):
        for body in ('{"a": 1}', "[]", "null", "x"):
            assert problem(client.ask(operation.method, path, body)) == INVALID


VALID_BODIES = {
    "putEdition": {"title": "New"},
    "putQuestions": SAMPLE.bank,
    "retireEdition": {"reason": "outdated"},
    "publishErratum": {"text": "A slide was wrong.", "reason": "reported"},
    "acknowledgeInformation": {"information_hash": "0"},
    "recordViews": {"segments": [[0, 1]]},
    "putMembership": {"member": False},
    "joinIdentities": {"learner_id": "ada-old", "reason": "the same licence"},
    "awardByHand": {"module_id": "module", "edition": 1, "passed_at": "2022-05-01T08:00:00Z", "reason": "on site"},
    "importMemberships": {"memberships": [{"learner_id": "ada", "member": True}]},
    "putAccommodation": {"reason": "asked for"},
    "regradeEdition": {"question_id": "q01", "action": "void", "reason": "ambiguous"},
    "uploadQuestions": {"media_type": "text/x-gift"},
    "saveAnswers": {"answers": {}},
    "submitAttempt": {},
    "putEvaluation": {"answers": {}},
    "claimCredit": {"attested_name": "Ada", "profession": "MD", "credits": []},
    "putProfile": {"name": "New"},
    "startExport": {"all": True},
    "enterExternalCredit": {
        "earned_on": "2022-01-01",
        "title": "New",
        "scheme": "EACCME",
        "amount": "1.00",
        "provider": "New",
    },
    "reissueCertificate": {"reason": "New"},
    "revokeCertificate": {"reason_code": "fraud", "note": "New"},
    "restoreCertificate": {"reason": "New"},
    "reissueEdition": {"reason": "New"},
}
BAD_IDS = {
    "module_id": ["Module", "mod_ule", "a b", "mödule", "module#0001", "module\n", "../module", "a" * 65, "\0", "%"],
    "job": ["Job", "job#", "a" * 65],
    "queue": ["Grades", "grades#", "gradesqueue", "a" * 65],
    "kind": ["participants", "Participants.csv", "participants.csv\n", "pars.xml", ".json", "xapi.json.gz"],
    "learner_id": ["Ada", "ada#", "ada\n", "LEARNER#ada", "a" * 65],
    "identity": ["Ada", "ada#", "ada\n", "LEARNER#ada", "a" * 65],
    "edition": ["0", "-1", "01", "one", "1.0", "٣", "10000", "2\n", "1e1"],
    "attempt": ["0", "-1", "01", "one", "10000", "1#"],
    "list": ["2022", "2022-4", "2022-00", "22-1", "list", "2022-0\n", "LIST", "٢٠٢٢-0"],
    "number": ["cme-00000-00000-00000-00001", "CME", "CME-", "CME\n", "A" * 65, "HEAD", "ÄÖÜ"],
}


@pytest.mark.parametrize("operation", OPERATIONS, ids=by_id)
def test_an_id_with_other_characters_names_nothing(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    client = asker(world, ada, operation)
    with Unchanged(world):
        for name in [name for name in known if f"{{{name}}}" in operation.path]:
            for value in BAD_IDS[name]:
                path = operation.path.format_map(known | {name: quote(value, safe="")})
                answer = client.ask(operation.method, path, VALID_BODIES.get(operation.id), **CONDITIONS)
                if operation.id == "verifyCertificate":
                    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
                else:
                    assert problem(answer) == (404, "not-found"), path


@pytest.mark.parametrize("operation", NAMING_SOMETHING, ids=by_id)
def test_what_is_well_named_but_not_there_is_not_found(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    client = asker(world, ada, operation)
    absent = {
        "module_id": "absent",
        "edition": "7",
        "number": "CME-00000-00000-00000-00001",
        "learner_id": "absent",
        "list": "2021-0",
    } | {"job": "absent", "kind": "absent.csv", "queue": "absent"}
    with Unchanged(world):
        answer = client.ask(
            operation.method, operation.path.format_map(known | absent), VALID_BODIES.get(operation.id), **CONDITIONS
        )
        if operation.id == "verifyCertificate":
            assert answer.status == 404
        elif operation.groups or operation.method == "GET" or operation.id == "requestEnrolment":
            assert problem(answer) == (404, "not-found")
        else:
            assert problem(answer) == (409, "not-enrolled")


# Queries and headers


@pytest.mark.parametrize("operation", WITH_EDITION, ids=by_id)
def test_a_query_names_an_edition_by_a_number(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    with Unchanged(world):
        for edition in ("0", "-1", "one", "1.5", "10000", "", "1,2", "null"):
            path = f"{operation.path.format_map(known)}?edition={edition}"
            refused = asker(world, ada, operation).ask(operation.method, path, VALID_BODIES.get(operation.id))
            assert problem(refused) == INVALID, edition
            assert refused.json()["errors"][0]["loc"] == ["query", "edition"]


@pytest.mark.parametrize("operation", WITH_VERSION, ids=by_id)
def test_a_query_names_a_version_by_a_number(
    world: World, ada: Learner, known: dict[str, str], operation: Operation
) -> None:
    for version in ("0", "-1", "one", "10000", ""):
        assert problem(ada.ask("GET", f"{operation.path.format_map(known)}?version={version}")) == INVALID
    answer = ada.ask("GET", f"{operation.path.format_map(known)}?version=2")
    assert answer.status == 404


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=-1", "limit=ten", "limit=1.5", "limit=", "open=perhaps", "open=2"],
)
def test_the_catalogue_takes_no_other_values(world: World, query: str) -> None:
    assert problem(world.public(f"/modules?{query}")) == INVALID


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
def test_the_list_of_certificates_takes_no_other_values(ada: Learner, query: str) -> None:
    assert problem(ada.ask("GET", f"/certificates?{query}")) == INVALID


@pytest.mark.parametrize("query", ["year=1899", "year=10000", "year=now", "year="])
def test_the_transcript_takes_no_other_years(ada: Learner, query: str) -> None:
    assert problem(ada.ask("GET", f"/transcript?{query}")) == INVALID


def cursors() -> dict[str, str]:
    encoded = {
        "no key": "nothing",
        "half a key": "2022-05-01#module",
        "another table's": "CREDIT#2022-05-01#module#0001#ESMO-MORA#award",
        "no number": "2022-05-01#module#one",
        "not UTF-8": b"\xff\xfe",
        "NUL": "\0",
    }
    raw = {name: text if isinstance(text, bytes) else text.encode() for name, text in encoded.items()}
    return {
        "no base64": "%%%",
        "not padded right": "a",
        "other characters": "é!",
        **{name: base64.urlsafe_b64encode(text).decode().rstrip("=") for name, text in raw.items()},
    }


@pytest.mark.parametrize("name", cursors())
def test_a_cursor_that_is_none_is_refused(world: World, ada: Learner, name: str) -> None:
    cursor = quote(cursors()[name])
    assert problem(world.public(f"/modules?cursor={cursor}")) == INVALID
    assert problem(ada.ask("GET", f"/certificates?cursor={cursor}")) == INVALID


@pytest.mark.parametrize("if_match", ["1", '"one"', "*", 'W/"1"', '"1", "2"', '""', None])
def test_a_reissue_names_the_version_it_supersedes(world: World, known: dict[str, str], if_match: str | None) -> None:
    headers = {} if if_match is None else {"if_match": if_match}
    with Unchanged(world):
        path = f"/admin/certificates/{known['number']}/reissues"
        assert problem(world.admin.ask("POST", path, {"reason": "New"}, **headers)) == INVALID


# Answers


def test_answers_that_do_not_fit_the_form_are_refused_with_all_that_is_wrong(
    world: World, module: Module, ada: Learner
) -> None:
    form = answered(ada.start(), 200)
    shown = {question["question_id"]: question for question in form["questions"]}
    not_shown = next(q["question_id"] for q in module.bank["questions"] if q["question_id"] not in shown)
    single = next(name for name, question in shown.items() if question["kind"] == "single")
    options = [option["option_id"] for option in shown[single]["options"]]
    foreign = "z"
    assert foreign not in options
    bad = {
        "an unknown question": ({"no-such": ["a"]}, ["no-such"]),
        "a question of the bank that was not drawn": ({not_shown: ["a"]}, [not_shown]),
        "an option of no question": ({single: [foreign]}, [single]),
        "an option twice": ({single: [options[0], options[0]]}, [single]),
        "two options of a single question": ({single: options[:2]}, [single]),
        "everything at once": ({"no-such": ["a"], single: [foreign]}, ["no-such", single]),
    }
    with Unchanged(world):
        for name, (answers, places) in bad.items():
            for refused in (ada.save(answers), ada.submit(answers)):
                assert problem(refused) == INVALID, name
                assert {error["loc"][2] for error in refused.json()["errors"]} == set(places), name


def test_an_option_of_another_question_is_none_of_this_one(world: World, module: Module) -> None:
    bank = copy.deepcopy(module.bank)
    for question in bank["questions"]:
        for option in question["options"]:
            option["option_id"] = f"{question['question_id']}-{option['option_id']}"
    cy = world.learner()
    cy.is_ready_for(world.published(replace(world.module(), bank=bank)))
    one, other, *_ = cy.begins()["questions"]
    with Unchanged(world):
        stolen = {one["question_id"]: [other["options"][0]["option_id"]]}
        assert problem(cy.save(stolen)) == INVALID
        assert problem(cy.submit(stolen)) == INVALID


def test_another_learners_attempt_can_not_be_reached(world: World, module: Module, ada: Learner, ben: Learner) -> None:
    """The path names only one's own, so another's attempt is one that does not exist."""
    right = module.right(answered(ada.start(), 200))
    stranger = world.learner()
    stranger.module = module
    with Unchanged(world):
        for learner in (ben, stranger):
            assert problem(learner.attempt()) == (404, "not-found")
            assert problem(learner.save(right)) == (409, "not-enrolled")
            assert problem(learner.submit(right)) == (409, "not-enrolled")
        assert problem(stranger.start()) == (409, "not-enrolled")


def test_another_learners_enrolment_and_certificate_are_not_there(
    world: World, known: dict[str, str], ada: Learner, module: Module
) -> None:
    stranger = world.learner()
    stranger.module = module
    number = known["number"]
    with Unchanged(world):
        assert problem(stranger.ask("GET", f"{module.path}/enrolment")) == (404, "not-found")
        assert problem(stranger.certificate(number)) == (404, "not-found")
        assert problem(stranger.ask("GET", f"/certificates/{number}/pdf")) == (404, "not-found")
        absent = stranger.certificate("CME-00000-00000-00000-00001")
        assert problem(absent) == (404, "not-found")
        # The very same words as of one that does not exist.
        of_ada = stranger.certificate(number).body.decode()
        assert of_ada == absent.body.decode().replace("CME-00000-00000-00000-00001", number)
        assert answered(stranger.ask("GET", "/certificates"))["certificates"] == []
        assert answered(stranger.ask("GET", "/transcript"))["entries"] == []
        assert answered(stranger.ask("GET", "/me"))["name"] is None
        assert problem(stranger.withdraw()) == (409, "not-enrolled")
        assert problem(stranger.evaluate()) == (409, "not-enrolled")
    assert answered(ada.certificate(number))["status"] == "valid"


# Names


UNPRINTABLE = ["", " ", "\t", "A\nB", "A\0", "A\u202eB", "\ue000", "\u200b", "Ada 🙂"]


@pytest.mark.parametrize("name", [*UNPRINTABLE, "x" * 201])
def test_a_name_that_can_not_be_printed_is_refused(
    world: World, ada: Learner, known: dict[str, str], name: str
) -> None:
    unprintable = (422, "name-not-printable")
    with Unchanged(world):
        assert problem(ada.introduce(name=name)) == unprintable
        assert problem(world.admin.reissues(known["number"], attested_name=name)) == unprintable


@pytest.mark.parametrize("text", UNPRINTABLE)
def test_nothing_else_that_a_certificate_can_not_print_is_taken(
    world: World, ada: Learner, known: dict[str, str], text: str
) -> None:
    """It would be found out only when the certificate is made, too late for anyone to correct it."""
    with Unchanged(world):
        assert problem(ada.introduce(profession=text)) == INVALID
        assert problem(ada.claim(profession=text)) == INVALID
        assert problem(world.admin.reissues(known["number"], reason=text)) == INVALID
        assert problem(world.admin.reissues(known["number"], profession=text)) == INVALID


def test_name_and_profession_can_not_be_taken_back(world: World, ada: Learner) -> None:
    with Unchanged(world):
        for field in ("name", "profession"):
            assert problem(ada.ask("PUT", "/me", {field: None})) == INVALID


def test_a_profile_keeps_what_is_not_named(world: World) -> None:
    dee = world.learner()
    answered(dee.introduce(name="Dee", profession="MD", language="de", npi="0123456789"))
    answered(dee.ask("PUT", "/me", {"profession": "DO"}))
    profile = answered(dee.ask("GET", "/me"))
    assert (profile["name"], profile["profession"], profile["language"]) == ("Dee", "DO", "de")
    answered(dee.ask("PUT", "/me", {"language": None}))
    assert answered(dee.ask("GET", "/me"))["language"] is None
    for field, value in (("language", "german"), ("npi", "12"), ("birth_month_day", "13-01"), ("reporting_consent", 1)):
        assert problem(dee.ask("PUT", "/me", {field: value})) == INVALID, field
