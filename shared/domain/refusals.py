"""Every way a rule can say no, each with the facts behind it."""


class Refusal(Exception):
    """A rule said no. ``facts`` are shown to the caller, so they hold no secret and no key."""

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail or type(self).__doc__)
        self.detail = detail
        self.facts = facts


class NotFound(Refusal):
    """There is no such thing, or it belongs to someone else."""


class InvalidRequest(Refusal):
    """The request says something that cannot be; ``errors`` lists what, as ``{loc, msg}``.

    Without any, the detail is the one error, of the request as a whole.
    """

    def __init__(self, detail: str = "", **facts: object) -> None:
        super().__init__(detail, **{"errors": [{"loc": [], "msg": detail}], **facts})


def foreign_cursor() -> InvalidRequest:
    """The refusal of a cursor that the list in question did not give out."""
    message = "The cursor is not one of this list."
    return InvalidRequest(message, errors=[{"loc": ["query", "cursor"], "msg": message}])


class ModuleClosed(Refusal):
    """The module is not open at this instant."""


class NotEnrolled(Refusal):
    """The learner is not enrolled in this edition."""


class NotConfirmed(Refusal):
    """The enrolment is not confirmed."""


class NotAcknowledged(Refusal):
    """The current information about the module has not been acknowledged."""


class InformationChanged(Refusal):
    """The acknowledged hash is not that of the current information."""


class ProfileIncomplete(Refusal):
    """Name and profession are needed before the first attempt."""


class ViewingIncomplete(Refusal):
    """Not enough of the presentation has been watched."""


class AttemptsExhausted(Refusal):
    """No attempt is left."""


class AttemptCoolingDown(Refusal):
    """The next attempt is not allowed yet."""


class GradingPending(Refusal):
    """The last attempt is not graded yet."""


class AttemptOver(Refusal):
    """The attempt is no longer open."""


class AlreadyPassed(Refusal):
    """The test has been passed."""


class ReviewClosed(Refusal):
    """The module's policy does not show the key now."""


class NotPassed(Refusal):
    """The test has not been passed."""


class EvaluationMissing(Refusal):
    """The evaluation form comes before the claim."""


class CreditNotAllowed(Refusal):
    """The credit claimed is more than allowed, no multiple of the step, or not open to the profession."""


class ClaimWindowOver(Refusal):
    """Credit can no longer be claimed."""


class AlreadyPublished(Refusal):
    """A published edition is immutable."""


class NotPublishable(Refusal):
    """The edition has gaps; ``gaps`` lists all of them."""


class ImportFailed(Refusal):
    """The file has errors; ``errors`` lists them and nothing was stored."""


class VersionConflict(Refusal):
    """Someone else changed this first."""


class PreconditionFailed(VersionConflict):
    """The version named by If-Match is not the current one, or was changed otherwise."""


class NameNotPrintable(Refusal):
    """The name has characters that a certificate can't print."""


class AlreadyJoined(Refusal):
    """One of the identities is joined otherwise."""


class IdentitiesConflict(Refusal):
    """Both identities sat or passed the test of the same edition; ``editions`` lists which."""


class LearnerErased(Refusal):
    """The learner's personal data are erased, or about to be: nothing new begins."""
