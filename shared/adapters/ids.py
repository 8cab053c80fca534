"""What nobody may guess: certificate numbers and the draw of a form."""

import secrets
from random import Random, SystemRandom

from shared.domain.certificate_number import RANDOM_BITS, certificate_number
from shared.domain.ids import CertificateNumber


class SecretCertificateNumbers:
    """See ``ports.CertificateNumbers``."""

    def draw(self) -> CertificateNumber:
        return certificate_number(secrets.randbits(RANDOM_BITS))


class SystemRandomness:
    """See ``ports.Randomness``."""

    def random(self) -> Random:
        return SystemRandom()
