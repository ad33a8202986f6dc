"""What can be seen in the page's sources without a browser: directions, sentences, and that nothing can record."""

import re
from pathlib import Path

import pytest

from web.assets import GROUPS, Assets, load_assets
from web.js_strings import CALL

STATIC = Path(__file__).parents[2] / "web" / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
STYLES = sorted((STATIC / "css").rglob("*.css"))
SCRIPT_STYLES = sorted((STATIC / "js").rglob("*.css"))
CALL_SCRIPTS = [path for path in SCRIPTS if path.name != "admin-rooms.js"]
PHYSICAL = re.compile(
    r"(?:^|[\s;{])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)|left|right|top|bottom|width|height|"
    r"(?:min|max)-(?:width|height))\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)
#: Keys that scripts put together, by their first part.
JOINED = ("role-", "media-", "microphone-", "camera-", "sound-off", "picture-off", "signal-")


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_styles_know_no_left_and_no_right(style: Path) -> None:
    without_queries = re.sub(r"@media[^{]*\{", "{", style.read_text())
    assert PHYSICAL.findall(without_queries) == []


@pytest.mark.parametrize("style", [*STYLES, *SCRIPT_STYLES], ids=lambda path: path.name)
def test_what_moves_is_moved_without_being_drawn_anew(style: Path) -> None:
    for frames in re.findall(r"@keyframes [\w-]+ \{((?:[^{}]*\{[^{}]*\})*)", style.read_text()):
        assert set(re.findall(r"([\w-]+)\s*:", frames)) <= {"transform", "opacity"}


def test_every_sentence_a_script_asks_for_exists_and_every_sentence_is_asked_for() -> None:
    source = "\n".join(path.read_text() for path in CALL_SCRIPTS)
    asked = set(re.findall(r'\bt\("([\w-]+)"', source)) | set(re.findall(r'strings\["([\w-]+)"\]', source))
    asked |= {key for pair in re.findall(r't\([^()]*\? "([\w-]+)" : "([\w-]+)"', source) for key in pair}
    assert asked - set(CALL) == set()
    joined = {key for key in CALL if key.startswith(JOINED)}
    assert set(CALL) - asked - joined == set()


def test_no_script_could_record_anything() -> None:
    recorders = re.compile("MediaRecorder|captureStream|ImageCapture|showSaveFilePicker")
    for path in [*SCRIPTS, STATIC / "sw.js"]:
        assert not recorders.search(path.read_text()), path.name


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in [*SCRIPTS, *STYLES, STATIC / "sw.js"]:
        found = re.findall(r"https?://[^\s\"'`)]+", path.read_text())
        assert [url for url in found if not url.startswith("http://www.w3.org/")] == [], path.name


def test_what_draws_knows_neither_socket_nor_connection_and_the_other_way_about() -> None:
    forbidden = {
        "rtc": r'document\.|from "\.\./(?:ui|signaling|pages)/',
        "ui": r'from "\.\./(?:rtc|signaling|pages)/',
    }
    for folder, pattern in forbidden.items():
        for path in sorted((STATIC / "js" / folder).glob("*.js")):
            assert not re.search(pattern, path.read_text()), path.name


SINGLE = [path for path in SCRIPTS if path.relative_to(STATIC).as_posix() not in GROUPS]


@pytest.mark.parametrize("script", SINGLE, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_script_is_served_without_its_comments_on_the_same_lines(script: Path) -> None:
    served = load_assets().text(script.relative_to(STATIC).as_posix())
    source = script.read_text()
    assert "/**" not in served
    assert served.count("\n") == source.count("\n")
    begins = [line for line in source.splitlines() if "/**" in line]
    assert all(re.search(r"(?:^|[\s({\[=,?:>&|])/\*\*(?:\s|$)", line) for line in begins)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_no_text_of_a_script_goes_on_over_several_lines(script: Path) -> None:
    code = re.sub(r"/\*\*.*?\*/|^\s*//[^\n]*", "", script.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert [text for text in re.findall(r"`[^`]*`", code) if "\n" in text] == []


def test_the_door_works_before_the_rest_of_the_page_has_come() -> None:
    page = (STATIC.parent / "templates" / "join" / "call.html").read_text()
    assert page.index('data-action="join"') < page.index("js/pages/join.js") < page.index('id="who"')


def test_the_door_pings_as_the_socket_does() -> None:
    door = (STATIC / "js/pages/join.js").read_text()
    socket = (STATIC / "js/signaling/socket.js").read_text()
    for pattern, name in ((r"openedAfterMs < (\d+)", "SLOW_OPENING_MS"), (r"\}, (\d+)\);", "HASTY_PING_INTERVAL_MS")):
        assert re.findall(pattern, door) == re.findall(rf"{name} = (\d+);", socket)


def test_a_comment_goes_and_what_looks_like_one_stays(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    script = "/**\n * Words.\n */\nlet /** @type {A} */ a = 'b // c';\n  // alone\nf(a); // beside\n"
    (tmp_path / "js" / "a.js").write_text(script)
    assert Assets(tmp_path).text("js/a.js") == "\n\n\nlet a = 'b // c';\n\nf(a); // beside\n"


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_is_served_without_its_comments_and_whole(style: Path) -> None:
    served = load_assets().text(style.relative_to(STATIC).as_posix())
    source = style.read_text()
    assert "/*" not in served
    assert served.count("{") == source.count("{")
    assert served.count("}") == source.count("}")


def test_the_service_worker_keeps_every_part_of_the_call_page_and_nothing_else() -> None:
    """Without a network a part that is missing there would stop the page, or its voices."""
    found = re.search(r"^const OURS = /(.+)/;$", (STATIC / "sw.js").read_text(), re.MULTILINE)
    assert found is not None
    ours = re.compile(found[1].replace(r"\/", "/"))
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    kept = {name for name in files if ours.search(name)}
    assert kept == {*GROUPS, "js/clips/capture-worklet.js", "js/rtc/red-worker.js", "js/ui/low-rungs.css"}
