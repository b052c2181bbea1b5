"""What holds for every call: usage, language, failures, words for everything, completion."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
import threading
import tomllib
from importlib import resources

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class

from shirorom.domain.errors import CODES
from shirorom.edge.cli.completion import COMPLETE_VARIABLE, PROGRAM, SHELLS
from shirorom.edge.cli.main import COMMANDS, cli, language
from shirorom.edge.cli.streams import print_json, redact
from shirorom.service.check import Check
from tests.unit.cli_house import PHONE, Shop, shop
from tests.wide import wide

__all__ = ["shop"]


def flat(table: dict[str, object], prefix: str = "") -> dict[str, str]:
    """A catalogue as dotted keys."""
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return found


def catalogue(lang: str) -> dict[str, str]:
    text = (resources.files("shirorom") / "data" / "text" / f"cli.{lang}.toml").read_text(encoding="utf-8")
    return flat(tomllib.loads(text))


CALLS: list[tuple[str, ...]] = [
    (),
    *((command.name or "",) for command in COMMANDS),
    *(
        (group.name or "", name)
        for group in COMMANDS if isinstance(group, click.Group) for name in group.commands
    ),
]  # fmt: skip
"""Everything that can be called."""


def test_both_languages_say_the_same_things() -> None:
    """Same keys, and the same places in them."""
    japanese, english = catalogue("ja"), catalogue("en")
    assert japanese.keys() == english.keys()
    for key, text in japanese.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[key])), key


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("command", CALLS, ids=" ".join)
def test_every_command_and_option_has_words(shop: Shop, lang: str, command: tuple[str, ...]) -> None:
    """--help names every option with a meaning, in the language asked for, and fits the terminal."""
    answer = shop.call(*command, "--help", "--lang", lang)
    shown: click.Command = cli
    for word in command:
        assert isinstance(shown, click.Group)
        shown = shown.commands[word]
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith({"ja": "使い方: shirorom", "en": "Usage: shirorom"}[lang])
    for parameter in shown.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.opts[0] in answer.out
            assert parameter.help


def test_help_shows_the_way_without_trace_first(shop: Shop) -> None:
    """The first example of `check` is standard input: an argument lands in the shell's history."""
    out = shop.call("--help").out
    assert out.index("shirorom check -") < out.index("shirorom check --practice")
    assert "履歴" in shop.call("check", "--help").out


def test_no_command_is_bad_usage(shop: Shop) -> None:
    """The help goes to stderr, and the status is 2."""
    answer = shop.call()
    assert (answer.status, answer.out) == (2, "")
    assert "shirorom check -" in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "--onyl", "au"], "--only"),  # a near miss is suggested
        (["check", "--only", "kddi", PHONE], "docomo au softbank rakuten"),
        (["record", PHONE, "--carrier", "au"], "--glyph"),
        (["withdraw", "x", "--reason", "y"], "INDEX"),
        (["check", "--fresh", PHONE], "--list"),
    ],
)
def test_bad_usage_is_one_line_that_helps(shop: Shop, words: list[str], said: str) -> None:
    """Exit 2, nothing on stdout, and the remedy in the line."""
    answer = shop.call(*words)
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert said in answer.err
    assert answer.err.endswith("(usage)\n")


@pytest.mark.parametrize("words", [[PHONE], ["check", "--only", PHONE], ["withdraw", PHONE + "x"], ["chekc", PHONE]])
def test_no_complaint_repeats_a_number(shop: Shop, words: list[str]) -> None:
    """click would quote what was typed; an IMEI never stands in an error, as text or as JSON."""
    for extra in ([], ["--json"]):
        answer = shop.call(*words, *extra)
        assert answer.status == 2
        assert PHONE not in answer.out + answer.err


def test_a_bare_number_is_shown_the_way(shop: Shop) -> None:
    """`shirorom 0010…` says what to type."""
    assert "shirorom check -" in shop.call(PHONE).err


@pytest.mark.parametrize(
    ("argv", "environment", "expected"),
    [
        ([], {}, "ja"),
        ([], {"LANG": "C.UTF-8"}, "ja"),
        ([], {"LANG": "en_US.UTF-8"}, "en"),
        ([], {"LANG": "ja_JP.UTF-8"}, "ja"),
        ([], {"LANG": "fr_FR.UTF-8"}, "en"),
        ([], {"LANG": "ja_JP.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_US.UTF-8", "SHIROROM_LANG": "ja"}, "ja"),
        (["check", "--lang", "en"], {"SHIROROM_LANG": "ja"}, "en"),
        (["--lang=en", "check"], {}, "en"),
        (["check", "--", "--lang", "en"], {}, "ja"),
    ],
)
def test_language(monkeypatch: pytest.MonkeyPatch, argv: list[str], environment: dict[str, str], expected: str) -> None:
    """Flag, then SHIROROM_LANG, then the system's, then Japanese."""
    for name in ("SHIROROM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(argv) == expected


def broken(*_: object, **__: object) -> None:
    raise RuntimeError(f"cannot do {PHONE}")


def test_the_unexpected_is_internal_and_says_no_number(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, code `internal`, exit 1; no traceback, no message of the exception."""
    monkeypatch.setattr(Check, "__call__", broken)
    answer = shop.call("check", PHONE)
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert answer.err.endswith("(internal)\n")
    assert shop.call("check", PHONE, "--json").problem["code"] == "internal"


def test_a_thread_that_fails_says_no_number(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """What escapes in a thread, or is logged as a last resort, is told without the number too."""
    shop.call("--version")
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    assert logging.lastResort is not None
    record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "task failed: %s", (PHONE,), None)
    assert logging.lastResort.format(record) == "task failed: …"
    told = capsys.readouterr().err
    assert "(internal)" in told
    assert PHONE not in told


def test_debug_shows_where_but_no_number(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHIROROM_DEBUG=1 prints the traceback; numbers in its message are taken out."""
    monkeypatch.setattr(Check, "__call__", broken)
    monkeypatch.setenv("SHIROROM_DEBUG", "1")
    answer = shop.call("check", PHONE)
    assert "Traceback" in answer.err
    assert "RuntimeError: cannot do …" in answer.err
    assert PHONE not in answer.err


def test_a_broken_configuration_is_told_by_its_code(shop: Shop) -> None:
    """An unknown key is refused before anybody is asked."""
    (shop.directory / "config.toml").write_text("colour = 'blue'\n", encoding="utf-8")
    answer = shop.call("check", PHONE, "--json")
    assert (answer.status, answer.problem["code"]) == (1, "config-unknown-key")
    assert shop.asker.asked == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"at {PHONE}.", "at …."),
        ("49-015420-323751-8", "…"),
        (wide("490154203237518"), "…"),
        ("2026-11-23 10:05:00", "2026-11-23 10:05:00"),
        ("port 8000, 1234567890 bytes", "port 8000, 1234567890 bytes"),
    ],
)
def test_redaction(text: str, expected: str) -> None:
    """Whatever may be an IMEI is taken out; times, ports and sizes stay."""
    assert redact(text) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_standard_input_in_any_encoding(shop: Shop, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Windows programs write UTF-16 or cp932 into pipes; the number is found all the same."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"製造番号：{PHONE}".encode(encoding)), "ascii"))
    assert shop.call("parse", "-", "--json").json["devices"] == [[PHONE]]


def test_bytes_that_are_no_text_are_bad_usage(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture in the pipe is not guessed at."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x89PNG\xff\x81"), "ascii"))
    answer = shop.call("parse", "-")
    assert (answer.status, answer.err.endswith("(usage)\n")) == (2, True)


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", "○"), ("cp932", "\\u25cb"), ("ascii", "\\u25cb")])
def test_json_is_ascii_where_the_stream_is_not_utf8(encoding: str, shown: str) -> None:
    """A program that reads the pipe always gets valid JSON."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    print_json({"symbol": "○"}, stream)
    stream.flush()
    assert raw.getvalue().decode(encoding).strip() == f'{{"symbol": "{shown}"}}'


def script(shop: Shop, shell: str) -> str:
    answer = shop.call("completion", shell)
    assert answer.status == 0
    return answer.out


def test_the_bash_script_is_bash(shop: Shop) -> None:
    """`bash -n` accepts it, and sourcing it defines the completion of `shirorom`."""
    source = script(shop, "bash")
    assert subprocess.run(["bash", "-n"], input=source, text=True, check=False).returncode == 0
    done = subprocess.run(
        ["bash", "-c", f"{source}\ncomplete -p shirorom"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "_shirorom_completion" in done.stdout


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("zsh", ["#compdef shirorom", "zsh_complete"]),
        ("fish", ["complete --no-files --command shirorom", "fish_complete"]),
        ("powershell", ["Register-ArgumentCompleter -Native -CommandName shirorom", "powershell_complete"]),
    ],
)
def test_other_scripts_register_themselves(shop: Shop, shell: str, words: list[str]) -> None:
    """Each script names the program, and the instruction that it will call."""
    source = script(shop, shell)
    assert all(word in source for word in words)
    assert source.count("{") == source.count("}")


def completer(shell: str) -> ShellComplete:
    found = get_completion_class(shell)
    assert found is not None
    return found(cli, {}, PROGRAM, COMPLETE_VARIABLE)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["shirorom", "re"], {"record", "restamp", "restore"}),
        (["shirorom", "check", "--only", "s"], {"softbank"}),
        (["shirorom", "record", "--carrier", "au", "--glyph", ""], {"○", "△", "×", "－"}),
    ],
)
def test_powershell_gets_the_same_words_as_bash(
    monkeypatch: pytest.MonkeyPatch, words: list[str], expected: set[str]
) -> None:
    """Our own protocol offers what click offers."""
    last = words[-1]
    monkeypatch.setenv("COMP_WORDS", "\n".join(words if last else words[:-1]))
    monkeypatch.setenv("COMP_LAST", last)
    ours = completer("powershell")
    assert {item.value for item in ours.get_completions(*ours.get_completion_args())} == expected
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    theirs = completer("bash")
    assert {item.value for item in theirs.get_completions(*theirs.get_completion_args())} == expected


def test_powershell_lines_have_three_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kind, value and help, apart by tabs, one line each."""
    monkeypatch.setenv("COMP_WORDS", "shirorom\nre")
    monkeypatch.setenv("COMP_LAST", "re")
    lines = completer("powershell").complete().splitlines()
    assert [line.split("\t")[:2] for line in lines] == [
        ["plain", "record"], ["plain", "restamp"], ["plain", "restore"],
    ]  # fmt: skip


def test_every_shell_is_offered() -> None:
    """The four shells of the manual."""
    assert SHELLS == ("bash", "zsh", "fish", "powershell")


def test_help_imports_nothing_heavy() -> None:
    """--help loads no web framework, browser, cryptography, database or table printer."""
    program = (
        "import sys; from shirorom.compose import main\n"
        "sys.argv = ['shirorom', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ}, timeout=60
    )
    loaded = set(re.findall(r"'([^']+)'", done.stderr.splitlines()[-1]))
    assert "click" in loaded
    assert loaded.isdisjoint({"litestar", "playwright", "cryptography", "sqlite3", "granian", "jinja2", "rich"})


def test_usage_is_a_code_like_others() -> None:
    """Bad usage has its place in the one table."""
    assert CODES["usage"].exit == 2
