"""The verification page: every fact, nothing executable, readable without anything from elsewhere."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from functions.certification.verify.page import PAGE_HEADERS, render_page
from shared.api.contract.certification import CreditView, VerificationView
from shared.domain.certificate import CertificateStatus, RevocationReason
from tests.support.builders import NUMBER, a_head, a_version

HOSTILE = '<script>alert("x")</script>&\'"'
VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page as a browser reads it: its text by element, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.text[tag] = self.text.get(tag, "") + data


VALID = VerificationView.of(a_version(), a_head())
REVOKED = VerificationView.of(a_version(), a_head(revoked_for=RevocationReason.FRAUD))
SUPERSEDED = VerificationView.of(a_version(), a_head(current=2))
UNKNOWN = VerificationView(status=CertificateStatus.UNKNOWN)
every_view = pytest.mark.parametrize("view", [VALID, SUPERSEDED, REVOKED, UNKNOWN], ids=lambda view: str(view.status))


def test_a_valid_certificate_is_shown_with_all_that_the_public_may_know() -> None:
    shown = Page(render_page(NUMBER, VALID)).text
    assert "valid" in shown["h1"]
    for fact in (NUMBER, "Oligometastatic Disease", "A••• L•••", "1.00 ESMO-MORA Category 1", "2026-03-02", "ab" * 32):
        assert fact in shown["dl"]
    assert "Lovelace" not in shown["body"]


def test_a_revoked_certificate_says_so_first_and_why() -> None:
    shown = Page(render_page(NUMBER, REVOKED)).text
    assert "revoked" in shown["h1"]
    assert "valid" not in shown["h1"]
    assert "fraud" in shown["dl"]


def test_a_superseded_version_says_so() -> None:
    assert "superseded" in Page(render_page(NUMBER, SUPERSEDED)).text["h1"]


def test_of_an_unknown_number_nothing_is_shown_but_the_number() -> None:
    shown = Page(render_page(NUMBER, UNKNOWN)).text
    assert "No such certificate" in shown["h1"]
    assert shown["dl"] == f"Certificate{NUMBER}"


def test_a_certificate_of_participation_says_that_it_carries_no_credit() -> None:
    view = VALID.model_copy(update={"credits": []})
    assert "participation" in Page(render_page(NUMBER, view)).text["dl"]


@every_view
def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(view: VerificationView) -> None:
    page = Page(render_page(NUMBER, view))
    assert {"script", "img", "link", "iframe", "form", "a"}.isdisjoint(page.tags)
    assert {"src", "href", "style"}.isdisjoint(page.attributes)
    assert not any(name.startswith("on") for name in page.attributes)


def test_whatever_comes_from_outside_is_shown_as_text() -> None:
    view = VALID.model_copy(
        update={
            "title": HOSTILE,
            "holder": HOSTILE,
            "reason": HOSTILE,
            "credits": [CreditView(scheme=HOSTILE, category=HOSTILE, amount="1.00")],
        }
    )
    html = render_page(HOSTILE, view)
    assert "<script" not in html
    assert Page(html).text["dl"].count(HOSTILE) == 6


@every_view
def test_the_style_of_the_page_is_the_one_its_policy_names(view: VerificationView) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", render_page(NUMBER, view), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in PAGE_HEADERS["Content-Security-Policy"]


def test_the_policy_allows_nothing_else() -> None:
    policy = dict(directive.strip().split(" ", 1) for directive in PAGE_HEADERS["Content-Security-Policy"].split(";"))
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy["default-src"] == "'none'"
    assert set(policy.values()) == {"'none'"}
    assert PAGE_HEADERS["X-Content-Type-Options"] == "nosniff"
