"""Contact details: how a User is reached."""

from enum import StrEnum


class Language(StrEnum):
    """The language of a person's letters and pages."""

    ENGLISH = "en"
    FRENCH = "fr"
    GERMAN = "de"


class Channel(StrEnum):
    """How a letter is sent."""

    EMAIL = "email"
    SMS = "sms"


class Preference(StrEnum):
    """The channels by which a person wants letters."""

    EMAIL = "email"
    SMS = "sms"
    BOTH = "both"
