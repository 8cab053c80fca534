"""The restore path of the runbook: tables as they were at an instant, documents, and nothing in streams and queues."""

from typing import Any

from tests.flow.journey import TABLES, Begin, Learner, World, answered

Items = dict[str, list[dict[str, Any]]]
Documents = dict[str, dict[str, Any]]


def backup(world: World) -> tuple[Items, Documents]:
    """Every item of every table, and every document of the bucket."""
    dynamodb, s3 = world.system.aws("dynamodb"), world.system.aws("s3")
    scans = {
        table: dynamodb.get_paginator("scan").paginate(TableName=world.system.reference(table)) for table in TABLES
    }
    items = {table: [item for page in pages for item in page["Items"]] for table, pages in scans.items()}
    bucket = world.system.reference("DocumentBucket")
    documents = {}
    for found in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        stored = s3.get_object(Bucket=bucket, Key=found["Key"])
        documents[found["Key"]] = {"Body": stored["Body"].read(), "ContentType": stored["ContentType"]}
    return items, documents


def restore(world: World, items: Items, documents: Documents) -> None:
    """What was last announced is left out, since a restored table has no stream that would bring it to relay."""
    dynamodb, s3 = world.system.aws("dynamodb"), world.system.aws("s3")
    for table, rows in items.items():
        for row in rows:
            silent = {name: value for name, value in row.items() if name != "outbox"}
            dynamodb.put_item(TableName=world.system.reference(table), Item=silent)
    for key, document in documents.items():
        s3.put_object(Bucket=world.system.reference("DocumentBucket"), Key=key, **document)


def test_what_was_under_way_goes_on_and_what_was_done_stays_done(begin: Begin) -> None:
    with begin() as world:
        module = world.published()
        ada, ben, cy = world.learner("ada"), world.learner("ben"), world.learner("cy")
        number = ada.earns(module)
        pdf = ada.pdf(number)
        ben.is_ready_for(module)
        form = ben.begins()
        answered(cy.enrol(module), 202)
        answered(ben.submit(module.right(form)), 202)
        audited = answered(world.admin.ask("GET", "/admin/audit/verification"))["head"]
        items, documents = backup(world)
        instant = world.now

    with begin() as world:
        restore(world, items, documents)
        world.wait_until(instant)
        world.deliver()
        people = {sub: Learner(world, sub) for sub in ("ada", "ben", "cy")}
        for learner in people.values():
            learner.module = module
        ada, ben, cy = people.values()
        assert (ben.enrolment()["state"], cy.enrolment()["state"]) == ("confirmed", "requested")

        world.wait(minutes=10)
        world.recover()
        world.deliver()
        assert (ben.enrolment()["state"], cy.enrolment()["state"]) == ("certified", "confirmed")
        # The pass is as of the submission, not of the repair.
        assert ben.enrolment()["attempts"][0]["submitted_at"] == form["started_at"]
        assert len(ben.pdf(ben.enrolment()["certificate"])) > 1000
        assert ada.pdf(number) == pdf
        assert answered(world.public(f"/verify/{number}", accept="application/json"))["status"] == "valid"
        assert len(answered(ada.ask("GET", "/transcript"))["entries"]) == 1
        verified = answered(world.admin.ask("GET", "/admin/audit/verification"))
        assert (verified["intact"], verified["head"]) == (True, audited)
