"""``./test`` runs every step to its end, hides no failure and no gap, and shows what pytest said."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.commands

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The command as a module, with a folder of its own and nothing to set up."""
    loader = importlib.machinery.SourceFileLoader("test_command_itself", str(ROOT / "test"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, loader.name, module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "ARTEFACTS", tmp_path / "artefacts")
    monkeypatch.setattr(module, "make_environment", lambda: None)
    monkeypatch.setattr(module, "install_parts", lambda _steps: set())
    monkeypatch.chdir(tmp_path)
    return module


def runs(command: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["test", *arguments])
    return command.main()


def step(command: ModuleType, name: str, code: str, **more: object) -> object:
    return command.Step(name, name.title(), (sys.executable, "-c", code), **more)


def pytest_step(command: ModuleType, folder: Path, source: str) -> object:
    (folder / "test_it.py").write_text(source)
    return command.Step("unit", "Units", (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)))


def test_all_steps_run_though_one_fails_and_the_whole_has_failed(command, monkeypatch, capfd):
    steps = (step(command, "one", "print('first'); raise SystemExit(3)"), step(command, "two", "print('second')"))
    monkeypatch.setattr(command, "STEPS", steps)
    assert runs(command, monkeypatch) == 1
    output = capfd.readouterr().out
    assert output.index("first") < output.index("second") < output.index("=== Summary ===")
    assert "FAILED" in output.split("Summary")[1].splitlines()[1]
    assert "passed" in output.split("Summary")[1].splitlines()[2]


def test_the_distributions_own_python_is_taken_where_it_fits_and_this_one_where_it_does_not(command):
    own = "/usr/bin/python3"
    assert command.interpreter("pass") == (own if Path(own).exists() else sys.executable)
    assert command.interpreter("raise SystemExit(1)") == sys.executable


def test_it_ends_well_when_all_steps_do(command, monkeypatch):
    monkeypatch.setattr(command, "STEPS", (step(command, "one", "pass"),))
    assert runs(command, monkeypatch) == 0


def test_one_step_can_be_asked_for(command, monkeypatch, capfd):
    monkeypatch.setattr(
        command, "STEPS", (step(command, "one", "print('first')"), step(command, "two", "print('second')"))
    )
    assert runs(command, monkeypatch, "two") == 0
    output = capfd.readouterr().out
    assert "second" in output
    assert "first" not in output


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--strict",), 1)])
def test_a_missing_part_skips_its_step_by_name_and_fails_a_strict_run(command, monkeypatch, capfd, arguments, code):
    monkeypatch.setattr(command, "STEPS", (step(command, "one", "print('ran')", needs=("Chromium",)),))
    monkeypatch.setattr(command, "install_parts", lambda _steps: {"Chromium"})
    assert runs(command, monkeypatch, *arguments) == code
    output = capfd.readouterr().out
    assert "ran" not in output
    assert "Chromium is missing (apt-get install chromium)" in output.split("Summary")[1]


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--strict",), 1)])
def test_a_skipped_test_is_told_with_its_reason_and_fails_a_strict_run(
    command, monkeypatch, capfd, tmp_path, arguments, code
):
    source = "import pytest\ndef test_a(): pass\n@pytest.mark.skip(reason='coturn is not here')\ndef test_b(): pass\n"
    monkeypatch.setattr(command, "STEPS", (pytest_step(command, tmp_path, source),))
    assert runs(command, monkeypatch, *arguments) == code
    assert "1 skipped: coturn is not here" in capfd.readouterr().out.split("Summary")[1]


def test_what_pytest_said_last_is_the_last_line(command, monkeypatch, capfd, tmp_path):
    monkeypatch.setattr(command, "STEPS", (pytest_step(command, tmp_path, "def test_a(): pass\n"),))
    assert runs(command, monkeypatch) == 0
    last = capfd.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("unit: 1 passed in ")


def test_further_words_go_to_pytest(command, monkeypatch, capfd, tmp_path):
    source = "def test_door(): pass\ndef test_window(): assert False\n"
    monkeypatch.setattr(command, "STEPS", (pytest_step(command, tmp_path, source),))
    assert runs(command, monkeypatch, "unit", "-k", "door") == 0
    assert "1 passed, 1 deselected" in capfd.readouterr().out


def test_further_words_without_a_step_that_takes_them_are_refused(command, monkeypatch):
    with pytest.raises(SystemExit) as refusal:
        runs(command, monkeypatch, "-k", "door")
    assert refusal.value.code == 2


@pytest.mark.parametrize(
    "line",
    [
        "12 passed in 3.45s",
        "1 failed, 104 passed in 11.42s",
        "=== 2 passed, 1 skipped, 3 warnings in 61.02s (0:01:01) ===",
        "no tests ran in 0.01s",
        "3 errors in 1.00s",
    ],
)
def test_a_closing_line_of_pytest_is_known(command, line):
    assert command.PYTEST_CLOSING_LINE.match(line)


def test_every_part_that_a_step_names_is_known(command):
    for each in command.STEPS:
        assert {*each.needs, *each.uses} <= set(command.PARTS)


def test_continuous_integration_runs_the_strict_command_and_nothing_else():
    script = (ROOT / ".ci" / "run").read_text()
    assert script.splitlines()[1:] == ['cd "$(dirname "$0")/.." && exec ./test --strict']
