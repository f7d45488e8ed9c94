"""Source code of models, found in less time."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType, ModuleType


@contextmanager
def modules_found_once() -> Iterator[None]:
    """Let `inspect` look for the module of each file once.

    Until Python 3.13, pydantic asks for the module of every frame of the stack, for each model
    whose fields have docstrings.  For the frames of importlib, which have no file, `inspect` looks
    at every module that is imported, each time.
    """
    original = inspect.getmodule
    known = cache(original)

    def getmodule(one: object, file: str | None = None) -> ModuleType | None:
        if isinstance(one, FrameType):
            one = file = one.f_code.co_filename
        return known(one, file)

    inspect.getmodule = getmodule  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getmodule = original
