"""Which lines of a file are addresses, and what the others are."""

from io import BytesIO

import pytest
from hypothesis import example, given

from tests.workflows.subscriptions.importing import FILES
from workflows.subscriptions import parse
from workflows.subscriptions.parse import AddressLines, Entry, Malformed

UNSEEN = "It contains invisible characters."
NEITHER = "It is neither an address nor a name and an <address>."
NO_TEXT = "It is not UTF-8 text."


def read(content: bytes) -> tuple[list[Entry], AddressLines]:
    """The entries of a file, and what its other lines are."""
    found = AddressLines()
    return list(found.entries(BytesIO(content))), found


def test_a_line_is_an_address_with_or_without_a_name() -> None:
    for line, address, name in [
        ("ada@example.org", "ada@example.org", ""),
        ("  Ada@Example.ORG\t", "Ada@Example.ORG", ""),
        ("<ada@example.org>", "ada@example.org", ""),
        ("Ada <ada@example.org>", "ada@example.org", "Ada"),
        ("Ada Lovelace<ada@example.org>", "ada@example.org", "Ada Lovelace"),
        ("Ada < ada@example.org >", "ada@example.org", "Ada"),
        ('"Lovelace, Ada" <ada@example.org>', "ada@example.org", "Lovelace, Ada"),
        ('"Ada \\"the <first>\\"" <ada@example.org>', "ada@example.org", 'Ada "the <first>"'),
        ("ada@example.org # moved", "ada@example.org", ""),
        ("Ada <ada@example.org> # <old@example.org>", "ada@example.org", "Ada"),
        ("Ada #1 <ada@example.org>", "ada@example.org", "Ada #1"),
        ("ada#1@example.org", "ada#1@example.org", ""),
        ("jörg@müller.de", "jörg@müller.de", ""),
    ]:
        entries, found = read(line.encode())

        assert entries == [Entry(1, address, name)]
        assert found.malformed == []


def test_a_line_without_an_address_is_malformed_for_a_reason() -> None:
    for line, reason in [
        (b"ada@example.org grace@example.org", NEITHER),
        (b"ada@example.org, grace@example.org", NEITHER),
        (b"<ada@example.org> Ada", NEITHER),
        (b"Ada <ada@example.org> <old@example.org>", NEITHER),
        (b"Ada <>", NEITHER),
        (b"Ada <ada@example.org", NEITHER),
        (b'"Ada <ada@example.org>', NEITHER),
        (b"ada@example.org\0", UNSEEN),
        (b"Ada\tLovelace <ada@example.org>", UNSEEN),
        ("ada\N{ZERO WIDTH SPACE}@example.org".encode(), UNSEEN),
        ("Müller <m@example.org>".encode("latin-1"), NO_TEXT),
        (b"\xff\xff\xff", NO_TEXT),
    ]:
        entries, found = read(b"# first\n" + line + b"\n")

        assert entries == []
        assert found.malformed == [Malformed(2, reason)]


def test_lines_are_counted_alike_whatever_ends_them() -> None:
    for end in ["\n", "\r\n", "\r"]:
        lines = ["# our staff", "", "ada@example.org", "  ", "grace@example.org", "# no more", ""]

        entries, found = read(end.join(lines).encode())

        assert [(each.line, each.address) for each in entries] == [
            (3, "ada@example.org"),
            (5, "grace@example.org"),
        ]
        assert (found.lines, found.blank, found.comments) == (6, 2, 2)


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_address() -> None:
    for encoding in ["utf-8", "utf-8-sig", "utf-16"]:
        entries, _ = read("jörg@müller.de\r\nada@example.org\r\n".encode(encoding))

        assert [each.address for each in entries] == ["jörg@müller.de", "ada@example.org"]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_where_a_chunk_ends_makes_no_difference(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    content = "\ufeffjörg@müller.de\r\n\r\nada@example.org".encode()
    whole, _ = read(content)

    monkeypatch.setattr(parse, "CHUNK", chunk)
    entries, found = read(content)

    assert entries == whole
    assert found.lines == 3


def test_an_empty_file_has_no_lines() -> None:
    entries, found = read(b"")

    assert (entries, found.lines) == ([], 0)


@given(FILES)
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8\n")
def test_every_line_of_any_file_is_accounted_for(content: bytes) -> None:
    entries, found = read(content)

    assert len(entries) + found.blank + found.comments + len(found.malformed) == found.lines
    numbers = [each.line for each in entries] + [each.line for each in found.malformed]
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number <= found.lines for number in numbers)


@given(FILES)
def test_nothing_that_copy_or_a_terminal_would_obey_is_in_an_entry(content: bytes) -> None:
    entries, _ = read(content)

    assert all((each.address + each.name).isprintable() for each in entries)
    assert all(each.address.strip() for each in entries)
