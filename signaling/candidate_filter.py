"""Keeps every network address but a relay's out of what one peer may send another (design section 6, trust G5).

A browser told to use relay candidates only is a promise of that browser; this filter is the server's own. It reads
the text of a description (SDP, RFC 8866) and of an ICE candidate (RFC 8839, section 5.1), rebuilds each line that
may carry an address from parts it has checked, and drops every line it does not understand that looks as if it held
one. Pure, linear in the length of the text, idempotent, and it raises on no text at all.

What it can not do: stop somebody from spelling their own address in a track's name. It protects everybody whose
browser is honest, and it keeps a dishonest one from naming third addresses for the others to contact.
"""

import ipaddress
import re

#: A whole description, in characters; the wire's frame limit is 64 KiB.
DESCRIPTION_MAX_CHARS = 60_000
#: Audio, video, one data channel and one to spare. A leg that needs more is not one of ours.
M_SECTIONS_MAX = 4
#: Relay candidates kept in one part of a description: three servers over a handful of network interfaces.
CANDIDATES_MAX = 20
#: One candidate line; the longest honest one is about 250 characters.
CANDIDATE_MAX_CHARS = 1_000

_ICE_CHARS = r"[A-Za-z0-9+/]"
_CANDIDATE = re.compile(
    rf"(?:a=)?candidate:(?P<foundation>{_ICE_CHARS}{{1,32}}) (?P<component>[0-9]{{1,3}}) (?P<transport>udp|UDP)"
    r" (?P<priority>[0-9]{1,10}) (?P<address>[0-9A-Fa-f.:]{2,45}) (?P<port>[0-9]{1,5}) typ relay(?P<rest>(?: .*)?)\Z",
)
_UFRAG = re.compile(rf"{_ICE_CHARS}{{4,256}}\Z")
_GENERATION = re.compile(r"[0-9]{1,5}\Z")
#: RFC 8839 asks for these two when the related address is withheld.
_NO_RELATED_ADDRESS = "raddr 0.0.0.0 rport 9"

_TEXT = re.compile(r"[\x20-\x7e\r\n]*\Z")
_LINE_END = re.compile(r"[\r\n]+")
_LINE = re.compile(r"([a-z])=(.*)\Z")
_ORIGIN = re.compile(r"([!-~]{1,64}) ([0-9]{1,20}) ([0-9]{1,20}) IN IP[46] [!-~]+\Z")
_TIMING = re.compile(r"[0-9]{1,20} [0-9]{1,20}\Z")
_BANDWIDTH = re.compile(r"[A-Z]{2,8}:[0-9]{1,12}\Z")
_MEDIA = re.compile(r"(audio|video|application) ([0-9]{1,5}) ([A-Z/]{3,32})((?: [A-Za-z0-9-]{1,32}){1,128})\Z")
_ATTRIBUTE = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64})(?::(.*))?\Z")
_FINGERPRINT = re.compile(r"[A-Za-z0-9-]{1,16} (?:[0-9A-Fa-f]{2}:){15,63}[0-9A-Fa-f]{2}\Z")
#: Dotted IPv4, two colons with at most one hexadecimal group between them (IPv6, MAC), and mDNS names.
_ADDRESS_LIKE = re.compile(
    r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|:[0-9A-Fa-f]{0,4}:|\.[Ll][Oo][Cc][Aa][Ll]\b",
)

#: Attributes whose only content is addresses, or that let a page vouch for a name. Nothing of ours needs them.
_DROPPED_ATTRIBUTES = frozenset({"remote-candidates", "source-filter", "identity"})


def filter_candidate(candidate: str) -> str | None:
    """Return the candidate with everything but its relay address scrubbed, or ``None`` when it must not be passed on.

    ``candidate`` is the member of that name in ``RTCIceCandidateInit``. The empty string ends the candidates of a
    generation and comes back as it is. Of the extensions only ``generation`` and ``ufrag`` are kept: the others
    (``network-id``, ``network-cost``, ``url``) tell what kind of network a person is on.
    """
    if candidate == "":
        return ""
    if len(candidate) > CANDIDATE_MAX_CHARS:
        return None
    match = _CANDIDATE.match(candidate)
    if match is None or not is_literal_address(match["address"]) or int(match["port"]) > 65_535:  # noqa: PLR2004
        return None
    kept = [
        f"candidate:{match['foundation']}",
        match["component"],
        match["transport"],
        match["priority"],
        match["address"],
        match["port"],
        "typ relay",
        _NO_RELATED_ADDRESS,
    ]
    words = match["rest"].split(" ")[1:]
    extensions = dict(zip(words[::2], words[1::2], strict=False))
    if _GENERATION.match(extensions.get("generation", "")):
        kept.append(f"generation {extensions['generation']}")
    if _UFRAG.match(extensions.get("ufrag", "")):
        kept.append(f"ufrag {extensions['ufrag']}")
    return " ".join(kept)


def filter_description(sdp: str) -> str | None:
    """Return the description with relay candidates only and no other address, or ``None`` to refuse it whole.

    Refused are descriptions that are too long, hold other characters than printable ASCII and line ends, break the
    grammar in a line that matters (``v=``, ``o=``, ``m=``), or have more than :data:`M_SECTIONS_MAX` media sections or
    :data:`CANDIDATES_MAX` relay candidates in one of them. Lines end in CR LF in the result.
    """
    if len(sdp) > DESCRIPTION_MAX_CHARS or not _TEXT.match(sdp):
        return None
    # Some parsers end a line at a lone CR: treat every run of CR and LF as an end, or a line could hide in another.
    lines = [line for line in _LINE_END.split(sdp) if line]
    if not lines or lines[0] != "v=0":
        return None
    kept: list[str] = []
    m_sections = candidates = 0
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            return None
        kind, value = match.groups()
        if kind == "m":
            m_sections += 1
            candidates = 0
        safe = _filter_attribute(value) if kind == "a" else _filter_line(kind, value)
        if safe is None and kind in _VITAL_LINES:
            return None
        if safe is None:
            continue
        candidates += safe.startswith("a=candidate:")
        if m_sections > M_SECTIONS_MAX or candidates > CANDIDATES_MAX:
            return None
        kept.append(safe)
    return "\r\n".join(kept) + "\r\n"


#: Lines that a description can not do without: a fault in one refuses the whole.
_VITAL_LINES = frozenset("vom")
#: Lines whose whole content is a name or an address.
_FIXED_LINES = {"s": "s=-", "c": "c=IN IP4 0.0.0.0"}


def _filter_line(kind: str, value: str) -> str | None:
    """Return a line other than an attribute, rebuilt without addresses, or ``None`` to drop it."""
    if kind in _FIXED_LINES:
        return _FIXED_LINES[kind]
    match kind:
        case "v":
            safe = "v=0" if value == "0" else None
        case "o":
            safe = _filter_origin(value)
        case "t":
            safe = f"t={value}" if _TIMING.match(value) else "t=0 0"
        case "b":
            safe = f"b={value}" if _BANDWIDTH.match(value) else None
        case "m":
            safe = _filter_media(value)
        case _:
            safe = None  # i=, u=, e=, p=, r=, z=, k= name people, places and pages; WebRTC uses none of them
    return safe


def _filter_origin(value: str) -> str | None:
    match = _ORIGIN.match(value)
    if match is None:
        return None
    user, number, version = match.groups()
    return f"o={'-' if _ADDRESS_LIKE.search(user) else user} {number} {version} IN IP4 0.0.0.0"


def _filter_media(value: str) -> str | None:
    match = _MEDIA.match(value)
    if match is None:
        return None
    media, port, protocol, formats = match.groups()
    # 0 rejects the section (RFC 8829); every other port is the default candidate's, and 9 says "none yet".
    return f"m={media} {'0' if int(port) == 0 else '9'} {protocol}{formats}"


def _filter_attribute(attribute: str) -> str | None:
    """Return an ``a=`` line that is safe to pass on, or ``None`` to drop it."""
    match = _ATTRIBUTE.match(attribute)
    if match is None:
        return None
    name, value = match.group(1).lower(), match.group(2) or ""
    if name == "candidate":
        candidate = filter_candidate(f"candidate:{value}")
        return None if candidate is None else f"a={candidate}"
    if name == "rtcp":
        return "a=rtcp:9 IN IP4 0.0.0.0"
    if name == "fingerprint":
        return f"a={attribute}" if _FINGERPRINT.match(value) else None
    if name in _DROPPED_ATTRIBUTES or _ADDRESS_LIKE.search(attribute):
        return None
    return f"a={attribute}"


def is_literal_address(text: str) -> bool:
    """Say whether this is an IP address, and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
