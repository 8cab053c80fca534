"""The credential says what the certificate says, and whatever is changed about it breaks its proof."""

import copy
import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from itertools import combinations
from typing import Any

import jwt
import pytest
from pyld.jsonld import JsonLdError

from shared.certificate.credential import CREDENTIALS_V2, OPEN_BADGES_3, credential
from shared.certificate.issuing import SigningIssuer
from shared.certificate.proof import canonical, proof_hash
from shared.domain.certificate import Order
from shared.domain.issuer import did_web
from tests.support.builders import NOW, PUBLIC_URL, a_credit_line, a_place, a_reissue, an_order
from tests.support.fakes import FakeIssuerKeys, FakeSigner
from tests.support.verification import Document, NotVerified, bits_of, verify_jwt, verify_proof

DID = did_web(PUBLIC_URL)
PDF = "ab" * 32
Path = tuple[str | int, ...]
TWO_LINES = (a_credit_line(), a_credit_line(scheme="EACCME", category="ECMEC", amount=Decimal("0.50")))


class Society:
    """An issuer with a key of its own, and what is public about it."""

    def __init__(self) -> None:
        self.signer, self.keys = FakeSigner(), FakeIssuerKeys()
        self.issuer = SigningIssuer(self.signer, self.keys, PUBLIC_URL)

    @property
    def document(self) -> Document:
        from shared.api.contract.certification import DidDocumentView  # noqa: PLC0415

        shown: Document = json.loads(DidDocumentView.of(DID, [self.signer.public_key()]).model_dump_json())
        return shown

    def signs(self, order: Order | None = None) -> Document:
        signed: Document = json.loads(self.issuer.credential(order or an_order(credits=TWO_LINES), PDF).json_ld)
        return signed


SOCIETY = Society()
SIGNED = SOCIETY.signs()
UNSIGNED = {name: value for name, value in SIGNED.items() if name != "proof"}


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything in a document that is no object and no list, with the way to it."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if children is None:
        yield path, value
        return
    for name, child in children:
        yield from leaves(child, (*path, name))


def changed(document: Document, path: Path, value: Any) -> Document:
    """A copy with another value at ``path``; without the member if there is None."""
    copied = copy.deepcopy(document)
    at: Any = copied
    for name in path[:-1]:
        at = at[name]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


def other_than(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    text = str(value)
    return f"{text[:-1]}{'1' if text.endswith('0') else '0'}"


LEAVES = dict(leaves(UNSIGNED))


def named(path: Path) -> str:
    return ".".join(str(name) for name in path)


def breaks(document: Document) -> bool:
    """Whether the proof is none of ``document``."""
    try:
        verify_proof(document, SOCIETY.document)
    except (NotVerified, JsonLdError, KeyError, ValueError):
        return True
    return False


def test_as_it_was_signed_it_is_verified() -> None:
    assert not breaks(SIGNED)
    verify_proof(SIGNED, SOCIETY.document)


@pytest.mark.parametrize("path", LEAVES, ids=named)
def test_whatever_is_changed_or_left_out_breaks_the_proof(path: Path) -> None:
    """Every member is one of the contexts' terms: what is none would not have been signed."""
    assert breaks(changed(SIGNED, path, other_than(LEAVES[path])))
    assert breaks(changed(SIGNED, path, None))


def test_no_two_values_can_be_exchanged() -> None:
    """Of lists that have no order, such as types, the order is not signed."""
    meant = proof_hash(UNSIGNED, SIGNED["proof"])
    exchanged = 0
    for (one, value), (another, other) in combinations(LEAVES.items(), 2):
        if value == other or (one[:-1] == another[:-1] and isinstance(one[-1], int)):
            continue
        if one[0] == "@context" or another[0] == "@context":
            continue
        swapped = changed(changed(UNSIGNED, one, other), another, value)
        with suppress(JsonLdError):
            assert proof_hash(swapped, SIGNED["proof"]) != meant, (named(one), named(another))
        exchanged += 1
    assert exchanged > 500


@pytest.mark.parametrize(
    "member", ["type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"]
)
def test_the_proof_itself_can_not_be_changed(member: str) -> None:
    assert breaks(changed(SIGNED, ("proof", member), other_than(SIGNED["proof"][member])))
    assert breaks(changed(SIGNED, ("proof", member), None))


def test_nothing_can_be_added() -> None:
    result = {"type": ["Result"], "value": "1.00"}
    assert breaks(changed(SIGNED, ("credentialSubject", "result"), [*SIGNED["credentialSubject"]["result"], result]))
    assert breaks(changed(SIGNED, ("credentialSubject", "name"), "Somebody Else"))
    assert breaks(changed(SIGNED, ("validUntil",), "2099-01-01T00:00:00Z"))


def test_another_society_can_not_have_signed_it() -> None:
    of_another = Society().signs()
    assert of_another["issuer"]["id"] == DID
    assert breaks(of_another)


def test_the_contexts_are_those_of_the_contract_in_their_order() -> None:
    assert SIGNED["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]


@pytest.mark.parametrize(
    ("file", "digest"),
    [
        # As the Recommendation gives it.
        ("credentials-v2.json", "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
        ("open-badges-3.0.3.json", "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"),
    ],
)
def test_a_bundled_context_is_as_it_was_published(file: str, digest: str) -> None:
    data = files("shared.certificate").joinpath("contexts", file).read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest


@pytest.mark.parametrize("context", ["https://www.w3.org/2018/credentials/v1", "https://example.org/mine", "file:///x"])
def test_no_other_context_is_loaded(context: str) -> None:
    with pytest.raises(JsonLdError):
        canonical({**UNSIGNED, "@context": [CREDENTIALS_V2, OPEN_BADGES_3, context]})


def test_it_says_what_the_certificate_says() -> None:
    content = an_order().content
    subject = SIGNED["credentialSubject"]
    assert SIGNED["id"] == content.verification_url
    assert SIGNED["issuer"] == {"id": DID, "type": ["Profile"], "name": "Society of Oncology"}
    assert SIGNED["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (SIGNED["validFrom"], SIGNED["awardedDate"]) == ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z")
    assert subject["identifier"] == [
        {"type": "IdentityObject", "hashed": False, "identityHash": "Ada Lovelace", "identityType": "name"}
    ]
    assert (subject["role"], subject["achievement"]["name"]) == ("MD", "Oligometastatic Disease")
    assert content.number in SIGNED["description"]
    assert all(line.statement in SIGNED["description"] for line in TWO_LINES)
    [evidence] = SIGNED["evidence"]
    assert PDF in evidence["description"]


def test_each_credit_is_a_result_with_its_amount() -> None:
    subject = SIGNED["credentialSubject"]
    names = {described["id"]: described["name"] for described in subject["achievement"]["resultDescription"]}
    amounts = {names[result["resultDescription"]]: result["value"] for result in subject["result"] if "value" in result}
    assert amounts == {
        "ESMO-MORA, Category 1 (activity ACT-1)": "1.00",
        "EACCME, ECMEC (activity ACT-1)": "0.50",
    }


def test_a_certificate_of_participation_has_the_completion_for_its_result() -> None:
    signed = SOCIETY.signs(an_order(credits=()))
    [result] = signed["credentialSubject"]["result"]
    assert result["status"] == "Completed"
    assert not breaks(signed)


def test_a_reissue_says_what_it_supersedes_and_why() -> None:
    reissue = a_reissue(attested_name="Ada Byron")
    signed = SOCIETY.signs(Order(content=reissue.content, show_name=False, status=reissue.status))
    assert "version 2. It supersedes version 1: Name corrected." in signed["description"]
    assert signed["credentialSubject"]["identifier"][0]["identityHash"] == "Ada Byron"
    assert not breaks(signed)


def test_its_status_is_the_bit_at_its_place() -> None:
    signed = SOCIETY.signs(replace(an_order(), status=a_place(4711)))
    address = f"{PUBLIC_URL}/status-lists/2026-0"
    assert signed["credentialStatus"] == {
        "id": f"{address}#4711",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "4711",
        "statusListCredential": address,
    }


@pytest.mark.parametrize(
    "name",
    [
        "Łukasz Ørsted",
        "Ελένη Παπαδοπούλου",
        "Анна Ковач",
        "محمد الخوارزمي",
        "רחל כהן",
        "王小明",
        "山田 太郎",
        "김민수",
        "प्रिया शर्मा",
        "สมชาย ใจดี",
        'A "B" \\ C',
        "<b>&amp;</b>",
    ],
)  # fmt: skip
def test_names_of_every_script_are_signed_as_they_are(name: str) -> None:
    signed = SOCIETY.signs(an_order(attested_name=name))
    assert signed["credentialSubject"]["identifier"][0]["identityHash"] == name
    assert not breaks(signed)


def test_what_hides_or_reorders_text_is_left_out_as_on_the_pdf() -> None:
    signed = SOCIETY.signs(an_order(title="Onco\u202elogy\x07\nToday\u200b"))
    assert signed["name"] == "Oncology Today"


def test_the_jwt_says_the_same_and_is_verified() -> None:
    token = SOCIETY.issuer.credential(an_order(credits=TWO_LINES), PDF).jwt.decode("ascii")
    claims = verify_jwt(token, SOCIETY.document)
    added = {"iss": DID, "jti": SIGNED["id"], "nbf": int(NOW.timestamp())}
    assert claims == {**UNSIGNED, **added}


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_jwt_is_not_verified(part: int) -> None:
    parts = SOCIETY.issuer.credential(an_order(), PDF).jwt.decode("ascii").split(".")
    half = len(parts[part]) // 2
    parts[part] = parts[part][:half] + ("A" if parts[part][half] != "A" else "B") + parts[part][half + 1 :]
    with pytest.raises((NotVerified, jwt.DecodeError)):
        verify_jwt(".".join(parts), SOCIETY.document)


def test_a_key_is_kept_before_it_has_signed_anything() -> None:
    society = Society()

    def break_off(_: Any) -> None:
        raise RuntimeError("broken off")

    society.keys.keep = break_off  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="broken off"):
        society.signs()
    assert society.signer.signed == []


def test_a_key_is_kept_once_however_much_it_signs() -> None:
    society = Society()
    for _ in range(3):
        society.signs()
    assert society.keys.all() == [society.signer.public_key()]


def test_a_status_list_is_a_credential_of_the_same_issuer() -> None:
    published = SOCIETY.issuer.status_list(a_place(0).list_id, [3, 9], NOW)
    document = json.loads(published.document)
    verify_proof(document, SOCIETY.document)
    assert (document["id"], document["issuer"]) == (f"{PUBLIC_URL}/status-lists/2026-0", DID)
    assert document["@context"] == ["https://www.w3.org/ns/credentials/v2"]
    assert {index for index, bit in enumerate(bits_of(document)) if bit == "1"} == {3, 9}
    assert published.says({3: True, 9: True, 4: False})
    for path, value in leaves({name: value for name, value in document.items() if name != "proof"}):
        assert breaks(changed(document, path, other_than(value))), path
        assert breaks(changed(document, path, None)), path


def test_the_unsigned_credential_is_the_same_each_time() -> None:
    assert credential(an_order(), PDF, DID, PUBLIC_URL) == credential(an_order(), PDF, DID, PUBLIC_URL)
