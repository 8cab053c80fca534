"""The end of the evidence about those who are erased: six years after completion nobody need know any more."""

from typing import Protocol

from shared.ports import Clock, ConcurrentChange, Erasures, EvidenceStore


class Destroying(Protocol):
    @property
    def erasures(self) -> Erasures: ...
    @property
    def evidence(self) -> EvidenceStore: ...
    @property
    def clock(self) -> Clock: ...


def destroy_outdated(deps: Destroying) -> int:
    """Destroy what has been kept for its time, and return how much that was.

    The evidence goes first, its mark last: broken off in between, the next run finds it still due.
    """
    now = deps.clock.now()
    destroyed = 0
    for learner_id in deps.erasures.due(now):
        erasure = deps.erasures.find(learner_id)
        if erasure is None:
            continue
        outdated = erasure.outdated(now)
        for evidence in outdated:
            deps.evidence.destroy(learner_id, evidence)
        if erasure.identity_is_outdated(now):
            deps.evidence.destroy_identity(learner_id)
        try:
            deps.erasures.save(erasure.destroyed(now))
        except ConcurrentChange:
            continue  # another run was quicker
        destroyed += len(outdated) + erasure.identity_is_outdated(now)
    return destroyed
