"""The samples of ``deploy/`` fit the program that they run, as far as that can be seen without running them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from signaling.arrivals import Arrivals
from tests.lab.tls_front import HAPROXY, SAMPLE, make_certificate, settings_for
from web.cli import main
from web.metrics import Metrics
from web.settings import load_settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "wasl.json").read_text())
UNIT = (DEPLOY / "wasl.service").read_text()
COMPOSE = (DEPLOY / "compose.yaml").read_text()
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF"
DOCUMENTS = [DEPLOY / "README.md", *sorted((DEPLOY / "runbooks").glob("*.md")), DEPLOY.parent / "turn-config/README.md"]


def exported_metrics() -> set[str]:
    metrics = Metrics()
    metrics.observe_request("/", "GET", 200, 0.1)
    text = metrics.exposition([], Arrivals(joined=1), ready=True).decode()
    declared = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    sampled = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE))
    return declared | sampled


def environment(tmp_path: Path) -> dict[str, str]:
    """Return what ``environment.sample`` sets, with its secret files at hand."""
    lines = (DEPLOY / "environment.sample").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for variable in [name for name in values if name.endswith("_FILE")]:
        path = tmp_path / variable
        path.write_text("postgresql+psycopg://wasl@127.0.0.1/wasl" if "DATABASE" in variable else f"{SECRET}\n")
        path.chmod(0o600)
        values[variable] = str(path)
    return values


class TestDashboard:
    @pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
    def test_every_metric_it_names_is_exported(self, panel):
        for target in panel["targets"]:
            named = set(re.findall(r"\b(?:wasl|process|python)_\w+", target["expr"]))
            assert named
            assert named <= exported_metrics()

    def test_every_metric_of_ours_is_shown(self):
        ours = {
            metric for metric in exported_metrics() if metric.startswith("wasl_") and not metric.endswith("_created")
        }
        shown = json.dumps(DASHBOARD)
        assert [metric for metric in ours if re.sub(r"_(?:bucket|count|sum)$", "", metric) not in shown] == []

    def test_its_data_source_is_asked_for(self):
        assert [variable["type"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]


class TestService:
    def test_the_sample_environment_is_accepted(self, tmp_path):
        settings = load_settings({}, environment(tmp_path))
        assert settings.is_https
        assert len(settings.turn_urls) == 3

    @pytest.mark.parametrize(
        "line",
        [
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "ProtectHome=yes",
            "CapabilityBoundingSet=",
            "MemoryDenyWriteExecute=yes",
            "LimitCORE=0",
            "UMask=0077",
            "StateDirectoryMode=0700",
            "Type=notify",
        ],
    )
    def test_the_server_is_shut_in(self, line):
        assert line in UNIT.splitlines()

    def test_no_secret_is_passed_in_the_open(self):
        for text in (UNIT, COMPOSE, (DEPLOY / "environment.sample").read_text()):
            assert re.findall(r"(?:SECRET|TOKEN|PASSWORD|DATABASE_URL)\b(?!_FILE)\s*[=:]", text) == []

    def test_systemd_accepts_the_unit(self, tmp_path):
        if shutil.which("systemd-analyze") is None:
            pytest.skip("systemd: systemd-analyze is not installed")
        unit = tmp_path / "wasl.service"
        unit.write_text(UNIT.replace("/opt/wasl/.venv/bin/python", "/bin/true"))
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
            check=False,
            capture_output=True,
            text=True,
        )
        assert [line for line in checked.stderr.splitlines() if "wasl.service" in line] == []


class TestPrivacy:
    def test_no_proxy_sample_logs_who_came(self):
        nginx = (DEPLOY / "nginx.conf").read_text()
        assert nginx.count("access_log off;") == nginx.count("server_name")
        for sample in ("Caddyfile", "Caddyfile.compose"):
            text = re.sub(r"#.*", "", (DEPLOY / sample).read_text())
            sites = text.partition("\n}\n")[2]
            assert re.search(r"\blog\b", sites) is None
        haproxy = re.sub(r"#.*", "", (DEPLOY / "haproxy.cfg").read_text())
        assert re.search(r"\blog\b|httplog|tcplog", haproxy.partition("\ndefaults\n")[2]) is None

    def test_containers_that_see_addresses_keep_no_output(self):
        for service in ("proxy", "relay"):
            body = re.search(rf"^  {service}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
            assert body
            assert "logging: {driver: none}" in body.group(1)

    def test_the_two_caddy_samples_differ_in_two_lines(self):
        one, other = ((DEPLOY / name).read_text().splitlines() for name in ("Caddyfile", "Caddyfile.compose"))
        assert sum(a != b for a, b in zip(one, other, strict=True)) == 2


class TestHaproxy:
    def test_the_sample_is_accepted_with_a_certificate_and_as_the_laboratory_changes_it(self, tmp_path):
        if HAPROXY is None:
            pytest.skip("no haproxy (apt-get install haproxy)")
        certificate, key = make_certificate("127.0.0.1", tmp_path)
        both = tmp_path / "wasl.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        as_it_is = SAMPLE.read_text().replace("/etc/haproxy/wasl.pem", str(both))
        for number, settings in enumerate((as_it_is, settings_for("127.0.0.1", 8443, 8080, both))):
            path = tmp_path / f"{number}.cfg"
            path.write_text(settings)
            told = subprocess.run([HAPROXY, "-c", "-f", path], check=False, capture_output=True, text=True)
            assert told.returncode == 0, told.stderr
            assert "WARNING" not in told.stderr


class TestDocuments:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
    def test_every_command_exists(self, document):
        """A command is ``wasl`` and small words in code; every word must lead somewhere in the command line."""
        for words in re.findall(r"(?<![\w/.-])wasl((?: [a-z][a-z-]+)+)", code_of(document.read_text())):
            command = main
            for word in words.split():
                if not hasattr(command, "commands"):
                    break
                assert word in command.commands, f"wasl{words}"
                command = command.commands[word]

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
    def test_every_link_leads_somewhere(self, document):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), target


def code_of(markdown: str) -> str:
    """Return what stands in code: blocks, and words between backquotes. Other commands about ``wasl`` are left out."""
    blocks = re.findall(r"```\w*\n(.*?)```", markdown, re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL))
    lines = [line for part in (*blocks, *spans) for line in part.splitlines()]
    return "\n".join(line for line in lines if line.startswith("wasl "))
