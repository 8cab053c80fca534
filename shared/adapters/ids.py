"""What nobody may guess: certificate numbers and the draw of a form; and names that come once."""

import secrets
from random import Random, SystemRandom

from shared.domain.certificate_number import RANDOM_BITS, certificate_number
from shared.domain.ids import CertificateNumber


class SecretCertificateNumbers:
    """See ``ports.CertificateNumbers``."""

    def draw(self) -> CertificateNumber:
        return certificate_number(secrets.randbits(RANDOM_BITS))


class RandomDeliveries:
    """See ``ports.Deliveries``."""

    def name(self) -> str:
        return secrets.token_hex(16)


class SystemRandomness:
    """See ``ports.Randomness``."""

    def random(self) -> Random:
        return SystemRandom()
