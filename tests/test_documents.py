"""The documents speak of what is there."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
)
DOCUMENTS = sorted(ROOT / name for name in LISTED.stdout.splitlines() if (ROOT / name).is_file())


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_test_that_is_named_as_proof_exists(document):
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)", document.read_text()):
        source = (ROOT / file).read_text()
        assert re.search(rf"^\s*(?:class|(?:async )?def) {name}\b", source, re.MULTILINE), f"{file}::{name}"


def test_security_names_its_proofs():
    table = re.search(r"\| promise \| proof \|\n(.*?)\n\n", (ROOT / "SECURITY.md").read_text(), re.DOTALL)
    assert table
    rows = table.group(1).splitlines()[1:]
    assert len(rows) > 10
    assert all("::" in row for row in rows)


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_every_link_inside_the_project_leads_somewhere(document):
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target


def test_the_step_names_in_the_tests_readme_are_those_of_the_command():
    listed = subprocess.run([ROOT / "test", "--list"], check=True, capture_output=True, text=True).stdout
    steps = {line.split()[0] for line in listed.splitlines()}
    table = re.search(r"\| step \|.*?\n\n", (ROOT / "tests/README.md").read_text(), re.DOTALL)
    assert table
    assert {
        name for row in table.group().strip().splitlines()[2:] for name in re.findall(r"`([\w-]+)`", row.split("|")[1])
    } == steps


@pytest.mark.parametrize("document", DOCUMENTS, ids=ids)
def test_no_document_speaks_of_one_persons_machine(document):
    assert re.findall(r"(?<![\w.])/(?:home|root|work|Users)/\w+", document.read_text()) == []
