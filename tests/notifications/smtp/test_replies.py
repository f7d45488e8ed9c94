"""The replies to a letter's commands are read together if all are there and none refuses."""

from io import BufferedReader, BytesIO

from notifications.smtp.replies import read_accepted

HOPED = b"250 sender ok\r\n250 recipient ok\r\n354 go on\r\n"


def test_replies_that_accept_are_read_together() -> None:
    for following in (b"", b"250 of the content\r\n"):
        file: BufferedReader = BufferedReader(BytesIO(HOPED + following))

        assert read_accepted(file, 3)
        assert file.read() == following


def test_of_other_replies_nothing_is_read() -> None:
    others = [
        b"",
        HOPED[:-1],
        HOPED.removesuffix(b"354 go on\r\n"),
        HOPED.replace(b"250 recipient ok", b"550 5.1.1 unknown"),
        HOPED.replace(b"354", b"250"),
        HOPED.replace(b"250 sender", b"250-two lines\r\n250 sender"),
        HOPED.replace(b"250 sender ok", b"ready"),
    ]

    for replies in others:
        file: BufferedReader = BufferedReader(BytesIO(replies))
        assert not read_accepted(file, 3), replies
        assert file.read() == replies
