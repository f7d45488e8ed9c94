"""The ways in which a User is reached."""

from enum import StrEnum


class Language(StrEnum):
    """In which language a person is written to."""

    ENGLISH = "en"
    FRENCH = "fr"
    GERMAN = "de"


class Channel(StrEnum):
    """How a letter travels."""

    EMAIL = "email"
    SMS = "sms"


class Preference(StrEnum):
    """How a person wants to be told."""

    EMAIL = "email"
    SMS = "sms"
    BOTH = "both"
