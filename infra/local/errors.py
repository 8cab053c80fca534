"""What stops the local system for a reason its user can mend."""


class LocalError(Exception):
    """Its text is one clear line for the terminal; shown without a traceback."""
