"""Whom each page is opened for; what the braces name is a number or a token of `Seeded`."""

# By the names of the cast.  A page that looks different to two people stands here twice.
OF_PEOPLE = {
    "ada": (
        *("/", "/messages", "/messages?state=draft", "/messages?words=unheard-of"),
        *("/messages/new", "/messages/upload", "/messages/{draft}", "/messages/{draft}/draft"),
        *("/messages/{upload}/draft", "/messages/{asked}", "/messages/{rejected}"),
        *("/messages/{sent}", "/messages/{sent}/copy"),
    ),
    "grace": (
        *("/", "/requests", "/requests/{opened}", "/requests/{opened}/decision"),
        *("/requests/{closed}", "/requests/{decided}"),
    ),
    "edsger": (
        *("/", "/my/lists", "/my/lists?words=unheard-of", "/messages", "/requests"),
        *("/account/details", "/account/address", "/account/history", "/account/password"),
        "/account/codes",
    ),
    "donald": ("/account/codes", "/account/password"),
    "barbara": (
        *("/", "/messages", "/messages/{scheduled}", "/users", "/users?words=nobody", "/users/new"),
        *(f"/users/{{edsger}}{part}" for part in ("", "/address", "/contact", "/history")),
        *("/users/{edsger}/removal", "/users/{edsger}/roles", "/users/{donald}"),
        *("/roles", "/roles/new", "/roles/1", "/approver-lists", "/approver-lists/new"),
        *("/approver-lists/{approvers}", "/approver-lists/{approvers}?q=a"),
        *("/mailing-lists", "/mailing-lists?shown=archived", "/mailing-lists/new"),
        *(f"/mailing-lists/{{announce}}{part}" for part in ("", "/approvers", "/details")),
        *("/mailing-lists/{announce}/archive", "/mailing-lists/{announce}/import"),
        *("/mailing-lists/{announce}/subscribers", "/mailing-lists/{board}/subscribers"),
        *("/mailing-lists/{board}", "/mailing-lists/{board}/pushes", "/mailing-lists/{fete}"),
        *(f"/mailing-lists/{{choir}}/pushes{part}" for part in ("", "/confirmation")),
        *("/mailing-lists/{choir}/pushes/difference", "/trail", "/trail?person=nobody"),
    ),
}
OF_STRANGERS = (
    *("/log-in", "/letter/log-in", "/letter/password", "/letter/sent"),
    *("{answer}", "{link}", "{choice}", "/nowhere"),
)
# The frame's documents: the words in them are the author's.
FRAMES = ("/messages/{asked}/html", "/requests/{opened}/html", "{answer}/html")

NO_PAGES = {
    "static": "our style sheets and scripts",
    "health": "two letters for a load balancer",
    "lists.export": "a file to save",
    "trail.export": "a file to save",
    "preview.attachment": "a file to save",
    "requests.attachment": "a file to save",
    "moderation.attachment": "a file to save",
    "messages.part": "a part of a page that is looked at",
    "outbox.rows": "a part of a page that is looked at",
    "requests.rows": "a part of a page that is looked at",
    "requests.standing": "a part of a page that is looked at",
    "sync.part": "a part of a page that is looked at",
}
