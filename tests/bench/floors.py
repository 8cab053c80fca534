"""The least that does anything of the kind: what our functions are measured against."""

from typing import Any

import botocore.session


def put_an_item(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A function that makes a client of DynamoDB and puts an item."""
    client = botocore.session.get_session().create_client("dynamodb")
    client.put_item(TableName=event["table"], Item={"pk": {"S": "FLOOR"}, "sk": {"S": "FLOOR"}})
    return {"statusCode": 200}
