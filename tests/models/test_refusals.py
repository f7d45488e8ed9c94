"""Refusals keep their sentence when they are rebuilt."""

import pickle
from copy import copy

from celery.utils.serialization import get_pickleable_exception

from models import Language, Trespass, Unknown
from portal.wording.refusal_sentences import refusal_words
from workflows.celery import app


def test_a_percent_sign_in_a_name_survives_every_way_to_rebuild_a_refusal() -> None:
    for name in ["100% of us", "50%", "%(name)s", "%"]:
        refusal = Unknown("There is no mailing list %(name)r.", name=name)

        stored = app.backend.prepare_exception(refusal, "json")
        rebuilt = [
            pickle.loads(pickle.dumps(refusal)),  # noqa: S301 (our own)
            copy(refusal),
            get_pickleable_exception(refusal),
            app.backend.exception_to_python(stored),
        ]

        assert {type(one) for one in rebuilt} == {Unknown}
        assert {str(one) for one in rebuilt} == {f"There is no mailing list {name!r}."}


def test_a_rebuilt_refusal_can_be_shown() -> None:
    rebuilt = Trespass(*Trespass("%(user)s is disabled.", user="Ann 100% Real").args)

    shown = refusal_words(rebuilt.sentence, rebuilt.facts, language=Language.FRENCH)

    assert shown == "Ann 100% Real is disabled."
