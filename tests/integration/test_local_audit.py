"""`python -m infra.local audit`: whoever has the entries can check the chain without trusting the server."""

from collections.abc import Iterator

import pytest

from infra.local import audit
from infra.local.__main__ import main
from infra.local.system import LocalSystem

MEMBERS = 5


@pytest.fixture(scope="module")
def served() -> Iterator[LocalSystem]:
    with LocalSystem(port=0) as system:
        token = system.token("office", groups=["admin"])
        for number in range(MEMBERS):
            path = f"/admin/learners/dr-{number}/membership"
            assert system.request("PUT", path, token, {"member": True}).status == 200
        system.drain()
        system.go_live()
        yield system


def last_hash(system: LocalSystem) -> str:
    entries = system.request("GET", "/admin/audit", system.token("office", groups=["admin"])).json()["entries"]
    return str(entries[-1]["hash"])


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the command said; the server's functions, in the same process, print JSON."""
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]


@pytest.mark.parametrize("page", [2, MEMBERS, 200])
def test_a_chain_that_holds_is_told_with_its_last_hash(
    served: LocalSystem, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(audit, "_PAGE", page)
    assert main(["audit", "--server", f"{served.address}/"]) == 0
    assert said(capsys) == [f"{MEMBERS} entries hold; the last has the hash {last_hash(served)}"]


def test_a_token_of_another_issuer_is_taken_from_the_environment(
    served: LocalSystem, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CME_TOKEN", served.token("nobody"))
    assert main(["audit", "--server", served.address]) == 1
    assert capsys.readouterr().err.startswith(f"error: {served.address} answers 403: ")


def test_an_entry_that_was_changed_is_named(served: LocalSystem, capsys: pytest.CaptureFixture[str]) -> None:
    dynamodb, table = served.aws("dynamodb"), served.reference("AuditTable")
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": "CHAIN"}, "sk": {"S": f"{3:012d}"}})["Item"]
    changed = item["facts"]["S"].replace("dr-2", "dr-9")
    dynamodb.put_item(TableName=table, Item=item | {"facts": {"S": changed}})
    try:
        assert main(["audit", "--server", served.address]) == 1
    finally:
        dynamodb.put_item(TableName=table, Item=item)
    assert said(capsys) == ["entry 3 is changed; 2 hold"]
