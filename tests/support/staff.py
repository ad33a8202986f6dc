"""Workers with a browser: they open pages, fill in forms and read what they see."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp.test_utils import TestClient

from rooms.people import service as people
from rooms.people.views import AccountView
from rooms.unit_of_work import Actor, Store
from web.login import LOGIN_COOKIE

Fields = Mapping[str, str | Sequence[str]]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Page:
    """What the server answered. ``leads_to`` is where it sends the browser next, or empty."""

    status: int
    text: str
    leads_to: str

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.text, re.DOTALL)
        return html.unescape(found[1]).strip() if found else ""

    def shows(self, words: str) -> bool:
        """Say whether the page holds these words as text, escaped as text must be."""
        return html.escape(words, quote=True) in self.text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")

    def value_of(self, field: str) -> str:
        """Return what an input or text area holds."""
        area = re.search(rf'<textarea[^>]*name="{field}"[^>]*>(.*?)</textarea>', self.text, re.DOTALL)
        if area:
            return html.unescape(area[1])
        found = re.search(rf'<input[^>]*name="{field}"[^>]*?value="([^"]*)"', self.text)
        assert found, f"the page has no field {field}"
        return html.unescape(found[1])

    def checked(self, field: str) -> set[str]:
        """Return the values that are chosen or ticked under a name."""
        return set(re.findall(rf'name="{field}" value="([^"]*)" checked', self.text))

    def links(self, pattern: str) -> list[str]:
        """Return the addresses on the page that match, each once."""
        return list(dict.fromkeys(re.findall(rf'href="({pattern})"', self.text)))


class StaffBrowser:
    """One worker's browser, signed in; without ``secret`` nobody's."""

    def __init__(self, client: TestClient, secret: str | None, language: str) -> None:
        self._client = client
        self._cookies = {"lang": language} | ({LOGIN_COOKIE: secret} if secret else {})

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()), **SAME_ORIGIN}

    async def opens(self, path: str) -> Page:
        async with self._client.get(path, headers=self._headers, allow_redirects=False) as response:
            return Page(response.status, await response.text(), response.headers.get("Location", ""))

    async def posts(self, path: str, fields: Fields | None = None) -> Page:
        pairs = [
            (name, each)
            for name, value in (fields or {}).items()
            for each in ([value] if isinstance(value, str) else value)
        ]
        async with self._client.post(path, data=pairs, headers=self._headers, allow_redirects=False) as response:
            return Page(response.status, await response.text(), response.headers.get("Location", ""))

    async def follows(self, page: Page) -> Page:
        """Open where a page leads."""
        assert page.status == 303, page.status
        return await self.opens(page.leads_to.partition("#")[0])


async def browser_of(client: TestClient, store: Store, account: AccountView, language: str = "en") -> StaffBrowser:
    """Return the browser of a worker who has signed in."""
    async with store.begin(Actor.system("test")) as uow:
        secret = await people.sign_in_without_password(uow, account.id)
    return StaffBrowser(client, secret, language)
