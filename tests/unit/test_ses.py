"""Mail by SES: what it is given, at which rate, and what its answers mean."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)

from shared.adapters.ses import Pace, SesMailer
from shared.ports import Outgoing, SendPutOff, SendRefused, SendUnanswered, Wording
from shared.settings import MailSettings

SETTINGS = MailSettings(
    mail_from="cme@society.example",
    mail_configuration="cme-mail",
    mail_rate=14,
    mail_consumers=2,
    module_url="https://learn.example.org/{module_id}",
)
ADDRESS = "ada@example.org"
ENDPOINT = "https://email.example.org"


def a_mail(**changes: Any) -> Outgoing:
    facts: dict[str, Any] = {
        "to": ADDRESS,
        "provider": "Society of Oncology",
        "wording": Wording("Subject", "Text", "<p>HTML</p>"),
        "kind": "enrolment_confirmed",
        "reference": "0123abcd",
    }
    return Outgoing(**{**facts, **changes})


def refusal(code: str, status: int = 400) -> ClientError:
    said = f"Email address is not verified: {ADDRESS}"
    return ClientError(
        {"Error": {"Code": code, "Message": said}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "SendEmail",
    )


def sending(answer: Any) -> tuple[SesMailer, Mock]:
    """A mailer whose client answers so: by an error that it raises, or by what it returns."""
    client = Mock()
    client.send_email.side_effect = [answer]
    return SesMailer(client, SETTINGS, Pace(0)), client.send_email


def given(**changes: Any) -> dict[str, Any]:
    """What SES is given of a mail."""
    mailer, send_email = sending({"MessageId": "m-1"})
    assert mailer.send(a_mail(**changes)) == "m-1"
    [call] = send_email.call_args_list
    return dict(call.kwargs)


def test_a_mail_has_one_recipient_both_texts_and_what_it_is_known_again_by() -> None:
    sent = given()
    assert sent["Destination"] == {"ToAddresses": [ADDRESS]}
    content = sent["Content"]["Simple"]
    assert content["Subject"] == {"Data": "Subject", "Charset": "UTF-8"}
    assert content["Body"] == {
        "Text": {"Data": "Text", "Charset": "UTF-8"},
        "Html": {"Data": "<p>HTML</p>", "Charset": "UTF-8"},
    }
    assert {header["Name"]: header["Value"] for header in content["Headers"]} == {
        "Auto-Submitted": "auto-generated",
        "X-CME-Event": "0123abcd",
    }
    assert {tag["Name"]: tag["Value"] for tag in sent["EmailTags"]} == {
        "mail": "enrolment_confirmed",
        "event": "0123abcd",
    }
    assert sent["ConfigurationSetName"] == "cme-mail"


@pytest.mark.parametrize(
    ("provider", "sender"),
    [
        ("Society of Oncology", "Society of Oncology <cme@society.example>"),
        ('Society, "the" <x@evil.example>', '"Society, \\"the\\" <x@evil.example>" <cme@society.example>'),
        ("Society\r\nBcc: x@evil.example", '"Society Bcc: x@evil.example" <cme@society.example>'),
        ("Österreichische Gesellschaft", "=?utf-8?q?=C3=96sterreichische_Gesellschaft?= <cme@society.example>"),
    ],
)
def test_it_comes_from_the_provider_at_our_address_and_from_nowhere_else(provider: str, sender: str) -> None:
    assert given(provider=provider)["FromEmailAddress"] == sender


def test_a_long_name_of_the_provider_stays_on_one_line_of_ascii() -> None:
    sender = given(provider="Österreichische Gesellschaft für Hämatologie und medizinische Onkologie " * 3)[
        "FromEmailAddress"
    ]
    assert sender.isascii()
    assert "\n" not in sender
    assert all(len(word) <= 75 for word in sender.split())


@pytest.mark.parametrize("code", ["BadRequestException", "InvalidParameterValue"])
def test_an_address_that_can_not_be_one_is_refused_for_good(code: str) -> None:
    mailer, _ = sending(refusal(code))
    with pytest.raises(SendRefused):
        mailer.send(a_mail())


@pytest.mark.parametrize(
    "error",
    [
        refusal("TooManyRequestsException", 429),
        refusal("ThrottlingException"),
        refusal("LimitExceededException"),
        refusal("SendingPausedException"),
        refusal("AccountSuspendedException"),
        refusal("MessageRejected"),
        refusal("MailFromDomainNotVerifiedException"),
        refusal("NotFoundException", 404),
        refusal("AccessDeniedException", 403),
        EndpointConnectionError(endpoint_url=ENDPOINT),
        ConnectTimeoutError(endpoint_url=ENDPOINT),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
def test_what_was_certainly_not_sent_is_put_off(error: Exception) -> None:
    mailer, _ = sending(error)
    with pytest.raises(SendPutOff):
        mailer.send(a_mail())


@pytest.mark.parametrize(
    "error",
    [
        refusal("InternalServiceErrorException", 500),
        refusal("ServiceUnavailable", 503),
        ReadTimeoutError(endpoint_url=ENDPOINT),
        ConnectionClosedError(endpoint_url=ENDPOINT),
        HTTPClientError(error="broken"),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
def test_what_was_not_answered_is_in_doubt(error: Exception) -> None:
    mailer, _ = sending(error)
    with pytest.raises(SendUnanswered):
        mailer.send(a_mail())


@pytest.mark.parametrize("code", ["BadRequestException", "MessageRejected", "InternalServiceErrorException"])
def test_an_error_names_no_address_for_it_goes_into_logs_and_is_kept(code: str) -> None:
    mailer, _ = sending(refusal(code, 500 if code.startswith("Internal") else 400))
    with pytest.raises((SendRefused, SendPutOff, SendUnanswered), match=code) as raised:
        mailer.send(a_mail())
    assert ADDRESS not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


# The rate


class Clockwork:
    """A clock that moves when somebody sleeps, or when it is told to."""

    def __init__(self) -> None:
        self.at = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def clockwork() -> Clockwork:
    return Clockwork()


def times(pace: Pace, clockwork: Clockwork, count: int) -> Iterator[float]:
    for _ in range(count):
        pace.wait()
        yield clockwork.at


def test_all_consumers_together_send_no_more_than_the_rate(clockwork: Clockwork) -> None:
    pace = Pace(SETTINGS.seconds_apart, clockwork.now, clockwork.sleep)
    passed = list(times(pace, clockwork, 15))
    a_second = [at for at in passed if at <= passed[0] + 1]
    assert len(a_second[1:]) * SETTINGS.mail_consumers <= SETTINGS.mail_rate
    assert passed[-1] - passed[0] == pytest.approx(14 * SETTINGS.mail_consumers / SETTINGS.mail_rate)


def test_who_comes_late_enough_does_not_wait_and_saves_nothing_up(clockwork: Clockwork) -> None:
    pace = Pace(2, clockwork.now, clockwork.sleep)
    pace.wait()
    clockwork.at += 10
    pace.wait()
    assert clockwork.slept == []
    pace.wait()
    assert clockwork.slept == [2]


def test_a_mail_waits_for_its_turn(clockwork: Clockwork) -> None:
    client = Mock()
    client.send_email.return_value = {"MessageId": "m"}
    mailer = SesMailer(client, SETTINGS, Pace(1, clockwork.now, clockwork.sleep))
    for _ in range(3):
        mailer.send(a_mail())
    assert clockwork.slept == [1, 1]
