"""The whole path, in Arabic, on phones: assessment, request, taking, booking, card, visit, note, advice, exit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.call_page import LIVE_TIMEOUT_MS, WATCH_CONNECTIONS, press, wait_for_pictures, wait_for_state
from tests.support.demo_server import DemoServer
from tests.support.desk_pages import (
    CALL_PAGE,
    REFERRAL_PAGE,
    VISIT_PAGE,
    books_a_visit,
    choose,
    follow,
    frees_the_hour,
    send,
    unfold,
)
from tests.support.page_inspection import (
    PHONE_HEIGHT,
    PHONE_WIDTH,
    Watch,
    axe_faults,
    keep_picture,
    language_faults,
    sideways,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CHILD = "نور"
QUESTION = "متى يحب نور أن يتكلم؟"
ANSWER = "صباح الاثنين، بعد الدرس الأول."
NOTE = "تحدث عن جده لأول مرة."
ADVICE = "اقرؤوا معه قصة كل مساء."
NEXT_CONTACT = "الأخصائية الاجتماعية في المدرسة"
PRINT_PAGE = re.compile(r"/recommendations/[0-9a-f]{32}/print$")


@dataclass
class Phones:
    """One phone for each person, and what their pages complained of."""

    server: DemoServer
    browser: Browser
    watch: Watch
    contexts: list[BrowserContext]
    looked_at: int = 0

    def phone(self) -> BrowserContext:
        """Return a phone that nobody has used before."""
        viewport = {"width": PHONE_WIDTH, "height": PHONE_HEIGHT}
        context = self.browser.new_context(
            locale="ar", viewport=viewport, base_url=self.server.url, reduced_motion="reduce"
        )
        context.add_init_script(WATCH_CONNECTIONS)
        self.contexts.append(self.watch.over(context))
        return context

    def at_desk(self, role: str) -> Page:
        """Sign a worker in by the demo's link, and wait for the desk."""
        page = self.phone().new_page()
        page.goto(self.server.desks[role])
        page.wait_for_url("**/desk")
        return page

    def look(self, page: Page, name: str) -> None:
        """Look at a page as a person would, and keep its picture."""
        self.looked_at += 1
        page.wait_for_load_state()
        keep_picture(page, "thin-path", f"{self.looked_at:02}-{name}")
        found = {
            "axe": axe_faults(page),
            "language": language_faults(page, "ar"),
            "sideways": sideways(page),
            "complaints": self.watch.told(),
        }
        assert {what: faults for what, faults in found.items() if faults} == {}, f"{name}: {page.url}"


@pytest.fixture
def phones(demo: DemoServer, browser: Browser) -> Iterator[Phones]:
    """Phones for everybody."""
    given = Phones(demo, browser, Watch(demo.url), [])
    yield given
    for context in given.contexts:
        context.close()


def files_a_request(phones: Phones, worker: Page) -> str:
    """Assess a child in the short form and send it; return the address of the child's page."""
    phones.look(worker, "worker-desk")
    follow(worker, 'a[href="/referrals/new"]', "**/referrals/new")
    worker.fill('[name="pseudonym"]', CHILD)
    choose(worker, "age_band", "9-11")
    choose(worker, "languages", "darija", "tarifit")
    choose(worker, "need", "loss-or-grief")
    choose(worker, "urgency", "soon")
    worker.fill('[name="tried"]', "لقاءات قصيرة بعد الدرس.")
    worker.fill('[name="strengths"]', "يرسم كل يوم.")
    worker.fill('[name="wish"]', "أن أنام بلا كوابيس.")
    choose(worker, "relation", "mother")
    worker.select_option('[name="consent_language"]', "tarifit")
    choose(worker, "scope", "visits", "share_recommendations_with_school")
    phones.look(worker, "assessment")
    send(worker, "/referrals/new", REFERRAL_PAGE)
    assert worker.inner_text("h1") == CHILD
    phones.look(worker, "request-filed")
    return worker.url


def takes_it_and_writes(phones: Phones, psychologist: Page, worker: Page) -> None:
    """Take the request, ask a question, and read the answer."""
    phones.look(psychologist, "psychologist-desk")
    assert CHILD not in psychologist.inner_text("main"), "no name before somebody answers for the child"
    send(psychologist, "/take", REFERRAL_PAGE)
    assert psychologist.inner_text("h1") == CHILD
    psychologist.fill('[name="message"]', QUESTION)
    send(psychologist, "/messages", REFERRAL_PAGE)
    worker.reload()
    assert QUESTION in worker.inner_text("main")
    worker.fill('[name="message"]', ANSWER)
    send(worker, "/messages", REFERRAL_PAGE)
    psychologist.reload()
    assert ANSWER in psychologist.inner_text("main")
    phones.look(psychologist, "request-taken")


def reads_the_card(phones: Phones, worker: Page) -> str:
    """Open the classroom's card from the desk; return the link that is printed on it."""
    worker.goto("/desk")
    follow(worker, 'a[href^="/visits/"]', VISIT_PAGE)
    visit_page = worker.url
    follow(worker, 'a[href$="/card/classroom"]', "**/card/classroom")
    phones.look(worker, "card")
    link, code_page, *_ = worker.locator("bdi.link").all_inner_texts()
    assert re.fullmatch(rf"{phones.server.url}/j#[\w-]{{43}}", link)
    assert code_page == f"{phones.server.url}/c"
    assert re.fullmatch(r"\d{8}", "".join(worker.locator(".code bdi").all_inner_texts()))
    assert worker.locator(".qr svg").bounding_box() is not None
    assert CHILD not in worker.inner_text("main"), "a card is lost as easily as it is given"
    worker.goto(visit_page)
    return link


def meet(phones: Phones, link: str, worker: Page, psychologist: Page) -> Page:
    """Bring all three into the call: the classroom by its card, the two others from the visit's page."""
    child = phones.phone().new_page()
    child.goto(link)
    phones.look(child, "childs-door")
    for page in (worker, psychologist):
        follow(page, 'a[href^="/call/"]', CALL_PAGE)
    for page in (child, worker, psychologist):
        press(page, "join")
        page.wait_for_selector('#room[data-signaling="online"]', timeout=LIVE_TIMEOUT_MS)
    press(psychologist, "knock")
    child.wait_for_selector('button[data-action="open-door"]')
    phones.look(child, "knock")
    press(child, "open-door")
    for page in (child, worker, psychologist):
        wait_for_state(page, "live")
    for page, name in ((child, "live-child"), (worker, "live-worker"), (psychologist, "live-psychologist")):
        wait_for_pictures(page)
        phones.look(page, name)
    return child


def end(phones: Phones, psychologist: Page, others: tuple[Page, ...]) -> None:
    """End the visit, gently, and see it closed for everybody."""
    press(psychologist, "end")
    for page in (psychologist, *others):
        wait_for_state(page, "closed")
    phones.look(others[0], "closed-child")


def keeps_a_note(phones: Phones, psychologist: Page, visit_page: str) -> None:
    """See who was there, and keep a private note."""
    psychologist.goto(visit_page)
    assert psychologist.locator("#attendance ~ * tbody tr").count() == 3
    psychologist.fill('[name="note"]', NOTE)
    send(psychologist, "/note", re.compile(r"/visits/[0-9a-f]{32}#notes$"))
    assert NOTE in psychologist.inner_text("main")
    phones.look(psychologist, "visit-over")


def advises_the_family(phones: Phones, psychologist: Page) -> None:
    """Write a recommendation in the family's language, and look at the sheet that is printed."""
    follow(psychologist, 'a[href$="#recommendations"]', REFERRAL_PAGE)
    unfold(psychologist, "/recommendations")
    choose(psychologist, "addressee", "family")
    psychologist.select_option('[name="language"]', "arabic")
    psychologist.fill('[name="recommendation"]', ADVICE)
    send(psychologist, "/recommendations", REFERRAL_PAGE)
    phones.look(psychologist, "advice-written")


def prints_the_advice(phones: Phones, worker: Page, referral_page: str) -> None:
    """Open the sheet that the social worker prints and reads aloud."""
    worker.goto(referral_page)
    follow(worker, 'a[href^="/recommendations/"]', PRINT_PAGE)
    assert ADVICE in worker.inner_text("article")
    assert worker.locator('article[lang="ar"][dir="rtl"]').count() == 1
    phones.look(worker, "advice-to-print")


def leaves_with_a_reason(phones: Phones, psychologist: Page) -> None:
    """End the support with its reason and whom to turn to next."""
    unfold(psychologist, "/close")
    choose(psychologist, "reason", "goals-reached")
    psychologist.fill('[name="next_contact"]', NEXT_CONTACT)
    send(psychologist, "/close", REFERRAL_PAGE)
    phones.look(psychologist, "exit")


def test_a_child_is_led_from_assessment_to_exit(phones: Phones) -> None:
    worker, psychologist = phones.at_desk("social_worker"), phones.at_desk("psychologist")

    referral_page = files_a_request(phones, worker)
    frees_the_hour(psychologist)
    takes_it_and_writes(phones, psychologist, worker)
    books_a_visit(psychologist, "accompanied")
    phones.look(psychologist, "visit-booked")
    link = reads_the_card(phones, worker)
    visit_page = worker.url
    child = meet(phones, link, worker, psychologist)
    end(phones, psychologist, (child, worker))
    keeps_a_note(phones, psychologist, visit_page)
    advises_the_family(phones, psychologist)
    prints_the_advice(phones, worker, referral_page)
    leaves_with_a_reason(phones, psychologist)

    worker.goto(referral_page)
    assert NEXT_CONTACT in worker.inner_text('section[aria-labelledby="exit"]')
    assert NOTE not in worker.content()
    worker.goto(visit_page)
    assert NOTE not in worker.content()
    phones.look(worker, "visit-over-for-the-worker")
