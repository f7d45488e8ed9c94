"""An identity provider reads, adds, changes and disables people."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models import ActsFor, AuditEntry, ExternalId, Language, Scope, User
from models.clock import now
from settings import settings
from tests.builders import Cast, person
from tests.portal.api.client import a_key, token_of
from tests.portal.matrix.installation import Installation
from tests.portal.scim.client import PATCH, USER, Provider
from tests.portal.visitors import PUBLIC, app_for, forget_guesses

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# As Microsoft Entra sends it.
ALAN: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2",
    "userName": "alan@listgate.test",
    "active": True,
    "displayName": "Alan Turing",
    "emails": [{"primary": True, "type": "work", "value": "alan@listgate.test"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Turing, Alan", "familyName": "Turing", "givenName": "Alan"},
    "preferredLanguage": "de-CH",
    "phoneNumbers": [{"type": "mobile", "value": "+41 791234567"}],
    "timezone": "Europe/Zurich",
    "password": "correct horse battery staple",
    "roles": [{"value": "administrator"}],
    ENTERPRISE: {"department": "Mathematics"},
}

ROUTES = (
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("POST", "/.search"),
    ("POST", "/Users/.search"),
    ("GET", "/Users/1"),
    ("PUT", "/Users/1"),
    ("PATCH", "/Users/1"),
    ("DELETE", "/Users/1"),
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("GET", f"/Schemas/{USER}"),
)


def refused(answer: TestResponse) -> tuple[int, str | None]:
    """The status and the scimType of an answer, which must be a SCIM error."""
    assert answer.mimetype == "application/scim+json", answer.text
    assert answer.json
    assert answer.json["status"] == str(answer.status_code)
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.json["detail"]
    return answer.status_code, answer.json.get("scimType")


def good(answer: TestResponse, status: int = 200) -> dict[str, Any]:
    """The body of an answer that refuses nothing."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/scim+json"
    assert isinstance(answer.json, dict)
    return answer.json


def test_every_route_is_known_here(entra: Provider) -> None:
    rules = [rule for rule in entra.app.url_map.iter_rules() if rule.endpoint.startswith("scim")]

    served = {
        (rule.rule, frozenset(rule.methods) - {"HEAD", "OPTIONS"}) for rule in rules if rule.methods
    }

    assert len(served) == len(ROUTES)


def test_no_route_answers_without_a_right_token(installation: Installation) -> None:
    app, before = installation.app, installation.rows()
    wrong = [f"Bearer lgs_1_{'a' * 52}", "", "Basic YTpi", "Bearer", "Bearer x"]
    forget_guesses(app)

    for turn, (method, path) in enumerate(ROUTES):
        # The header is read in one place.
        for header in wrong if turn == 0 else wrong[:1]:
            answer = app.test_client().open(
                f"/scim/v2{path}", method=method, base_url=PUBLIC, headers={"Authorization": header}
            )
            assert refused(answer) == (401, None), (method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
            assert "Set-Cookie" not in answer.headers
    assert installation.rows() == before


def test_no_route_answers_a_token_without_its_scope(session: Session, entra: Provider) -> None:
    others = a_key(session, *(set(Scope) - {Scope.READ, Scope.PEOPLE}), name="others")
    reading = a_key(session, Scope.READ, name="reader")
    changing = a_key(session, Scope.PEOPLE, name="changer")

    for method, path in ROUTES:
        assert refused(Provider(entra.app, token_of(others)).send(method, path))[0] == 403
        assert Provider(entra.app, token_of(changing)).send(method, path).status_code != 403
        by_reader = Provider(entra.app, token_of(reading)).send(method, path)
        reads = method == "GET" or path.endswith(".search")
        assert (by_reader.status_code == 403) == (not reads), (method, path)
        if not reads:
            assert 'scope="people"' in by_reader.headers["WWW-Authenticate"]


def test_a_user_is_added_as_entra_sends_it(session: Session, entra: Provider) -> None:
    added = entra.send("POST", "/Users", json=ALAN)

    user = good(added, 201)
    alan = session.get_one(User, int(user["id"]))
    assert (alan.address, alan.name, alan.phone) == (
        "alan@listgate.test",
        "Alan Turing",
        "+41791234567",
    )
    assert (alan.language, alan.time_zone, alan.roles) == (Language.GERMAN, "Europe/Zurich", [])
    assert user["active"] is True
    assert user["externalId"] == "0a21f0f2"
    assert user["meta"]["version"] == added.headers["ETag"]
    assert added.headers["Location"] == f"{PUBLIC}/scim/v2/Users/{alan.id}"
    assert "password" not in added.text
    assert "administrator" not in added.text
    assert good(entra.get(f"/Users/{alan.id}")) == user
    entries = session.scalars(select(AuditEntry).where(AuditEntry.service.is_not(None)))
    assert {(one.service, one.actor_id) for one in entries} == {("entra", None)}


NAMES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"displayName": "A", "name": {"formatted": "B"}}, "A"),
    ({"name": {"formatted": "B", "givenName": "C", "familyName": "D"}}, "B"),
    ({"name": {"givenName": "C", "familyName": "D"}}, "C D"),
    ({"name": {"familyName": "D"}}, "D"),
)


def test_the_name_is_found_wherever_it_is(session: Session, entra: Provider) -> None:
    for number, (given, name) in enumerate(NAMES):
        user = good(entra.add(userName=f"{number}@listgate.test", **given), 201)
        assert session.get_one(User, int(user["id"])).name == name

    assert refused(entra.add(userName="no-name@listgate.test")) == (400, "invalidValue")


REFUSED: tuple[tuple[dict[str, Any], tuple[int, str]], ...] = (
    ({"displayName": "Ada"}, (400, "invalidValue")),
    ({"userName": "", "displayName": "Ada"}, (400, "invalidValue")),
    ({"userName": "no address", "displayName": "A"}, (400, "invalidValue")),
    ({"userName": "a@listgate.test", "displayName": "\0"}, (400, "invalidValue")),
    ({"userName": "a@listgate.test", "displayName": "A" * 10_000}, (400, "invalidValue")),
    ({"userName": "a@listgate.test", "displayName": "A", "active": "maybe"}, (400, "invalidValue")),
    (
        {"userName": "a@listgate.test", "displayName": "A", "timezone": "Mars"},
        (400, "invalidValue"),
    ),
    (
        {"userName": "a@listgate.test", "displayName": "A", "phoneNumbers": [{"value": "1"}]},
        (400, "invalidValue"),
    ),
    (
        {
            "userName": "a@listgate.test",
            "displayName": "A",
            "emails": [{"value": "b@listgate.test", "primary": True}],
        },
        (400, "invalidValue"),
    ),
    ({"userName": "a@listgate.test", "schemas": ["urn:other"]}, (400, "invalidSyntax")),
    ({"userName": "ADA@example.org", "displayName": "Ada"}, (409, "uniqueness")),
)


def test_a_user_that_cannot_be_is_refused(session: Session, entra: Provider) -> None:
    before = session.scalar(select(func.count(User.id)))

    for attributes, why in REFUSED:
        answer = entra.add(**attributes)
        assert answer.status_code == why[0], (attributes, answer.text)
        assert refused(answer) == why
    assert session.scalar(select(func.count(User.id))) == before


def test_an_error_is_in_the_language_of_the_client(entra: Provider) -> None:
    for path, detail in (
        ("/Users?sortBy=userName", "Sortieren wird nicht unterstützt."),
        ("/Users/999999", "Es gibt niemanden mit der Nummer 999999."),
    ):
        answer = entra.get(path, headers={"Accept-Language": "de"})
        assert answer.json
        assert answer.json["detail"] == detail


def test_an_existing_person_is_linked_once(session: Session, people: Cast, entra: Provider) -> None:
    ada = {"userName": people.ada.address, "displayName": "Another name"}

    linked = good(entra.add(externalId="ada-1", active=False, **ada), 201)

    assert (linked["id"], linked["displayName"]) == (str(people.ada.id), people.ada.name)
    assert linked["active"] is True
    assert session.scalars(select(ExternalId.key)).one() == "ada-1"
    assert refused(entra.add(externalId="ada-1", **ada)) == (409, "uniqueness")
    other = {"userName": "new@listgate.test", "displayName": "New", "externalId": "ada-1"}
    assert refused(entra.add(**other)) == (409, "uniqueness")


def test_what_is_another_persons_is_a_conflict(
    session: Session, people: Cast, entra: Provider
) -> None:
    people.grace.phone = "+41791234567"
    session.flush()
    ada = f"/Users/{people.ada.id}"
    good(entra.add(externalId="linus", userName=people.linus.address, displayName="L"), 201)

    for path, value in (
        ("userName", people.grace.address),
        ("phoneNumbers", [{"value": "+41791234567"}]),
        ("externalId", "linus"),
    ):
        answer = entra.patch(ada, {"op": "replace", "path": path, "value": value})
        assert refused(answer) == (409, "uniqueness"), path


def replace(path: str | None, value: Any) -> dict[str, Any]:
    """An operation, as Entra writes it."""
    return {"op": "Replace", "value": value, **({"path": path} if path else {})}


# The operations, and what is another value then.
PATCHES: tuple[tuple[list[Any], dict[str, Any]], ...] = (
    ([replace("active", "False")], {"active": False}),
    ([replace(None, {"active": "False"})], {"active": False}),
    ([replace(None, {"active": True, "displayName": "New"})], {"displayName": "New"}),
    ([replace("displayName", "New")], {"displayName": "New"}),
    ([replace("name.formatted", "New")], {"displayName": "New"}),
    ([replace("name.givenName", "A"), replace("name.familyName", "B")], {"displayName": "A B"}),
    ([replace("name.familyName", "B")], {}),
    ([replace("userName", "n1@listgate.test")], {"userName": "n1@listgate.test"}),
    ([replace('emails[type eq "work"].value', "n2@a.test")], {"userName": "n2@a.test"}),
    ([replace("emails[primary eq true].value", "n3@a.test")], {"userName": "n3@a.test"}),
    (
        [replace(None, {'emails[type eq "work"].value': "n4@a.test", "displayName": "New"})],
        {"userName": "n4@a.test", "displayName": "New"},
    ),
    ([replace('emails[type eq "home"].value', "h@a.test")], {}),
    ([{"op": "remove", "path": "emails"}], {}),
    (
        [{"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+41 791234567"}],
        {"phoneNumbers": [{"value": "+41791234567", "type": "mobile", "primary": True}]},
    ),
    ([{"op": "Add", "path": 'phoneNumbers[type eq "fax"].value', "value": "+41 44 123 45 67"}], {}),
    ([replace("preferredLanguage", "fr_CH")], {"preferredLanguage": "fr"}),
    ([replace("preferredLanguage", "it")], {}),
    ([replace("timezone", "Europe/Zurich")], {"timezone": "Europe/Zurich"}),
    ([replace("externalId", "new")], {"externalId": "new"}),
    ([replace("password", "secret")], {}),
    ([replace("title", "Countess"), replace(f"{ENTERPRISE}:department", "M")], {}),
    ([{"op": "Add", "path": 'roles[primary eq "True"].value', "value": "admin"}], {}),
)  # fmt: skip


def test_each_patch_changes_what_it_names(session: Session, entra: Provider) -> None:
    users = [person(session, f"number-{number} N") for number in range(len(PATCHES))]
    session.flush()

    for user, (operations, changed) in zip(users, PATCHES, strict=True):
        path = f"/Users/{user.id}"
        before = good(entra.get(path))
        after = good(entra.patch(path, *operations))
        differing = {
            name: value
            for name, value in after.items()
            if name not in {"meta", "name", "emails"} and value != before.get(name)
        }
        assert differing == changed, operations
        assert (before["meta"]["version"] == after["meta"]["version"]) == (not changed)


BAD_PATCHES: tuple[tuple[list[Any], tuple[int, str]], ...] = (
    ([replace("id", "7")], (400, "mutability")),
    ([replace(None, {"id": "7"})], (400, "mutability")),
    ([{"op": "remove", "path": "userName"}], (400, "mutability")),
    ([{"op": "remove"}], (400, "noTarget")),
    ([{"op": "remove", "value": {'emails[type eq "work"].value': ""}}], (400, "noTarget")),
    ([replace(None, {'emails[type eq "work"].value': "no address"})], (400, "invalidValue")),
    ([replace('emails[type ne "work"].value', "x@listgate.test")], (400, "noTarget")),
    ([replace("emails[", "x")], (400, "invalidPath")),
    ([replace("active", "maybe")], (400, "invalidValue")),
    ([{"op": "move", "path": "active"}], (400, "invalidValue")),
    ([], (400, "invalidValue")),
    (
        [replace("userName", "x@a.test"), replace("emails[primary eq true].value", "y@a.test")],
        (400, "invalidValue"),
    ),
    ([replace("displayName", "New"), replace("timezone", "Mars")], (400, "invalidValue")),
)  # fmt: skip


def test_a_patch_that_cannot_be_changes_nothing(people: Cast, entra: Provider) -> None:
    ada = f"/Users/{people.ada.id}"
    good(entra.patch(ada, replace("externalId", "ada")))
    before = good(entra.get(ada))

    for operations, why in (
        *BAD_PATCHES,
        ([{"op": "remove", "path": "externalId"}], BAD_PATCHES[0][1]),
    ):
        answer = entra.patch(ada, *operations)
        assert refused(answer) == why, operations
        assert "pydantic" not in answer.text
    assert good(entra.get(ada)) == before


def test_a_put_keeps_what_it_leaves_out(session: Session, entra: Provider) -> None:
    alan = good(entra.send("POST", "/Users", json=ALAN), 201)
    path = f"/Users/{alan['id']}"

    # As Okta deactivates.
    put = {"schemas": [USER], "id": "7", "userName": "alan@listgate.test", "active": False}
    after = good(entra.send("PUT", path, json=put))
    cleared = good(entra.send("PUT", path, json={**put, "active": True, "phoneNumbers": []}))

    assert after == {**alan, "active": False, "meta": after["meta"]}
    assert "phoneNumbers" not in cleared
    assert cleared["active"] is True
    entries = session.scalar(select(func.count(AuditEntry.id)))
    good(entra.send("PUT", path, json={**ALAN, "phoneNumbers": []}))
    assert session.scalar(select(func.count(AuditEntry.id))) == entries


def test_a_deleted_user_is_disabled_and_can_be_read(
    session: Session, people: Cast, entra: Provider
) -> None:
    ada = f"/Users/{people.ada.id}"

    first, again = entra.send("DELETE", ada), entra.send("DELETE", ada)

    assert [first.status_code, again.status_code] == [204, 204]
    session.refresh(people.ada)
    assert people.ada.disabled_at
    assert good(entra.get(ada))["active"] is False
    assert good(entra.patch(ada, replace("active", "True")))["active"] is True


def test_a_change_is_the_last_modification(people: Cast, entra: Provider) -> None:
    ada = f"/Users/{people.ada.id}"

    def modified(user: dict[str, Any]) -> datetime:
        return datetime.fromisoformat(user["meta"]["lastModified"])

    times = [modified(good(entra.get(ada)))]
    for name, value in (
        ("externalId", "ada"),
        ("displayName", "New"),
        ("userName", "new@listgate.test"),
        ("active", "False"),
        ("active", "True"),
    ):
        times.append(modified(good(entra.patch(ada, replace(name, value)))))

    assert times[0] == people.ada.created_at
    assert times == sorted(set(times)), "each is later"
    assert modified(good(entra.patch(ada, replace("active", "True")))) == times[-1]
    (listed,) = good(entra.get('/Users?filter=externalId+eq+"ada"'))["Resources"]
    assert modified(listed) == times[-1]


def test_versions_are_compared(people: Cast, entra: Provider) -> None:
    ada = f"/Users/{people.ada.id}"
    version = entra.get(ada).headers["ETag"]
    operation = {"schemas": [PATCH], "Operations": [replace("displayName", "New")]}

    assert entra.get(ada, headers={"If-None-Match": version}).status_code == 304
    good(entra.send("PATCH", ada, json=operation, headers={"If-Match": version}))
    late = [
        entra.send("PATCH", ada, json=operation, headers={"If-Match": version}),
        entra.send("PUT", ada, json=ALAN, headers={"If-Match": version}),
        entra.send("DELETE", ada, headers={"If-Match": version}),
    ]
    assert [refused(one) for one in late] == [(412, None)] * 3
    assert good(entra.get(ada))["displayName"] == "New"


def test_a_service_of_its_own_people_sees_no_others(
    session: Session, people: Cast, entra: Provider
) -> None:
    key = a_key(session, Scope.PEOPLE, name="own", acts_for=ActsFor.OWN)
    okta = Provider(entra.app, token_of(key))

    assert refused(okta.add(userName=people.ada.address, displayName="A", externalId="a")) == (
        409,
        "uniqueness",
    )
    assert refused(okta.add(userName="b@listgate.test", displayName="B")) == (400, "invalidValue")
    own = good(okta.add(userName="b@listgate.test", displayName="B", externalId="b"), 201)

    for method in ("GET", "PUT", "PATCH", "DELETE"):
        body: dict[str, Any] = {"schemas": [USER], "userName": "x@listgate.test"}
        if method == "PATCH":
            body = {"schemas": [PATCH], "Operations": [replace("active", "False")]}
        answer = okta.send(method, f"/Users/{people.ada.id}", json=body)
        assert refused(answer)[0] == 403, method
    page = good(okta.get("/Users"))
    assert [one["id"] for one in page["Resources"]] == [own["id"]]
    assert page["totalResults"] == 1


def test_who_was_removed_or_never_was_is_unknown(session: Session, entra: Provider) -> None:
    gone = person(session, "Gone")
    gone.removed_at = now()
    session.flush()

    for number in (str(gone.id), "0", "999999", "9" * 30, "x", "\u0663"):
        assert refused(entra.get(f"/Users/{number}")) == (404, None), number


def test_the_rate_of_a_key_counts_here_too(entra: Provider) -> None:
    app = app_for(settings.model_copy(update={"public_url": PUBLIC, "api_rate": 1}))
    forget_guesses(app)
    one = Provider(app, entra.token)

    first, second = one.get("/Users?count=0"), one.get("/Users?count=0")

    assert first.headers["RateLimit-Policy"] == '"default";q=1;w=60'
    assert refused(second) == (429, None)
    assert 0 < int(second.headers["Retry-After"]) <= 60
