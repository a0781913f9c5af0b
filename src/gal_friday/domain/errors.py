"""The one hierarchy of errors; every message says what was expected and what was."""


class GalFridayError(Exception):
    """Root of every error this system raises on purpose."""


class SettingsError(GalFridayError):
    """The configuration is wrong: refuse to start and say which key and why."""


class DataError(GalFridayError):
    """A market-data file or store cannot be used as it is; names file, row, value and remedy."""


class Malformed(GalFridayError):
    """The world sent nonsense: counted, quarantined, resynchronised."""


class MalformedFrame(Malformed):
    """A message could not be decoded."""


class OffGrid(Malformed):
    """A price or size is not on the instrument's grid."""


class VenueError(GalFridayError):
    """The exchange said no or did not answer; the edge turns it into a report or a retry."""


class Unreachable(VenueError):
    """No answer: retry with back-off."""


class RateLimited(VenueError):
    """Too many requests: wait as told."""


class Refused(VenueError):
    """The venue refused the request."""


class StoreError(GalFridayError):
    """Neither the store nor its spool can write: halt."""


class Fault(GalFridayError):
    """Our bug or a broken invariant: stop the engine."""


class IllegalTransition(Fault):
    """An order report met a state in which it cannot be."""


class Unbalanced(Fault):
    """A ledger entry does not sum to zero."""


class EventStorm(Fault):
    """One outside input caused more events than the bus allows."""
