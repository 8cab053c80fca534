"""What a step is about to ask for, whatever table it is in, by one call."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.adapters.dynamo.catalogue import edition_key, status_key
from shared.adapters.dynamo.certificates import head_key, version_key
from shared.adapters.dynamo.directory import accommodation_key, contact_key, membership_key, profile_key
from shared.adapters.dynamo.learning import attempt_key, claim_key, enrolment_key, reissue_key
from shared.adapters.dynamo.operations import mail_key
from shared.adapters.dynamo.personal import erasure_key
from shared.adapters.dynamo.store import Key, Place, answering_from
from shared.adapters.dynamo.tables import CatalogueItem, CertificateItem, Item, LearningItem, OperationsItem
from shared.domain.accommodation import Accommodation
from shared.domain.attempt import Attempt
from shared.domain.availability import EditionStatus
from shared.domain.certificate import CertificateHead, CertificateVersion, Reissue
from shared.domain.claim import Claim
from shared.domain.edition import Edition
from shared.domain.enrolment import Enrolment
from shared.domain.erasure import Erasure
from shared.domain.learner import Contact, Membership, Profile
from shared.domain.mail import Mail
from shared.ports import Wanted

KEYS: Mapping[type[Any], tuple[type[Item], Callable[[Any], Key]]] = {
    Accommodation: (LearningItem, lambda grant: accommodation_key(*grant)),
    Attempt: (LearningItem, attempt_key),
    CertificateHead: (CertificateItem, head_key),
    CertificateVersion: (CertificateItem, lambda version: version_key(*version)),
    Claim: (LearningItem, claim_key),
    Contact: (LearningItem, contact_key),
    Edition: (CatalogueItem, edition_key),
    EditionStatus: (CatalogueItem, status_key),
    Enrolment: (LearningItem, enrolment_key),
    Erasure: (LearningItem, erasure_key),
    Mail: (OperationsItem, lambda mail: mail_key(*mail)),
    Membership: (LearningItem, membership_key),
    Profile: (LearningItem, profile_key),
    Reissue: (LearningItem, lambda order: reissue_key(*order)),
}
Places = Callable[[Any], Iterable[Place]]


class DynamoReadTogether:
    """See ``ports.ReadTogether``. ``others`` says where kinds are that are not kept one to an item."""

    def __init__(self, client: Any, others: Mapping[type[Any], Places]) -> None:
        self._client = client
        self._others = others

    @contextmanager
    def __call__(self, *wanted: Wanted) -> Iterator[None]:
        places = [place for kind, natural_key in wanted for place in self._places(kind, natural_key)]
        with answering_from(self._read(places)):
            yield

    def _places(self, kind: type[Any], natural_key: Any) -> Iterable[Place]:
        if kind in self._others:
            return self._others[kind](natural_key)
        item, key = KEYS[kind]
        return [(item, key(natural_key))]

    def _read(self, places: Iterable[Place]) -> dict[Place, Item | None]:
        """All of them in one call; what DynamoDB has no capacity for at the moment is left to be read by itself."""
        keys: defaultdict[type[Item], list[Key]] = defaultdict(list)
        for item, key in places:
            keys[item].append(key)
        tables = {item.Meta.table_name: item for item in keys}
        answer = self._client.batch_get_item(
            RequestItems={
                name: {"Keys": [_attributes(key) for key in keys[item]], "ConsistentRead": True}
                for name, item in tables.items()
            }
        )
        found: dict[Place, Item | None] = {(item, key): None for item in keys for key in keys[item]}
        for name, unread in answer.get("UnprocessedKeys", {}).items():
            for key in unread["Keys"]:
                del found[tables[name], (key["pk"]["S"], key["sk"]["S"])]
        for name, stored in answer["Responses"].items():
            for attributes in stored:
                one = tables[name].from_raw_data(attributes)
                found[tables[name], (one.pk, one.sk)] = one
        return found


def _attributes(key: Key) -> dict[str, dict[str, str]]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
