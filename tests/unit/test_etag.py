"""ETags are versions in quotes, and If-Match names one of them."""

import pytest

from shared.api.etag import content_etag, etag, names, require_version, version_in
from shared.domain.refusals import InvalidRequest


@pytest.mark.parametrize("version", [1, 12, 999_999_999])
def test_an_etag_comes_back_as_the_version_it_is(version: int) -> None:
    assert version_in({"if-match": etag(version)}) == version
    assert version_in({"if-match": f" {etag(version)} "}) == version
    assert require_version({"if-match": etag(version)}) == version


@pytest.mark.parametrize("headers", [{}, {"if-match": "*"}])
def test_no_version_in_particular_is_none(headers: dict[str, str]) -> None:
    assert version_in(headers) is None
    with pytest.raises(InvalidRequest) as refused:
        require_version(headers)
    assert refused.value.facts["errors"][0]["loc"] == ["header", "If-Match"]


@pytest.mark.parametrize("wrong", ["1", '"one"', 'W/"1"', '"1", "2"', '""', '"1234567890"', '"-1"'])
def test_what_is_no_version_in_quotes_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        version_in({"if-match": wrong})
    assert refused.value.facts["errors"][0]["loc"] == ["header", "If-Match"]


def test_the_same_content_has_the_same_tag_and_another_another() -> None:
    assert content_etag("Grüße") == content_etag("Grüße".encode())
    assert content_etag("a") != content_etag("b")


@pytest.mark.parametrize(
    ("asked", "named"),
    [("{tag}", True), ("W/{tag}", True), ('"other", {tag}', True), ("*", True), ('"other"', False), ("", False)],
)
def test_whoever_names_the_tag_has_the_answer_already(asked: str, named: bool) -> None:
    tag = content_etag("content")
    assert names({"If-None-Match": asked.format(tag=tag)}, tag) is named
    assert not names({}, tag)
