"""What a file of addresses says about a list, before anything is done."""

from dataclasses import dataclass

from workflows.subscriptions.parse import Entry, Malformed


@dataclass(frozen=True)
class Report:
    """What a file says; every line is one of these, and a person who is named again a duplicate."""

    lines: int
    blank: int
    comments: int
    known: int
    joining: int  # those of the known who are not on the list
    unknown: list[Entry]  # the first line of each
    malformed: list[Malformed]

    @property
    def duplicates(self) -> int:
        """How many lines name somebody whom another line has named before."""
        named = self.lines - self.blank - self.comments - len(self.malformed)
        return named - self.known - len(self.unknown)

    @property
    def on_list(self) -> int:
        """How many of the known are on the list already."""
        return self.known - self.joining
