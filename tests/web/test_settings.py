"""Settings: where they come from, which one wins, and everything that is refused."""

from pathlib import Path

import pytest

from web.key_files import add_keys, load_keys, make_keys
from web.refusals import refusals
from web.settings import Settings, SettingsError, load_settings

GOOD_SECRET = "q8Zr2Lw5Xn7Tb1Vc4Ks9Jd6Hf3Gy0PmAeUiO"


def faults(options: dict[str, object] | None = None, **environment: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(options or {}, environment)
    return caught.value.faults


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    config = private(tmp_path / "wasl.toml", 'port = 1001\nhost = "::1"\nlog_level = "error"\n')
    environment = {"WASL_CONFIG": str(config), "WASL_PORT": "1002", "WASL_LOG_LEVEL": "debug", "PATH": "/bin"}
    settings = load_settings({"port": 1003, "host": None}, environment)
    assert (settings.port, settings.log_level, settings.host) == (1003, "debug", "::1")
    assert settings.drain_seconds == Settings().drain_seconds


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    token = private(tmp_path / "token", GOOD_SECRET + "\n")
    settings = load_settings({}, {"WASL_METRICS_TOKEN_FILE": str(token)})
    assert settings.metrics_token == GOOD_SECRET
    assert GOOD_SECRET not in repr(settings)


def test_all_faults_are_told_at_once() -> None:
    told = faults({"port": 70000}, WASL_PRT="1", WASL_LOG_LEVEL="loud", WASL_DRAIN_SECONDS="soon", WASL_PUBLIC_URL="x")
    assert len(told) == 5
    assert any("WASL_PRT" in line and "WASL_PORT" in line for line in told)


def test_an_unknown_name_in_the_file_names_its_neighbour(tmp_path: Path) -> None:
    config = private(tmp_path / "wasl.toml", "prot = 1\n")
    assert faults({"config": config}) == ("the settings file names prot, which is unknown; did you mean port?",)


@pytest.mark.parametrize(
    ("secret", "because"),
    [
        ("q8Zr2Lw5Xn7Tb1", "shorter than 32"),
        ("change-me-change-me-change-me-change-me", "example"),
        ("this-is-a-secret-for-the-metrics-0123456", "example"),
        ("a" * 40, "repeats itself"),
        ("abab" * 10, "repeats itself"),
    ],
)
def test_weak_and_example_secrets_are_refused_and_never_shown(secret: str, because: str) -> None:
    told = faults(WASL_METRICS_TOKEN=secret)
    assert because in told[0]
    assert secret not in "".join(told)
    told = faults(WASL_TURN_URLS="turn:relay.example.org", WASL_TURN_SECRET=secret)
    assert because in told[0]


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    token = private(tmp_path / "token", GOOD_SECRET)
    token.chmod(0o644)
    assert faults(WASL_METRICS_TOKEN_FILE=str(token)) == (
        f"WASL_METRICS_TOKEN_FILE names {token}, which others can read; run: chmod 600 {token}",
    )


def test_a_value_and_its_file_are_not_both_set(tmp_path: Path) -> None:
    token = private(tmp_path / "token", GOOD_SECRET)
    assert "both set" in faults(WASL_METRICS_TOKEN=GOOD_SECRET, WASL_METRICS_TOKEN_FILE=str(token))[0]


def test_turn_needs_its_secret_and_a_demonstration_may_use_a_simple_one() -> None:
    assert "turn_secret is missing" in faults(WASL_TURN_URLS="turn:relay.example.org")[0]
    environment = {"WASL_TURN_URLS": "turn:127.0.0.1:3478", "WASL_TURN_SECRET": "lab"}
    assert load_settings({}, environment, demo=True).turn_urls == ("turn:127.0.0.1:3478",)


@pytest.mark.parametrize(
    "url", ["wasl.example.org", "https://x/path", "https://a@x", "https://X.org", "ftp://x", "https://x?y"]
)
def test_the_public_address_is_an_origin(url: str) -> None:
    assert "public_url" in faults({"public_url": url})[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(demo=True, host="0.0.0.0"), "this machine only"),
        (Settings(demo=True, host="192.0.2.1"), "this machine only"),
        (Settings(host="0.0.0.0"), "TLS proxy"),
        (Settings(host="0.0.0.0", public_url="https://x.org"), "trusted_proxies"),
        (Settings(public_url="http://x.org"), "not https"),
    ],
)
def test_an_open_door_is_refused_in_one_line(settings: Settings, words: str) -> None:
    (line,) = refusals(settings)
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(demo=True, host="::1"),
        Settings(demo=True, public_url="https://x.org"),
        Settings(public_url="https://x.org"),
        Settings(host="0.0.0.0", public_url="https://x.org", trusted_proxies=("10.0.0.0/8",)),
    ],
)
def test_a_closed_door_is_not(settings: Settings) -> None:
    assert list(refusals(settings)) == []


def test_stale_time_zones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.refusals.zones_are_current", lambda: False)
    (line,) = refusals(Settings())
    assert "pip install -U tzdata" in line


def test_keys_are_made_private_and_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    make_keys(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert add_keys(folder) == (2, 2)
    keys = load_keys(folder)
    assert (keys.master_current, keys.ticket_current, sorted(keys.master)) == (2, "2", [1, 2])


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("missing", lambda folder: (folder / "lookup.key").unlink()),
        ("weak", lambda folder: (folder / "lookup.key").write_text("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=\n")),
        ("short", lambda folder: (folder / "invitation.key").write_text("c2hvcnQ=\n")),
        ("used twice", lambda folder: (folder / "lookup.key").write_text((folder / "master-1.key").read_text())),
        ("not base64", lambda folder: (folder / "ticket-1.key").write_text("%%%\n")),
        ("open", lambda folder: (folder / "master-1.key").chmod(0o644)),
        ("no master", lambda folder: (folder / "master-1.key").unlink()),
    ],
)
def test_a_spoilt_key_is_refused_without_being_shown(tmp_path: Path, name: str, spoil: object) -> None:
    make_keys(tmp_path)
    texts = [path.read_text().strip() for path in tmp_path.iterdir()]
    spoil(tmp_path)
    with pytest.raises(SettingsError) as caught:
        load_keys(tmp_path)
    assert not any(text in line for text in texts for line in caught.value.faults), name
