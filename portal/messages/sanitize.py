"""Makes of a message's HTML what a page may show: it runs nothing, and loads only what it may."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import nh3

from notifications.mime.parse import Attachment

# What mails are made of.  No script, form, frame, SVG, link or style sheet.
TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "center", "code", "col", "colgroup", "dd"),
    *("del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img"),
    *("ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup"),
    *("table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul"),
}

ATTRIBUTES = {
    "*": {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt", "border", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}

# None of them loads anything, and none moves a thing out of its place over another.
STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-color"),
    *("border-left", "border-radius", "border-right", "border-spacing", "border-style"),
    *("border-top", "border-width", "color", "direction", "display", "font-family", "font-size"),
    *("font-style", "font-weight", "height", "letter-spacing", "line-height", "margin"),
    *("margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "min-width"),
    *("padding", "padding-bottom", "padding-left", "padding-right", "padding-top"),
    *("text-align", "text-decoration", "text-indent", "vertical-align", "white-space", "width"),
}

# Pictures that are dots and nothing else.  An SVG is a document.
PICTURES = {"image/gif", "image/jpeg", "image/png", "image/webp"}


LINKS = {"http", "https", "mailto", "tel"}


def sanitised(html: str, attachments: Sequence[Attachment], *, remote_images: bool) -> str:
    """The HTML without whatever could run or load; its own pictures are in it as `data:`.

    Pictures from elsewhere tell their server that the mail was read: only with `remote_images`.
    """
    own = {one.content_id: one for one in attachments if one.content_id}

    def checked(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            return picture(value, own, remote_images=remote_images)
        if attribute == "href":
            # A relative one would lead into the portal.
            return value if value.partition(":")[0].strip().lower() in LINKS else None
        return value

    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags={"script", "style", "svg", "math", "title", "template"},
        attributes=ATTRIBUTES,
        attribute_filter=checked,
        filter_style_properties=STYLES,
        url_schemes=LINKS | {"cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer",
    )


def picture(source: str, own: Mapping[str, Attachment], *, remote_images: bool) -> str | None:
    """Where a picture may come from, or None for nowhere."""
    scheme, _, rest = source.strip().partition(":")
    match scheme.lower():
        case "cid":
            found = own.get(unquote(rest))
            if found is not None and found.content_type in PICTURES:
                return f"data:{found.content_type};base64,{b64encode(found.content).decode()}"
        case "data" if rest.partition(";")[0].lower() in PICTURES:
            return source
        case "https" if remote_images:
            return source
    return None


def asks_elsewhere(html: str) -> bool:
    """Whether the HTML has pictures that only `remote_images` would load."""
    with_them, without = (sanitised(html, (), remote_images=one) for one in (True, False))
    return with_them != without
