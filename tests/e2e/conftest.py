"""One deployment for all tests; each test has people and modules of its own."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.engine import Ministack
from tests.e2e.deployed import DeployedSystem
from tests.flow.journey import Admin, Author, Learner, World, answered

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
IN_MEMORY = Path("/dev/shm")
ROOM = 6 * 1024**3


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

    def finished(self, job: str) -> Any:
        """A job that has ended. While it rests its queue is as quiet as when it is over, so it is asked itself."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := answered(self.admin.job(job)))["state"] != "finished":
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        self.deliver()
        return found


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Where the engine's workers unpack their layers, each for itself: 100,000 files, so in memory if it has room."""
    has_room = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM
    with tempfile.TemporaryDirectory(prefix="cme-", dir=IN_MEMORY if has_room else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def world(home: Path) -> Iterator[DeployedWorld]:
    engine = Ministack(home / "engine", ROOT / ".venv-ministack" / "bin" / "ministack", authorize=True)
    engine.start()
    try:
        built = ROOT / ".aws-sam" / "e2e" / "template.yaml"
        system = DeployedSystem(engine, built, ROOT / ".venv-sam" / "bin" / "sam", home)
        system.deploy()
        yield DeployedWorld(system)  # type: ignore[arg-type]
    finally:
        engine.close()
