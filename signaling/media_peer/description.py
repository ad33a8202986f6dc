"""What an offer may bring to the measuring peer: pure, and stricter than what browsers pass to each other.

aiortc's agent sends STUN to every address that a remote description names, so a description could point it at anybody.
It does not need to be told one: the browser's own checks show where it is (peer-reflexive, RFC 8445, 7.3.1.3).
Only a browser behind a relay must be named, because the relay drops what was not asked for; its address is then one of
this server's own relays, and nothing else passes.
"""

from collections.abc import Collection

from signaling.candidate_filter import filter_description

#: One data channel. Hearing oneself is done in the browser: sound need not come here.
OFFERED_SECTION = "application"
#: Relays hand out ports from here on; below are services.
RELAY_PORT_LEAST = 1024
OFFER_MAX_CHARS = 16_000
RELAY_CANDIDATES_MAX = 4


class OfferRefusedError(Exception):
    """The offer can not be answered: whatever was wrong with it, this is all that is told."""


def admissible_offer(sdp: str, relay_addresses: Collection[str]) -> str:
    """Return the offer with no candidate but those on ``relay_addresses`` (literal IP addresses of our relays).

    Raises :class:`OfferRefusedError` for a text that is too long, breaks the grammar, or offers anything but one data
    channel.
    """
    filtered = filter_description(sdp) if len(sdp) <= OFFER_MAX_CHARS else None
    if filtered is None:
        raise OfferRefusedError
    sections = [line for line in filtered.split("\r\n") if line.startswith("m=")]
    if len(sections) != 1 or not sections[0].startswith(f"m={OFFERED_SECTION} "):
        raise OfferRefusedError
    kept: list[str] = []
    relays = 0
    for line in filtered.split("\r\n"):
        if line.startswith("a=candidate:"):
            relays += 1
            if relays > RELAY_CANDIDATES_MAX or not _is_on_relay(line, relay_addresses):
                continue
        # The browser's address is learnt from its checks, so candidates never end before the check does.
        if line.startswith("a=end-of-candidates"):
            continue
        kept.append(line)
    return "\r\n".join(kept)


def _is_on_relay(line: str, relay_addresses: Collection[str]) -> bool:
    words = line.split(" ")
    address, port = words[4], int(words[5])
    return address in relay_addresses and port >= RELAY_PORT_LEAST
