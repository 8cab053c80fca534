"""One deployment for all tests; each test has people and modules of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.engine import Ministack
from tests.e2e.deployed import DeployedSystem
from tests.flow.journey import Admin, Author, Learner, World, answered

ROOT = Path(__file__).parents[2]


class DeployedWorld(World):
    """The people of the story, in the user pool."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.author = Author(self, self._sub("The Author", "author"))
        self.admin = Admin(self, self._sub("The Admin", "admin"))

    def _sub(self, name: str, *groups: str) -> str:
        assert isinstance(self.system, DeployedSystem)
        return self.system.sub_of(name, groups)

    def learner(self, sub: str | None = None, *, name: str | None = None, member: bool = True) -> Learner:
        learner = Learner(self, self._sub(name or "Dr. Any"), name=name or "Dr. Any")
        if member:
            answered(self.admin.admits(learner.sub))
        return learner


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedWorld]:
    home = tmp_path_factory.mktemp("ministack")
    engine = Ministack(home / "engine", ROOT / ".venv-ministack" / "bin" / "ministack", authorize=True)
    engine.start()
    try:
        built = ROOT / ".aws-sam" / "e2e" / "template.yaml"
        system = DeployedSystem(engine, built, ROOT / ".venv-sam" / "bin" / "sam", home)
        system.deploy()
        yield DeployedWorld(system)  # type: ignore[arg-type]
    finally:
        engine.close()
