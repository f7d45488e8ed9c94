"""Sanitise a message's HTML: no scripts, and nothing loaded but images, on request."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import nh3

from notifications.mime.parse import Attachment

# The tags of ordinary mail.  No script, form, frame, SVG, link or style sheet.
TAGS = {
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
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

# None of them loads anything or positions one element over another.
STYLES = {
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "display",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "vertical-align",
    "white-space",
    "width",
}

# Raster images only: an SVG is a document.
IMAGES = {"image/gif", "image/jpeg", "image/png", "image/webp"}


LINKS = {"http", "https", "mailto", "tel"}


def sanitize(html: str, attachments: Sequence[Attachment], *, remote_images: bool) -> str:
    """Return the HTML without anything that runs or loads; attached images become `data:` URLs.

    Images from other servers reveal that the mail was read, so they need `remote_images`.
    """
    own = {one.content_id: one for one in attachments if one.content_id}

    def checked(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) == ("img", "src"):
            return image_source(value, own, remote_images=remote_images)
        if attribute == "href":
            # A relative link would point into the portal.
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


def image_source(source: str, own: Mapping[str, Attachment], *, remote_images: bool) -> str | None:
    """Return the allowed source of an image, or None."""
    scheme, _, rest = source.strip().partition(":")
    match scheme.lower():
        case "cid":
            found = own.get(unquote(rest))
            if found is not None and found.content_type in IMAGES:
                return f"data:{found.content_type};base64,{b64encode(found.content).decode()}"
        case "data" if rest.partition(";")[0].lower() in IMAGES:
            return source
        case "https" if remote_images:
            return source
    return None


def has_remote_images(html: str) -> bool:
    """Whether the HTML has images that only `remote_images` would load."""
    with_them, without = (sanitize(html, (), remote_images=one) for one in (True, False))
    return with_them != without
