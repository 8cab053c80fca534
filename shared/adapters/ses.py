"""Mail by Amazon SES, at the rate that the account is allowed."""

import time
from collections.abc import Callable
from email.header import Header
from email.utils import formataddr
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from shared.ports import Outgoing, SendPutOff, SendRefused, SendUnanswered
from shared.settings import MailSettings

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CHARSET = "UTF-8"
LONGEST_WORD = 70  # RFC 2047 allows 75, and Header goes a little beyond what it is told
# What is wrong with such a mail is the address: all else is the same in every mail. The second is API version 1's word.
ADDRESS_REFUSED = frozenset({"BadRequestException", "InvalidParameterValue"})
SERVERS_FAULT = 500


class Pace:
    """Lets one through every ``seconds``, of those who wait in this process one after the other."""

    def __init__(
        self,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = 0.0

    def wait(self) -> None:
        now = self._monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._seconds


class SesMailer:
    """See ``ports.Mailer``. ``client`` must not try again by itself: SES would send the mail again.

    What SES says names the address, so its words are left out of what is raised; its code says enough.
    """

    def __init__(self, client: "SESV2Client", settings: MailSettings, pace: Pace) -> None:
        self._client = client
        self._settings = settings
        self._pace = pace

    def send(self, mail: Outgoing) -> str:
        self._pace.wait()
        try:
            return self._send(mail)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= SERVERS_FAULT:
                raise SendUnanswered(code) from None
            if code in ADDRESS_REFUSED:
                raise SendRefused(code) from None
            raise SendPutOff(code) from None
        except ConnectionError as error:  # there was no connection that the mail could have gone through
            raise SendPutOff(type(error).__name__) from None
        except HTTPClientError as error:
            raise SendUnanswered(type(error).__name__) from None

    def _send(self, mail: Outgoing) -> str:
        wording = mail.wording
        answer = self._client.send_email(
            FromEmailAddress=_sender(mail.provider, self._settings.mail_from),
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": wording.subject, "Charset": CHARSET},
                    "Body": {
                        "Text": {"Data": wording.text, "Charset": CHARSET},
                        "Html": {"Data": wording.html, "Charset": CHARSET},
                    },
                    "Headers": [
                        {"Name": "Auto-Submitted", "Value": "auto-generated"},
                        {"Name": "X-CME-Event", "Value": mail.reference},
                    ],
                }
            },
            EmailTags=[{"Name": "mail", "Value": mail.kind}, {"Name": "event", "Value": mail.reference}],
            ConfigurationSetName=self._settings.mail_configuration,
        )
        return answer["MessageId"]


def _sender(name: str, address: str) -> str:
    """Who a mail comes from; SES wants what is not ASCII as RFC 2047 encodes it."""
    if name.isascii():
        return formataddr((" ".join(name.split()), address))
    return f"{Header(name, CHARSET, LONGEST_WORD).encode(linesep='')} <{address}>"
