"""Accreditation schemes as packaged data: adding one is adding a file to ``shared/schemes``."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from shared.domain.schemes import Scheme
from shared.facts import load


class PackagedSchemes:
    """See ``ports.Schemes``."""

    def all(self) -> Mapping[str, Scheme]:
        return _packaged()


@cache
def _packaged() -> Mapping[str, Scheme]:
    return schemes_in(files("shared") / "schemes")


def schemes_in(folder: Traversable) -> Mapping[str, Scheme]:
    """The schemes of all JSON files in ``folder``, by name."""
    found = [load(file.read_text("utf-8"), Scheme) for file in folder.iterdir() if file.name.endswith(".json")]
    return {scheme.scheme: scheme for scheme in found}
