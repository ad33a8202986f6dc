"""Whatever a site types, the configuration that comes out has every rule, and no line that was not ours (T15)."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.ice_servers import TurnSettings
from web.turn_config import DENIED_RANGES, RelayAddress, parse_site_range, relay_config, turnserver_conf

TURN = TurnSettings(urls=("turn:turn.example:3478",), secrets=("0123456789abcdef0123456789abcdef",))
RELAY = "93.184.215.14"
SAMPLE = Path(__file__).parents[2] / "turn-config" / "turnserver.sample.conf"

#: Written out here a second time, from trust section 4, so that a range lost from the code is missed.
SPECIAL_PURPOSE = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]

site_ranges = st.lists(
    st.builds(
        lambda address, prefix: f"{IPv4Address(address)}/{prefix}", st.integers(0, 2**32 - 1), st.integers(8, 32)
    ),
    max_size=12,
)


def conf(**changes) -> str:
    return turnserver_conf(relay_config(TURN, **{"realm": "turn.example", "address": RELAY, **changes}))


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def may_be_reached(text: str, peer: IPv4Address) -> bool:
    """Read the rules as coturn does: the allow list first, then the deny list, else allowed."""
    lines = lines_of(text)
    allowed = [IPv4Address(line.partition("=")[2]) for line in lines if line.startswith("allowed-peer-ip=")]
    denied = [line.partition("=")[2].split("-") for line in lines if line.startswith("denied-peer-ip=")]
    return peer in allowed or not any(IPv4Address(first) <= peer <= IPv4Address(last) for first, last in denied)


class TestDenyList:
    def test_it_is_the_whole_list_of_special_purpose_ranges(self):
        assert list(map(str, DENIED_RANGES)) == SPECIAL_PURPOSE

    @settings(max_examples=200)
    @given(ranges=site_ranges, where=st.integers(0, 2**32 - 1))
    def test_whatever_ranges_a_site_adds_its_own_and_the_special_ones_are_closed(self, ranges, where):
        text = conf(site_ranges=tuple(ranges))
        networks = [*map(IPv4Network, SPECIAL_PURPOSE), *(IPv4Network(r, strict=False) for r in ranges)]
        for network in networks:
            for peer in (network[0], network[-1], network[where % network.num_addresses]):
                assert may_be_reached(text, peer) == (peer == IPv4Address(RELAY))
        anywhere = IPv4Address(where)
        assert may_be_reached(text, anywhere) == (
            anywhere == IPv4Address(RELAY) or not any(anywhere in network for network in networks)
        )

    @settings(max_examples=200)
    @given(ranges=site_ranges)
    def test_the_relay_itself_stays_reachable_and_ipv6_has_no_line(self, ranges):
        text = conf(site_ranges=tuple(ranges))
        assert may_be_reached(text, IPv4Address(RELAY))
        assert not any("::" in line for line in lines_of(text))

    def test_a_relay_behind_a_nat_allows_its_public_address_only(self):
        text = conf(address=f"{RELAY}/10.0.0.5")
        assert may_be_reached(text, IPv4Address(RELAY))
        assert not may_be_reached(text, IPv4Address("10.0.0.5"))
        assert f"external-ip={RELAY}/10.0.0.5" in lines_of(text)
        assert "relay-ip=10.0.0.5" in lines_of(text)


class TestRules:
    @pytest.mark.parametrize(
        "line",
        [
            "use-auth-secret",
            "relay-ip=" + RELAY,
            "allocation-default-address-family=ipv4",
            "no-tcp-relay",
            "no-cli",
            "no-dtls",
            "no-multicast-peers",
            "stale-nonce=600",
            "user-quota=12",
            "total-quota=1000",
            "max-allocate-lifetime=600",
            "max-bps=375000",
            "no-stdout-log",
            "log-file=/dev/null",
        ],
    )
    def test_each_stands_in_every_configuration(self, line):
        assert line in lines_of(conf())

    @pytest.mark.parametrize(
        "word", ["web-admin", "cli-password", "allow-loopback-peers", "no-auth", "mobility", "verbose"]
    )
    def test_nothing_opens_a_door(self, word):
        assert not any(line.startswith(word) for line in lines_of(conf()))

    def test_it_listens_where_the_urls_say(self):
        turn = TurnSettings(urls=("turn:turn.example:3500", "turns:turn.example:443"), secrets=TURN.secrets)
        config = relay_config(
            turn, realm="turn.example", address=RELAY, certificate="/etc/turn.pem", key="/etc/turn.key"
        )
        assert {"listening-port=3500", "tls-listening-port=443"} <= set(lines_of(turnserver_conf(config)))
        assert {"listening-port=3478", "no-tls"} <= set(lines_of(conf()))

    def test_there_is_one_relay_address(self):
        assert sum(line.startswith("relay-ip=") for line in lines_of(conf())) == 1

    def test_two_secrets_stand_in_it_while_one_is_replaced(self):
        turn = TurnSettings(urls=TURN.urls, secrets=("first-secret-of-many", "second-secret-of-many"))
        lines = lines_of(turnserver_conf(relay_config(turn, realm="turn.example", address=RELAY)))
        assert [line for line in lines if line.startswith("static-auth-secret=")] == [
            "static-auth-secret=first-secret-of-many",
            "static-auth-secret=second-secret-of-many",
        ]

    def test_tls_is_off_without_a_certificate_and_modern_with_one(self):
        assert "no-tls" in lines_of(conf())
        with_tls = lines_of(conf(certificate="/etc/wasl/turn.pem", key="/etc/wasl/turn.key"))
        assert "no-tls" not in with_tls
        assert {"cert=/etc/wasl/turn.pem", "pkey=/etc/wasl/turn.key", "no-tlsv1", "no-tlsv1_1"} <= set(with_tls)


class TestRefusals:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("realm", "turn.example\nno-auth"),
            ("realm", ""),
            ("realm", "a b"),
            ("address", "turn.example"),
            ("address", "2001:db8::1"),
            ("address", "0.0.0.0"),
            ("address", "224.0.0.1"),
            ("address", "255.255.255.255"),
            ("address", f"{RELAY}/"),
            ("relay_ports", "49160"),
            ("relay_ports", "80-90"),
            ("relay_ports", "50000-49000"),
            ("relay_ports", "3000-4000"),
            ("relay_ports", "49160-70000"),
            ("certificate", "/etc/turn.pem"),
            ("site_ranges", ("0.0.0.0/0",)),
            ("site_ranges", ("2001:db8::/32",)),
            ("site_ranges", ("::/1",)),
            ("site_ranges", ("10.0.0.0/8\nno-auth",)),
            ("site_ranges", ("everything",)),
        ],
    )
    def test_a_value_that_can_not_be_right_is_refused(self, field, value):
        with pytest.raises(ValueError, match=r".+"):
            conf(**{field: value})

    @pytest.mark.parametrize("secret", ["short", "with-a-hash-sign-#in-it", "with\nno-auth-in-the-middle"])
    def test_a_secret_that_coturn_would_read_otherwise_is_refused_without_being_shown(self, secret):
        turn = TurnSettings(urls=TURN.urls, secrets=(secret,))
        with pytest.raises(ValueError, match="secret") as refusal:
            relay_config(turn, realm="turn.example", address=RELAY)
        assert secret not in str(refusal.value)

    @pytest.mark.parametrize("path", ["relative.pem", "/etc/a b.pem", "/etc/x.pem\nno-auth"])
    def test_a_path_that_would_break_the_line_is_refused(self, path):
        with pytest.raises(ValueError, match="TLS"):
            conf(certificate=path, key="/etc/turn.key")

    @given(st.text(max_size=40))
    def test_no_text_brings_a_line_of_its_own(self, text):
        expected = len(conf().splitlines())
        for field in ("realm", "address", "relay_ports"):
            try:
                written = conf(**{field: text})
            except ValueError:
                continue
            assert len(written.splitlines()) == expected

    def test_the_secret_does_not_show_in_a_traceback(self):
        assert TURN.secrets[0] not in repr(relay_config(TURN, realm="turn.example", address=RELAY))


def test_a_site_range_may_be_one_address():
    assert str(parse_site_range("93.184.217.80")) == "93.184.217.80/32"


def test_public_and_local_address_are_the_same_without_a_nat():
    assert RelayAddress.parse(RELAY) == RelayAddress(IPv4Address(RELAY), IPv4Address(RELAY))


def test_the_sample_is_what_the_generator_writes():
    text = conf(
        certificate="/etc/coturn/turn.pem",
        key="/etc/coturn/turn.key",
        site_ranges=("93.184.217.80/32",),
    )
    assert SAMPLE.read_text() == text.replace(TURN.secrets[0], "THIS-IS-A-SAMPLE-WITHOUT-A-SECRET")
