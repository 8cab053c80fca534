"""The template tells the same story as the code: what it wires, whom it lets in, what a role may do, what is kept."""

import json
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from shared.adapters.dynamo.operations import MAIL_KEPT_FOR
from shared.domain.job import PATIENCE
from shared.domain.mail import BROKEN_OFF_AFTER
from shared.domain.reporting import KEPT_FOR
from shared.settings import (
    AccountSettings,
    DirectorySettings,
    EvidenceSettings,
    MailSettings,
    QueueSettings,
    ReportSettings,
    Settings,
    SigningSettings,
)

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
GLOBALS: dict[str, Any] = TEMPLATE["Globals"]["Function"]
STEPS = sorted(folder.parent for folder in (ROOT / "functions").glob("*/*/__init__.py"))

EDITION = "/admin/modules/{module_id}/editions/{edition}"
ENROLMENT = "/modules/{module_id}/enrolment"
CALLS = {
    "Author": {
        f"GET {EDITION}",
        f"PUT {EDITION}",
        f"GET {EDITION}/questions",
        f"PUT {EDITION}/questions",
        f"POST {EDITION}/questions/uploads",
        f"POST {EDITION}/publication",
        f"POST {EDITION}/retirement",
        "GET /admin/modules",
        f"GET {EDITION}/preview",
        f"POST {EDITION}/errata",
        f"GET {EDITION}/errata",
    },
    "Browse": {"GET /modules", "GET /modules/{module_id}", "GET /openapi.json"},
    "Enrol": {
        f"PUT {ENROLMENT}",
        f"GET {ENROLMENT}",
        f"DELETE {ENROLMENT}",
        f"PUT {ENROLMENT}/acknowledgement",
        f"POST {ENROLMENT}/views",
    },
    "Admit": {
        "GET /admin/learners/{learner_id}/membership",
        "PUT /admin/learners/{learner_id}/membership",
        "GET /admin/learners/{learner_id}/accommodations/{module_id}",
        "PUT /admin/learners/{learner_id}/accommodations/{module_id}",
        "GET /admin/learners/{learner_id}/accommodations",
        "GET /admin/accommodations",
        "POST /admin/memberships",
        "POST /admin/learners/{learner_id}/awards",
        "POST /admin/learners/{learner_id}/identities",
        "GET /admin/learners/{learner_id}/identities",
        "DELETE /admin/learners/{learner_id}/identities/{identity}",
        "GET /admin/memberships",
    },
    "Inspect": {
        "GET /admin/learners",
        "GET /admin/learners/{learner_id}",
        "GET /admin/learners/{learner_id}/evidence/{module_id}",
        f"GET {EDITION}/enrolments",
        f"GET {EDITION}/enrolments/sample",
    },
    "Attempt": {
        f"POST {ENROLMENT}/attempts",
        f"GET {ENROLMENT}/attempts/{{attempt}}",
        f"PATCH {ENROLMENT}/attempts/{{attempt}}/answers",
        f"POST {ENROLMENT}/attempts/{{attempt}}/submission",
    },
    "Review": {f"GET {ENROLMENT}/attempts/{{attempt}}/review"},
    "Regrade": {f"POST {EDITION}/regrades", f"GET {EDITION}/statistics", f"POST {EDITION}/statistics"},
    "Oversee": {
        "GET /admin/jobs/{job}",
        "POST /admin/exports/{kind}",
        "PUT /admin/exports/{job}/acceptance",
        "GET /admin/queues",
        "POST /admin/queues/{queue}/redrive",
        "GET /admin/audit",
        "GET /admin/audit/verification",
    },
    "Claim": {f"PUT {ENROLMENT}/evaluation", f"PUT {ENROLMENT}/claim"},
    "Reissue": {
        "GET /admin/certificates/{number}",
        "POST /admin/certificates/{number}/reissues",
        "POST /admin/certificates/{number}/revocation",
        "POST /admin/certificates/{number}/restoration",
        f"POST {EDITION}/reissues",
    },
    "Record": {
        "GET /transcript",
        "POST /transcript/external",
        "GET /certificates",
        "GET /certificates/{number}",
        "GET /certificates/{number}/pdf",
        "GET /certificates/{number}/credential",
        "GET /me",
        "PUT /me",
        "DELETE /me",
        "GET /me/export",
    },
    "Verify": {
        "GET /verify/{number}",
        "GET /.well-known/did.json",
        "GET /.well-known/jwks.json",
        "GET /status-lists/{list}",
    },
}
PUBLIC = CALLS["Browse"] | CALLS["Verify"]
CONSUMERS = {
    "EnrolmentsQueue": "Confirm",
    "SubmissionsQueue": "Grade",
    "GradesQueue": "Settle",
    "CertificatesQueue": "Certify",
    "StatusesQueue": "PublishStatus",
    "JobsQueue": "Work",
    "RetirementsQueue": "Lapse",
    "ImportsQueue": "ImportBank",
    "NotificationsQueue": "Notify",
    "AuditQueue": "Audit",
    "RestsQueue": "Work",
    "RehearsalsQueue": "Rehearse",
}
STREAMED = {"CatalogueTable", "LearningTable", "CertificateTable", "OperationsTable"}
INDEXES = {
    "CatalogueTable": {"due", "shelf", "desk"},
    "QuestionTable": set(),
    "AnswerKeyTable": set(),
    "LearningTable": {"due", "edition", "directory"},
    "CertificateTable": set(),
    "OperationsTable": {"due"},
    "AuditTable": set(),
}
ATTRIBUTES_OF_INDEXES = {
    "due": ("due_step", "due_at", "KEYS_ONLY"),
    "shelf": ("shelf", "shelf_key", "ALL"),
    "desk": ("desk", "desk_key", "KEYS_ONLY"),
    "edition": ("edition_shard", "pk", "KEYS_ONLY"),
    "directory": ("listed", "listed_key", "KEYS_ONLY"),
}
SERVICES = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::SQS::Queue": "sqs",
    "AWS::S3::Bucket": "s3",
    "AWS::KMS::Key": "kms",
}
SIGNERS = {"Certify", "PublishStatus"}
SECONDS_OF_FOUR_DAYS = 345_600  # SQS keeps a message so long by default


def properties(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of one type, by logical id."""
    return {name: found["Properties"] for name, found in RESOURCES.items() if found["Type"] == kind}


FUNCTIONS = properties("AWS::Serverless::Function")
ROUTES = properties("AWS::ApiGatewayV2::Route")
INTEGRATIONS = properties("AWS::ApiGatewayV2::Integration")
TABLES = properties("AWS::DynamoDB::Table")
ALARMS = properties("AWS::CloudWatch::Alarm")
QUEUES = {name: found for name, found in properties("AWS::SQS::Queue").items() if "RedrivePolicy" in found}
DEAD_LETTERS = properties("AWS::SQS::Queue").keys() - QUEUES.keys()


def named(value: Any) -> str:
    """The logical id that a Ref, a GetAtt or the start of a Sub names."""
    match value:
        case {"Ref": str(name)}:
            return name
        case {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::If": [_, _, otherwise]}:  # what the template has, unless a parameter names another
            return named(otherwise)
        case {"Fn::Sub": str(text)} if "${" in text:
            return text.partition("${")[2].partition("}")[0].partition(".")[0]
    raise AssertionError(f"names no resource: {value!r}")


def default(parameter: str) -> Any:
    return TEMPLATE["Parameters"][parameter]["Default"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def events_of(function: str, kind: str) -> list[dict[str, Any]]:
    events = FUNCTIONS[function].get("Events", {}).values()
    return [event["Properties"] for event in events if event["Type"] == kind]


def statements_of(function: str) -> list[dict[str, Any]]:
    return [statement for policy in FUNCTIONS[function]["Policies"] for statement in policy["Statement"]]


def rights_of(function: str) -> Iterator[tuple[str, Any]]:
    """Every action with every resource it is allowed on."""
    for statement in statements_of(function):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                yield action, resource


def variables_of(function: str) -> dict[str, Any]:
    variables: dict[str, Any] = FUNCTIONS[function]["Environment"]["Variables"]
    return variables


def function_of(route: dict[str, Any]) -> str:
    """The function that a route's integration calls."""
    return named(INTEGRATIONS[named(route["Target"])]["IntegrationUri"])


def names_of(step: Path) -> tuple[str, str]:
    return step.parent.name, step.name


def alarms_on(metric: str, dimension: str, resource: str) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == metric
        and [(one["Name"], named(one["Value"])) for one in alarm.get("Dimensions", ())] == [(dimension, resource)]
    ]


# Functions


def test_every_step_is_a_function_and_every_function_a_step() -> None:
    steps = {f"functions.{room}.{step}.handler.lambda_handler" for room, step in map(names_of, STEPS)}
    assert sorted(function["Handler"] for function in FUNCTIONS.values()) == sorted(steps)


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_the_handler_can_be_imported(function: str) -> None:
    module, _, name = FUNCTIONS[function]["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_is_named_and_built_from_its_own_folder_alone(function: str) -> None:
    package = FUNCTIONS[function]["Handler"].removesuffix(".handler.lambda_handler")
    folder = package.replace(".", "/")
    step = package.rpartition(".")[2]
    assert FUNCTIONS[function]["CodeUri"] == f"{folder}/"
    assert RESOURCES[function]["Metadata"] == {
        "BuildProperties": {"ParentPackageMode": "explicit", "ParentPackages": package}
    }
    assert not (ROOT / folder / "requirements.txt").exists()
    assert variables_of(function)["POWERTOOLS_SERVICE_NAME"] == step
    assert function == step.title().replace("_", "")


def test_functions_and_layers_are_built_for_one_processor_and_one_python() -> None:
    architecture = {"Ref": "Architecture"}
    assert GLOBALS["Runtime"] == "python3.13"
    assert GLOBALS["Architectures"] == [architecture]
    assert GLOBALS["Layers"] == [{"Ref": "SharedLayer"}]
    for name, layer in properties("AWS::Serverless::LayerVersion").items():
        assert layer["CompatibleRuntimes"] == ["python3.13"]
        assert layer["CompatibleArchitectures"] == [architecture]
        assert RESOURCES[name]["Metadata"]["BuildMethod"] == "python3.13"
        assert RESOURCES[name]["Metadata"]["BuildArchitecture"] == architecture
        assert (ROOT / layer["ContentUri"] / "requirements.txt").is_file()


def test_a_layer_of_its_own_is_carried_by_the_steps_that_need_it_alone() -> None:
    layers = {name: function["Layers"] for name, function in FUNCTIONS.items() if "Layers" in function}
    assert layers == {
        "Certify": [{"Ref": "DocumentLayer"}],
        "PublishStatus": [{"Ref": "DocumentLayer"}],
        "Author": [{"Ref": "ExchangeLayer"}],
        "ImportBank": [{"Ref": "ExchangeLayer"}],
        "Record": [{"Ref": "DocumentLayer"}, {"Ref": "PagesLayer"}],
        "Notify": [{"Ref": "PagesLayer"}],
        "Verify": [{"Ref": "PagesLayer"}],
    }


def test_the_environment_is_exactly_what_settings_reads() -> None:
    read = {field.name.upper() for field in fields(Settings)}
    assert GLOBALS["Environment"]["Variables"].keys() == read | {"POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}


def test_only_relay_and_oversee_know_the_queues_and_only_notify_how_mail_is_sent() -> None:
    urls = {field.name.upper() for field in fields(QueueSettings)}
    told = {function for function in FUNCTIONS if urls & set(variables_of(function))}
    assert told == {"Relay", "Oversee"}
    for function in told:
        known = {url: named(variables_of(function)[url]) for url in urls}
        assert known == {f"{queue.removesuffix('Queue').upper()}_QUEUE_URL": queue for queue in QUEUES}
    for settings, steps in (
        (MailSettings, {"Notify"}),
        (ReportSettings, {"Work"}),
        (AccountSettings, {"Work"}),
        (EvidenceSettings, {"Work", "Destroy"}),
        (DirectorySettings, {"Confirm"}),
    ):
        names = {field.name.upper() for field in fields(settings)}
        assert {function for function in FUNCTIONS if names & set(variables_of(function))} == steps
        assert all(names <= set(variables_of(step)) for step in steps)


def test_only_those_who_sign_or_show_the_key_are_told_which_it_is() -> None:
    told = {field.name.upper() for field in fields(SigningSettings)}
    assert {function for function in FUNCTIONS if told & set(variables_of(function))} == SIGNERS | {"Verify"}
    for function in SIGNERS | {"Verify"}:
        assert {variable: named(variables_of(function)[variable]) for variable in told} == dict.fromkeys(
            told, "SigningKey"
        )


def test_no_function_is_told_anything_else() -> None:
    own = (
        AccountSettings,
        DirectorySettings,
        EvidenceSettings,
        MailSettings,
        QueueSettings,
        ReportSettings,
        SigningSettings,
    )
    known = {field.name.upper() for settings in own for field in fields(settings)}
    for function in FUNCTIONS:
        assert set(variables_of(function)) <= known | {"POWERTOOLS_SERVICE_NAME"}


# API


def test_exactly_these_routes_are_public() -> None:
    assert {route["RouteKey"] for route in ROUTES.values() if route["AuthorizationType"] == "NONE"} == PUBLIC


def test_every_other_route_demands_a_token_of_the_issuer() -> None:
    for route in ROUTES.values():
        if route["RouteKey"] not in PUBLIC:
            assert route["AuthorizationType"] == "JWT", route
            assert route["AuthorizerId"] == {"Ref": "Tokens"}, route
    tokens = RESOURCES["Tokens"]["Properties"]
    assert tokens["AuthorizerType"] == "JWT"
    assert tokens["JwtConfiguration"] == {"Issuer": {"Ref": "JwtIssuer"}, "Audience": {"Ref": "JwtAudience"}}


def test_each_call_of_the_contract_reaches_its_step_and_there_is_no_other() -> None:
    calls = sorted((function_of(route), route["RouteKey"]) for route in ROUTES.values())
    assert calls == sorted((function, call) for function, keys in CALLS.items() for call in keys)


def test_the_public_functions_have_no_route_behind_a_token_and_no_right_to_write() -> None:
    public = {function_of(route) for route in ROUTES.values() if route["RouteKey"] in PUBLIC}
    assert public == {"Browse", "Verify"}
    assert {route["RouteKey"] for route in ROUTES.values() if function_of(route) in public} == PUBLIC
    for function in public:
        assert {action for action, _ in rights_of(function)} <= {
            "dynamodb:GetItem", "dynamodb:Query", "kms:GetPublicKey",
        }  # fmt: skip


def test_every_integration_reaches_a_function_that_lets_the_api_in() -> None:
    permitted = {
        named(permission["FunctionName"])
        for permission in properties("AWS::Lambda::Permission").values()
        if permission["Action"] == "lambda:InvokeFunction"
        and permission["Principal"] == "apigateway.amazonaws.com"
        and permission["SourceArn"]["Fn::Sub"].endswith(":${Api}/*")
    }
    called = {function_of(route) for route in ROUTES.values()}
    assert called <= FUNCTIONS.keys()
    assert called == permitted == {named(found["IntegrationUri"]) for found in INTEGRATIONS.values()}
    for integration in INTEGRATIONS.values():
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")


def test_every_function_is_started_by_one_thing() -> None:
    called = {function_of(route) for route in ROUTES.values()}
    for name, function in FUNCTIONS.items():
        kinds = {event["Type"] for event in function.get("Events", {}).values()}
        assert len(kinds) + (name in called) == 1, name


def test_pages_of_the_allowed_origins_may_read_where_to_go_and_when_to_come_back() -> None:
    condition, allowed, otherwise = RESOURCES["Api"]["Properties"]["CorsConfiguration"]["Fn::If"]
    assert condition == "HasCorsOrigins"
    assert allowed["AllowOrigins"] == {"Ref": "CorsOrigins"}
    assert allowed["ExposeHeaders"] == ["Location", "ETag", "Retry-After"]
    assert {route["RouteKey"].partition(" ")[0] for route in ROUTES.values()} <= set(allowed["AllowMethods"])
    assert otherwise == {"Ref": "AWS::NoValue"}


# Queues


def test_each_queue_has_its_consumer() -> None:
    consumed = {named(event["Queue"]): function for function in FUNCTIONS for event in events_of(function, "SQS")}
    assert consumed == CONSUMERS
    assert QUEUES.keys() == CONSUMERS.keys()


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_a_queue_gives_up_after_the_receives_its_consumer_counts(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == GLOBALS["Environment"]["Variables"]["MAX_RECEIVES"]
    assert named(redrive["deadLetterTargetArn"]) == queue.removesuffix("Queue") + "DeadLetters"


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_a_queue_waits_six_timeouts_before_it_delivers_again(queue: str) -> None:
    visibility = QUEUES[queue]["VisibilityTimeout"]
    seconds = default("QueueVisibility") if visibility == {"Ref": "QueueVisibility"} else visibility
    assert seconds >= 6 * FUNCTIONS[CONSUMERS[queue]].get("Timeout", GLOBALS["Timeout"])


def test_every_dead_letter_raises_an_alarm_and_outlives_its_queue() -> None:
    assert {queue.removesuffix("Queue") + "DeadLetters" for queue in QUEUES} == DEAD_LETTERS
    for name in DEAD_LETTERS:
        assert RESOURCES[name]["Properties"]["MessageRetentionPeriod"] > SECONDS_OF_FOUR_DAYS
        [alarm] = alarms_on("ApproximateNumberOfMessagesVisible", "QueueName", name)
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Maximum",
            "GreaterThanThreshold",
            0,
        )
    assert not any("MessageRetentionPeriod" in queue for queue in QUEUES.values())


def test_a_message_that_waits_long_for_its_consumer_raises_an_alarm() -> None:
    for queue in CONSUMERS:
        [alarm] = alarms_on("ApproximateAgeOfOldestMessage", "QueueName", queue)
        assert default("QueueVisibility") < alarm["Threshold"]


def test_mail_is_sent_at_the_accounts_rate_whatever_the_number_of_consumers() -> None:
    [event] = events_of("Notify", "SQS")
    assert event["ScalingConfig"] == {"MaximumConcurrency": variables_of("Notify")["MAIL_CONSUMERS"]}
    # MailRate is at least a quarter of MailConsumers: a batch then waits for 4 s between two mails at most.
    assert 4 * event["BatchSize"] < FUNCTIONS["Notify"]["Timeout"]


def test_a_mail_that_was_broken_off_is_repeated_only_when_nobody_can_be_sending_it_any_more() -> None:
    assert FUNCTIONS["Notify"]["Timeout"] < BROKEN_OFF_AFTER.total_seconds()
    assert BROKEN_OFF_AFTER.total_seconds() < QUEUES["NotificationsQueue"]["VisibilityTimeout"]


def test_a_mail_is_remembered_for_longer_than_its_event_can_come_again() -> None:
    letters = RESOURCES["NotificationsDeadLetters"]["Properties"]["MessageRetentionPeriod"]
    assert MAIL_KEPT_FOR.total_seconds() > 2 * (SECONDS_OF_FOUR_DAYS + letters)


def test_queues_are_encrypted() -> None:
    assert all(queue["SqsManagedSseEnabled"] is True for queue in properties("AWS::SQS::Queue").values())


@pytest.mark.parametrize("function", sorted(set(CONSUMERS.values())))
def test_a_consumer_reports_each_failed_message_and_may_keep_its_cause(function: str) -> None:
    for event in events_of(function, "SQS"):
        # A bank to import is work for a whole call.
        assert event["BatchSize"] == (1 if function == "ImportBank" else 10)
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert ("dynamodb:PutItem", {"Fn::GetAtt": ["OperationsTable", "Arn"]}) in rights_of(function)


# Streams


def test_every_stream_reaches_relay_and_relay_alone() -> None:
    streamed = {name for name, table in TABLES.items() if "StreamSpecification" in table}
    assert streamed == STREAMED
    assert all(TABLES[name]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"} for name in streamed)
    assert sorted(named(event["Stream"]) for event in events_of("Relay", "DynamoDB")) == sorted(streamed)
    assert not any(events_of(function, "DynamoDB") for function in FUNCTIONS.keys() - {"Relay"})


@pytest.mark.parametrize("table", sorted(STREAMED))
def test_relay_sees_only_what_announces_something_and_is_retried_without_limit(table: str) -> None:
    [event] = [found for found in events_of("Relay", "DynamoDB") if named(found["Stream"]) == table]
    [pattern] = event["FilterCriteria"]["Filters"]
    assert json.loads(pattern["Pattern"]) == {"dynamodb": {"NewImage": {"outbox": {"S": [{"exists": True}]}}}}
    assert {name: value for name, value in event.items() if name not in ("Stream", "FilterCriteria")} == {
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 10,
        "ParallelizationFactor": 1,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }


def test_a_relay_that_falls_behind_raises_an_alarm_long_before_the_stream_forgets() -> None:
    [alarm] = alarms_on("IteratorAge", "FunctionName", "Relay")
    milliseconds_of_a_day = 24 * 60 * 60 * 1000
    assert alarm["Threshold"] <= milliseconds_of_a_day / 24


# Schedules


def test_schedules_carry_the_name_of_the_stack_and_catch_up_by_their_next_run() -> None:
    rates = {}
    for function in FUNCTIONS:
        for event in events_of(function, "ScheduleV2"):
            step = variables_of(function)["POWERTOOLS_SERVICE_NAME"].replace("_", "-")
            assert event["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{step}"}
            assert event["RetryPolicy"] == FUNCTIONS[function]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}
            assert alarms_on("Errors", "FunctionName", function)
            rates[function] = event["ScheduleExpression"]
    assert rates == {
        "Retire": "rate(15 minutes)",
        "Remind": "rate(1 hour)",
        "CloseAttempts": "rate(1 minute)",
        "Recover": "rate(5 minutes)",
        "Destroy": "rate(1 day)",
    }


@pytest.mark.parametrize(
    ("metric", "function"), [("Stuck", "Recover"), ("UnissuedPasses", "Recover"), ("DirectoryUnavailable", "Confirm")]
)
def test_what_only_a_step_can_count_raises_an_alarm(metric: str, function: str) -> None:
    [alarm] = [alarm for alarm in ALARMS.values() if alarm.get("MetricName") == metric]
    assert alarm["Namespace"] == GLOBALS["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables_of(function)["POWERTOOLS_SERVICE_NAME"]}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def test_throttling_raises_an_alarm_wherever_it_happens() -> None:
    [lambda_throttles] = [alarm for alarm in ALARMS.values() if alarm.get("MetricName") == "Throttles"]
    assert "Dimensions" not in lambda_throttles
    [metrics] = [alarm["Metrics"] for alarm in ALARMS.values() if "Metrics" in alarm]
    namespace = GLOBALS["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert [metric["Expression"] for metric in metrics] == [f"SELECT SUM(Postponed) FROM SCHEMA({namespace}, service)"]


# Rights


def test_a_role_names_its_actions_and_its_resources() -> None:
    wide = {
        (function, text)
        for function in FUNCTIONS
        for action, resource in rights_of(function)
        for text in (action, json.dumps(resource))
        if "*" in text
    }
    documents = json.dumps({"Fn::Sub": "${DocumentBucket.Arn}/certificates/*"})
    uploads = json.dumps({"Fn::Sub": "${DocumentBucket.Arn}/uploads/*"})
    banks = json.dumps({"Fn::Sub": "${DocumentBucket.Arn}/banks/*"})
    exports = json.dumps({"Fn::Sub": "${DocumentBucket.Arn}/exports/*"})
    evidence = json.dumps({"Fn::Sub": "${EvidenceBucket.Arn}/learners/*"})
    assert wide == {
        ("Relay", "sqs:SendMessage*"),
        ("Oversee", "sqs:SendMessage*"),
        ("Certify", documents),
        ("Record", documents),
        ("Author", banks),
        ("Attempt", banks),
        ("Review", banks),
        ("ImportBank", banks),
        ("ImportBank", uploads),
        ("Author", uploads),
        ("Work", exports),
        ("Work", documents),
        ("Work", evidence),
        ("Destroy", evidence),
        ("Oversee", exports),
        ("Notify", json.dumps("*")),
    }


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_role_is_written_out_in_full_on_resources_of_this_template(function: str) -> None:
    assert "Role" not in FUNCTIONS[function]
    assert all(policy.keys() == {"Statement"} for policy in FUNCTIONS[function]["Policies"])
    assert all(statement["Effect"] == "Allow" for statement in statements_of(function))
    for action, resource in rights_of(function):
        if action == "ses:SendEmail" or action.startswith("cognito-idp:"):
            continue
        kind = RESOURCES[named(resource)]["Type"]
        service = SERVICES[kind]
        assert action.startswith(f"{service}:")


def test_only_notify_may_send_mail_and_only_from_the_senders_address() -> None:
    sending = [(name, one) for name in FUNCTIONS for one in statements_of(name) if "ses:" in json.dumps(one["Action"])]
    assert sending == [
        (
            "Notify",
            {
                "Effect": "Allow",
                "Action": "ses:SendEmail",
                "Resource": "*",
                "Condition": {"StringEqualsIfExists": {"ses:FromAddress": {"Ref": "MailFrom"}}},
            },
        )
    ]
    assert variables_of("Notify")["MAIL_FROM"] == {"Ref": "MailFrom"}


def test_no_role_may_scan_and_only_erasure_its_end_and_redrive_may_delete() -> None:
    rights = [(function, *right) for function in FUNCTIONS for right in rights_of(function)]
    assert not [action for _, action, _ in rights if "Scan" in action]
    assert {(function, action) for function, action, _ in rights if "Delete" in action} == {
        ("Work", "dynamodb:DeleteItem"),
        ("Work", "s3:DeleteObjectVersion"),
        ("Work", "cognito-idp:AdminDeleteUser"),
        ("Destroy", "s3:DeleteObject"),
        # A dead letter that was sent again is deleted from the dead letters.
        ("Oversee", "sqs:DeleteMessage"),
    }
    assert ("Work", "dynamodb:DeleteItem", {"Fn::GetAtt": ["LearningTable", "Arn"]}) in rights


def test_accounts_are_removed_from_the_pool_named_alone() -> None:
    pool = "arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/${UserPoolId}"
    rights = {
        (function, action, resource["Fn::Sub"])
        for function in FUNCTIONS
        for action, resource in rights_of(function)
        if action.startswith("cognito-idp:")
    }
    assert rights == {("Work", f"cognito-idp:{action}", pool) for action in ("ListUsers", "AdminDeleteUser")}
    assert variables_of("Work")["USER_POOL_ID"] == {"Ref": "UserPoolId"}


def test_evidence_is_written_by_one_role_destroyed_by_one_and_read_by_one() -> None:
    rights = {
        (function, action)
        for function in FUNCTIONS
        for action, resource in rights_of(function)
        if "EvidenceBucket" in json.dumps(resource)
    }
    assert rights == {("Work", "s3:PutObject"), ("Destroy", "s3:DeleteObject")}
    statements = RESOURCES["EvidenceBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    _, reading = statements
    assert (reading["Effect"], reading["Principal"]) == ("Deny", "*")
    assert reading["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert reading["Resource"] == {"Fn::Sub": "${EvidenceBucket.Arn}/*"}
    assert reading["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["EvidenceReader", "Arn"]}}}
    assert set(properties("AWS::IAM::Role")) == {"EvidenceReader"}
    [policy] = RESOURCES["EvidenceReader"]["Properties"]["Policies"]
    allowed = {action for one in policy["PolicyDocument"]["Statement"] for action in as_list(one["Action"])}
    assert allowed == {"s3:ListBucket", "s3:GetObject"}


def test_evidence_that_is_destroyed_leaves_no_earlier_version() -> None:
    assert "VersioningConfiguration" not in RESOURCES["EvidenceBucket"]["Properties"]


def test_an_index_is_only_queried_and_only_by_the_step_that_needs_it() -> None:
    queried = {
        (function, action, resource["Fn::Sub"])
        for function in FUNCTIONS
        for action, resource in rights_of(function)
        if "/index/" in json.dumps(resource)
    }
    assert queried == {
        ("Browse", "dynamodb:Query", "${CatalogueTable.Arn}/index/shelf"),
        ("Author", "dynamodb:Query", "${CatalogueTable.Arn}/index/desk"),
        ("Retire", "dynamodb:Query", "${CatalogueTable.Arn}/index/due"),
        ("Remind", "dynamodb:Query", "${CatalogueTable.Arn}/index/due"),
        ("Remind", "dynamodb:Query", "${LearningTable.Arn}/index/due"),
        ("Remind", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("CloseAttempts", "dynamodb:Query", "${LearningTable.Arn}/index/due"),
        ("Destroy", "dynamodb:Query", "${LearningTable.Arn}/index/due"),
        ("Recover", "dynamodb:Query", "${CatalogueTable.Arn}/index/due"),
        ("Recover", "dynamodb:Query", "${LearningTable.Arn}/index/due"),
        ("Recover", "dynamodb:Query", "${OperationsTable.Arn}/index/due"),
        ("Work", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("Work", "dynamodb:Query", "${CatalogueTable.Arn}/index/shelf"),
        ("Regrade", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("Rehearse", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("Reissue", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("Inspect", "dynamodb:Query", "${LearningTable.Arn}/index/edition"),
        ("Inspect", "dynamodb:Query", "${LearningTable.Arn}/index/directory"),
        ("Admit", "dynamodb:Query", "${LearningTable.Arn}/index/directory"),
    }


def rights_on_queues(function: str) -> dict[str, set[str]]:
    """Which actions of SQS a function's role may do, on which queues and dead letters."""
    rights: dict[str, set[str]] = {}
    for action, resource in rights_of(function):
        if action.startswith("sqs:"):
            rights.setdefault(action, set()).add(named(resource))
    return rights


def test_relay_sends_to_the_queues_and_oversee_sends_again_what_failed() -> None:
    assert {function for function in FUNCTIONS if rights_on_queues(function)} == {"Relay", "Oversee"}
    assert rights_on_queues("Relay") == {"sqs:SendMessage*": set(QUEUES)}
    assert rights_on_queues("Oversee") == {
        "sqs:SendMessage*": set(QUEUES),
        "sqs:GetQueueAttributes": QUEUES.keys() | DEAD_LETTERS,
        "sqs:GetQueueUrl": DEAD_LETTERS,
        "sqs:ReceiveMessage": DEAD_LETTERS,
        "sqs:DeleteMessage": DEAD_LETTERS,
    }


@pytest.mark.parametrize(
    ("resource", "functions"),
    [
        ("AnswerKeyTable", {"Author", "ImportBank", "Grade", "Regrade", "Rehearse", "Review"}),
        ("QuestionTable", {"Author", "ImportBank", "Attempt", "Regrade", "Review", "Inspect"}),
        (
            "CertificateTable",
            {"Certify", "Notify", "PublishStatus", "Reissue", "Record", "Verify", "Work", "Inspect"},
        ),
        ("DocumentBucket", {"Certify", "Record", "Author", "ImportBank", "Attempt", "Review", "Work", "Oversee"}),
        ("SigningKey", {*SIGNERS, "Verify"}),
        ("EvidenceBucket", {"Work", "Destroy"}),
        ("AuditTable", {"Audit", "Oversee"}),
    ],
)
def test_secrets_and_personal_data_sit_where_few_roles_reach(resource: str, functions: set[str]) -> None:
    reach = {
        name
        for name in FUNCTIONS
        for action, found in rights_of(name)
        if found != "*" and not action.startswith("cognito-idp:") and named(found) == resource
    }
    assert reach == functions


def test_only_those_who_issue_may_sign() -> None:
    signing = {function for function in FUNCTIONS for action, _ in rights_of(function) if action == "kms:Sign"}
    assert signing == SIGNERS


def test_grade_alone_reads_the_key_and_cannot_change_it() -> None:
    assert {action for action, found in rights_of("Grade") if named(found) == "AnswerKeyTable"} == {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
    }


def test_the_audit_is_only_added_to_and_read() -> None:
    def rights(function: str) -> set[str]:
        return {action for action, found in rights_of(function) if named(found) == "AuditTable"}

    assert rights("Audit") == {"dynamodb:PutItem", "dynamodb:Query"}
    assert rights("Oversee") == {"dynamodb:Query"}


def test_a_dry_run_has_no_right_to_change_a_grade_or_a_key() -> None:
    actions = {(named(found), action) for action, found in rights_of("Rehearse")}
    changing = {(table, action) for table, action in actions if action not in ("dynamodb:GetItem", "dynamodb:Query")}
    assert changing == {("OperationsTable", "dynamodb:PutItem")}


def test_a_job_that_lags_is_looked_at_until_what_failed_is_a_dead_letter() -> None:
    until_dead = default("QueueVisibility") * default("MaxReceives")
    assert until_dead < PATIENCE * default("JobPause") < 2 * until_dead


# What is kept


@pytest.mark.parametrize("table", sorted(INDEXES))
def test_a_table_is_on_demand_encrypted_and_can_be_restored(table: str) -> None:
    kept = TABLES[table]
    assert kept["BillingMode"] == "PAY_PER_REQUEST"
    assert kept["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert kept["SSESpecification"] == {"SSEEnabled": True}


@pytest.mark.parametrize("table", sorted(INDEXES))
def test_a_table_has_its_keys_and_its_indexes(table: str) -> None:
    def keys(schema: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(key["AttributeName"], key["KeyType"]) for key in schema]

    assert keys(TABLES[table]["KeySchema"]) == [("pk", "HASH"), ("sk", "RANGE")]
    indexes = {index["IndexName"]: index for index in TABLES[table].get("GlobalSecondaryIndexes", [])}
    assert indexes.keys() == INDEXES[table]
    for name, index in indexes.items():
        partition, order, projection = ATTRIBUTES_OF_INDEXES[name]
        assert keys(index["KeySchema"]) == [(partition, "HASH"), (order, "RANGE")]
        assert index["Projection"] == {"ProjectionType": projection}


def test_there_are_no_other_tables() -> None:
    assert TABLES.keys() == INDEXES.keys()


def test_only_operations_forgets() -> None:
    forgetting = {
        name: table["TimeToLiveSpecification"] for name, table in TABLES.items() if "TimeToLiveSpecification" in table
    }
    assert forgetting == {"OperationsTable": {"AttributeName": "expires", "Enabled": True}}


def test_tables_documents_and_key_outlive_the_stack() -> None:
    lasting = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"}
    for name, resource in RESOURCES.items():
        if resource["Type"] in lasting:
            assert (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")) == ("Retain", "Retain"), name


@pytest.mark.parametrize("name", ["DocumentBucket", "EvidenceBucket"])
def test_documents_are_private_and_encrypted(name: str) -> None:
    bucket = RESOURCES[name]["Properties"]
    access = bucket["PublicAccessBlockConfiguration"]
    assert access == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_a_document_that_is_written_over_can_be_had_again() -> None:
    assert RESOURCES["DocumentBucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_is_fetched_soon_is_not_kept_long() -> None:
    rules = RESOURCES["DocumentBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if rule["Status"] == "Enabled"}
    assert days == {"uploads/": 1, "exports/": KEPT_FOR.days}


@pytest.mark.parametrize("bucket", ["DocumentBucket", "EvidenceBucket"])
def test_documents_travel_only_over_tls(bucket: str) -> None:
    policy = RESOURCES[f"{bucket}Policy"]["Properties"]
    statement = policy["PolicyDocument"]["Statement"][0]
    assert policy["Bucket"] == {"Ref": bucket}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert {named(resource) for resource in statement["Resource"]} == {bucket}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_key_signs_on_p256() -> None:
    key = RESOURCES["SigningKey"]["Properties"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")


def test_another_key_can_be_named_and_takes_the_place_of_ours_wherever_it_is_used() -> None:
    uses = [resource for function in FUNCTIONS for action, resource in rights_of(function) if action.startswith("kms:")]
    uses += [variables_of(function)["SIGNING_KEY_ARN"] for function in (*SIGNERS, "Verify")]
    ours = {"Fn::GetAtt": ["SigningKey", "Arn"]}
    assert all(use == {"Fn::If": ["HasSigningKeyArn", {"Ref": "SigningKeyArn"}, ours]} for use in uses)
    assert default("SigningKeyArn") == ""


# Who is told


def test_every_alarm_tells_the_topic_when_there_is_one() -> None:
    for alarm in ALARMS.values():
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }
        assert alarm["TreatMissingData"] == "notBreaching"


def test_faults_of_the_api_raise_an_alarm() -> None:
    assert alarms_on("5xx", "ApiId", "Api")


def test_logs_and_traces_are_kept_and_logs_end() -> None:
    assert GLOBALS["Tracing"] == "Active"
    assert GLOBALS["LoggingConfig"] == {"LogGroup": {"Ref": "Logs"}}
    groups = properties("AWS::Logs::LogGroup")
    assert groups.keys() == {"Logs", "ApiLogs"}
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
