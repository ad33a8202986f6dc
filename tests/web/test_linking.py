"""Modules joined into groups: each runs once, in its own scope, and finds what it needs."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from web.assets import GROUPS, load_assets
from web.linking import link

SOURCES = {
    "js/lib/count.js": "export const start = 5;\nexport function next(n) {\n  return n + start;\n}\n",
    "js/ui/show.js": 'import { next as after } from "../lib/count.js";\nconst start = "own";\n'
    "export const shown = () => `${start} ${after(1)}`;\nexport const here = import.meta.url;\n",
    "js/pages/first.js": 'import { shown, here } from "../ui/show.js";\nexport const place = here;\n'
    'export async function go() {\n  return [shown(), await import("./later.js")];\n}\n',
    "js/pages/later.js": 'import { shown } from "../ui/show.js";\nimport { start } from "../lib/count.js";\n'
    "export class Late {\n  words = `${shown()} ${start}`;\n}\n",
}
ENTRIES = ("js/pages/first.js", "js/pages/later.js")


def test_groups_run_and_share_what_they_have_in_common(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    for path, text in {**SOURCES, **link(SOURCES, ENTRIES)}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    # A module that ran again would come from its own file: the linked pages must do without.
    for alone in ("js/lib/count.js", "js/ui/show.js"):
        (tmp_path / alone).unlink()
    program = (
        'import { go, place } from "./js/pages/first.js"; const [said, { Late }] = await go();'
        "console.log(JSON.stringify([said, new Late().words, place.split('/').slice(-3).join('/')]));"
    )
    told = subprocess.run(
        [node, "--input-type=module", "-e", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == ["own 6", "own 6 5", "js/ui/show.js"]


@pytest.mark.parametrize(
    "text",
    ['import * as all from "./b.js";\n', 'import "./b.js";\n', "export default 1;\n", 'export { x } from "./b.js";\n'],
)
def test_a_form_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.js"):
        link({"js/a.js": text, "js/b.js": ""}, ["js/a.js"])


def test_a_circle_is_refused() -> None:
    circle = {"js/a.js": 'import { b } from "./b.js";\n', "js/b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(ValueError, match="circle"):
        link(circle, ["js/a.js"])


@pytest.fixture(scope="module")
def faults_of_groups() -> dict[str, str]:
    """What node's parser says against each group as a module. One start of node reads them all."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    program = (
        'import { SourceTextModule } from "node:vm"; import { readFileSync } from "node:fs"; const faults = {};'
        "for (const [entry, text] of Object.entries(JSON.parse(readFileSync(0))))"
        "  try { new SourceTextModule(text); } catch (fault) { faults[entry] = String(fault); }"
        "console.log(JSON.stringify(faults));"
    )
    told = subprocess.run(
        [node, "--experimental-vm-modules", "--input-type=module", "-e", program],
        input=json.dumps({entry: load_assets().text(entry) for entry in GROUPS}),
        capture_output=True,
        text=True,
        check=True,
    )
    faults: dict[str, str] = json.loads(told.stdout)
    return faults


@pytest.mark.parametrize("entry", GROUPS)
def test_every_group_of_the_page_is_a_module_that_parses(entry: str, faults_of_groups: dict[str, str]) -> None:
    assert load_assets().text(entry)
    assert faults_of_groups.get(entry) is None
