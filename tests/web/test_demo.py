"""The demonstration and the command line, as processes that people and scripts start."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from web.notify import notify

pytestmark = pytest.mark.commands

ROLES = {"classroom", "social_worker", "psychologist", "guardian", "admin"}
START_LIMIT_S = 60


def wasl(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "web.cli", *arguments], capture_output=True, text=True, check=False,
        env=clean | environment, timeout=START_LIMIT_S,
    )  # fmt: skip


@contextmanager
def running_demo(data: Path, *arguments: str) -> Iterator[tuple[dict, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "demo", "--json", "--port", "0", "--data", str(data), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def opener() -> urllib.request.OpenerDirector:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    return urllib.request.build_opener(Stay)


def post(url: str, body: bytes, kind: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, body, {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
    try:
        with opener().open(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_the_first_line_is_one_object_and_every_link_lands_its_role(tmp_path: Path) -> None:
    with running_demo(tmp_path) as (told, _):
        assert set(told) == {"url", "visit", "links", "desks"}
        assert set(told["links"]) == ROLES
        assert urllib.request.urlopen(f"{told['url']}/readyz").status == 200
        for role in ("classroom", "social_worker", "guardian"):
            page, _, secret = told["links"][role].partition("#")
            assert page == f"{told['url']}/j"
            status, _, answer = post(
                f"{told['url']}/api/join/exchange", json.dumps({"secret": secret}).encode(), "application/json"
            )
            assert status == 200
            assert json.loads(answer)["visit"] == told["visit"]
            assert json.loads(answer)["role"] == role
        lands = {
            told["links"]["psychologist"]: f"/call/{told['visit']}",
            told["links"]["admin"]: "/admin/rooms",
            told["desks"]["social_worker"]: "/desk",
            told["desks"]["psychologist"]: "/desk",
            told["desks"]["supervisor"]: "/desk",
        }
        for link, target in lands.items():
            page, _, secret = link.partition("#")
            status, headers, _ = post(page, f"secret={secret}".encode(), "application/x-www-form-urlencoded")
            assert (status, headers["Location"]) == (303, target)
            assert "__Host-login=" in headers["Set-Cookie"]
        assert post(f"{told['url']}/demo", b"secret=wrong", "application/x-www-form-urlencoded")[0] == 404


def test_a_second_start_finds_the_same_visit_and_links_again(tmp_path: Path) -> None:
    with running_demo(tmp_path, "--public-url", "https://demo.example.org") as (first, _):
        pass
    with running_demo(tmp_path, "--public-url", "https://demo.example.org") as (second, _):
        pass
    assert first == second
    assert first["url"] == "https://demo.example.org"
    assert all(link.startswith("https://demo.example.org/") for link in first["links"].values())
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_the_demo_refuses_the_network() -> None:
    refused = wasl("demo", "--host", "0.0.0.0")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1
    assert "this machine only" in refused.stderr


def test_the_real_server_names_every_fault_in_one_line_each(tmp_path: Path) -> None:
    refused = wasl("serve", "--data", str(tmp_path), "--host", "0.0.0.0", WASL_METRICS_TOKEN="changeme")
    assert refused.returncode == 2
    assert "example value" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_lost_keys_beside_a_database_are_refused_and_none_are_made(tmp_path: Path) -> None:
    assert wasl("migrate", "--data", str(tmp_path)).returncode == 0
    refused = wasl("sweep", "--data", str(tmp_path))
    assert refused.returncode == 2
    assert "restore the folder" in refused.stderr
    assert not (tmp_path / "keys").exists()


def test_an_admin_gets_a_link_and_keys_are_rotated(tmp_path: Path) -> None:
    made = wasl("admin", "create", "--data", str(tmp_path), "--email", "karim@example.org")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("http://127.0.0.1:8080/welcome#")
    again = wasl("admin", "create", "--data", str(tmp_path), "--email", "karim@example.org")
    assert (again.returncode, "in-use" in again.stderr) == (2, True)
    rotated = wasl("keys", "rotate", "--data", str(tmp_path))
    assert "made master-2.key" in rotated.stderr
    rewrapped = wasl("keys", "rewrap", "--data", str(tmp_path))
    assert "wrapped 1 data keys" in rewrapped.stderr
    assert (tmp_path / "keys" / "master-2.key").exists()


def test_the_doctor_says_what_to_do(tmp_path: Path) -> None:
    found = wasl(
        "doctor", "--json", "--data", str(tmp_path),
        WASL_TURN_URLS="turns:127.0.0.1:9,turn:127.0.0.1:9?transport=udp",
        WASL_TURN_SECRET="q8Zr2Lw5Xn7Tb1Vc4Ks9Jd6Hf3Gy0PmAe",
    )  # fmt: skip
    findings = {finding["check"]: finding for finding in json.loads(found.stdout)}
    assert findings["time zones"]["ok"]
    assert findings["database"]["ok"]
    assert not findings["relay"]["ok"]
    assert "coturn" in findings["relay"]["advice"]
    assert not findings["relay by name"]["ok"]
    assert found.returncode == 1


#: Serves until it could greet, and says then how many objects the collector leaves alone, and how many not.
COUNTING = """
import gc, os, signal, sys
from pathlib import Path
from web.serve import run
from web.settings import Settings

async def prepare(app):
    def greet():
        print(gc.get_freeze_count(), len(gc.get_objects()))
        os.kill(os.getpid(), signal.SIGTERM)
    return greet

run(Settings(data=Path(sys.argv[1]), port=0), prepare)
"""


def test_a_server_does_not_go_through_all_that_it_is_made_of_while_rooms_wait(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", COUNTING, str(tmp_path)], capture_output=True, text=True, check=False,
        timeout=START_LIMIT_S,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    left_alone, gone_through = map(int, told.stdout.split())
    assert left_alone > 10 * gone_through


def test_help_does_not_import_the_server() -> None:
    script = "import sys, web.cli; print(sorted(set(sys.modules) & {'aiohttp', 'sqlalchemy', 'jinja2', 'alembic'}))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_notice_reaches_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        notify("READY=1")
        assert listener.recv(100) == b"READY=1"
    notify("STOPPING=1")  # nobody listens any more, and nothing happens
