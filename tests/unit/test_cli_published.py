"""`publish`, `monitor`, `key`: what a person and a program get, and the exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shirorom.adapters.config_toml import load_settings
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.domain.errors import ConfigError
from shirorom.log.note import SignatureKind
from tests.unit.cli_house import PHONE, SECOND, Shop, shop

__all__ = ["shop"]


def published(shop: Shop) -> str:
    """Two practice entries, published; returns the directory."""
    for phone in (PHONE, SECOND):
        assert shop.call("record", phone, "--carrier", "au", "--glyph", "○").status == 0
    return str(json.loads(shop.call("publish", "--practice", "--json").out)["path"])


def test_a_log_is_published_and_watched(shop: Shop, tmp_path: Path):
    """The second look knows the first; the entries of this installation are named."""
    place, state = published(shop), str(tmp_path / "state")
    first = shop.call("monitor", place, "--state", state, "--mine", "--json")
    assert first.status == 0
    report = json.loads(first.out)
    assert (report["ok"], report["first_use"], report["size"], report["size_before"]) == (True, True, 2, 0)
    assert [one["index"] for one in report["mine"]] == [0, 1]
    assert PHONE not in first.out
    again = json.loads(shop.call("monitor", place, "--state", state, "--json").out)
    assert (again["ok"], again["first_use"], again["size_before"]) == (True, False, 2)


def test_an_alarm_is_exit_1_and_a_sentence(shop: Shop, tmp_path: Path):
    """A bent tile, in words."""
    place = Path(published(shop))
    tile = place / "tile/0/000.p/2"
    tile.write_bytes(bytes(64))
    answer = shop.call("monitor", str(place), "--lang", "ja")
    assert answer.status == 1
    assert "!! 公開された中身が、署名された見出しと合いません" in answer.out


def test_after_a_rotation_the_new_key_is_asked_for(shop: Shop, tmp_path: Path):
    """What is published is signed anew at once; who pinned the old key is told the new one."""
    place, state = published(shop), str(tmp_path / "state")
    shop.call("monitor", place, "--state", state)
    keys = json.loads(shop.call("key", "rotate", "--practice", "--json").out)["keys"]
    assert [one["state"] for one in keys] == ["valid", "over"]
    report = json.loads(shop.call("monitor", place, "--state", state, "--json").out)
    assert (report["alarms"][0]["code"], report["new_keys"]) == ("checkpoint-unsigned", [keys[0]["key"]])
    assert shop.call("monitor", place, "--state", state, "--key", keys[0]["key"]).status == 0


def test_a_stolen_key_is_revoked(shop: Shop):
    """From a moment on, with a reason that is published."""
    published(shop)
    key = json.loads(shop.call("key", "show", "--practice", "--json").out)["keys"][0]
    since = "2026-01-01T09:00:00+09:00"
    answer = shop.call("key", "revoke", key["id"], "--from", since, "--reason", "盗難", "--practice", "--json")
    now, old = json.loads(answer.out)["keys"]
    assert (now["state"], old["state"], old["revoked_at"], old["reason"]) == (
        "valid", "revoked", "2026-01-01T00:00:00Z", "盗難",
    )  # fmt: skip
    again = shop.call("key", "revoke", key["id"], "--from", since, "--reason", "x", "--practice")
    assert (again.status, "key-revoked-already" in again.err) == (1, True)


@pytest.mark.parametrize("since", ["2026-01-01", "yesterday", "2026-01-01T09:00:00", "2999-01-01T00:00:00Z"])
def test_a_moment_needs_its_zone_and_lies_behind(shop: Shop, since: str):
    """Bad usage, and nothing is revoked."""
    answer = shop.call("key", "revoke", "00000000", "--from", since, "--reason", "x", "--practice")
    assert (answer.status, "usage" in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("monitor", "http://example.com/log"), "address-refused"),
        (("monitor", ".", "--key", "nonsense"), "verifier-key-invalid"),
        (("witness", "--log", "nonsense"), "verifier-key-invalid"),
        (("witness", "--log", "nonsense", "--bind", "0.0.0.0"), "bind-unsafe"),  # refused
    ],
)
def test_what_cannot_be_done_is_told_by_its_code(shop: Shop, words: tuple[str, ...], code: str):
    """Before anything is asked or opened."""
    answer = shop.call(*words)
    assert (answer.status != 0, f"({code})" in answer.err) == (True, True)


@pytest.mark.parametrize(
    "witness",
    [
        '{ url = "http://witness.example", key = "KEY" }',
        '{ url = "https://witness.example", key = "nonsense" }',
        '{ url = "https://witness.example", key = "LOG" }',
        '{ url = "https://witness.example" }',
    ],
)
def test_a_witness_in_the_configuration_is_checked(tmp_path: Path, witness: str):
    """Plain http elsewhere, no key, and a key that signs logs and not as a witness."""
    keys = {
        name: Ed25519Signer("one.example", bytes(32), kind).key.text
        for name, kind in (("KEY", SignatureKind.COSIGNATURE), ("LOG", SignatureKind.ED25519))
    }
    for name, text in keys.items():
        witness = witness.replace(f'"{name}"', f'"{text}"')
    (tmp_path / "config.toml").write_text(f"[log]\nwitnesses = [{witness}]\n", encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_settings(None, tmp_path, packaged_facts())
    assert raised.value.code == "config-invalid"
    (tmp_path / "config.toml").write_text(
        f'[log]\nwitnesses = [{{ url = "https://witness.example", key = "{keys["KEY"]}" }}]\n', encoding="utf-8"
    )
    assert len(load_settings(None, tmp_path, packaged_facts()).log.witnesses) == 1


def test_the_key_is_in_the_backup(shop: Shop, tmp_path: Path):
    """The restored shop signs with the same key; and the call says what is in the file."""
    published(shop)
    key = json.loads(shop.call("key", "show", "--practice", "--json").out)
    answer = shop.call("backup", str(tmp_path / "b"), "--lang", "ja")
    assert "署名の鍵" in answer.out
    assert shop.call("--data", str(tmp_path / "new"), "restore", str(tmp_path / "b")).status == 0
    restored = shop.call("--data", str(tmp_path / "new"), "key", "show", "--practice", "--json")
    assert json.loads(restored.out) == key
