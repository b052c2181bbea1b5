"""Builds the offline verifier: src/shirorom/data/verify/ becomes one HTML file that loads nothing.

The modules are put one behind the other, each after those it imports, inside one function; `import` and `export` go.
Style and script are named by their digests in the page's own Content-Security-Policy, which allows nothing else. The
same sources give the same bytes, and the built file is kept in the repository (tests/unit/test_verifier_file.py).
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "shirorom" / "data" / "verify"
BUILT = SOURCE / "shirorom-verify.html"
LANGUAGES = ("ja", "en")

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z0-9-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|class|function)", re.MULTILINE)
_TOP = re.compile(r"^(?:export )?(?:const|let|class|function\*?|async function) (\w+)", re.MULTILINE)
_WORD = re.compile(r'(<[^<>]+ data-t="([\w.-]+)"[^<>]*>)<')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def modules(entry: str = "main.js") -> list[str]:
    """Names of the modules that one needs, itself last, each after all that it imports."""
    found: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other: {' → '.join((*above, name))}")
        if name not in found:
            for needed in _IMPORT.findall(_source(name)):
                visit(needed, (*above, name))
            found.append(name)

    visit(entry, ())
    return found


def script(entry: str = "main.js", *, ending: str = "") -> str:
    """The modules as one classic script. `ending` is put last (tests reach inside with it)."""
    names = modules(entry)
    twice = [name for name, count in Counter(_tops(names)).items() if count > 1]
    if twice:
        raise ValueError(f"in two modules: {', '.join(sorted(twice))}")
    body = "\n".join(_EXPORT.sub("", _IMPORT.sub("", _source(name))) for name in names)
    words = {language: json.loads(_source(f"words.{language}.json")) for language in LANGUAGES}
    told = json.dumps(words, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    whole = f'(() => {{\n"use strict";\nconst WORDS = {told};\n{body}{ending}}})();\n'
    if re.search(r"^\s*(?:import|export)\b", body, re.MULTILINE) or "</script" in whole:
        raise ValueError("a module has an import or export of a form that the build does not know")
    return whole


def built() -> str:
    """The one file."""
    parts = {"STYLE": _COMMENT.sub("", _source("page.css")).strip() + "\n", "SCRIPT": script()}
    parts["CSP"] = policy(parts["STYLE"], parts["SCRIPT"])
    return re.sub(r"@(STYLE|SCRIPT|CSP)@", lambda match: parts[match[1]], _worded(_source("page.html")))


def _worded(page: str) -> str:
    """The page with its Japanese words in place, so that nothing moves when the script begins."""
    words = json.loads(_source("words.ja.json"))
    return _WORD.sub(lambda match: f"{match[1]}{escape(words[match[2]])}<", page)


def policy(style: str, code: str) -> str:
    """What the page may do: run this script, use this style, and nothing else; above all no request."""
    return (
        f"default-src 'none'; script-src '{_digest(code)}'; style-src '{_digest(style)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _source(name: str) -> str:
    return (SOURCE / name).read_text(encoding="utf-8")


def _tops(names: list[str]) -> list[str]:
    return [top for name in names for top in _TOP.findall(_source(name))]


def main() -> None:
    """Write the built file."""
    BUILT.write_text(built(), encoding="utf-8", newline="\n")
    print(f"{BUILT.relative_to(ROOT)}: {BUILT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
