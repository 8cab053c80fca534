"""What a function asks of AWS and what its policy allows, both in the words of IAM: actions on resources."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from infra.local.resources import ACCOUNT, REGION


@dataclass(frozen=True, order=True)
class Right:
    """An action on a resource; in a policy, either may stand for several by ``*``."""

    action: str
    resource: str

    def allows(self, asked: "Right") -> bool:
        return fnmatchcase(asked.action, self.action) and fnmatchcase(asked.resource, self.resource)


def allowed_by(statements: list[dict[str, Any]]) -> Iterator[Right]:
    """Every right of a policy whose references are resolved."""
    for statement in statements:
        for action in _as_list(statement["Action"]):
            for resource in _as_list(statement["Resource"]):
                yield Right(action, resource)


def asked_by(service: str, operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    """What AWS asks of the role that makes a call. Raise KeyError for a call that nobody thought of.

    Source: Service Authorization Reference, the page of each service.
    """
    return _ASKED[service](operation, parameters)


def _of_dynamodb(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    if operation == "TransactWriteItems":
        writes = [next(iter(item.items())) for item in parameters["TransactItems"]]
        return {_on_table(_WRITES[kind], write["TableName"]) for kind, write in writes}
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return {_on_table(operation, table) for table in parameters["RequestItems"]}
    if operation == "Query" and "IndexName" in parameters:
        return {_on_table(operation, f"{parameters['TableName']}/index/{parameters['IndexName']}")}
    return {_on_table(_ON_TABLES[operation], parameters["TableName"])}


def _on_table(action: str, table: str) -> Right:
    return Right(f"dynamodb:{action}", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")


def _of_s3(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    action = _ON_OBJECTS[operation] + ("Version" if "VersionId" in parameters else "")
    return {Right(f"s3:{action}", f"arn:aws:s3:::{parameters['Bucket']}/{parameters['Key']}")}


def _of_sqs(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    queue = parameters.get("QueueName") or parameters["QueueUrl"].rpartition("/")[2]
    return {Right(f"sqs:{_ON_QUEUES[operation]}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")}


def _of_kms(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    return {Right(f"kms:{_ON_KEYS[operation]}", parameters["KeyId"])}


def _of_ses(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    identity = parameters["FromEmailAddress"].rpartition("<")[2].rstrip(">")
    return {Right(f"ses:{_WITH_MAIL[operation]}", f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}")}


def _of_cognito(operation: str, parameters: Mapping[str, Any]) -> set[Right]:
    pool = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{parameters['UserPoolId']}"
    return {Right(f"cognito-idp:{_ON_POOLS[operation]}", pool)}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _same(*operations: str) -> dict[str, str]:
    """Calls whose action has their own name."""
    return {operation: operation for operation in operations}


_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_ON_TABLES = _same("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan")
_ON_OBJECTS = _same("GetObject", "PutObject", "DeleteObject") | {
    "HeadObject": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
}
_ON_QUEUES = _same("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl", "GetQueueAttributes") | {
    "SendMessageBatch": "SendMessage"
}
_ON_KEYS = _same("GetPublicKey", "Sign")
_WITH_MAIL = _same("SendEmail")
_ON_POOLS = _same("ListUsers", "AdminDeleteUser")
_ASKED: Mapping[str, Callable[[str, Mapping[str, Any]], set[Right]]] = {
    "dynamodb": _of_dynamodb,
    "s3": _of_s3,
    "sqs": _of_sqs,
    "kms": _of_kms,
    "sesv2": _of_ses,
    "cognito-idp": _of_cognito,
}
