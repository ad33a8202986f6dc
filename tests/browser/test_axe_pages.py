"""Every page for everybody: on a phone, in four languages, axe finds nothing against WCAG A and AA, nor do we.

The call page inside a visit is looked at in ``test_call_access``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from tests.support.call_page import Visit
from tests.support.demo_server import DemoServer, running_demo
from tests.support.page_inspection import (
    PHONE_HEIGHT,
    PHONE_WIDTH,
    Watch,
    axe_faults,
    keep_picture,
    language_faults,
    sideways,
)

pytestmark = pytest.mark.browser

LANGUAGES = ("ar", "fr", "zgh", "en")
AUDIENCES = ("public", "social_worker", "psychologist", "supervisor", "admin")
#: Colours do not change with the language: in this one each page is looked at in the dark as well.
LANGUAGE_IN_THE_DARK = "en"
#: axe leaves out what is folded away.
UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"

#: The classroom only has to be there: no picture to draw while other pages are looked at.
NO_DEVICES = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"

Fields = Mapping[str, str | Sequence[str]]

ANOTHER_CHILD: Fields = {
    "pseudonym": "زيتونة",
    "age_band": "12-14",
    "languages": ["tachelhit", "darija", "french"],
    "need": "bullying",
    "urgency": "urgent",
    "tried": "حديث مع القسم كله.",
    "strengths": "تحب كرة القدم.",
    "wish": "أن يكون لي صديق.",
    "relation": "grandparent",
    "consent_language": "tachelhit",
    "scope": ["visits"],
}
ADVICE: Fields = {
    "addressee": "family",
    "language": "tachelhit",
    "recommendation": "اقرؤوا معها قصة كل مساء.\n\nكل يوم.",
}


@dataclass(frozen=True)
class Place:
    """One page: its name, its address, and what must be sent first for it to show."""

    name: str
    path: str
    status: int = 200
    #: Sent as it stands on the page, this form leads to the page that is meant.
    send: str = ""


@dataclass
class Service:
    """A running service in which something has happened, and one signed-in phone for each audience."""

    server: DemoServer
    pages: dict[str, Page]
    watch: Watch
    places: dict[str, tuple[Place, ...]]


def post(page: Page, path: str, fields: Fields) -> str:
    """Send a form as the signed-in person of this page; return the address to which it leads."""
    answer = page.request.post(
        path,
        data=urlencode(fields, doseq=True),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.ok, f"{path}: {answer.status} {answer.text()[:2000]}"
    return answer.url


def path_of(page: Page, selector: str) -> str:
    """Return the path of the first link of this selector."""
    path = page.locator(selector).first.get_attribute("href")
    assert path
    return path.partition("#")[0]


def add_what_pages_show(pages: Mapping[str, Page]) -> dict[str, tuple[Place, ...]]:
    """Let the people write to each other, advise, and file one more request; return where all that stands."""
    worker, psychologist, admin = pages["social_worker"], pages["psychologist"], pages["admin"]
    worker.goto("/referrals/new")
    filled = {name: worker.input_value(f'[name="{name}"]') for name in ("school_id", "given_on")}
    post(worker, "/referrals/new", {**ANOTHER_CHILD, **filled})
    psychologist.goto("/desk")
    visit = path_of(psychologist, 'a[href^="/visits/"]')
    psychologist.goto(visit)
    referral = path_of(psychologist, 'a[href^="/referrals/"]')
    post(psychologist, f"{visit}/note", {"note": "تحدثت عن جدها."})
    post(psychologist, f"{referral}/messages", {"message": "متى نلتقي؟"})
    post(worker, f"{referral}/messages", {"message": "صباح الاثنين."})
    post(psychologist, f"{referral}/recommendations", ADVICE)
    worker.goto(referral)
    sheet = path_of(worker, 'a[href^="/recommendations/"]')
    admin.goto("/admin/schools")
    school = path_of(admin, 'a[href^="/admin/schools/"]')
    both = (Place("desk", "/desk"), Place("referral", referral), Place("visit", visit))
    return {
        "public": (
            Place("home", "/"),
            Place("about", "/about"),
            Place("sign-in", "/sign-in"),
            Place("welcome", "/welcome"),
            Place("code", "/c"),
            Place("door", "/j"),
            Place("check", "/check"),
            Place("no-such-page", "/nowhere", status=404),
        ),
        "social_worker": (
            *both,
            Place("new-request", "/referrals/new"),
            Place("new-request-with-faults", "/referrals/new", send="/referrals/new"),
            Place("card-of-the-classroom", f"{visit}/card/classroom"),
            Place("card-of-the-guardian", f"{visit}/card/guardian"),
            Place("advice-to-print", sheet),
            Place("account", "/account"),
        ),
        "psychologist": (
            *both,
            Place("booking-with-faults", referral, send=f"{referral}/visits"),
            Place("note-with-faults", visit, send=f"{visit}/note"),
        ),
        "supervisor": (Place("desk", "/desk"), Place("account", "/account")),
        "admin": (
            Place("rooms", "/admin/rooms"),
            Place("people", "/admin/people"),
            Place("people-with-faults", "/admin/people", send="/admin/people"),
            Place("schools", "/admin/schools"),
            Place("school", school),
        ),
    }


@pytest.fixture(scope="module")
def service(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a visit whose classroom waits in the room, so that the admin sees a room."""
    with running_demo(tmp_path_factory.mktemp("pages") / "data") as server:
        visit, watch, pages = Visit(server, browser), Watch(server.url), {}
        classroom = visit.profile()
        classroom.add_init_script(NO_DEVICES)
        visit.join("classroom", classroom)
        entrances = {"public": f"{server.url}/", "admin": server.links["admin"], **server.desks}
        for audience in AUDIENCES:
            context = visit.profile("ar", PHONE_WIDTH, PHONE_HEIGHT)
            page = pages[audience] = watch.over(context).new_page()
            page.goto(entrances[audience])
            page.wait_for_url(lambda url: "/demo" not in url)
        yield Service(server, pages, watch, add_what_pages_show(pages))
        visit.close()


def open_place(page: Page, place: Place, language: str) -> int:
    """Open a page in a language; return the status that the server answered with."""
    answer = page.goto(f"{place.path}?lang={language}")
    assert answer is not None
    if not place.send:
        return answer.status
    page.evaluate(UNFOLD)
    with page.expect_navigation() as sent:
        page.locator(f'form[action="{place.send}"] button[type="submit"]').last.click()
    return 200 if sent.value is not None and sent.value.status == 422 else 0


def faults_of(service: Service, audience: str, place: Place, language: str) -> dict[str, object]:
    """Look at one page and return what is wrong with it, by kind."""
    page, watch = service.pages[audience], service.watch
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    watch.told()
    status = open_place(page, place, language)
    page.evaluate(UNFOLD)
    keep_picture(page, f"pages/{language}", f"{audience}-{place.name}")
    found: dict[str, object] = {
        "status": "" if status == place.status else status,
        "axe": axe_faults(page),
        "language": language_faults(page, language),
        "sideways": sideways(page),
        "complaints": watch.told(),
    }
    if language == LANGUAGE_IN_THE_DARK:
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found["axe in the dark"] = axe_faults(page, ("color-contrast", "link-in-text-block"))
    return {kind: faults for kind, faults in found.items() if faults}


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_for_everybody(service: Service, language: str, audience: str) -> None:
    found = {
        f"{place.name} {place.path}": faults
        for place in service.places[audience]
        if (faults := faults_of(service, audience, place, language))
    }
    assert found == {}
