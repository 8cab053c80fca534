"""On a phone, at a desk, by keyboard, without scripts: the verification page does what it says."""

import base64
import hashlib
from pathlib import Path

import pytest

from shared.language import LANGUAGES
from tests.browser.conftest import Held
from tests.browser.webdriver import TAB, Browser, Driver

PICTURES = Path(__file__).parents[2] / "build" / "browser"
OUTCOME = "[role=status]"
# What a drop of a file looks like to a page; the file's bytes come as base64.
DROP = """
const bytes = Uint8Array.from(atob(arguments[0]), (character) => character.charCodeAt(0));
const carried = new DataTransfer();
carried.items.add(new File([bytes], "dropped.pdf", {type: "application/pdf"}));
const target = document.querySelector(arguments[1]);
for (const kind of ["dragover", "drop"])
  target.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
"""

TOLD = """
const outcome = document.querySelector(arguments[0]);
return new Promise((told) => {
  const look = () => outcome.textContent ? told() : setTimeout(look, 10);
  look();
});
"""


def outcome(browser: Browser) -> tuple[str, str]:
    """What the page tells of a file, and as which status; waits until it tells something."""
    browser.run(TOLD, OUTCOME)
    return browser.text(OUTCOME), browser.run(f"return document.querySelector('{OUTCOME}').className")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_fits_and_speaks_the_visitors_language(driver: Driver, held: Held, code: str, phone: bool) -> None:
    with driver.browser(languages=code, phone=phone) as browser:
        for state, query in (("valid", ""), ("superseded", "?version=1"), ("unknown", "?version=9")):
            browser.open(held.page + query)
            assert browser.run("return document.documentElement.lang") == code
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
            assert browser.run("return getComputedStyle(document.querySelector('h1')).fontWeight") == "700"
            browser.picture(PICTURES / f"{state}-{code}-{'phone' if phone else 'desk'}.png")
            # The policy blocks nothing that the page itself brings.
            refused = [line for line in browser.logged() if "Content Security Policy" in line]
            assert [line for line in refused if "favicon" not in line] == []


def test_the_link_of_a_superseded_version_leads_to_the_current_one(driver: Driver, held: Held) -> None:
    with driver.browser() as browser:
        browser.open(f"{held.page}?version=1")
        browser.click("main a")
        assert browser.address() == f"{held.page}?version=2"
        assert browser.text("h1") == "This certificate is valid"


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_a_chosen_file_is_told_apart(driver: Driver, held: Held, phone: bool) -> None:
    with driver.browser(phone=phone) as browser:
        browser.open(held.page)
        told = {}
        for file in (held.first, held.second, held.altered):
            browser.run(f"document.querySelector('{OUTCOME}').replaceChildren()")
            browser.types("input", str(file))
            told[file] = outcome(browser)
            browser.picture(PICTURES / f"{file.stem}-{'phone' if phone else 'desk'}.png")
    assert [status for _, status in told.values()] == ["superseded", "valid", "unknown"]
    assert "Unchanged, but superseded. This is version 1" in told[held.first][0]
    assert "Original. This is version 2" in told[held.second][0]
    assert "Not an original" in told[held.altered][0]
    assert all(file.name in text for file, (text, _) in told.items())


@pytest.mark.parametrize("where", ["label", "h1"])
def test_a_dropped_file_is_compared_wherever_it_falls_and_goes_nowhere(driver: Driver, held: Held, where: str) -> None:
    with driver.browser(languages="de") as browser:
        browser.open(f"{held.page}?version=1")
        browser.run(DROP, base64.b64encode(held.second.read_bytes()).decode(), where)
        text, status = outcome(browser)
        assert (status, "Fassung 2" in text) == ("valid", True)
        assert browser.run("return document.querySelector('.same').dataset.status") == "valid"
        assert browser.run("return performance.getEntriesByType('resource').map((sent) => sent.name)") == []
        assert browser.address() == f"{held.page}?version=1"


def test_the_keyboard_reaches_everything_that_can_be_used(driver: Driver, held: Held) -> None:
    with driver.browser() as browser:
        browser.open(f"{held.page}?version=1")
        reached = []
        for _ in range(3):
            browser.press(TAB)
            reached.append(browser.run("return document.activeElement.localName"))
        assert reached == ["a", "input", "summary"]


def test_without_scripts_the_page_is_whole_and_tells_how_to_compare(driver: Driver, held: Held) -> None:
    with driver.browser(scripts=False) as browser:
        browser.open(held.page)
        assert browser.text("h1") == "This certificate is valid"
        assert not browser.is_shown("label")
        assert browser.is_shown("details code")
        assert hashlib.sha256(held.second.read_bytes()).hexdigest() in browser.text(".sums")
        browser.picture(PICTURES / "without-scripts.png")
