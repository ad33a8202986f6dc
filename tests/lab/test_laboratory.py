"""The laboratory's lines are as slow, as late and as lossy as they say, and leave nothing behind."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.laboratory import (
    OWN_FILES,
    SERVER_ADDRESS,
    TURN_ADDRESS,
    TURN_NAME,
    Laboratory,
    Nat,
    missing_for_laboratory,
    tcp_settings,
)
from tests.lab.presets import PRESETS, Line
from tests.lab.tls_front import HAPROXY, running_front

ECHO_PORT = 9000
PROBE = str(Path(__file__).with_name("probe.py"))
SHOWN_CERTIFICATE = "import ssl; print(ssl.get_server_certificate(('{}', 443)))"
CLEAR = Line(down_kbit=50_000, up_kbit=50_000, rtt_ms=0)

pytestmark = [pytest.mark.namespaces]
if (reason := missing_for_laboratory()) is not None:
    pytestmark.append(pytest.mark.skip(reason=reason))


@pytest.fixture
def lab() -> Iterator[Laboratory]:
    with Laboratory() as laboratory:
        echoes = []
        for address in (SERVER_ADDRESS, TURN_ADDRESS):
            echo = subprocess.Popen(
                laboratory.command_inside(laboratory.internet, sys.executable, PROBE, "echo", address, str(ECHO_PORT)),
                stdout=subprocess.PIPE,
                text=True,
            )
            echoes.append(echo)
            assert echo.stdout is not None
            assert echo.stdout.readline() == "ready\n"
        yield laboratory
        for echo in echoes:
            echo.kill()
            echo.communicate()


def probe(lab: Laboratory, home: str, count: int, *, size: int = 100, gap_s: float = 0.02) -> dict:
    told = lab.inside(
        home, sys.executable, PROBE, "measure", SERVER_ADDRESS, str(ECHO_PORT), str(count), str(size), str(gap_s)
    )
    return json.loads(told)


@pytest.mark.parametrize("preset", ["fibre", "rural3g", "edge"])
def test_round_trip_is_that_of_the_preset(lab: Laboratory, preset: str):
    line = PRESETS[preset]
    home = lab.add_participant("classroom", line)
    measured = probe(lab, home, 40, gap_s=0.05)
    serialising_ms = 128 * 8 / line.up_kbit + 128 * 8 / line.down_kbit
    expected = line.rtt_ms + line.jitter_ms + serialising_ms
    assert expected - line.jitter_ms - 2 <= measured["median_ms"] <= expected + line.jitter_ms + 15


def test_loss_is_that_of_the_line(lab: Laboratory):
    home = lab.add_participant("classroom", Line(down_kbit=50_000, up_kbit=50_000, rtt_ms=10, loss=0.1))
    probe(lab, home, 1000, gap_s=0.002)
    counts = lab.count("classroom")
    assert 60 <= counts["up"]["lost"] <= 145


def test_losses_come_in_bursts_where_the_line_says_so(lab: Laboratory):
    home = lab.add_participant("classroom", Line(down_kbit=50_000, up_kbit=50_000, rtt_ms=0, loss=0.2, burst=8))
    probe(lab, home, 1500, gap_s=0.002)
    assert 120 <= lab.count("classroom")["up"]["lost"] <= 520


def test_upload_passes_no_faster_than_its_rate_and_the_queue_is_bounded(lab: Laboratory):
    home = lab.add_participant("classroom", Line(down_kbit=50_000, up_kbit=100, rtt_ms=0, queue_ms=500))
    measured = probe(lab, home, 100, size=972, gap_s=0.01)
    counts = lab.count("classroom")
    assert counts["up"]["overflowed"] > 50
    # 1,000 bytes at the IP layer and 100 kbit/s are 80 ms each: in 3 s about 37 pass, and 15 more wait at the most.
    assert 15 <= measured["back"] <= 40


def test_cut_line_carries_nothing_and_a_mended_one_does_again(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    lab.cut("classroom")
    assert probe(lab, home, 10)["back"] == 0
    lab.cut("classroom", cut=False)
    assert probe(lab, home, 10)["back"] == 10


def test_line_changes_while_it_runs(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    assert probe(lab, home, 10)["median_ms"] < 20
    lab.set_line("classroom", "satellite")
    assert probe(lab, home, 10)["median_ms"] >= 600


def test_symmetric_nat_shows_each_server_another_port_and_a_cone_the_same(lab: Laboratory):
    cone = lab.add_participant("classroom", CLEAR)
    symmetric = lab.add_participant("psychologist", CLEAR, Nat.SYMMETRIC)
    source = (
        "import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('',5005)); s.settimeout(2)\n"
    )
    source += "for a in sys.argv[1:]: s.sendto(bytes(12),(a,9000)); print(s.recvfrom(99)[0][12:].decode())"
    ports = {
        home: {
            text.split(":")[1]
            for text in lab.inside(home, sys.executable, "-c", source, SERVER_ADDRESS, TURN_ADDRESS).split()
        }
        for home in (cone, symmetric)
    }
    assert ports[cone] == {"5005"}
    assert len(ports[symmetric]) == 2


def test_changed_address_is_seen_by_the_server(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    before = probe(lab, home, 5)["seen_from"]
    lab.change_address("classroom", 2)
    after = probe(lab, home, 5)["seen_from"]
    assert after[0].startswith(lab.public_address("classroom", 2))
    assert before[0].startswith(lab.public_address("classroom", 1))


def refuses(lab: Laboratory, home: str, port: int) -> bool:
    """Whether a server that does not listen there says so; False: the question is lost on its way."""
    asked = f"import socket\ntry: socket.create_connection(('{SERVER_ADDRESS}', {port}), 2)\n"
    heard = "except ConnectionRefusedError: print('refused')\nexcept TimeoutError: print('lost')"
    return lab.inside(home, sys.executable, "-c", asked + heard) == "refused\n"


def test_blocked_udp_leaves_tcp(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    lab.block_udp("classroom")
    assert probe(lab, home, 5)["back"] == 0
    assert refuses(lab, home, 9)
    lab.let_all_pass("classroom")
    assert probe(lab, home, 5)["back"] == 5


def test_a_wall_for_all_but_https_leaves_https(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    assert refuses(lab, home, 3478)
    lab.allow_only_https("classroom")
    assert probe(lab, home, 5)["back"] == 0
    assert not refuses(lab, home, 3478)
    assert refuses(lab, home, 443)


def test_the_server_speaks_tcp_as_the_sample_for_its_machine_says(lab: Laboratory):
    settings = tcp_settings()
    assert any(known for *_, known in settings)
    for name, value, known in settings:
        asked = subprocess.run(
            lab.command_inside(lab.internet, "sysctl", "-n", name), check=False, capture_output=True, text=True
        )
        assert asked.stdout.strip() == value or (not known and not _is_here(name, value)), name


def _is_here(name: str, value: str) -> bool:
    """Whether this machine's kernel has such a setting, and lets a namespace give it such a value."""
    place = Path("/proc/sys") / name.replace(".", "/")
    if name.endswith("congestion_control"):
        return value in place.with_name("tcp_allowed_congestion_control").read_text().split()
    return place.exists()


@pytest.mark.skipif(HAPROXY is None, reason="no haproxy (apt-get install haproxy)")
def test_a_proxy_that_is_started_again_keeps_its_certificate(lab: Laboratory, tmp_path: Path):
    shown = []
    for _ in range(2):
        with running_front(lab, lab.internet, SERVER_ADDRESS, 443, 8080, tmp_path):
            told = lab.inside(lab.internet, sys.executable, "-c", SHOWN_CERTIFICATE.format(SERVER_ADDRESS))
            shown.append(told)
    assert "BEGIN CERTIFICATE" in shown[0]
    assert shown[0] == shown[1]


def test_nothing_is_left_behind():
    with Laboratory() as laboratory:
        home = laboratory.add_participant("classroom", CLEAR)
        assert (OWN_FILES / home).exists()
        assert laboratory.internet in subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    left = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    mark = laboratory.internet.rsplit("-", 1)[0]
    assert mark not in left
    assert not list(OWN_FILES.glob(f"{mark}-*"))


def test_a_participant_finds_the_relay_by_its_name(lab: Laboratory):
    home = lab.add_participant("classroom", CLEAR)
    assert lab.inside(home, "getent", "hosts", TURN_NAME).split() == [TURN_ADDRESS, TURN_NAME]
