"""Documents are written once and handed out by addresses that soon expire."""

import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from infra.local.system import LocalSystem
from shared.bootstrap import Deps
from shared.domain.certificate_number import certificate_number
from shared.ports import DocumentKind
from tests.support.builders import NOW

NUMBER = certificate_number(7)


def fetched(url: str) -> tuple[bytes, str, str]:
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers["content-type"], answer.headers["content-disposition"]


def test_the_first_document_of_a_version_stays(deps: Deps, engine: LocalSystem) -> None:
    assert deps.documents.store_once(NUMBER, 1, DocumentKind.PDF, b"first") == b"first"
    assert deps.documents.store_once(NUMBER, 1, DocumentKind.PDF, b"first") == b"first"
    assert deps.documents.store_once(NUMBER, 1, DocumentKind.PDF, b"another") == b"first"
    assert deps.documents.store_once(NUMBER, 2, DocumentKind.PDF, b"another") == b"another"
    listed = engine.aws("s3").list_object_versions(Bucket=engine.reference("DocumentBucket"))["Versions"]
    assert [one["Key"] for one in listed] == [f"certificates/{NUMBER}/v1.pdf", f"certificates/{NUMBER}/v2.pdf"]


def test_an_address_needs_no_token_and_names_the_file(deps: Deps) -> None:
    deps.documents.store_once(NUMBER, 3, DocumentKind.PDF, b"%PDF-1.7")
    address = deps.documents.address(NUMBER, 3, NOW)
    assert address.expires_at == NOW + timedelta(minutes=5)
    assert "X-Amz-Expires=300" in address.url or "Expires=" in address.url
    assert fetched(address.url) == (b"%PDF-1.7", "application/pdf", f'inline; filename="{NUMBER}-v3.pdf"')


def test_without_the_signature_the_document_can_not_be_had(deps: Deps) -> None:
    deps.documents.store_once(NUMBER, 4, DocumentKind.PDF, b"secret")
    address = deps.documents.address(NUMBER, 4, NOW)
    with pytest.raises(urllib.error.HTTPError) as refused:
        fetched(address.url.partition("?")[0])
    assert refused.value.code == 403
    refused.value.close()


def test_a_fault_is_no_stored_document(deps: Deps, engine: LocalSystem) -> None:
    documents = type(deps.documents)(engine.aws("s3"), "no-such-bucket")  # type: ignore[call-arg]
    with pytest.raises(engine.aws("s3").exceptions.NoSuchBucket):
        documents.store_once(NUMBER, 1, DocumentKind.PDF, b"x")
