"""People behind the pages: the set-up link, ways in, what ends when, how often may be guessed, what is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shirorom.adapters.desk_sql.tables import METADATA
from shirorom.domain.desk.people import Person, Role
from shirorom.domain.errors import RequestError
from shirorom.service import tries
from shirorom.service.sessions import Caller
from tests.people_kit import CALLER, NAME, PASSWORD, TABLET, Shop, shop_of


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path)
    yield made
    made.close()


def refused(work: object, *arguments: object, **options: object) -> str:
    with pytest.raises(RequestError) as caught:
        work(*arguments, **options)  # type: ignore[operator]
    return caught.value.code


def test_tables_are_what_the_steps_make(shop: Shop) -> None:
    """The declared tables of people and those that the migrations made are the same."""
    desk = shop.kit.composition.desk
    assert desk is not None
    with desk.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), METADATA)
    mine = set(METADATA.tables)
    assert [one for one in differences if getattr(one[1], "name", "") in mine] == []


# The set-up link


def test_set_up_makes_the_owner(shop: Shop) -> None:
    """One link, one owner, signed in, with eight recovery codes."""
    assert not shop.people.has_owner()
    signed, codes = shop.people.set_up(shop.people.offer_setup(), NAME, PASSWORD, None, CALLER)
    assert shop.people.has_owner()
    assert (signed.person.name, signed.person.role, len(set(codes))) == (NAME, Role.OWNER, 8)
    assert shop.people.sessions.find(signed.session) is not None


def test_link_works_once(shop: Shop) -> None:
    """A link that was used is over, also for the one who used it."""
    link = shop.people.offer_setup()
    shop.people.set_up(link, NAME, PASSWORD, None, CALLER)
    assert refused(shop.people.set_up, link, "鈴木", PASSWORD, None, CALLER) == "setup-link-over"
    assert refused(shop.people.setup_open, link) == "setup-link-over"


def test_link_lasts_fifteen_minutes(shop: Shop) -> None:
    """One second before it holds, at fifteen minutes it does not."""
    link = shop.people.offer_setup()
    shop.clock.at += timedelta(minutes=15, seconds=-1)
    shop.people.setup_open(link)
    shop.clock.at += timedelta(seconds=1)
    assert refused(shop.people.set_up, link, NAME, PASSWORD, None, CALLER) == "setup-link-over"


def test_newer_link_replaces_the_older(shop: Shop) -> None:
    """A link that was printed before another is over."""
    older, newer = shop.people.offer_setup(), shop.people.offer_setup()
    assert refused(shop.people.setup_open, older) == "setup-link-over"
    shop.people.setup_open(newer)
    assert len(newer) >= 43  # 32 bytes


def test_refused_set_up_leaves_the_link(shop: Shop) -> None:
    """A password that is too short costs no link."""
    link = shop.people.offer_setup()
    assert refused(shop.people.set_up, link, NAME, "short", None, CALLER) == "password-short"
    assert refused(shop.people.set_up, link, "local", PASSWORD, None, CALLER) == "name-taken"
    shop.people.set_up(link, NAME, PASSWORD, None, CALLER)


def test_link_lets_the_owner_back_in(shop: Shop) -> None:
    """With an owner there is still one owner afterwards: same name, the new password, everything before signed out."""
    shop.owner()
    before = shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)
    shop.people.set_up(shop.people.offer_setup(), "somebody else", PASSWORD + "!", None, CALLER)
    assert [one.name for one in shop.people.store.accounts()] == [NAME]
    assert shop.people.sessions.find(before.session) is None
    assert refused(shop.people.sign_in, NAME, PASSWORD, CALLER, trust=False) == "sign-in-wrong"
    shop.people.sign_in(NAME, PASSWORD + "!", CALLER, trust=False)


# Sessions


def test_session_ends_after_a_pause(shop: Shop) -> None:
    """Thirty minutes without use; use within them begins the pause anew."""
    session = shop.session(shop.owner(), Role.OWNER)
    for _ in range(4):
        shop.clock.at += timedelta(minutes=29)
        assert shop.people.sessions.find(session) is not None
    shop.clock.at += timedelta(minutes=30)
    assert shop.people.sessions.find(session) is None
    shop.clock.at -= timedelta(minutes=10)
    assert shop.people.sessions.find(session) is None  # what is over stays over


def test_looking_by_itself_is_no_use(shop: Shop) -> None:
    """A page that asks for news by itself does not keep its session alive."""
    session = shop.session(shop.owner(), Role.OWNER)
    shop.clock.at += timedelta(minutes=20)
    assert shop.people.sessions.find(session, active=False) is not None
    shop.clock.at += timedelta(minutes=20)
    assert shop.people.sessions.find(session, active=False) is None


def test_session_lasts_twelve_hours_at_most(shop: Shop) -> None:
    """However busy somebody is."""
    session = shop.session(shop.owner(), Role.OWNER)
    for _ in range(12 * 3 - 1):
        shop.clock.at += timedelta(minutes=20)
        assert shop.people.sessions.find(session) is not None
    shop.clock.at += timedelta(minutes=20)
    assert shop.people.sessions.find(session) is None


def test_new_sign_in_ends_the_old_session(shop: Shop) -> None:
    """T19: the id that the browser came with is dead, whoever gave it; also where it was somebody else's."""
    shop.owner()
    first = shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)
    again = Caller("192.168.1.20", "x", session=first.session)
    second = shop.people.sign_in(NAME, PASSWORD, again, trust=False)
    assert second.session != first.session
    assert shop.people.sessions.find(first.session) is None
    planted = shop.people.sign_in(NAME, PASSWORD, Caller("192.168.1.9", "x", session="chosen-by-somebody"), trust=False)
    assert planted.session != "chosen-by-somebody"
    assert shop.people.sessions.find("chosen-by-somebody") is None


def test_password_change_ends_the_others(shop: Shop) -> None:
    """The changed password is in force, here with a new id, and nobody else is signed in as this person."""
    me = shop.owner()
    here, there = shop.session(me, Role.OWNER), shop.session(me, Role.OWNER)
    caller = Caller("192.168.1.20", "x", session=here)
    changed = shop.people.change_password(Person(me, NAME, Role.OWNER), "tsuki to hoshi no yoru", caller)
    assert [shop.people.sessions.find(one) for one in (here, there)] == [None, None]
    assert shop.people.sessions.find(changed.session) is not None
    assert refused(shop.people.sign_in, NAME, PASSWORD, CALLER, trust=False) == "sign-in-wrong"


# Staff


def trusted(shop: Shop) -> Caller:
    """A device on which the owner has signed in with the tick."""
    signed = shop.people.sign_in(NAME, PASSWORD, TABLET, trust=True)
    return Caller(TABLET.network, TABLET.label, device=signed.device)


def test_staff_code_opens_on_a_trusted_device_alone(shop: Shop) -> None:
    """A photographed card is useless at home."""
    shop.owner()
    person, code = shop.staff()
    assert refused(shop.people.sign_in_by_code, code, TABLET) == "device-not-trusted"
    stranger = Caller("192.168.1.50", "x", device="not-a-device")
    assert refused(shop.people.sign_in_by_code, code, stranger) == "device-not-trusted"
    signed = shop.people.sign_in_by_code(code, trusted(shop))
    assert (signed.person.id, signed.person.role) == (person, Role.STAFF)


def test_owners_card_opens_as_staff(shop: Shop) -> None:
    """Nobody becomes owner by a card."""
    code = shop.people.new_staff_code(shop.owner())
    signed = shop.people.sign_in_by_code(code, trusted(shop))
    session = shop.people.sessions.find(signed.session)
    assert (signed.person.name, signed.person.role) == (NAME, Role.STAFF)
    assert session is not None
    assert session.person.role is Role.STAFF


def test_new_card_kills_the_old_one(shop: Shop) -> None:
    """The card before opens nothing, and who came in by it is out at once."""
    shop.owner()
    person, old = shop.staff()
    device = trusted(shop)
    signed = shop.people.sign_in_by_code(old, device)
    shop.people.new_staff_code(person)
    assert shop.people.sessions.find(signed.session) is None
    assert refused(shop.people.sign_in_by_code, old, device) == "staff-code-unknown"


def test_ended_person_is_out_at_once(shop: Shop) -> None:
    """Session, card and program end in the same moment; taken back, none of them lives again."""
    shop.owner()
    person, code = shop.staff()
    device = trusted(shop)
    signed, token = shop.people.sign_in_by_code(code, device), shop.token(person)
    pairing = shop.kit.parts.pairing
    assert pairing is not None
    assert pairing.find(token) is not None
    shop.people.end(person)
    for _ in range(2):
        assert shop.people.sessions.find(signed.session) is None
        assert pairing.find(token) is None
        assert refused(shop.people.sign_in_by_code, code, device) == "staff-code-unknown"
        shop.people.take_back(person)
    assert refused(shop.people.end, shop.people.known(1).id) == "not-allowed"  # the owner stays


def test_device_that_was_stopped_takes_no_card(shop: Shop) -> None:
    """The owner stops a lost tablet."""
    shop.owner()
    _, code = shop.staff()
    device = trusted(shop)
    for one in shop.people.sessions.store.devices():
        shop.people.sessions.store.distrust(one.id)
    assert refused(shop.people.sign_in_by_code, code, device) == "device-not-trusted"


def test_name_is_given_once(shop: Shop) -> None:
    """Neither a name that somebody had, nor the operator's: the record would confuse them."""
    shop.owner()
    person, _ = shop.staff("佐藤")
    shop.people.end(person)
    for name in ("佐藤", "佐 藤", "Local", NAME):
        assert refused(shop.people.add, name) == "name-taken"


def test_recovery_code_opens_once(shop: Shop) -> None:
    """Each of them lets the owner in one time; new ones replace all."""
    signed, codes = shop.people.set_up(shop.people.offer_setup(), NAME, PASSWORD, None, CALLER)
    shop.people.sign_in_by_recovery(codes[0].lower().replace("-", " "), CALLER)
    assert refused(shop.people.sign_in_by_recovery, codes[0], CALLER) == "sign-in-wrong"
    assert shop.people.store.recovery_left(signed.person.id) == 7
    shop.people.new_recovery(signed.person.id)
    assert refused(shop.people.sign_in_by_recovery, codes[1], CALLER) == "sign-in-wrong"


# T25: guessing


class Counting:
    """The hasher, counting how much slow work was done."""

    def __init__(self, inner: object) -> None:
        self.inner, self.slow = inner, 0

    def holds(self, hashed: str | None, password: str) -> bool:
        self.slow += 1
        return bool(self.inner.holds(hashed, password))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.mark.parametrize("name", [NAME, "nobody", "佐藤", "", "x" * 5_000])
def test_unknown_names_cost_and_answer_the_same(shop: Shop, name: str) -> None:
    """Wrong password, unknown name, somebody without password, no name: one slow hash each and the same answer."""
    shop.owner()
    shop.staff("佐藤")
    counting = shop.people.hasher = Counting(shop.people.hasher)  # type: ignore[assignment]
    assert refused(shop.people.sign_in, name, "not the password", CALLER, trust=False) == "sign-in-wrong"
    assert counting.slow == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [NAME, "nobody"])
def test_eleventh_try_is_refused(shop: Shop, name: str) -> None:
    """Ten in fifteen minutes for one account from one network, known or not; then also the right one waits."""
    shop.owner()
    for _ in range(10):
        assert refused(shop.people.sign_in, name, "wrong", CALLER, trust=False) == "sign-in-wrong"
    with pytest.raises(RequestError, match="too-many-tries") as caught:
        shop.people.sign_in(name, PASSWORD, CALLER, trust=False)
    assert caught.value.details["retry_s"] == 15 * 60 + 1
    shop.clock.at += timedelta(minutes=15, seconds=1)
    if name == NAME:
        shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)


def test_other_network_may_go_on(shop: Shop) -> None:
    """Whoever guesses at one tablet does not lock the owner out at another."""
    shop.owner()
    for _ in range(12):
        refused(shop.people.sign_in, NAME, "wrong", TABLET, trust=False)
    shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)


def test_one_network_has_few_tries_for_all_names(shop: Shop) -> None:
    """Trying one password at many names is stopped as well."""
    shop.owner()
    codes = [refused(shop.people.sign_in, f"name {n}", "wrong", CALLER, trust=False) for n in range(45)]
    assert codes.count("sign-in-wrong") == tries.NETWORK_TRIES_MAX
    assert codes[-1] == "too-many-tries"


def test_hundred_in_a_row_hold_the_password(shop: Shop) -> None:
    """From however many networks; a passkey or a recovery code lifts it, and nothing tells whether the name exists."""
    _, codes = shop.people.set_up(shop.people.offer_setup(), NAME, PASSWORD, None, CALLER)
    for name in (NAME, "nobody"):
        for n in range(100):
            caller = Caller(f"10.0.{n % 50}.{n // 50}", "x")
            assert refused(shop.people.sign_in, name, "wrong", caller, trust=False) == "sign-in-wrong"
        fresh = Caller("10.9.9.9", "x")
        assert refused(shop.people.sign_in, name, PASSWORD, fresh, trust=False) == "sign-in-held"
    shop.people.sign_in_by_recovery(codes[0], CALLER)
    shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)


def test_success_forgets_the_tries(shop: Shop) -> None:
    """Nine wrong, one right, nine wrong: nobody is refused."""
    shop.owner()
    for _ in range(3):
        for _ in range(9):
            assert refused(shop.people.sign_in, NAME, "wrong", CALLER, trust=False) == "sign-in-wrong"
        shop.people.sign_in(NAME, PASSWORD, CALLER, trust=False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.168.1.5", "192.168.1.6", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.168.1.5", "192.168.1.5", True),
        ("nonsense", "", True),
    ],
)
def test_what_counts_as_one_network(one: str, other: str, same: bool) -> None:
    """An IPv4 address; of IPv6 the part that one subscriber has."""
    assert (tries.network_of(one) == tries.network_of(other)) is same


def test_staff_card_is_guessed_ten_times_at_most(shop: Shop) -> None:
    """T25 for cards: and a right scan in between is never held up by those of others before."""
    shop.owner()
    _, code = shop.staff()
    device = trusted(shop)
    assert [refused(shop.people.sign_in_by_code, "x", device) for _ in range(11)].count("staff-code-unknown") == 10
    assert refused(shop.people.sign_in_by_code, code, device) == "too-many-tries"
    shop.clock.at += timedelta(minutes=16)
    for _ in range(40):
        shop.people.sign_in_by_code(code, device)  # quick switching is no guessing


# Pairing


def offer(shop: Shop) -> str:
    pairing = shop.kit.parts.pairing
    assert pairing is not None
    return pairing.offer(Person(1, NAME, Role.OWNER))[0]


def take(shop: Shop, code: str, network: str = "192.168.1.30") -> str:
    pairing = shop.kit.parts.pairing
    assert pairing is not None
    return pairing.take(code, label="Chrome", network=network)[0]


def test_pairing_code_works_once(shop: Shop) -> None:
    """Its token stands for the person, as staff."""
    shop.owner()
    code = offer(shop)
    token = take(shop, code.lower())
    assert refused(take, shop, code) == "pairing-code-wrong"
    pairing = shop.kit.parts.pairing
    assert pairing is not None
    assert pairing.find(token) == Person(1, NAME, Role.STAFF)


def test_pairing_code_lasts_ten_minutes(shop: Shop) -> None:
    """And a newer one of the same person replaces it."""
    shop.owner()
    older, code = offer(shop), offer(shop)
    assert refused(take, shop, older) == "pairing-code-wrong"
    shop.clock.at += timedelta(minutes=10)
    assert refused(take, shop, code) == "pairing-code-wrong"


def test_five_wrong_codes_kill_every_open_one(shop: Shop) -> None:
    """A short code is safe because it may hardly be guessed at."""
    shop.owner()
    code = offer(shop)
    for n in range(5):
        assert refused(take, shop, "AAAA-AAAA", f"10.0.0.{n}") == "pairing-code-wrong"
    assert refused(take, shop, code) == "pairing-code-wrong"


def test_wrong_pairing_codes_are_limited_for_all(shop: Shop) -> None:
    """Twenty in fifteen minutes, from wherever they come."""
    shop.owner()
    codes = [refused(take, shop, "AAAA-AAAA", f"10.0.1.{n}") for n in range(21)]
    assert codes == ["pairing-code-wrong"] * 20 + ["too-many-tries"]


def test_tokens_of_before_the_owner_end_with_the_set_up(shop: Shop) -> None:
    """What anybody at the machine had paired before is not trusted afterwards."""
    pairing = shop.kit.parts.pairing
    assert pairing is not None
    code, _ = pairing.offer(Person(0, "local", Role.OWNER))
    token, _ = pairing.take(code, label="x", network="127.0.0.1")
    assert pairing.find(token) == Person(0, "local", Role.STAFF)
    shop.owner()
    assert pairing.find(token) is None


# T26, light: what is kept


def test_no_secret_is_kept_as_it_is(shop: Shop, tmp_path: Path) -> None:
    """Neither password nor session, device, staff code, token, pairing, recovery or set-up secret is in the file."""
    link = shop.people.offer_setup()
    signed, recovery = shop.people.set_up(link, NAME, PASSWORD, None, CALLER)
    person, card = shop.staff()
    code = offer(shop)
    token = take(shop, code)
    open_code, open_link = offer(shop), shop.people.offer_setup()
    assert signed.device is not None
    secrets = [PASSWORD, signed.session, signed.device, card, token, link, open_link, *recovery, code, open_code]
    secrets += [one.replace("-", "") for one in (*recovery, code, open_code)]
    shop.close()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("desk.sqlite*"))
    assert NAME.encode() in content  # control: what is not secret is found
    assert [secret for secret in secrets if secret.encode() in content] == []
    assert person


def test_the_key_is_not_in_the_database(shop: Shop, tmp_path: Path) -> None:
    """The digests' key is a secret of its own: 32 bytes, for its owner alone; the file alone checks nothing."""
    key = tmp_path / "keys" / "desk"
    assert (len(key.read_bytes()), key.stat().st_mode & 0o077) == (32, 0)
    shop.owner()
    assert key.read_bytes() not in (tmp_path / "desk.sqlite").read_bytes()


def test_digests_of_one_kind_are_no_others(shop: Shop) -> None:
    """A device's secret is no session, a token no device."""
    me = shop.owner()
    signed = shop.people.sign_in(NAME, PASSWORD, CALLER, trust=True)
    assert shop.people.sessions.find(signed.device) is None
    assert shop.people.sessions.device(signed.session) is None
    assert shop.people.sessions.find(shop.token(me)) is None


def test_two_servers_on_one_directory_agree(tmp_path: Path) -> None:
    """Another process that makes the owner is noticed within a second."""
    one, two = shop_of(tmp_path), shop_of(tmp_path)
    assert not two.people.has_owner()
    one.owner()
    two.people._no_owner_until = 0.0  # a second later
    assert two.people.has_owner()
    with sqlite3.connect(tmp_path / "desk.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (1,)
    connection.close()
    one.close()
    two.close()
