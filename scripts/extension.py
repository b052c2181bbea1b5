"""Builds the browser extension: dist/shirorom-extension-VERSION-chrome.zip and -firefox.zip, the same bytes every time.

`extension/` holds plain scripts that need no build but this: the facts of `data/carriers` are bundled as JSON, the
reader that the automatic asker uses is copied, the panel's style becomes a script, and the manifest gets its version
and hosts. `--unpacked DIR` also leaves the folders, to be loaded unpacked.
"""

from __future__ import annotations

import argparse
import json
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.tab import reader_facts, reader_source
from shirorom.domain.carrier import CarrierId

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "extension"
DIST = ROOT / "dist"
Target = Literal["chrome", "firefox"]
TARGETS: tuple[Target, ...] = ("chrome", "firefox")
MOMENT = (2026, 1, 1, 0, 0, 0)
"""The time of every file in the archive: the same sources give the same bytes."""
SUFFIXES = frozenset({".js", ".html", ".css", ".json", ".png"})
NOT_SHIPPED = frozenset({"manifest.template.json", "page/panel.css"})
LANGUAGES = ("ja", "en")
TEST_HOSTS = ("http://127.0.0.1/*",)
SHOPS = ("https://*/*", "http://127.0.0.1/*", "http://localhost/*", "http://*.localhost/*")
"""Where a shop's server may be; each is granted one origin at a time, when a person pairs."""


def version() -> str:
    """The product's version, which is the extension's too."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def carriers() -> dict[str, Any]:
    """What the extension knows of each carrier: names, hosts, where its page keeps things."""
    facts = packaged_facts()
    known = {}
    for carrier in CarrierId:
        one = facts.carrier(carrier)
        known[carrier.value] = {
            "name": one.name,
            "name_en": one.name_en,
            "hosts": sorted(one.hosts),
            "check_url": one.check_url,
            "page": dict(reader_facts(one.page)),
        }
    return known


def manifest(target: Target, *, test: bool = False) -> dict[str, Any]:
    """The manifest of one family of browsers. `test`: loopback is granted from the start."""
    made: dict[str, Any] = json.loads((SOURCE / "manifest.template.json").read_text(encoding="utf-8"))
    made["version"] = version()
    hosts = [f"http://{host}/*" for one in carriers().values() for host in one["hosts"]]
    made["optional_host_permissions"] = [*SHOPS, *sorted(hosts)]
    if test:
        made["host_permissions"] = list(TEST_HOSTS)
    if target == "chrome":
        made["minimum_chrome_version"] = "120"
        made["background"] = {"service_worker": "worker.js", "type": "module"}
    else:
        made["browser_specific_settings"] = {"gecko": {"id": "shirorom@shirorom.test", "strict_min_version": "128.0"}}
        made["background"] = {"scripts": ["worker.js"], "type": "module"}
    return made


def contents(target: Target, *, test: bool = False, languages: tuple[str, ...] = LANGUAGES) -> Mapping[str, bytes]:
    """Every file of the extension by its name, in order."""
    left_out = tuple(f"_locales/{language}/" for language in LANGUAGES if language not in languages)
    files = {
        path.relative_to(SOURCE).as_posix(): path.read_bytes()
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix in SUFFIXES
    }
    style = (SOURCE / "page" / "panel.css").read_text(encoding="utf-8")
    made = {
        "manifest.json": _json(manifest(target, test=test)),
        "facts.json": _json(carriers()),
        "page/reader.js": reader_source().encode(),
        "page/panel-style.js": f"globalThis.SHIROROM_PANEL_CSS = {json.dumps(style, ensure_ascii=False)};\n".encode(),
        "LICENSE.txt": (ROOT / "LICENSE").read_bytes(),
    }
    shipped = {name: content for name, content in files.items() if name not in NOT_SHIPPED}
    return {k: v for k, v in sorted((shipped | made).items()) if not k.startswith(left_out or ("\0",))}


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def unpack(target: Target, folder: Path, *, test: bool = False, languages: tuple[str, ...] = LANGUAGES) -> Path:
    """Write the extension as a folder that a browser loads unpacked."""
    for name, content in contents(target, test=test, languages=languages).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pack(target: Target, folder: Path) -> Path:
    """Write the extension as an archive for a store or a managed installation."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"shirorom-extension-{version()}-{target}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents(target).items():
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, content)
    return path


def main() -> None:
    """Build both; say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unpacked", type=Path, help="also leave a folder for each family of browsers here")
    chosen = parser.parse_args()
    for target in TARGETS:
        path = pack(target, DIST)
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
        if chosen.unpacked:
            print(unpack(target, chosen.unpacked / f"shirorom-extension-{target}"))


if __name__ == "__main__":
    main()
