"""Accreditation schemes as packaged data: adding one is adding a file to ``shared/schemes``."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from shared.domain.schemes import Scheme
from shared.facts import load


class PackagedSchemes:
    """See ``ports.Schemes``."""

    def all(self) -> Mapping[str, Scheme]:
        return _schemes()


@cache
def _schemes() -> Mapping[str, Scheme]:
    folder = files("shared") / "schemes"
    found = [load(file.read_text("utf-8"), Scheme) for file in folder.iterdir() if file.name.endswith(".json")]
    return {scheme.scheme: scheme for scheme in found}
