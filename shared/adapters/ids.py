"""What nobody may guess: certificate numbers, places on status lists, the draw of a form; and names that come once."""

import secrets
from datetime import datetime
from random import Random, SystemRandom

from shared.domain.certificate_number import RANDOM_BITS, certificate_number
from shared.domain.ids import CertificateNumber
from shared.domain.status_list import PLACES_A_YEAR, StatusPlace, status_place


class SecretCertificateNumbers:
    """See ``ports.CertificateNumbers``."""

    def draw(self) -> CertificateNumber:
        return certificate_number(secrets.randbits(RANDOM_BITS))


class RandomDeliveries:
    """See ``ports.Deliveries``."""

    def name(self) -> str:
        return secrets.token_hex(16)


class SecretStatusPlaces:
    """See ``ports.StatusPlaces``."""

    def draw(self, issued_at: datetime) -> StatusPlace:
        return status_place(issued_at.year, secrets.randbelow(PLACES_A_YEAR))


class SystemRandomness:
    """See ``ports.Randomness``."""

    def random(self) -> Random:
        return SystemRandom()
