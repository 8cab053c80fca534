"""Certificate numbers: 95 random bits and a check character, all in Crockford's base 32."""

from shared.domain.ids import CertificateNumber

# Crockford's base 32: no I, L, O or U, so nothing is misread on paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BITS = 95
PREFIX = "CME"
_GROUP = 5
_LENGTH = 20


def certificate_number(random_bits: int) -> CertificateNumber:
    """The number made of ``random_bits`` (0 <= random_bits < 2**95), as ``CME-XXXXX-XXXXX-XXXXX-XXXXX``."""
    body = "".join(ALPHABET[random_bits >> (5 * place) & 31] for place in reversed(range(_LENGTH - 1)))
    code = body + _check_character(body)
    groups = [code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP)]
    return CertificateNumber("-".join([PREFIX, *groups]))


def is_well_formed(number: str) -> bool:
    """Whether ``number`` has the form and its check character: a mistyped number is none of ours."""
    prefix, _, rest = number.partition("-")
    code = rest.replace("-", "")
    return (
        prefix == PREFIX
        and len(code) == _LENGTH
        and all(char in ALPHABET for char in code)
        and _check_character(code[:-1]) == code[-1]
    )


def _check_character(body: str) -> str:
    """Catches every single wrong character and every swap of neighbours.

    A sum over the field of 32 elements, in which each place has a weight of its own; ISO 7064's
    hybrid systems would miss some swaps.
    """
    total = 0
    for char in body:
        total = _doubled(total ^ ALPHABET.index(char))
    return ALPHABET[total]


def _doubled(element: int) -> int:
    """Times x in GF(32), modulo x^5 + x^2 + 1."""
    return element << 1 if element < 16 else (element << 1) ^ 0b100101
