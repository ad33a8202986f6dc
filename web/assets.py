"""Static files: read once at start, named by content, compressed ahead of time, kept by browsers for ever.

Every file is served at ``/assets/<hash>/<path>``. A style sheet or picture is named by its own content. All modules
share one hash, that of the whole ``js`` folder, so that relative imports between them work without a build, and the
import map needs one line: ``wasl/`` is the ``js`` folder. A hash that is not current is answered 404, never with
another version.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
from aiohttp import web

from web import keys
from web.i18n import LOCALE_FOLDER
from web.linking import link
from web.rendering import TEMPLATE_FOLDER, accepted_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATIC_FOLDER = Path(__file__).parent / "static"
#: Modules live here and share one hash.
MODULE_FOLDER = "js"
SERVICE_WORKER = "sw.js"
#: The page that the service worker keeps; a change of it, or of its words, is a new version of the worker.
PAGE_TEMPLATES = (TEMPLATE_FOLDER / "join" / "call.html", TEMPLATE_FOLDER / "_partials" / "pictures.html")
HASH_CHARS = 12
#: As hard as brotli can: a second or two at the start of the program.
BROTLI_QUALITY = 11
#: Entries of the call page's parts, each loaded whole at its own moment: at the tap, for adults, once connected. What
#: comes during a call is cut into pieces that a thin line carries between two packets of speech. The mesh is asked for
#: while the door is still on its way: as much as comes before the answer to the tap.
GROUPS = (
    "js/rtc/mesh.js", "js/pages/call.js", "js/ui/adult.js", "js/ui/beside.js",
    "js/rtc/readings.js", "js/rtc/ladder.js", "js/pages/line.js", "js/pages/stills.js",
    "js/rtc/red-translator.js", "js/rtc/red-worker.js", "js/clips/socket-voice.js",
    "js/clips/outgoing.js", "js/clips/playback.js", "js/ui/low-rungs.js", "js/clips/panel.js",
)  # fmt: skip
#: Our own scripts hold ``/**`` nowhere but where a comment begins; a test sees to it.
_COMMENTS = re.compile(rb"[ \t]*/\*\*.*?\*/|^[ \t]*//[^\n]*", re.DOTALL | re.MULTILINE)
#: The same for indentation: no text of theirs goes on over several lines; a test sees to that too.
_INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)
#: Style sheets hold ``/*`` nowhere but there either; the call page carries its own in its first few kilobytes.
_STYLE_COMMENTS = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)
#: Development files beside the modules, which no browser asks for.
NOT_SERVED = frozenset({".json", ".md", ".ts"})
TEXT_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file in every form in which it is sent. ``encoded`` maps a content coding to its bytes."""

    url: str
    content_type: str
    plain: bytes
    encoded: Mapping[str, bytes]


class Assets:
    """All static files of a folder. Made once; the folder is not watched."""

    def __init__(self, folder: Path, page_sources: Iterable[bytes] = ()) -> None:
        """Read ``folder``; ``page_sources`` is what else the page that the service worker keeps is made of."""
        contents = {
            path.relative_to(folder).as_posix(): _served(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in NOT_SERVED
        }
        contents |= _groups(contents)
        contents |= {path: _INDENTATION.sub(b"", body) for path, body in contents.items() if path.endswith(".js")}
        named = (item for name, body in contents.items() for item in (name.encode(), body))
        self.version = _hash(*named, *page_sources)
        module_hash = _hash(*(body for name, body in contents.items() if name.startswith(f"{MODULE_FOLDER}/")))
        self._by_path = {
            name: _asset(name, body, module_hash if name.startswith(f"{MODULE_FOLDER}/") else _hash(body))
            for name, body in contents.items()
            if name != SERVICE_WORKER
        }
        self._by_url = {asset.url: asset for asset in self._by_path.values()}
        self._module_root = f"/assets/{module_hash}/{MODULE_FOLDER}/"
        worker = contents.get(SERVICE_WORKER)
        self.service_worker = None if worker is None else self._service_worker(worker)

    def url(self, path: str) -> str:
        """Return the address of a file below ``web/static``. Raises ``KeyError`` when there is none."""
        return self._by_path[path].url

    def text(self, path: str) -> str:
        """Return a file's text, for pages that carry it inline. Raises ``KeyError`` when there is none."""
        return self._by_path[path].plain.decode()

    def import_map(self) -> str:
        """Return the JSON of the import map: ``wasl/`` is the folder of the modules."""
        return json.dumps({"imports": {"wasl/": self._module_root}}, separators=(",", ":"))

    def at(self, url_path: str) -> Asset | None:
        """Return the file at an address, or None when there is none or its content has changed since."""
        return self._by_url.get(url_path)

    def _service_worker(self, source: bytes) -> Asset:
        """Put the version and the addresses of all files before the worker's own text, as ``ASSETS``."""
        known = {"version": self.version, "urls": {name: asset.url for name, asset in self._by_path.items()}}
        body = f"const ASSETS = {json.dumps(known, separators=(',', ':'))};\n".encode() + source
        return Asset("/sw.js", "text/javascript", body, encoded(body))


def _served(path: Path) -> bytes:
    """Read a file; a script without its comments, which are a third of its weight on a thin line, a style sheet too.

    Of a script only doc comments and comments alone on their line go, and line numbers stay: a fault names its place.
    """
    body = path.read_bytes()
    if path.suffix == ".css":
        return _STYLE_COMMENTS.sub(b"", body)
    return _COMMENTS.sub(lambda found: b"\n" * found[0].count(b"\n"), body) if path.suffix == ".js" else body


def _groups(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what is served in the place of each group's entry; nothing for a folder without them."""
    scripts = {path: body.decode() for path, body in contents.items() if path.endswith(".js")}
    entries = [entry for entry in GROUPS if entry in scripts]
    return {entry: text.encode() for entry, text in link(scripts, entries).items()}


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:HASH_CHARS]


def _asset(name: str, body: bytes, content_hash: str) -> Asset:
    suffix = Path(name).suffix
    content_type = TEXT_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(f"/assets/{content_hash}/{name}", content_type, body, encoded(body) if suffix in TEXT_TYPES else {})


def encoded(body: bytes) -> Mapping[str, bytes]:
    """Compress as hard as possible: once at start, for every download. Returns the bytes of each content coding."""
    return {
        "br": brotli.compress(body, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY),
        "gzip": gzip.compress(body, compresslevel=9, mtime=0),
    }


@cache
def load_assets() -> Assets:
    """Read, name and compress the project's own static files, once for a process."""
    page_sources = sorted([*PAGE_TEMPLATES, *LOCALE_FOLDER.rglob("*.po")])
    return Assets(STATIC_FOLDER, [path.read_bytes() for path in page_sources])


def send(request: web.Request, asset: Asset) -> web.Response:
    """Answer with a file in the best coding that the request accepts."""
    encoding = accepted_encoding(request)
    body = asset.encoded.get(encoding) if encoding is not None else None
    response = web.Response(body=body or asset.plain, headers={"Content-Type": asset.content_type})
    if asset.encoded:
        response.headers["Vary"] = "Accept-Encoding"
    if body is not None and encoding is not None:
        response.headers["Content-Encoding"] = encoding
    return response


async def serve_asset(request: web.Request) -> web.Response:
    """Send a file that never changes under its name."""
    asset = request.app[keys.ASSETS].at(request.path)
    if asset is None:
        raise web.HTTPNotFound
    response = send(request, asset)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


async def serve_worker(request: web.Request) -> web.Response:
    """Send the service worker; browsers ask for it anew, and compare."""
    worker = request.app[keys.ASSETS].service_worker
    if worker is None:
        raise web.HTTPNotFound
    response = send(request, worker)
    response.headers["Cache-Control"] = "no-cache"
    return response


def add_routes(app: web.Application) -> None:
    """Serve ``/assets/…`` and ``/sw.js``."""
    app.router.add_get("/assets/{hash}/{path:.+}", serve_asset)
    app.router.add_get("/sw.js", serve_worker)
