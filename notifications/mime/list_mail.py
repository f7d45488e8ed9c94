"""Compose the mail that a list's recipients get, with places for what differs among them."""

from dataclasses import dataclass
from secrets import token_hex
from typing import Final, Self
from urllib.parse import quote

from models import ListDelivery, MailingList, Message, SelfService, marked
from models.addresses import with_detail
from notifications.mime.added_line import AddedLine, with_line
from notifications.mime.envelope import wire_address, wire_domain
from notifications.mime.fields import Reader
from notifications.mime.from_field import is_from_list
from notifications.mime.list_headers import ListHeaders, Unsubscribing, add_list_headers, in_uri
from notifications.mime.personal import PersonalMail, personal_mail
from notifications.mime.sealed_ids import TOKEN_LENGTH
from notifications.mime.template import Piece, Template
from notifications.wording.languages import translations
from settings import Settings

# Stands for a recipient's token in the copy that approvers and authors see.
EXAMPLE_TOKEN: Final = "example-each-recipient-has-an-own-link"  # noqa: S105 (no secret)

# Marks a sentence for pybabel; it is translated when it is rendered.
_ = str


@dataclass(frozen=True)
class CopySettings:
    """What the operator decides about every copy."""

    public_url: str
    unsubscribe_address: str  # gets a +token
    owner_address: str  # of the people who run the lists

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return those of these settings."""
        return cls(
            settings.public_url,
            settings.unsubscribe_to,
            settings.letter_address,
        )


def example_copy(message: Message, settings: CopySettings) -> bytes:
    """Return a copy as recipients get it, with an example in place of their token.

    Personal fields are filled in for the author, whom everyone who reads the example knows.
    """
    reader = reader_of(message, settings, name=message.author.name, token=EXAMPLE_TOKEN)
    return list_template(message, settings).filled(EXAMPLE_TOKEN.encode(), reader)


def reader_of(message: Message, settings: CopySettings, *, name: str, token: str | None) -> Reader:
    """Return what is filled in for a recipient with this name and token, if they have any."""
    mailing_list = message.mailing_list
    gettext = translations(mailing_list.language).gettext
    return Reader(
        name=name,
        list=mailing_list.name,
        unsubscribe_url=unsubscribe_url(
            mailing_list, settings, token if has_own_links(mailing_list) else None
        ),
        unnamed=gettext(_("member")),
    )


def unsubscribe_url(mailing_list: MailingList, settings: CopySettings, token: str | None) -> str:
    """Return the URL by which a recipient leaves the list, or else writes to the operator."""
    if token is not None:
        return f"{settings.public_url}/unsubscribe/{token}"
    urls = ways_to_unsubscribe(mailing_list, settings, None).urls
    return next(iter(urls), f"mailto:{in_uri(wire_address(settings.owner_address))}")


def list_template(message: Message, settings: CopySettings, *, with_token: bool = True) -> Template:
    """Return the mail of a list; without tokens it is the same for everyone."""
    placeholder = token_hex(TOKEN_LENGTH // 2)
    mailing_list = message.mailing_list
    token = placeholder if with_token and has_own_links(mailing_list) else None
    unsubscribing = ways_to_unsubscribe(mailing_list, settings, token)
    mail = personal_mail(message.raw) if message.personal_fields else PersonalMail(message.raw)
    pieces: list[Piece] | None = None
    if mailing_list.unsubscribe_line and (url := link(unsubscribing)):
        words = translations(mailing_list.language).gettext(_("Leave this list"))
        pieces = with_line(mail.raw, AddedLine(words, url, placeholder.encode()))
    new_body = pieces is not None or mail.raw is not message.raw
    headers = list_headers(message, settings, unsubscribing, new_body=new_body)
    head, *rest = pieces or [mail.raw]
    assert isinstance(head, bytes), "a mail begins with its header"
    return Template.of([add_list_headers(head, headers), *rest], placeholder.encode(), mail.places)


def has_own_links(mailing_list: MailingList) -> bool:
    """Whether each recipient gets a link of their own.

    Only administrators remove members of a closed list, and a list server adds its own links.
    """
    return has_personal_copies(mailing_list) and mailing_list.self_service is not SelfService.CLOSED


def has_personal_copies(mailing_list: MailingList) -> bool:
    """Whether copies differ among recipients."""
    return mailing_list.personal and mailing_list.delivery is ListDelivery.MEMBERS


def ways_to_unsubscribe(
    mailing_list: MailingList, settings: CopySettings, token: str | None
) -> Unsubscribing:
    """Return the URLs: with a recipient's token, or else the same for everyone."""
    if mailing_list.delivery is not ListDelivery.MEMBERS:
        return Unsubscribing()
    if token is not None:
        address = in_uri(with_detail(wire_address(settings.unsubscribe_address), token))
        url = unsubscribe_url(mailing_list, settings, token)
        return Unsubscribing((url, f"mailto:{address}?subject=unsubscribe"), one_click=True)
    if mailing_list.self_service is not SelfService.CLOSED:
        return Unsubscribing((f"{settings.public_url}/my/lists",))
    subject = quote(f"unsubscribe {mailing_list.short_name}")
    return Unsubscribing(
        (f"mailto:{in_uri(wire_address(settings.owner_address))}?subject={subject}",)
    )


def link(unsubscribing: Unsubscribing) -> str | None:
    """Return the URL of a page, for people; None if there is none."""
    return next((url for url in unsubscribing.urls if not url.startswith("mailto:")), None)


def list_headers(
    message: Message, settings: CopySettings, unsubscribing: Unsubscribing, *, new_body: bool
) -> ListHeaders:
    """Return what the list adds to the message's header."""
    mailing_list = message.mailing_list
    domain = wire_domain(mailing_list.address.rpartition("@")[2])
    return ListHeaders(
        list_id=f"{mailing_list.short_name}.{domain}",
        list_name=mailing_list.name,
        list_address=mailing_list.address,
        author_name=message.author.name,
        author_address=message.author.address,
        message_id=f"<message.{marked(message.id, message.mark)}@{domain}>",
        date=message.dated_at or message.written_at,
        owner_address=settings.owner_address,
        help_url=f"{settings.public_url}/my/lists",
        feedback_id=f"{message.id}:{mailing_list.short_name}:{mailing_list.kind}:listgate",
        unsubscribing=unsubscribing,
        from_list=is_from_list(mailing_list, message.raw),
        new_body=new_body,
    )
