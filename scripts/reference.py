"""Writes docs/reference/{cli,http,codes}.md from the code, so that the manual cannot drift from it.

`make reference` writes them; a test compares what it would write with what stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.texts_toml import Texts
from shirorom.domain.errors import CODES, Area
from shirorom.domain.mark import SYMBOL_UNKNOWN, Mark, VerdictKind
from shirorom.edge.api.describe import description
from shirorom.edge.cli.command import speak
from shirorom.edge.cli.main import cli
from shirorom.edge.web.app import create_app
from shirorom.edge.web.parts import Parts
from shirorom.service.settings import Settings

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- make reference で作られます。手で直さないでください。 -->"
METHODS = ("get", "post", "put", "patch", "delete")


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        cells = (" ".join(str(cell).split()).replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""


# --- Codes -----------------------------------------------------------------------------------------------------------


def codes() -> str:
    """Marks, verdicts and every code, with their words in both languages."""
    ja, en = Texts.load("ja"), Texts.load("en")
    lines = ["# コードと記号", "", MADE, ""]
    lines += [
        "画面・コマンド・API・記録のどこでも、同じことには同じコードが付きます。",
        "動いている白ロムでは `/help/コード` で読めます。",
        "",
    ]
    lines += ["## 記号", ""]
    marks = [(mark.symbol, f"`{mark.value}`", f"mark.{mark.value}") for mark in Mark]
    marks.append((SYMBOL_UNKNOWN, "（記号なし）", "mark.unknown"))
    rows = [(symbol, code, ja.t(f"{k}.word"), ja.t(f"{k}.meaning"), en.t(f"{k}.word")) for symbol, code, k in marks]
    lines += _table(("記号", "コード", "言葉", "意味", "English"), rows)
    lines += ["## 判定", ""]
    kinds = [(kind.symbol, kind.value, f"verdict.{kind.value}") for kind in VerdictKind]
    rows = [
        (symbol, f"`{code}`", ja.t(f"{k}.title"), ja.t(f"{k}.text"), en.t(f"{k}.title")) for symbol, code, k in kinds
    ]
    lines += _table(("記号", "コード", "言葉", "意味", "English"), rows)
    for area in Area:
        lines += [f"## {ja.t(f'ui.help.area_{area.value}')}", ""]
        lines += _table(
            ("コード", "HTTP", "終了", "何が起きたか", "どうすればよいか", "English"), _codes_of(area, ja, en)
        )
    return "\n".join(lines)


def _codes_of(area: Area, ja: Texts, en: Texts) -> Iterator[tuple[object, ...]]:
    for name, code in CODES.items():
        if code.area is area:
            key = f"code.{name}"
            what = f"{ja.t(f'{key}.title')}。{ja.t(f'{key}.text')}"
            yield f"`{name}`", code.http, code.exit, what, ja.t(f"{key}.fix"), en.t(f"{key}.title")


# --- Commands --------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its options, in Japanese; `--lang en` says the same in English."""
    ja, en = Texts.load("ja"), Texts.load("en")
    speak(cli, en)
    short_en = {name: command.get_short_help_str(200) for name, command in cli.commands.items()}
    speak(cli, ja)
    lines = ["# コマンド", "", MADE, ""]
    lines += [
        "結果は標準出力に、ほかはすべて標準エラー出力に出ます。",
        "`--json` では、成功なら標準出力に1つの答え、失敗なら標準エラー出力に1つの problem が出ます。",
        "",
    ]
    rows = [(f"[`{n}`](#{n})", c.get_short_help_str(200), short_en[n]) for n, c in cli.commands.items()]
    lines += _table(("コマンド", "すること", "English"), rows)
    lines += ["## shirorom", "", *_options(cli)]
    for name, command in cli.commands.items():
        arguments = " ".join(p.make_metavar(click.Context(command)) for p in command.params if _is_argument(p))
        lines += [f"## {name}", "", f"    shirorom {name} {arguments}".rstrip(), "", (command.help or "").strip(), ""]
        lines += _options(command)
    return "\n".join(lines)


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _options(command: click.Command) -> Iterator[str]:
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield from _table(("オプション", "意味"), ((_spelling(command, o), o.help or "") for o in options))


def _spelling(command: click.Command, option: click.Option) -> str:
    names = ", ".join((*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(command))}"
    return f"`{names}{value}`"


# --- Routes ----------------------------------------------------------------------------------------------------------


def _words(language: str) -> Texts:
    return Texts.load(language)


def routes() -> str:
    """Every address: the API as it describes itself, and the pages."""
    nothing = cast(Any, None)  # to list the addresses no service is called
    parts = Parts(
        settings=Settings(),
        facts=packaged_facts(),
        rooms=nothing,
        clock=nothing,
        words=_words,
        asker=nothing,
        check=nothing,
        record=nothing,
        withdraw=nothing,
        correct=nothing,
        history=nothing,
    )
    app = create_app(parts)
    schema = json.loads(description(app))
    lines = ["# HTTP", "", MADE, ""]
    lines += [
        "番号は本文にだけ入れます。",
        "エラーは RFC 9457 の problem+json で、`type` は [コード](codes.md) の説明ページです。",
    ]
    lines += ["機械が読む仕様は `/openapi.json`、同じものを読む画面は `/docs` です。", "", "## API", ""]
    lines += _table(("アドレス", "すること", "返る状態"), _operations(schema))
    lines += ["## 画面とその部品", ""]
    described = {(path, method.upper()) for path, item in schema["paths"].items() for method in item}
    lines += _table(("アドレス", "すること"), _pages(app, described))
    return "\n".join(lines)


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"`{method.upper()} {path}`", operation["summary"], " ".join(sorted(operation["responses"]))


def _pages(app: Any, described: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for route in sorted(app.routes, key=lambda route: str(route.path_format)):
        for handler in getattr(route, "route_handlers", ()):
            says = (handler.fn.__doc__ or "").strip().splitlines()
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                if (route.path_format, method) not in described and not route.path_format.startswith("/."):
                    yield f"`{method} {route.path_format}`", says[0] if says else ""


PAGES = {"codes.md": codes, "cli.md": commands, "http.md": routes}

if __name__ == "__main__":
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for file, make in PAGES.items():
        (REFERENCE / file).write_text(make(), encoding="utf-8")
        print(f"reference: docs/reference/{file}")
