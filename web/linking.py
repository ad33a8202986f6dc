"""Joins the modules that are always loaded together into one file, once at start, in memory.

On a thin line each further file costs a round trip, and over HTTP/1.1 often a connection with its own handshakes.
Sources stay native modules, each of which runs as it is: tests, the type checker and other pages load them singly. A
group is named by its entry and served in the entry's place. Each module becomes a scope of its own inside; what another
group has already is imported from there, so that no module ever runs twice.

Only what our own sources use is understood: ``import { names } from "./path.js"``, ``export`` before ``const``,
``class`` and ``function``, dynamic ``import("./path.js")`` and ``import.meta.url``. All else raises ``ValueError``.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (const|class|function|async function) (\w+)", re.MULTILINE)
_NOTHING = re.compile(r"^export \{\};$", re.MULTILINE)
_DYNAMIC = re.compile(r'\bimport\("(\.[^"]+)"\)')
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def link(sources: Mapping[str, str], entries: Sequence[str]) -> dict[str, str]:
    """Return the text of each group, by its entry. A group may use the groups before it.

    ``sources`` maps the paths of all modules to their texts, without comments. Raises ``ValueError`` for a form that is
    not understood and for a circle of imports, ``KeyError`` for a module that is not there.
    """
    home: dict[str, str] = {}
    linked = {}
    for entry in entries:
        members = _in_order(sources, entry, home)
        linked[entry] = _group(sources, entry, members, home)
        home |= dict.fromkeys(members, entry)
    return linked


def _in_order(sources: Mapping[str, str], entry: str, taken: Mapping[str, str]) -> list[str]:
    """Return the entry and all that it imports, each after what it needs itself."""
    ordered: list[str] = []
    under_way: list[str] = []

    def visit(path: str) -> None:
        if path in taken or path in ordered:
            return
        if path in under_way:
            raise ValueError(f"a circle of imports: {' -> '.join([*under_way, path])}")
        under_way.append(path)
        for found in _IMPORT.finditer(sources[path]):
            visit(_resolve(path, found[2]))
        under_way.pop()
        ordered.append(path)

    visit(entry)
    return ordered


def _group(sources: Mapping[str, str], entry: str, members: Sequence[str], home: Mapping[str, str]) -> str:
    folder = posixpath.dirname(entry)
    needed: dict[str, set[str]] = {}
    scopes = []
    for path in members:
        text = sources[path]
        names = [found[2] for found in _EXPORT.finditer(text)]

        def bind(found: re.Match[str], path: str = path) -> str:
            target = _resolve(path, found[2])
            if target in home:
                needed.setdefault(home[target], set()).add(_name(target))
            return f"const {{{found[1].replace(' as ', ': ')}}} = {_name(target)};"

        def move(found: re.Match[str], path: str = path) -> str:
            return f'import("{_relative(_resolve(path, found[1]), folder)}")'

        text = _NOTHING.sub("", _EXPORT.sub(r"\1 \2", _IMPORT.sub(bind, text)))
        if left_over := _LEFT_OVER.search(text):
            raise ValueError(f"{path}: {left_over[0]}")
        text = _DYNAMIC.sub(move, text)
        text = text.replace("import.meta.url", f'new URL("{_relative(path, folder)}", import.meta.url).href')
        scopes.append(f"const {_name(path)} = (() => {{\n{text}\nreturn {{ {', '.join(names)} }};\n}})();\n")
    imports = [
        f'import {{ {", ".join(sorted(names))} }} from "{_relative(other, folder)}";\n'
        for other, names in sorted(needed.items())
    ]
    own = [found[2] for found in _EXPORT.finditer(sources[entry])]
    exports = f"export {{ {', '.join(map(_name, members))} }};\nexport const {{ {', '.join(own)} }} = {_name(entry)};\n"
    return "".join([*imports, *scopes, exports])


def _resolve(path: str, reference: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), reference))


def _relative(path: str, folder: str) -> str:
    relative = posixpath.relpath(path, folder)
    return relative if relative.startswith(".") else f"./{relative}"


def _name(path: str) -> str:
    """Return the name that a module's exports have inside a group."""
    return "$" + re.sub(r"\W", "_", path.removeprefix("js/").removesuffix(".js"))
