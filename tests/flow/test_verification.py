"""Whoever holds a certificate, or is shown one, learns the truth about it at once, in their language."""

import hashlib
import re
from collections.abc import Iterator

import pytest

from infra.local.gateway import Response
from tests.flow.journey import Begin, Learner, World, answered

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def world(begin: Begin) -> Iterator[World]:
    with begin() as world:
        yield world


@pytest.fixture
def ada(world: World) -> Learner:
    return world.learner(name="Ada Lovelace")


@pytest.fixture
def number(world: World, ada: Learner) -> str:
    return ada.earns(world.published())


def opened(world: World, number: str, query: str = "", **headers: str) -> Response:
    return world.public(f"/verify/{number}{query}", **BROWSER, **headers)


def heading(page: Response) -> str:
    (found,) = re.findall("<h1>(.*?)</h1>", page.body.decode())
    return found


@pytest.mark.parametrize(
    ("wish", "language", "said"),
    [
        ("de-CH,de;q=0.9", "de", "Dieses Zertifikat ist gültig"),
        ("fr", "fr", "Ce certificat est valide"),
        ("es-MX", "es", "Este certificado es válido"),
        ("pl, it;q=0.4", "it", "Questo certificato è valido"),
        ("ja", "en", "This certificate is valid"),
    ],
)
def test_the_page_is_in_the_visitors_language(world: World, number: str, wish: str, language: str, said: str) -> None:
    page = opened(world, number, accept_language=wish)
    assert page.status == 200
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.body.decode()
    assert heading(page) == said


def test_an_unknown_number_is_no_page_found_in_the_visitors_language(world: World) -> None:
    page = opened(world, "CME-00000-00000-00000-00001", accept_language="de")
    assert (page.status, heading(page)) == (404, "Kein solches Zertifikat")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"


def test_the_qr_code_of_a_superseded_version_leads_to_what_took_its_place(
    world: World, ada: Learner, number: str
) -> None:
    printed = answered(ada.certificate(number))["links"]["verify"]
    answered(world.admin.reissues(number, attested_name="Ada King"), 202)
    world.deliver()
    page = opened(world, number, f"?{printed.partition('?')[2]}")
    assert heading(page) == "This version has been superseded"
    (link,) = re.findall(r'<a href="(\?version=\d)">', page.body.decode())
    assert heading(opened(world, number, link)) == "This certificate is valid"


def test_the_page_knows_the_checksums_of_all_versions_as_they_were_issued(
    world: World, ada: Learner, number: str
) -> None:
    answered(world.admin.reissues(number, attested_name="Ada King"), 202)
    world.deliver()
    page = opened(world, number).body.decode()
    told = dict(re.findall(r'data-sha256="([0-9a-f]{64})" data-status="(\w+)"', page))
    checksums = [hashlib.sha256(ada.pdf(number, version=version)).hexdigest() for version in (1, 2)]
    assert told == dict(zip(checksums, ("superseded", "valid"), strict=True))


@pytest.mark.parametrize("accept", [BROWSER, JSON], ids=["page", "json"])
def test_what_a_visitor_keeps_is_good_until_the_certificate_changes(
    world: World, number: str, accept: dict[str, str]
) -> None:
    path = f"/verify/{number}"
    first = world.public(path, **accept)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["vary"] == "Accept, Accept-Language"
    again = world.public(path, **accept, if_none_match=f'"other", W/{first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]

    answered(world.admin.revokes(number))
    changed = world.public(path, **accept, if_none_match=first.headers["etag"])
    assert changed.status == 200
    assert b"revoked" in changed.body


def test_a_page_and_the_answer_for_programs_are_never_taken_for_each_other(world: World, number: str) -> None:
    path = f"/verify/{number}"
    tags = {
        world.public(path, **headers).headers["etag"]
        for headers in (JSON, BROWSER, {**BROWSER, "accept_language": "de"}, {**BROWSER, "accept_language": "en-US"})
    }
    assert len(tags) == 4
