"""People over HTTP: cookies, set-up, sign-in, change of staff, the owner's page, pairing, who recorded what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.people import Role
from shirorom.edge.web.cookies import label_of
from shirorom.edge.web.signin import local
from tests.people_kit import CALLER, NAME, PASSWORD, TLS, Browser, Shop, code_shown, set_cookies, shop_of
from tests.web_kit import ONE, Kit, settings_of

HTML = {"accept": "text/html"}
EMPTY = {"content-type": "application/x-www-form-urlencoded"}
"""What a browser says of a form without fields."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path)
    yield made
    made.close()


def sign_in(client: Any, name: str = NAME, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/signin", data={"name": name, "password": password, **more}, headers=HTML)


def test_without_owner_loopback_is_open(tmp_path: Any) -> None:
    """As before anybody was set up: the person at this machine works as the operator, owner of everything."""
    shop = shop_of(tmp_path)
    with shop.client() as client:
        assert client.get("/").status_code == 200
        made = client.post("/v1/readings", json={"imei": "001001010000013", "carrier": "au", "glyph": "○"})
        assert made.status_code == 201
        assert "set-cookie" not in client.get("/people").headers
        assert client.get("/pair").status_code == 200
    shop.close()


# Cookies (T50)


@pytest.mark.parametrize("base", ["http://127.0.0.1", TLS])
def test_cookies_are_closed(shop: Shop, base: str) -> None:
    """Over TLS `__Host-`, Secure, HttpOnly, SameSite=Lax, no domain; on plain loopback without the prefix."""
    shop.owner()
    with shop.client(base=base) as client:
        cookies = set_cookies(sign_in(client, trust="1"))
    prefix = "__Host-" if base.startswith("https") else ""
    assert set(cookies) == {f"{prefix}shirorom", f"{prefix}shirorom-device"}
    for line in cookies.values():
        parts = {part.strip().lower() for part in line.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= parts
        assert ("secure" in parts) is base.startswith("https")
        assert not any(part.startswith("domain") for part in parts)
    session = next(line for name, line in cookies.items() if name.endswith("shirorom"))
    assert "max-age=43200" in session.lower()
    assert len(session.split(";")[0].split("=")[1]) >= 43  # 256 bits


def test_plain_cookie_is_no_session_over_tls(shop: Shop) -> None:
    """What a plain page or a sister host could have set is not read in the place of the safe one."""
    session = shop.session(shop.owner(), Role.OWNER)
    with shop.client(base=TLS, shirorom=session) as client:
        assert client.get("/people").status_code == 401
    with shop.client(session, base=TLS) as client:
        assert client.get("/people").status_code == 200


def test_session_is_not_fixed(shop: Shop) -> None:
    """T19: whoever planted an id does not hold the session after the sign-in."""
    shop.owner()
    planted = shop.session(shop.people.add("佐藤"), Role.STAFF)
    with shop.client(planted) as victim, shop.client(planted) as attacker:
        assert attacker.get("/").status_code == 200
        new = set_cookies(sign_in(victim))["shirorom"].split(";")[0].split("=")[1]
        assert new != planted
        assert victim.get("/people").status_code == 200
        assert attacker.get("/").status_code == 401
        assert attacker.get("/people").status_code == 401


def test_sign_out_ends_the_session_itself(shop: Shop) -> None:
    """A copied cookie is dead too."""
    session = shop.session(shop.owner(), Role.OWNER)
    with shop.client(session) as client, shop.client(session) as copy:
        answer = client.post("/signout", headers=EMPTY)
        assert (answer.status_code, answer.headers["location"]) == (303, "/signin")
        assert "max-age=0" in set_cookies(answer)["shirorom"].lower()
        assert copy.get("/").status_code == 401


# Set-up


def test_set_up_by_the_link(shop: Shop) -> None:
    """The page, the form, the codes shown once, signed in as owner on a trusted device; then the link is over."""
    link = f"/setup/{shop.people.offer_setup()}"
    form = {"name": NAME, "password": PASSWORD, "again": PASSWORD}
    with shop.client() as client:
        assert client.get(link).status_code == 200
        done = client.post(link, data=form, headers=HTML)
        assert (done.status_code, done.text.count('<li class="num">')) == (200, 8)
        assert done.headers["cache-control"] == "no-store"
        assert client.get("/people").status_code == 200
        for again in (client.get(link), client.post(link, data=form)):
            assert (again.status_code, again.json()["code"]) == (410, "setup-link-over")


def test_wrong_links_open_nothing(shop: Shop) -> None:
    """No link, a guessed one, one that is almost right."""
    link = shop.people.offer_setup()
    with shop.client() as client:
        for guess in ("x", link[:-1], link[:-1] + ("A" if link[-1] != "A" else "B"), link + "A", "x" * 5_000):
            for path in (f"/setup/{guess}", f"/setup/{guess}/passkey/options"):
                made = client.get(path) if path.endswith(guess) else client.post(path, json={"name": "x"})
                assert made.json()["code"] == "setup-link-over"
        assert not shop.people.has_owner()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"name": NAME, "password": PASSWORD, "again": "other"}, "password-differs"),
        ({"name": NAME, "password": "short", "again": "short"}, "password-short"),
        ({"name": NAME, "password": "passwordpassword", "again": "passwordpassword"}, "password-common"),
        ({"name": "", "password": PASSWORD, "again": PASSWORD}, "name-invalid"),
        ({"name": "local", "password": PASSWORD, "again": PASSWORD}, "name-taken"),
    ],
)
def test_refused_set_up_says_why_on_the_form(shop: Shop, form: dict[str, str], code: str) -> None:
    """The same page with what to change; the name stays, the password does not come back."""
    link = f"/setup/{shop.people.offer_setup()}"
    with shop.client() as client:
        answer = client.post(link, data=form, headers=HTML)
        assert code in answer.text
        assert answer.status_code in (409, 422)
        assert PASSWORD not in answer.text
        assert not shop.people.has_owner()
        assert client.get(link).status_code == 200


# Signing in


def test_wrong_and_unknown_are_told_alike(shop: Shop) -> None:
    """T25: status, page and headers are equal but for the name that was typed."""
    shop.owner()
    with shop.client() as client:
        known, unknown = (sign_in(client, name, "not the password at all") for name in (NAME, "山口"))
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace(NAME, "?") == unknown.text.replace("山口", "?")
    assert {*known.headers} == {*unknown.headers}


def test_too_many_tries_say_how_long(shop: Shop) -> None:
    """429 with Retry-After, on the form; the address that others claim to call from does not matter."""
    shop.owner()
    with shop.client() as client:
        for n in range(10):
            client.headers["x-forwarded-for"] = f"10.0.0.{n}"
            assert sign_in(client, password="wrong").status_code == 401
        answer = sign_in(client)
        assert (answer.status_code, 800 < int(answer.headers["retry-after"]) <= 901) == (429, True)
        assert "too-many-tries" in answer.text


def test_page_leads_to_the_sign_in_and_back(shop: Shop) -> None:
    """Where somebody wanted to go, they are after signing in."""
    shop.owner()
    with shop.client() as client:
        away = client.get("/check/abc", headers=HTML)
        assert (away.status_code, away.headers["location"]) == (303, "/signin?next=%2Fcheck%2Fabc")
        assert 'value="/check/abc"' in client.get(away.headers["location"], headers=HTML).text
        assert sign_in(client, next="/check/abc").headers["location"] == "/check/abc"


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
     "/signin?next=/signin", "/signout", "/setup/x", "x", "/" + "a" * 400, "/a\r\nSet-Cookie: a=b", " /",
     "/\t/evil.example",      "http:evil.example", "/%0d%0a\x00"],
)  # fmt: skip
def test_next_leads_to_no_other_site(to: str) -> None:
    """Only an address of our own is gone on to (no open redirect)."""
    assert local(to) == "/"


def test_next_keeps_our_own() -> None:
    """Control: pages of ours are kept, with their query."""
    assert [local(one) for one in ("/", "/check/x?at=1-au", "/people#me")] == ["/", "/check/x?at=1-au", "/people#me"]


def test_part_of_a_page_gets_401(shop: Shop) -> None:
    """htmx is not led to a page in the middle of another: it is told, and the script leads the whole page."""
    shop.owner()
    with shop.client() as client:
        answer = client.post("/parse", data={"text": "1"}, headers=HTML | {"hx-request": "true"})
        assert answer.status_code == 401


def test_card_changes_who_is_at_work(shop: Shop) -> None:
    """On the shared machine: owner, then staff by card, then the next; each old session is dead, the device stays."""
    shop.owner()
    (_, one), (_, two) = shop.staff("佐藤"), shop.staff("鈴木")
    with shop.client() as client:
        assert client.post("/signin/code", data={"code": one}, headers=HTML).status_code == 403
        sign_in(client, trust="1")
        owner = client.cookies["shirorom"]
        for code, name in ((one, "佐藤"), (two, "鈴木")):
            switched = client.post("/signin/code", data={"code": code, "next": "/help"}, headers=HTML)
            assert (switched.status_code, switched.headers["location"]) == (303, "/help")
            assert name in client.get("/", headers=HTML).text
            assert client.get("/people").status_code == 403
        with shop.client(owner) as old:
            assert old.get("/").status_code == 401
        client.post("/signout", headers=EMPTY)
        assert client.post("/signin/code", data={"code": one}, headers=HTML).status_code == 303


def test_card_of_the_owner_is_led_where_it_may_go(shop: Shop) -> None:
    """A card never leads onto the owner's page."""
    code = shop.people.new_staff_code(shop.owner())
    with shop.client() as client:
        sign_in(client, trust="1")
        went = client.post("/signin/code", data={"code": code, "next": "/people"}, headers=HTML)
        assert went.headers["location"] == "/"


def test_recovery_code_opens_where_a_new_way_is_made(shop: Shop) -> None:
    """Signed in as owner, and at the part of the page that changes the password."""
    _, codes = shop.people.set_up(shop.people.offer_setup(), NAME, PASSWORD, None, CALLER)
    with shop.client() as client:
        answer = client.post("/signin/recovery", data={"recovery": codes[0]}, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/people#me")
        form = {"password": "tsuki to hoshi no yoru", "again": "tsuki to hoshi no yoru"}
        assert client.post("/people/password", data=form).status_code == 303
        assert client.get("/people").status_code == 200


# The owner's page


def test_way_in_is_changed_after_a_fresh_sign_in_alone(shop: Shop) -> None:
    """Eleven minutes later an unattended owner's page gives nobody a password, a passkey or recovery codes."""
    session = shop.session(shop.owner(), Role.OWNER)
    shop.clock.at += timedelta(minutes=11)
    form = {"password": "tsuki to hoshi no yoru", "again": "tsuki to hoshi no yoru"}
    with shop.client(session) as client:
        answers = [
            client.post("/people/password", data=form),
            client.post("/people/recovery", headers=EMPTY),
            client.post("/people/passkeys/options", json={}),
            client.post("/people/passkeys", json={"credential": {}}),
            client.post("/people/end", data={"what": "passkey", "id": "1"}),
        ]
        assert [answer.json()["code"] for answer in answers] == ["sign-in-again"] * 5
        assert client.get("/people").status_code == 200


def test_owner_ends_everything_from_one_page(shop: Shop) -> None:
    """Card, person, device, program, session: each by its form, at once."""
    me = shop.owner()
    person, _ = shop.staff()
    shop.token(person)
    other = shop.session(person, Role.STAFF)
    with shop.client() as client:
        sign_in(client, trust="1")
        page = client.get("/people", headers=HTML).text
        for what in ("code", "person", "device", "session", "token"):
            assert f'value="{what}"' in page
        (session,) = [one for one in shop.people.sessions.all() if one.person.id == person]
        ids = {"session": session.id, "token": 1, "code": person, "device": 1, "person": person}
        for what, id_ in ids.items():
            assert client.post("/people/end", data={"what": what, "id": str(id_)}).status_code == 303
        assert shop.people.sessions.find(other) is None
        assert shop.people.store.staff_code_made(person) is None
        assert (shop.people.sessions.store.tokens(), len(shop.people.sessions.store.devices())) == ([], 1)
        assert client.post("/people/end", data={"what": "person", "id": str(me)}).json()["code"] == "not-allowed"
        for bad in ({"what": "x", "id": "1"}, {"what": "code", "id": "-1"}, {"what": "code"}):
            assert client.post("/people/end", data=bad).json()["code"] == "body-invalid"


def test_card_is_shown_once(shop: Shop) -> None:
    """Adding somebody shows their card; the page itself never shows a code again."""
    session = shop.session(shop.owner(), Role.OWNER)
    with shop.client(session) as client:
        card = client.post("/people", data={"name": "佐藤"}, headers=HTML)
        assert (card.status_code, 'class="code128"' in card.text, card.headers["cache-control"]) == (
            200,
            True,
            "no-store",
        )
        page = client.get("/people", headers=HTML).text
        assert "code128" not in page
        taken = client.post("/people", data={"name": "佐藤"}, headers=HTML)
        assert (taken.status_code, "name-taken" in taken.text) == (409, True)


def test_names_are_shown_as_text(shop: Shop) -> None:
    """A name cannot become a part of the page."""
    session = shop.session(shop.owner(), Role.OWNER)
    with shop.client(session) as client:
        client.post("/people", data={"name": "<b onclick=x>&"})
        assert "<b onclick" not in client.get("/people", headers=HTML).text


def test_owner_page_without_owner_says_how(shop: Shop) -> None:
    """On loopback before the set-up: no form that makes an owner without the link."""
    with shop.client() as client:
        page = client.get("/people", headers=HTML).text
        assert "shirorom serve" in page
        assert client.post("/people", data={"name": "x"}).json()["code"] == "owner-missing"
        assert client.post("/people/password", headers=EMPTY).json()["code"] == "owner-missing"


# Programs


def test_program_is_paired_by_the_code_of_the_page(shop: Shop) -> None:
    """Code on the page, token once, then what is open to programs; and it ends when the owner says so."""
    shop.owner()
    person, _ = shop.staff()
    with shop.client(shop.session(person, Role.STAFF)) as page, shop.client() as program:
        code = code_shown(page.post("/pair", headers=HTML | EMPTY).text)
        paired = program.post("/v1/pairings", json={"code": code}, headers={"origin": "http://127.0.0.1"})
        assert paired.status_code == 201
        assert paired.json().keys() == {"token", "name", "origin"}
        assert (paired.json()["name"], paired.json()["origin"]) == ("佐藤", "http://127.0.0.1")
        program.headers["authorization"] = f"Bearer {paired.json()['token']}"
        assert program.get("/v1/carriers").status_code == 200
        assert program.post("/v1/checks", json={"imeis": [ONE.digits]}).json()["code"] == "not-allowed"
        wrong = page.post("/v1/pairings", json={"code": code})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "pairing-code-wrong")


def test_record_says_who(shop: Shop) -> None:
    """What somebody records by page or API carries their name; the owner may take back what staff recorded."""
    owner = shop.owner()
    person, _ = shop.staff("佐藤")
    with shop.client(shop.session(person, Role.STAFF)) as staff, shop.client(shop.session(owner, Role.OWNER)) as boss:
        staff.post("/v1/readings", json={"imei": ONE.digits, "carrier": "au", "glyph": "○"})
        begun = staff.post("/check", data={"text": ONE.digits}).headers["location"]
        staff.post(f"{begun}/answer", data={"place": "1-docomo", "glyph": "△"})
        assert [entry.statement.by for entry in shop.kit.parts.history(ONE).entries] == ["佐藤", "佐藤"]  # type: ignore[union-attr]
        shop.kit.parts.record(ONE, CarrierId.SOFTBANK, "○", by="local")  # at the command line
        theirs = {"index": 2, "reason": "x", "practice": True}
        assert staff.post("/v1/withdrawals", json=theirs).json()["code"] == "entry-not-withdrawable"
        assert boss.post("/v1/withdrawals", json={"index": 0, "reason": "x", "practice": True}).status_code == 201


def test_record_says_who_asked(tmp_path: Path) -> None:
    """What the program read on carriers' pages carries the name of whoever asked for it."""
    shop = shop_of(tmp_path, settings=settings_of(site=True))
    person, _ = (shop.owner(), shop.staff("佐藤"))[1]
    with shop.client(shop.session(person, Role.STAFF)) as staff:
        assert staff.post("/v1/checks", json={"imeis": [ONE.digits]}).status_code == 200
    said = {entry.statement.by for entry in shop.kit.parts.history(ONE).entries}  # type: ignore[union-attr]
    assert said == {"佐藤"}
    shop.close()


# A named proxy


def proxied(tmp_path: Path, client_address: str, **headers: str) -> Any:
    """One call of /signin by an address, with a proxy named 10.0.0.2."""
    settings = msgspec.structs.replace(
        settings_of(), web=msgspec.structs.replace(settings_of().web, proxy="10.0.0.2", hosts=("shop.example",))
    )
    shop = shop_of(tmp_path, settings=settings, beyond=True)
    shop.owner()
    inner = shop.kit.app

    async def from_there(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["client"] = (client_address, 1)
        await inner(scope, receive, send)

    with Browser(from_there, base_url="http://shop.example") as client:
        client.follow_redirects = False
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.post("/signin", data={"name": NAME, "password": PASSWORD}, headers=HTML | names)
    labels = [one.label for one in shop.people.sessions.all()]
    shop.close()
    return answer, labels


def test_proxy_is_believed_about_tls(tmp_path: Path) -> None:
    """Through the named proxy the connection is as safe as it says: the cookie has its full protection."""
    answer, _ = proxied(tmp_path, "10.0.0.2", x_forwarded_proto="https", x_forwarded_for="203.0.113.5")
    assert "__Host-shirorom" in set_cookies(answer)
    assert answer.headers["strict-transport-security"]


def test_others_are_not_believed(tmp_path: Path) -> None:
    """Who comes past the proxy is refused, whatever headers say; who is at the machine itself speaks for themselves."""
    refused, _ = proxied(tmp_path / "a", "10.0.0.9", x_forwarded_proto="https", x_forwarded_for="127.0.0.1")
    assert (refused.status_code, "not-through-proxy" in refused.text) == (403, True)
    local_, _ = proxied(tmp_path / "b", "127.0.0.1", x_forwarded_proto="https")
    assert "__Host-shirorom" not in set_cookies(local_)


# Without the extra


def test_without_people_everything_answers_as_before(tmp_path: Path) -> None:
    """Without the extra `[desk]` pages and API work for whoever is at the machine; sign-in says what is missing."""
    kit = Kit(tmp_path, settings_of())
    shop = Shop(kit, None)  # type: ignore[arg-type]
    with shop.client() as client:
        assert client.get("/").status_code == 200
        assert client.post("/v1/readings", json={"imei": ONE.digits, "carrier": "au", "glyph": "○"}).status_code == 201
        for path in ("/signin", "/people", "/pair"):
            assert client.get(path).json()["code"] == "desk-missing"
        assert client.get("/v1/carriers", headers={"authorization": "Bearer x"}).status_code == 401
        assert 'href="/people"' not in client.get("/", headers=HTML).text
    kit.close()


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Windows Edge",
        ),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1", "iPad Safari"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Android Chrome"),
        ("<script>", "？"),
        ("", "？"),
    ],
)
def test_devices_are_called_by_two_words(agent: str, label: str) -> None:
    """System and browser; nothing of the header itself is kept."""
    assert label_of(agent) == label
