"""The table: what each route of the portal answers to each kind of person.

Each line: method, address, one mark per kind of person, the rights that give access, the target.
Names in braces are things of `installation.py`.  The forms of the POSTs are in `forms.py`.

    A  anonymous: has not logged in       y  200
    M  member: Edsger                     >  303, to the target
    W  author: Ada, of her own messages   ?  has to log in first: 303 for a GET, 401 for a POST
    O  approver of another list: Alan     -  403, not allowed
    P  approver of the list: Grace        0  404, as if there were no such row
    B  administrator: Barbara             !  409, not any more or not yet

Rights ("402+2309": both) are named where a right alone gives access: a person with these and no
others gets the same answer as Barbara, and one with all others is refused.  "." means no right:
the answer depends on whose row it is.  After the rights stands the list: with "@" they give
access to a person who has them on this list alone, too, with "@any" on any list; otherwise only to
one who has them everywhere.

Ids are sequential, so they are no secret: a hidden row answers 403 whether it is a draft or in
moderation, and 404 only if there is no row with that id.  Where a right gives access, a person
without it does not even learn that.
"""

from typing import NamedTuple

KINDS = ("anonymous", "edsger", "ada", "alan", "grace", "barbara")

TABLE = """
    Doors without a log-in                            AMWOPB
GET  /health                                          yyyyyy .
GET  /static/listgate.css                             yyyyyy .
GET  /log-in                                          y>>>>> . /
POST /log-in                                          >>>>>> . /
GET  /log-in/code                                     >>>>>> . /log-in?next=/
POST /log-in/code                                     >>>>>> . /log-in?next=/
POST /log-out                                         >>>>>> . /log-in
GET  /letter/log-in                                   yyyyyy .
POST /letter/log-in                                   >>>>>> . /letter/sent
GET  /letter/sent                                     yyyyyy .
GET  /link/{link}                                     yyyyyy .
POST /link/{link}                                     >>>>>> . /
GET  /link/unknown                                    000000 .
POST /link/unknown                                    000000 .
GET  /answer/{token}                                  yyyyyy .
GET  /answer/{token}/html                             yyyyyy .
GET  /answer/{token}/attachments/0                    yyyyyy .
GET  /answer/{token}/attachments/9                    000000 .
POST /answer/{token}                                  >>>>>> . /answer/{token}
GET  /answer/unknown                                  000000 .
GET  /answer/unknown/html                             000000 .
GET  /answer/unknown/attachments/0                    000000 .
POST /answer/unknown                                  000000 .
GET  /unsubscribe/{unsubscribe}                       yyyyyy .
POST /unsubscribe/{unsubscribe}                       yyyyyy .
GET  /unsubscribe/unknown                             000000 .
POST /unsubscribe/unknown                             000000 .
POST /webhooks/twilio/sms                             ------ .
POST /webhooks/twilio/status                          ------ .
GET  /api/v1/                                         yyyyyy .
GET  /api/v1/openapi.json                             yyyyyy .

    What is one's own                                 AMWOPB
GET  /                                                ?yyyyy .
GET  /my/lists                                        ?yyyyy .
POST /my/lists                                        ?>>>>> . /my/lists
GET  /account/details                                 ?yyyyy .
POST /account/details                                 ?>>>>> . /account/details
GET  /account/address                                 ?yyyyy .
POST /account/address                                 ?>>>>> . /account/details
GET  /account/password                                ?yyyyy .
POST /account/password                                ?>>>>> . /
GET  /account/codes                                   ?yyyyy .
POST /account/codes                                   ?>>>>> . /account/recovery-codes
GET  /account/recovery-codes                          ?yyyyy .
POST /account/recovery-codes                          ?>>>>> . /account/codes
GET  /account/absences                                ?yyyyy .
POST /account/absences                                ?>>>>> . /account/absences
POST /account/absences/{absence}/end                  ?>0000 . /account/absences
GET  /account/history                                 ?yyyyy .

    Messages: those on the table are Ada's            AMWOPB
GET  /messages                                        ?yyyyy .
GET  /messages/rows                                   ?yyyyy .
GET  /messages/new                                    ?yyyyy .
POST /messages/new                                    ?>>>>> . /messages/*
GET  /messages/upload                                 ?yyyyy .
POST /messages/upload                                 ?>>>>> . /messages/*
GET  /messages/{draft}                                ?-y--- .
GET  /messages/{draft}/proof                          ?-y--- .
GET  /messages/{draft}/standing                       ?-y--- .
GET  /messages/{draft}/html                           ?-y--- .
GET  /messages/{draft}/attachments/0                  ?-y--- .
GET  /messages/{draft}/attachments/9                  ?-0--- .
GET  /messages/{draft}/draft                          ?-y--- .
POST /messages/{draft}/draft                          ?->--- . /messages/{draft}
POST /messages/{draft}/handing_in                     ?->--- . /messages/{draft}
POST /messages/{draft}/withdrawal                     ?-!--- .
POST /messages/{draft}/recall                         ?-!--! .
POST /messages/{draft}/time                           ?->--- . /messages/{draft}
POST /messages/{draft}/copy                           ?->--- . /messages/*
POST /messages/{draft}/proof                          ?->--- . /messages/{draft}
GET  /messages/{draft}/deletion                       ?-y--- .
POST /messages/{draft}/deletion                       ?->--- . /messages
GET  /messages/{asked}                                ?-y->y 605@ /requests/{request}
GET  /messages/{asked}/copy                           ?-y->y 605@ /requests/{request}
GET  /messages/{asked}/standing                       ?-y->y 605@ /requests/{request}
GET  /messages/{asked}/html                           ?-y->y 605@ /requests/{request}
GET  /messages/{asked}/attachments/0                  ?-y->y 605@ /requests/{request}
GET  /messages/{asked}/draft                          ?-y--- .
POST /messages/{asked}/draft                          ?-!--- .
POST /messages/{asked}/handing_in                     ?-!--- .
POST /messages/{asked}/withdrawal                     ?->--- . /messages/{asked}
POST /messages/{asked}/recall                         ?-!--! 601@
POST /messages/{asked}/time                           ?-!--! 601+618@
POST /messages/{asked}/copy                           ?->--- . /messages/*
POST /messages/{asked}/proof                          ?->--- . /messages/{asked}
POST /messages/{asked}/deletion                       ?-!--- .
GET  /messages/{scheduled}                            ?-y--y 605@
POST /messages/{scheduled}/recall                     ?->--> 601@ /messages/{scheduled}
POST /messages/{scheduled}/time                       ?->--> 601+618@ /messages/{scheduled}
POST /messages/{scheduled}/withdrawal                 ?-!--- .
POST /messages/{stopped}/resumption                   ?->--> 601@ /messages/{stopped}
POST /messages/{stopped}/end                          ?->--> 601@ /messages/{stopped}
POST /messages/{draft}/resumption                     ?-!--! .
POST /messages/{draft}/end                            ?-!--! .
GET  /messages/{sent}/doubts                          ?----y 601@
POST /messages/{sent}/doubts                          ?----> 601@ /messages/{sent}
GET  /messages/{draft}/split                          ?-y--- .
POST /messages/{draft}/split                          ?->--- . /messages/{draft}
GET  /messages/{asked}/split                          ?->--- . /messages/{asked}
POST /messages/{draft}/winner                         ?-!--! .
POST /messages/{draft}/rest                           ?-!--- .
POST /messages/{sent}/rest                            ?->--- . /messages/*
GET  /messages/{draft}/doubts                         ?----y 601@
POST /messages/{draft}/doubts                         ?----! 601@
GET  /messages/{deleted}                              ?00000 .
GET  /messages/{deleted}/standing                     ?00000 .
GET  /messages/{deleted}/html                         ?00000 .
POST /messages/{deleted}/copy                         ?-!--- .
GET  /messages/999                                    ?00000 .
POST /messages/999/handing_in                         ?00000 .

    Requests: about Ada's message, and about Grace's  AMWOPB
GET  /requests                                        ?yyyyy .
GET  /requests/rows                                   ?yyyyy .
GET  /requests/{request}                              ?---y- .
GET  /requests/{request}/decision                     ?---y- .
GET  /requests/{request}/standing                     ?---y- .
GET  /requests/{request}/html                         ?---y- .
GET  /requests/{request}/attachments/0                ?---y- .
POST /requests/{request}/views                        ?--->- . /requests/{request}
POST /requests/{request}/decision                     ?--->- . /requests/{request}
GET  /requests/{unopened}                             ?---y- .
GET  /requests/{unopened}/html                        ?---0- .
GET  /requests/{unopened}/attachments/0               ?---0- .
GET  /requests/{decided}                              ?---y- .
POST /requests/{decided}/decision                     ?---!- .
GET  /requests/{of_grace}                             ?----- .
POST /requests/{of_grace}/views                       ?----- .
POST /requests/{of_grace}/decision                    ?----- .
GET  /requests/999                                    ?00000 .
POST /requests/999/decision                           ?00000 .

    Mailing lists                                     AMWOPB
GET  /mailing-lists                                   ?-y--y 404@any
GET  /mailing-lists/new                               ?----y 402
POST /mailing-lists/new                               ?----> 402 /mailing-lists/*
GET  /mailing-lists/{list}                            ?-y--y 404@
GET  /mailing-lists/{list}/details                    ?----y 402@
POST /mailing-lists/{list}/details                    ?----> 402@ /mailing-lists/{list}
GET  /mailing-lists/{list}/approvers                  ?----y 402@
POST /mailing-lists/{list}/approvers                  ?----> 402+2309@ /mailing-lists/{list}
GET  /mailing-lists/{list}/subscribers                ?----y 402@
POST /mailing-lists/{list}/subscribers                ?----> 402@ /mailing-lists/{list}/subscribers
POST /mailing-lists/{list}/subscribers/{edsger}/end   ?----> 402@ /mailing-lists/{list}/subscribers
GET  /mailing-lists/{list}/subscribers.txt            ?----y 402@
GET  /mailing-lists/{list}/requests                   ?----y 402@
POST /mailing-lists/{held}/requests/{joining}/answer  ?----> 402@ /mailing-lists/{held}/requests
POST /mailing-lists/{list}/requests/{joining}/answer  ?----0 402@
GET  /mailing-lists/{list}/suspensions                ?----y 402@
POST /mailing-lists/{list}/suspensions/{edsger}/end   ?----> 402@ /mailing-lists/{list}/suspensions
GET  /mailing-lists/{list}/import                     ?----y 402@
POST /mailing-lists/{list}/import                     ?----> 402@ /mailing-lists/{list}/subscribers
GET  /mailing-lists/{list}/archive                    ?----y 402
POST /mailing-lists/{list}/archive                    ?----! 402
POST /mailing-lists/{quiet}/archive                   ?----> 402 /mailing-lists/{quiet}
POST /mailing-lists/{archived}/archive/end            ?----> 402 /mailing-lists/{archived}
GET  /mailing-lists/{list}/pushes                     ?----y 402@
GET  /mailing-lists/{list}/pushes/part                ?----y 402@
POST /mailing-lists/{list}/pushes                     ?----> 402@ /mailing-lists/{list}/pushes
GET  /mailing-lists/{list}/pushes/difference          ?----y 402@
GET  /mailing-lists/{held}/pushes/confirmation        ?----y 402@
POST /mailing-lists/{held}/pushes/confirmation        ?----> 402@ /mailing-lists/{held}/pushes
POST /mailing-lists/{list}/pushes/confirmation        ?----! 402@

    Approver lists                                    AMWOPB
GET  /approver-lists                                  ?----y 2309
GET  /approver-lists/new                              ?----y 2310
POST /approver-lists/new                              ?----> 2310 /approver-lists/*
GET  /approver-lists/{editors}                        ?----y 2309
POST /approver-lists/{editors}/members                ?----> 2311 /approver-lists/{editors}?added=
POST /approver-lists/{editors}/members/{grace}/end    ?----> 2311 /approver-lists/{editors}
POST /approver-lists/{unused}/end                     ?----> 2312 /approver-lists
POST /approver-lists/{editors}/end                    ?----! 2312

    People and roles                                  AMWOPB
GET  /users                                           ?----y 2001
GET  /users/new                                       ?----y 2000
POST /users/new                                       ?----> 2000 /users/new
GET  /users/{edsger}                                  ?----y 2001
GET  /users/{edsger}/history                          ?----y 2001
GET  /users/{edsger}/contact                          ?----y 2000
POST /users/{edsger}/contact                          ?----> 2000 /users/{edsger}
GET  /users/{edsger}/address                          ?----y 2000
POST /users/{edsger}/address                          ?----> 2000 /users/{edsger}
GET  /users/{edsger}/roles                            ?----y 2000
POST /users/{edsger}/roles                            ?----> 2000 /users/{edsger}
GET  /users/{edsger}/grants                           ?----y 2000
POST /users/{edsger}/grants                           ?----> 2000 /users/{edsger}/grants
POST /users/{edsger}/grants/{grant}/end               ?----> 2000 /users/{edsger}/grants
GET  /users/{edsger}/absences                         ?----y 2000
POST /users/{edsger}/absences                         ?----> 2000 /users/{edsger}/absences
POST /users/{edsger}/absences/{absence}/end           ?----> 2000 /users/{edsger}/absences
POST /users/{edsger}/standing                         ?----> 2000 /users/{edsger}
POST /users/{edsger}/codes                            ?----> 2000 /users/{edsger}
POST /users/{edsger}/invitation                       ?----> 2000 /users/{edsger}
GET  /users/{edsger}/removal                          ?----y 2000
POST /users/{edsger}/removal                          ?----> 2000 /users
GET  /roles                                           ?----y 2000
GET  /roles/new                                       ?----y 2000
POST /roles/new                                       ?----> 2000 /roles
GET  /roles/{role}                                    ?----y 2000
POST /roles/{role}                                    ?----> 2000 /roles
POST /roles/{role}/removal                            ?----> 2000 /roles
GET  /list-sets                                       ?----y 2000
GET  /list-sets/new                                   ?----y 2000
POST /list-sets/new                                   ?----> 2000 /list-sets
GET  /list-sets/{set}                                 ?----y 2000
POST /list-sets/{set}                                 ?----> 2000 /list-sets
POST /list-sets/{set}/removal                         ?----> 2000 /list-sets
GET  /services                                        ?----y 2000
GET  /services/new                                    ?----y 2000
POST /services/new                                    ?----> 2000 /services/*
GET  /services/{service}                              ?----y 2000
POST /services/{service}                              ?----> 2000 /services/{service}
POST /services/{service}/standing                     ?----> 2000 /services/{service}
GET  /services/{service}/keys                         ?----y 2000
POST /services/{service}/keys                         ?----> 2000 /services/{service}
POST /services/{service}/keys/{key}/end               ?----> 2000 /services/{service}
GET  /trail                                           ?----y 2001
GET  /trail.csv                                       ?----y 2001
"""


class Line(NamedTuple):
    """One line of the table; `path` and `onward` with the names in braces."""

    method: str
    path: str
    marks: str
    rights: frozenset[int]
    where: str  # "@": on the list, "@any": on any list, "": everywhere
    onward: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def lines(*methods: str) -> list[Line]:
    """The lines of these methods."""
    every = [row.split() for row in TABLE.splitlines() if row[:1].strip()]
    return [read(*cells) for cells in every if cells[0] in methods]


def read(method: str, path: str, marks: str, rights: str, onward: str = "") -> Line:
    """One line in parts."""
    named, at, which = rights.partition("@")
    numbers = frozenset(int(one) for one in named.split("+")) if named != "." else frozenset()
    return Line(method, path, marks, numbers, at + which, onward)
