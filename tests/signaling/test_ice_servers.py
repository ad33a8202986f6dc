"""Credentials are short, tagged by the server, few, and good at a real relay (tests/turn proves the last)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.ice_servers import (
    CREDENTIAL_LIFE_S,
    MINTED_PER_PERIOD,
    IceServerMinter,
    TurnSettings,
    mint,
    opaque_tag,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
URLS = (
    "turn:turn.example:3478?transport=udp",
    "turn:turn.example:3478?transport=tcp",
    "turns:turn.example:443?transport=tcp",
)
SETTINGS = TurnSettings(urls=URLS, secrets=(SECRET,))
TAG = "a" * 32


def username_of(servers) -> str:
    return servers.servers[-1].username


class TestMint:
    def test_the_password_is_the_hmac_of_expiry_and_tag(self):
        turn = mint(SETTINGS, TAG, NOW).servers[-1]
        assert turn.username == f"{int(NOW.timestamp()) + CREDENTIAL_LIFE_S}:{TAG}"
        expected = hmac.new(SECRET.encode(), turn.username.encode(), hashlib.sha1).digest()
        assert base64.b64decode(turn.credential) == expected

    def test_it_expires_within_five_minutes_and_says_when(self):
        minted = mint(SETTINGS, TAG, NOW)
        assert minted.expires_at == NOW + timedelta(seconds=CREDENTIAL_LIFE_S)
        assert CREDENTIAL_LIFE_S <= 300

    def test_the_first_of_two_secrets_signs(self):
        both = TurnSettings(urls=URLS, secrets=(SECRET, "old" * 12))
        assert mint(both, TAG, NOW) == mint(SETTINGS, TAG, NOW)

    def test_the_page_gets_the_standards_dictionaries(self):
        stun, turn = msgspec.json.decode(msgspec.json.encode(mint(SETTINGS, TAG, NOW).servers))
        assert stun == {"urls": ["stun:turn.example:3478"]}
        assert set(turn) == {"urls", "username", "credential"}

    def test_without_a_plain_server_there_is_no_stun_server(self):
        tls_only = TurnSettings(urls=("turns:turn.example:443",), secrets=(SECRET,))
        assert [server.urls for server in mint(tls_only, TAG, NOW).servers] == [("turns:turn.example:443",)]

    @pytest.mark.parametrize(
        "tag", ["", "short", "a" * 65, "abcdefgh:1", "abcdefgh\n", "abcdefgh ", "طططططططط", "abcd%3aef"]
    )
    def test_a_tag_that_is_not_opaque_is_refused(self, tag):
        with pytest.raises(ValueError, match="TURN tag"):
            mint(SETTINGS, tag, NOW)

    @given(st.text())
    def test_the_user_name_never_has_a_second_colon(self, participant):
        assert username_of(mint(SETTINGS, opaque_tag(SETTINGS, participant), NOW)).count(":") == 1


class TestTag:
    def test_it_is_the_same_for_one_participant_and_differs_for_two(self):
        assert opaque_tag(SETTINGS, "ab") == opaque_tag(SETTINGS, "ab") != opaque_tag(SETTINGS, "ac")

    def test_it_does_not_tell_the_participant_to_a_reader_of_the_relays_log(self):
        other = TurnSettings(urls=URLS, secrets=("f" * 32,))
        assert "ab" * 16 not in opaque_tag(SETTINGS, "ab" * 16)
        assert opaque_tag(SETTINGS, "ab") != opaque_tag(other, "ab")


class TestMinter:
    def test_a_thousand_requests_in_a_minute_get_five_credentials_none_longer_than_five_minutes(self):
        minter = IceServerMinter(SETTINGS)
        names = set()
        for n in range(1000):
            now = NOW + timedelta(seconds=n * 0.05)
            minted = minter.ice_servers("someone", now)
            assert timedelta(seconds=240) <= minted.expires_at - now <= timedelta(seconds=300)
            assert username_of(minted).endswith(":" + opaque_tag(SETTINGS, "someone"))
            names.add(username_of(minted))
        assert len(names) <= MINTED_PER_PERIOD

    def test_each_participant_has_a_limit_of_their_own(self):
        minter = IceServerMinter(SETTINGS)
        for n in range(20):
            minter.ice_servers("greedy", NOW + timedelta(seconds=n))
        later = NOW + timedelta(seconds=20)
        assert minter.ice_servers("modest", later).expires_at == later + timedelta(seconds=300)

    def test_after_a_minute_a_new_one_is_minted(self):
        minter = IceServerMinter(SETTINGS)
        for n in range(20):
            minter.ice_servers("someone", NOW + timedelta(seconds=n))
        later = NOW + timedelta(seconds=60)
        assert minter.ice_servers("someone", later).expires_at == later + timedelta(seconds=300)

    def test_it_forgets_those_who_no_longer_ask(self):
        minter = IceServerMinter(SETTINGS)
        for n in range(500):
            minter.ice_servers(f"participant {n}", NOW)
        minter.ice_servers("another", NOW + timedelta(seconds=61))
        assert minter.tracked() == 1


class TestSettings:
    def test_addresses_are_told_where_firefox_takes_names_alone(self):
        told = ("turns:192.0.2.1:443?transport=tcp", "turns:[2001:db8::1]")
        urls = (*told, "turns:turn.example", "turn:192.0.2.1")
        assert TurnSettings(urls=urls, secrets=(SECRET,)).tls_by_address() == told

    def test_values_are_read_from_text_parted_by_commas_or_spaces(self):
        parsed = TurnSettings.parse(", ".join(URLS) + "\n", f"{SECRET}\nold-secret\n")
        assert parsed == TurnSettings(urls=URLS, secrets=(SECRET, "old-secret"))

    @pytest.mark.parametrize(
        "url",
        [
            "stun:turn.example",
            "turn:",
            "turn:turn.example:3478?transport=sctp",
            "turn:user@turn.example",
            "turn://turn.example",
            "http://turn.example",
            "turn:turn.example/x",
        ],
    )
    def test_a_url_that_is_not_turn_is_refused(self, url):
        with pytest.raises(ValueError, match="not a TURN URL"):
            TurnSettings(urls=(url,), secrets=(SECRET,))

    @pytest.mark.parametrize("url", ["turn:[2001:db8::1]:3478", "turns:turn.example", "turn:192.0.2.1"])
    def test_hosts_may_be_names_or_addresses(self, url):
        assert TurnSettings(urls=(url,), secrets=(SECRET,)).urls == (url,)

    @pytest.mark.parametrize("secrets", [(), ("",), (SECRET, "b", "c")])
    def test_one_or_two_secrets_are_needed(self, secrets):
        with pytest.raises(ValueError, match="TURN secret"):
            TurnSettings(urls=URLS, secrets=secrets)

    def test_the_port_of_a_scheme_is_its_first_urls(self):
        assert (SETTINGS.port("turn"), SETTINGS.port("turns")) == (3478, 443)
        assert TurnSettings(urls=("turn:turn.example",), secrets=(SECRET,)).port("turn") is None
        assert TurnSettings(urls=("turns:turn.example:443",), secrets=(SECRET,)).port("turn") is None

    def test_secrets_do_not_show(self):
        assert SECRET not in repr(SETTINGS)
