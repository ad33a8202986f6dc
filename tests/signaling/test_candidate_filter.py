"""Only relay candidates, and no other address, leave the filter, whatever comes in."""

import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.candidate_filter import (
    CANDIDATES_MAX,
    DESCRIPTION_MAX_CHARS,
    M_SECTIONS_MAX,
    filter_candidate,
    filter_description,
)

DESCRIPTIONS = sorted((Path(__file__).parent / "descriptions").glob("*.sdp"))
RELAY = "candidate:1 1 udp 41885439 198.51.100.7 49160 typ relay raddr 10.1.2.3 rport 51000 generation 0 ufrag Xk3d"
KEPT = "candidate:1 1 udp 41885439 198.51.100.7 49160 typ relay raddr 0.0.0.0 rport 9 generation 0 ufrag Xk3d"

#: What the generator hides in descriptions: no trace of any may come out.
SECRET_ADDRESSES = (
    "10.20.30.40",
    "192.168.7.8",
    "102.50.3.9",
    "2001:db8::77",
    "fe80::1c2d",
    "fd12:3456::9",
    "kid.local",
)
RELAY_ADDRESS = "198.51.100.7"


def description(*lines: str, sections: int = 1) -> str:
    media = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0"]
    return "\r\n".join(["v=0", "o=- 1 2 IN IP4 0.0.0.0", "s=-", "t=0 0", *media * sections, *lines]) + "\r\n"


class TestCandidate:
    def test_relay_candidate_is_kept_without_its_related_address(self):
        assert filter_candidate(RELAY) == KEPT

    def test_end_of_candidates_is_kept(self):
        assert filter_candidate("") == ""

    def test_relay_address_may_be_ipv6(self):
        kept = filter_candidate("candidate:1 1 udp 1 2001:db8::1 49160 typ relay raddr fe80::1 rport 1")
        assert kept == "candidate:1 1 udp 1 2001:db8::1 49160 typ relay raddr 0.0.0.0 rport 9"

    def test_network_facts_of_the_sender_are_dropped(self):
        kept = filter_candidate(RELAY + " network-id 3 network-cost 50 url turn:10.9.8.7:3478")
        assert kept == KEPT

    @pytest.mark.parametrize(
        "candidate",
        [
            RELAY.replace("relay", "host"),
            RELAY.replace("relay", "srflx"),
            RELAY.replace("relay", "prflx"),
            RELAY.replace("relay", "RELAY"),
            RELAY.replace("relay", "relayed"),
            RELAY.replace("typ relay", "typ host typ relay"),
            RELAY.replace("udp", "tcp"),
            RELAY.replace("198.51.100.7", "6f1c.local"),
            RELAY.replace("198.51.100.7", "home.example"),
            RELAY.replace("198.51.100.7", "198.51.100.700"),
            RELAY.replace("198.51.100.7", "1:2:3"),
            RELAY.replace("49160", "65536"),
            RELAY.replace(" 49160", ""),
            RELAY.replace("candidate:", "candidate: "),
            RELAY.replace(" udp ", "  udp "),
            RELAY.replace("candidate:1", "candidate:" + "1" * 33),
            RELAY + "\r\na=candidate:2 1 udp 1 10.0.0.1 1 typ host",
            RELAY + "\n",
            RELAY + " x" * 1000,
            "candidate:",
            "typ relay",
            "\0",
        ],
    )
    def test_everything_else_is_refused(self, candidate):
        assert filter_candidate(candidate) is None

    @given(st.text())
    def test_no_text_raises(self, text):
        assert filter_candidate(text) is None or text == ""

    @given(
        st.from_regex(r"candidate:[a-z0-9+/]{1,8} [12] udp [0-9]{1,10} 198\.51\.100\.[0-9] [0-9]{1,4} typ relay( .*)?")
    )
    def test_filtering_twice_changes_nothing(self, text):
        once = filter_candidate(text)
        assert once is None or filter_candidate(once) == once


class TestDescription:
    @pytest.mark.parametrize("path", DESCRIPTIONS, ids=lambda path: path.stem)
    def test_what_a_real_peer_offers_keeps_all_but_its_addresses(self, path):
        original = path.read_bytes().decode()
        filtered = filter_description(original)
        assert filtered is not None
        lost = set(original.split("\r\n")) - set(filtered.split("\r\n"))
        assert all(re.match(r"a=candidate:.* typ host|c=IN |o=|m=[a-z]+ [1-9]", line) for line in lost)
        assert "192.0.2.2" not in filtered
        assert "fd00::2" not in filtered

    def test_relay_candidates_and_their_end_are_kept(self):
        lines = filter_description(description(f"a={RELAY}", "a=end-of-candidates")).split("\r\n")
        assert f"a={KEPT}" in lines
        assert "a=end-of-candidates" in lines

    @pytest.mark.parametrize(
        "line",
        [
            "a=candidate:1 1 udp 1 10.20.30.40 1 typ host",
            "a=CANDIDATE:1 1 udp 1 10.20.30.40 1 typ host",
            "a= candidate:1 1 udp 1 10.20.30.40 1 typ host",
            "c=IN IP4 10.20.30.40",
            "a=rtcp:9 IN IP4 10.20.30.40",
            "a=remote-candidates:1 10.20.30.40 4000",
            "a=source-filter: incl IN IP4 * 10.20.30.40",
            "a=ssrc:1 cname:child@10.20.30.40",
            "a=fingerprint:sha-1 10.20.30.40",
            "s=10.20.30.40",
            "i=10.20.30.40",
            "u=http://10.20.30.40/",
            "b=10.20.30.40",
            "t=10.20.30.40",
            "a=x:fe80::10.20.30.40",
            "a=mid:0\ra=candidate:1 1 udp 1 10.20.30.40 1 typ host",
        ],
    )
    def test_an_address_in_any_line_is_scrubbed(self, line):
        filtered = filter_description(description(line))
        assert filtered is not None
        assert "10.20.30.40" not in filtered

    def test_the_origin_line_says_neither_address_nor_name_like_one(self):
        sdp = description().replace("o=- 1 2 IN IP4 0.0.0.0", "o=10.20.30.40 1 2 IN IP6 fe80::1")
        assert "\r\no=- 1 2 IN IP4 0.0.0.0\r\n" in filter_description(sdp)

    def test_the_ports_of_hosts_are_hidden_and_a_rejected_section_stays_rejected(self):
        sdp = description("m=video 51234 UDP/TLS/RTP/SAVPF 96", "m=video 0 UDP/TLS/RTP/SAVPF 96")
        sections = [line for line in filter_description(sdp).split("\r\n") if line.startswith("m=video")]
        assert sections == ["m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 0 UDP/TLS/RTP/SAVPF 96"]

    @pytest.mark.parametrize(
        "sdp",
        [
            "",
            "v=1\r\n",
            "no description at all",
            description().replace("o=-", "o="),
            description().replace("m=audio", "m=au dio"),
            description("not a line"),
            description(" a=candidate:1 1 udp 1 10.20.30.40 1 typ host"),
            description("a=x:\0"),
            description("a=x:\u2028a=y"),
            description("a=x:طفل"),
            description(sections=M_SECTIONS_MAX + 1),
            description(*[f"a={RELAY}"] * (CANDIDATES_MAX + 1)),
            description("a=x:" + "y" * DESCRIPTION_MAX_CHARS),
        ],
    )
    def test_what_can_not_be_understood_is_refused_whole(self, sdp):
        assert filter_description(sdp) is None

    def test_as_many_sections_and_candidates_as_allowed_pass(self):
        assert filter_description(description(*[f"a={RELAY}"] * CANDIDATES_MAX, sections=M_SECTIONS_MAX)) is not None

    @given(st.text(alphabet=st.characters(codec="utf-8"), max_size=2000))
    def test_no_text_raises(self, text):
        filter_description("v=0\r\n" + text)

    @given(st.lists(st.from_regex(r"[a-z]=[!-~ ]{0,80}", fullmatch=True), max_size=30))
    def test_filtering_twice_changes_nothing(self, lines):
        once = filter_description(description(*lines))
        assert once is None or filter_description(once) == once

    def test_time_grows_with_length_only(self):
        def seconds(sdp: str) -> float:
            started = time.process_time()
            for _ in range(20):
                filter_description(sdp)
            return time.process_time() - started

        # The same line ten times as often, and one hostile line ten times as long: not a hundred times the work.
        for small, large in (
            (description(*["a=x:y"] * 500), description(*["a=x:y"] * 5000)),
            (description("a=x:" + "f" * 5_000), description("a=x:" + "f" * 50_000)),
            (description("a=x:" + "1." * 2_500), description("a=x:" + "1." * 25_000)),
        ):
            assert seconds(large) < 40 * seconds(small) + 0.05


@pytest.mark.machines
@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_twenty_thousand_generated_descriptions_leak_nothing(seed):
    """One seed makes a hundred descriptions, so that hypothesis still shrinks and replays a failure by its seed."""
    chance = random.Random(seed)
    for _ in range(100):
        sdp = generated_description(chance)
        filtered = filter_description(sdp)
        if filtered is None:
            continue
        assert filter_description(filtered) == filtered
        for line in filtered.split("\r\n"):
            if line.startswith("a=candidate:"):
                assert " typ relay raddr 0.0.0.0 rport 9" in line
                assert line.split(" ")[4] == RELAY_ADDRESS
        assert not any(secret in filtered for secret in SECRET_ADDRESSES), sdp


def generated_description(chance: random.Random) -> str:
    """Return a description of one to five sections whose lines hold secret addresses wherever a line can hold one."""

    def secret() -> str:
        return chance.choice(SECRET_ADDRESSES)

    def candidate() -> str:
        kind = chance.choice(["host", "srflx", "prflx", "relay", "relay", "Relay"])
        address = RELAY_ADDRESS if kind == "relay" else secret()
        extra = chance.choice(
            ["", " generation 0", " ufrag abcd", f" url turn:{secret()}", " network-cost 10", " tcptype active"]
        )
        related = chance.choice(["", f" raddr {secret()} rport {chance.randrange(70_000)}"])
        name = chance.choice(["candidate", "candidate", "candidate", "Candidate", " candidate"])
        transport = chance.choice(["udp", "UDP", "udp", "tcp"])
        start = f"a={name}:{chance.randrange(10**9)} 1 {transport} {chance.randrange(2**31)}"
        return f"{start} {address} {chance.randrange(65_536)} typ {kind}{related}{extra}"

    def any_line() -> str:
        return chance.choice(
            [
                candidate,
                candidate,
                lambda: f"c=IN IP4 {secret()}",
                lambda: f"a=rtcp:{chance.randrange(65_536)} IN IP6 {secret()}",
                lambda: f"a=ssrc:{chance.randrange(10**9)} cname:{chance.choice(['aXb4', secret()])}",
                lambda: f"a=x-{chance.randrange(99)}:{secret()}",
                lambda: "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
                lambda: f"a=fingerprint:sha-256 {secret()}",
                lambda: f"{chance.choice('ibukepstrz')}={secret()}",
                lambda: "a=end-of-candidates",
                lambda: f"a=remote-candidates:1 {secret()} 9",
            ]
        )()

    lines = ["v=0", f"o={chance.choice(['-', 'mozilla...X-99.0', secret()])} 1 2 IN IP4 {secret()}", "s=-", "t=0 0"]
    for _ in range(chance.randint(1, 5)):
        lines.append(f"m={chance.choice(['audio', 'video'])} {chance.randrange(65_536)} UDP/TLS/RTP/SAVPF 111 96")
        lines.extend(any_line() for _ in range(chance.randrange(12)))
    return chance.choice(["\r\n", "\n", "\r"]).join(lines) + "\r\n"
