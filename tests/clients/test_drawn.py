"""The Python client has a method for each operation, and computes what Listgate expects."""

import inspect
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.draw import PAGES, ROOT
from docs.draw_client import FOLDER
from listgate_client import envelope
from listgate_client.operation import Operation
from listgate_client.operations import Operations
from listgate_client.parcel import parcel_id, split
from workflows.public.call import unpacked
from workflows.public.declare import PUBLIC
from workflows.services import authenticate

TOKEN = "lgs_7_" + "a" * 52

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


class Recorder(Operations):
    """Records what is called, instead of calling it."""

    def perform(
        self, operation: Operation[Any], required: Mapping[str, object], **optional: object
    ) -> Any:
        self.operation, self.arguments = operation, {**required, **optional}


def test_no_file_is_left_of_a_room_that_is_no_more() -> None:
    written = {str(path.relative_to(ROOT)) for path in (ROOT / FOLDER).glob("*.py")}

    assert written == {name for name in PAGES if name.startswith(FOLDER)}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_method_passes_every_argument_and_needs_those_that_listgate_needs(name: str) -> None:
    client, contract = Recorder(), PUBLIC[name].arguments
    method = getattr(client, name.removeprefix("listgate."))
    signature = inspect.signature(method).parameters

    method(**dict.fromkeys(signature, "given"))

    assert client.operation.name == name
    assert client.arguments == dict.fromkeys(contract.model_fields.keys() - {"parcel"}, "given")
    needed = {field for field, it in contract.model_fields.items() if it.is_required()}
    assert needed - {"idempotency_key"} == {
        each.name for each in signature.values() if each.default is inspect.Parameter.empty
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_listgate_unpacks_what_the_client_has_put_into_a_parcel(name: str) -> None:
    client, contract = Recorder(), PUBLIC[name].arguments
    method = getattr(client, name.removeprefix("listgate."))
    method(**dict.fromkeys(inspect.signature(method).parameters, "given"))

    public, content = split(client.operation, client.arguments)

    assert not contract.private_fields() & public.keys()
    assert ("parcel" in contract.model_fields) == (content is not None)
    if content is not None:
        assert unpacked(contract, public, content) == client.arguments


@settings(max_examples=15)
@given(st.dictionaries(st.text(), JSON), st.uuids(), st.integers(0, 10**11))
def test_the_client_signs_as_listgate_does(arguments: Any, task_id: UUID, at: int) -> None:
    call = ("listgate.decide", str(task_id), arguments)

    assert envelope.sign(TOKEN, call, at=at) == authenticate.sign(TOKEN, call, at=at)


def test_a_parcel_has_one_id_for_each_call_and_content() -> None:
    ids = [
        parcel_id(token, key, content)
        for token in (TOKEN, TOKEN + "b")
        for key in ("a", "b")
        for content in ("c", "d")
    ]

    assert len({*ids}) == len(ids)
    assert [str(UUID(each)) for each in ids] == ids
    assert parcel_id(TOKEN, "a", "c") == ids[0]
