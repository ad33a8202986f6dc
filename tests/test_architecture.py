"""What the design says of the code as a whole, read from the files themselves."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINES_MAX = 400
PACKAGES = ("rooms", "signaling", "web")


def tracked_files() -> list[Path]:
    """Return the files that are, or would be, committed: what git knows and what it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return sorted({ROOT / name for name in listed if (ROOT / name).is_file()})


FILES = tracked_files()


def files(*suffixes: str, under: tuple[str, ...] = ()) -> list[Path]:
    return [
        path
        for path in FILES
        if path.suffix in suffixes and (not under or path.relative_to(ROOT).as_posix().startswith(under))
    ]


PRODUCTION = files(".py", under=tuple(f"{package}/" for package in PACKAGES))
SCRIPTS = files(".js", under=("web/static/",))
STYLES = files(".css", ".html", under=("web/",))
PAGES = files(".html", ".js", ".css", ".svg", ".json", under=("web/templates/", "web/static/"))
TESTS = [path for path in files(".py", under=("tests/",)) if path.name.startswith("test_")]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_with(pattern: re.Pattern[str], paths: list[Path], *, but: re.Pattern[str] | None = None) -> list[str]:
    """Return ``file:line: text`` of each line that matches, after what matches ``but`` has been taken out of it."""
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(but.sub("", line) if but else line)
    ]


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", script, flags=re.DOTALL)


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Return the syntax tree of a file of Python, flat; the first one is the whole. It is read once for all tests."""
    return list(ast.walk(ast.parse(path.read_text())))


def imports_of(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


class TestFiles:
    def test_each_fits_on_a_few_screens(self):
        generated = ("rooms/migrations/versions/", "tests/js/package-lock.json")
        too_long = {
            name(path): length
            for path in files(".py", ".js", ".css", ".html", ".jinja", ".j2")
            if not name(path).startswith(generated) and (length := len(path.read_text().splitlines())) > LINES_MAX
        }
        assert too_long == {}

    def test_names_say_what_is_inside(self):
        empty_words = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "base"}
        # base.html and base.css are what every page begins with, which is what the word says there.
        assert [name(path) for path in files(".py", ".js") if path.stem in empty_words] == []

    def test_the_word_that_means_four_things_stands_alone_nowhere(self):
        """An appointment, a database transaction, a log-in and an SDP text have a word of their own each."""
        # pytest's fixture scope and its run, an attribute of aiohttp's test client, and SQLAlchemy's, said in full.
        own = r"scope=\"session\"|\brequest\.session\b|\bpytest\.Session\b|\bclient\.session\b|\bdb session\b"
        allowed = re.compile(own, re.IGNORECASE)
        checked = [path for path in files(".py", ".js", ".css", ".html") if path != Path(__file__)]
        assert lines_with(re.compile(r"\bsession\b", re.IGNORECASE), checked, but=allowed) == []


class TestPythonImports:
    """The arrow web -> signaling -> rooms itself is import-linter's (``./test imports``)."""

    @pytest.mark.parametrize("package", PACKAGES)
    def test_production_code_never_imports_tests(self, package):
        guilty = [name(path) for path in PRODUCTION for module in imports_of(path) if module.split(".")[0] == "tests"]
        assert guilty == []
        assert any(name(path).startswith(f"{package}/") for path in PRODUCTION)

    def test_media_libraries_stay_in_one_folder(self):
        guilty = [
            name(path)
            for path in PRODUCTION
            if not name(path).startswith("signaling/media_peer/")
            and {module.split(".")[0] for module in imports_of(path)} & {"aiortc", "av"}
        ]
        assert guilty == []

    def test_pure_cores_have_no_clock_no_chance_and_no_way_out(self):
        cores = [
            path
            for path in PRODUCTION
            if path.name == "states.py"
            or name(path)
            in {
                "rooms/visits/composition.py",
                "rooms/visits/live_room.py",
                "signaling/candidate_filter.py",
                "signaling/messages.py",
                "signaling/routing.py",
            }
        ]
        outside = {"aiohttp", "asyncio", "sqlalchemy", "socket", "time", "random", "secrets", "os", "threading", "uuid"}
        guilty = [
            (name(path), module) for path in cores for module in imports_of(path) if module.split(".")[0] in outside
        ]
        assert guilty == []
        assert lines_with(re.compile(r"datetime\.now\(|\bnew_id\("), cores) == []
        assert "rooms/visits/states.py" in map(name, cores)


class TestStates:
    def test_a_state_changes_through_transition_only(self):
        assert [fault for path in PRODUCTION for fault in direct_state_changes(path)] == []

    def test_a_direct_change_would_be_found(self, tmp_path):
        source = tmp_path / "wrong.py"
        source.write_text(
            "class A:\n def __init__(self): self.state = 1\n def go(self): self.state = 2\n"
            "def end(visit): visit.state = transition(visit.state, 3, 'x')\n"
            "def cheat(db): db.execute(update(V).values(state=4))\n"
        )
        assert [fault.split(":")[1] for fault in direct_state_changes(source)] == ["3", "5"]


def direct_state_changes(path: Path) -> list[str]:
    """Return where an attribute ``state`` is set to something that ``transition`` has not returned.

    The first value, given in ``__init__``, is no change. So that no table is changed behind the machine's back either,
    ``.values(state=…)`` of an UPDATE is found as well.
    """
    found: list[str] = []
    nodes = nodes_of(path)
    first_values = {
        id(node)
        for function in nodes
        if isinstance(function, ast.FunctionDef) and function.name in {"__init__", "__post_init__"}
        for node in ast.walk(function)
    }
    transitions = {
        node.targets[0].id
        for node in nodes
        if isinstance(node, ast.Assign) and is_transition(node.value) and isinstance(node.targets[0], ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Assign) and id(node) not in first_values:
            is_state = any(isinstance(t, ast.Attribute) and t.attr.lstrip("_") == "state" for t in node.targets)
            through = is_transition(node.value) or (isinstance(node.value, ast.Name) and node.value.id in transitions)
            if is_state and not through:
                found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
        is_update = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values"
        if is_update and any(k.arg == "state" and not is_transition(k.value) for k in node.keywords):
            found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    return found


def is_transition(value: ast.expr) -> bool:
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Name | ast.Attribute) and ast.unparse(called).split(".")[-1].endswith("transition")


#: What each folder of scripts may import from.
ROLES = {
    "pages": {"pages", "clips", "ui", "rtc", "signaling", "lib"},
    "clips": {"clips", "ui", "lib"},
    "ui": {"ui", "lib"},
    "rtc": {"rtc", "lib"},
    "signaling": {"signaling", "lib"},
    "lib": {"lib"},
}
IMPORT = re.compile(r"""(?:\bfrom|\bimport\s*\(|\bimport)\s*["']([^"']+)["']""")


class TestScripts:
    def test_each_lives_in_a_folder_that_says_its_role(self):
        modules = [path for path in SCRIPTS if name(path).startswith("web/static/js/")]
        assert {path.relative_to(ROOT / "web/static/js").parts[0] for path in modules} <= set(ROLES)
        assert modules

    def test_imports_run_from_pages_inwards(self):
        guilty = []
        for path in SCRIPTS:
            if not name(path).startswith("web/static/js/"):
                continue
            role = path.relative_to(ROOT / "web/static/js").parts[0]
            for target in IMPORT.findall(without_comments(path.read_text())):
                if target.startswith("."):
                    resolved = (path.parent / target).resolve()
                    to = resolved.relative_to(ROOT / "web/static/js").parts[0]
                else:
                    to = target.removeprefix("wasl/").split("/")[0]
                if to not in ROLES[role]:
                    guilty.append(f"{name(path)} imports {target}")
        assert guilty == []

    @pytest.mark.parametrize(
        ("role", "foreign"),
        [
            ("rtc", r"\bdocument\b|\bWebSocket\b|\bfetch\("),
            ("ui", r"\bRTCPeerConnection\b|\bWebSocket\b|\bfetch\("),
            ("signaling", r"\bdocument\b|\bRTCPeerConnection\b"),
            ("lib", r"\bRTCPeerConnection\b|\bWebSocket\b"),
            ("clips", r"\bRTCPeerConnection\b|\bWebSocket\b|\bfetch\("),
        ],
    )
    def test_each_role_keeps_to_its_world(self, role, foreign):
        guilty = [
            f"{name(path)}: {found}"
            for path in SCRIPTS
            if name(path).startswith(f"web/static/js/{role}/")
            for found in re.findall(foreign, without_comments(path.read_text()))
        ]
        assert guilty == []

    def test_nothing_shipped_can_record(self):
        recording = re.compile(
            r"MediaRecorder|captureStream|MediaStreamTrackProcessor|ImageCapture|getDisplayMedia|VideoEncoder"
            r"|createScriptProcessor|showSaveFilePicker|createWritable|SpeechRecognition"
        )
        assert lines_with(recording, PAGES) == []
        assert lines_with(re.compile(r"MediaRecorder|MediaPlayer\b|av\.open"), PRODUCTION) == []

    def test_speech_is_encoded_in_one_place_that_can_keep_nothing(self):
        """Clips of speech are sealed and sent while a button is held; no more than a minute waits in memory."""
        encoding = re.compile(r"AudioEncoder|AudioWorklet")
        guilty = [line for line in lines_with(encoding, PAGES) if not line.startswith("web/static/js/clips/capture")]
        assert guilty == []
        keeping = re.compile(
            r"localStorage|sessionStorage|indexedDB|\bcaches\b|\bBlob\b|createObjectURL|\bFile\w*\(|\bdownload\b"
        )
        clips = files(".js", under=("web/static/js/clips/",))
        assert lines_with(keeping, clips) == []
        assert clips

    def test_stills_are_taken_in_one_place_and_kept_in_none(self):
        """A frame of the camera becomes bytes only to be sent, and bytes become a picture only to be drawn."""
        taking = re.compile(r"\.(?:toBlob|toDataURL|convertToBlob|getImageData)\(")
        guilty = [line for line in lines_with(taking, PAGES) if not line.startswith("web/static/js/ui/stills.js")]
        assert guilty == []
        keeping = re.compile(
            r"localStorage|sessionStorage|indexedDB|\bcaches\b|createObjectURL|\bFile\w*\(|\bdownload\b|\bfetch\("
        )
        stills = [path for path in files(".js", under=("web/static/js/",)) if path.stem.startswith("still")]
        assert lines_with(keeping, stills) == []
        assert len(stills) == 4


class TestStyles:
    def test_directions_are_logical(self):
        """So that every page is right in Arabic without a line of its own."""
        sides = "left|right|top|bottom"
        physical = re.compile(
            rf"(?<![\w-])(?:(?:margin|padding|scroll-margin|scroll-padding)-(?:{sides})|(?:{sides})"
            rf"|border-(?:{sides})(?:-\w+)*|(?:min-|max-)?(?:width|height))\s*:(?!:)"
            r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
        )
        # Conditions of media and container queries have no logical spelling; SVG's width="" is not CSS.
        query = re.compile(
            r"@(?:media|container)[^{]*|(?:^|\s)media=\"[^\"]*\"|\(\s*(?:min-|max-)?(?:width|height)\s*:[^)]*\)"
        )
        guilty = [
            f"{name(path)}: {found}"
            for path in STYLES
            for css in style_texts(path)
            for found in physical.findall(query.sub("", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)))
        ]
        assert guilty == []


def style_texts(path: Path) -> list[str]:
    text = path.read_text()
    if path.suffix == ".css":
        return [text]
    return [*re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL), *re.findall(r"\sstyle=\"([^\"]*)\"", text)]


def test_pages_and_scripts_name_no_host_but_their_own():
    """A page of ours asks nobody else for anything: no font, no script, no picture, no STUN."""
    foreign = re.compile(r"(?:https?|wss?|stuns?|turns?):/{0,2}[\w\[]|[\"'(=]//[\w]", re.IGNORECASE)
    # Names of XML vocabularies are not fetched.
    names = re.compile(r"http://www\.w3\.org/(?:2000/svg|1999/xlink|1999/xhtml|XML/1998/namespace)")
    assert lines_with(foreign, PAGES, but=names) == []


class TestTests:
    @pytest.mark.parametrize("path", TESTS, ids=name)
    def test_every_method_of_a_test_class_is_a_test_or_is_used_by_one(self, path):
        source = path.read_text()
        unused = [
            f"{node.name}.{method.name}"
            for node in nodes_of(path)
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test") and not is_state_machine(node)
            for method in node.body
            if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
            and not method.name.startswith(("test_", "__", "setup_", "teardown_"))
            and not any("fixture" in ast.unparse(decorator) for decorator in method.decorator_list)
            and len(re.findall(rf"\.{method.name}\b", source)) == 0
        ]
        assert unused == []

    @pytest.mark.parametrize("path", TESTS, ids=name)
    def test_no_test_hides_another_of_the_same_name(self, path):
        module, *others = nodes_of(path)
        for scope in (module, *(node for node in others if isinstance(node, ast.ClassDef))):
            names = Counter(n.name for n in scope.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
            assert [each for each, count in names.items() if count > 1] == []

    def test_every_file_of_tests_is_collected(self):
        def has_tests(path: Path) -> bool:
            return re.search(r"^\s*(?:async )?def test_|^class Test", path.read_text(), re.MULTILINE) is not None

        strays = [
            name(path)
            for path in files(".py", under=("tests/",))
            if has_tests(path) and not path.name.startswith("test_") and not path.name.endswith("_contract.py")
        ]
        assert strays == []


def is_state_machine(node: ast.ClassDef) -> bool:
    return any("StateMachine" in ast.unparse(base) for base in node.bases)
