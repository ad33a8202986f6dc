"""The shipped configuration on a real coturn opens no door (trust section 4; each class names its row of the matrix).

Everything runs twice: on loopback, with one laboratory line, and as root in a namespace that holds an address of every
forbidden range, with none. A refusal counts only when the listener at the forbidden address has heard nothing.
"""

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from signaling.ice_servers import CREDENTIAL_LIFE_S, IceServerMinter, TurnSettings, mint
from tests.support.coturn import (
    LOOPBACK_LINE,
    Coturn,
    Network,
    coturn_is_here,
    namespaces_are_possible,
    own_network,
    running_coturn,
)
from tests.support.stun_client import IPV6, TCP_RELAY, TurnClient
from web.turn_config import (
    ALLOCATION_LIFE_S,
    ALLOCATIONS_PER_PARTICIPANT,
    DENIED_RANGES,
)

pytestmark = [
    pytest.mark.turn,
    pytest.mark.skipif(not coturn_is_here(), reason="coturn: turnserver is not installed"),
]

UNAUTHORIZED, FORBIDDEN, FAMILY_REFUSED, TRANSPORT_REFUSED, WRONG_FAMILY, QUOTA = 401, 403, 440, 442, 443, 486
TAG = "c" * 32
#: A relay's own address in the namespace, somebody else's, and one of the site's own servers: public ones, all three.
RELAY, ELSEWHERE, SITE_SERVER = "93.184.215.14", "93.184.216.34", "93.184.217.80"

#: One host in each forbidden range, not its first: a deny list that misses the middle is found out too.
FORBIDDEN_HOSTS = [str(network.network_address + 2) for network in DENIED_RANGES]
#: What a listener can be bound to. 0/8, multicast and 240/4 are no host's address.
LISTENED_HOSTS = [host for host in FORBIDDEN_HOSTS if not host.startswith(("0.", "224.", "240."))]

IPV6_PEERS = [
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:127.0.0.0",
    "::ffff:10.1.2.3",
    "::ffff:10.1.2.0",
    "::ffff:10.0.0.0",
    "::ffff:169.254.169.254",
    "::ffff:169.254.169.0",
    "::127.0.0.1",
    "::10.1.2.0",
    "2002:7f00:1::",
    "2002:a01:203::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a01:200",
    "64:ff9b:1::a01:203",
    "fe80::1",
    "fe80::",
    "fc00::",
    "fd00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "2606:4700::1111",
]


@pytest.fixture(scope="module")
def on_loopback() -> Iterator[Coturn]:
    with running_coturn(site_ranges=(SITE_SERVER,)) as coturn:
        yield coturn


@pytest.fixture(scope="module")
def in_namespace() -> Iterator[Coturn]:
    if not namespaces_are_possible():
        pytest.skip("namespaces: making one needs root")
    addresses = [f"{host}/32" for host in (RELAY, ELSEWHERE, SITE_SERVER, *LISTENED_HOSTS)]
    with (
        own_network([*addresses, "fd00::1/128"]) as network,
        running_coturn(network=network, address=RELAY, site_ranges=(SITE_SERVER,)) as coturn,
    ):
        yield coturn


@pytest.fixture(params=["on_loopback", "in_namespace"])
def coturn(request: pytest.FixtureRequest) -> Coturn:
    return request.getfixturevalue(request.param)


@contextmanager
def client_of(coturn: Coturn, tag: str = "", *, minted: datetime | None = None, kind=socket.SOCK_DGRAM):
    """A client of a participant of its own, unless a tag is given: tests share a relay, never a quota."""
    tag = tag or secrets.token_hex(16)
    turn = mint(coturn.settings, tag, minted or datetime.now(UTC)).servers[-1]
    client = coturn.client(turn.username, turn.credential, kind=kind)
    try:
        yield client
    finally:
        # A port left allocated would be refused to the next client that the system gives it to.
        client.refreshes(0)
        client.close()


@contextmanager
def allocated(coturn: Coturn) -> Iterator[TurnClient]:
    with client_of(coturn) as client:
        assert client.allocates().error == 0
        yield client


@contextmanager
def listener(network: Network, host: str) -> Iterator[socket.socket]:
    with network.socket(socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.setblocking(False)
        yield sock


def everything_heard(sock: socket.socket) -> bytes:
    try:
        return sock.recv(4096)
    except BlockingIOError:
        return b""


def can_be_bound(network: Network, host: str) -> bool:
    with network.socket(socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((host, 0))
        except OSError:
            return False
        return True


class TestCredentials:
    """T1."""

    def test_without_one_there_is_no_allocation(self, coturn):
        client = coturn.client()
        assert client.allocates().error == UNAUTHORIZED
        client.close()

    def test_one_signed_with_another_secret_is_refused(self, coturn):
        forged = TurnSettings(urls=coturn.settings.urls, secrets=("another secret of many letters",))
        turn = mint(forged, TAG, datetime.now(UTC)).servers[-1]
        client = coturn.client(turn.username, turn.credential)
        assert client.allocates().error == UNAUTHORIZED
        client.close()

    def test_an_expired_one_is_refused(self, coturn):
        long_ago = datetime.now(UTC) - timedelta(seconds=CREDENTIAL_LIFE_S + 2)
        with client_of(coturn, minted=long_ago) as client:
            assert client.allocates().error == UNAUTHORIZED

    @pytest.mark.parametrize(
        "change", [lambda n: n.replace(":", ""), lambda n: f"x{n}", lambda n: f"9{n}", lambda n: f"{n}0"]
    )
    def test_a_user_name_that_was_changed_is_refused(self, coturn, change):
        turn = mint(coturn.settings, TAG, datetime.now(UTC)).servers[-1]
        client = coturn.client(change(turn.username), turn.credential)
        assert client.allocates().error == UNAUTHORIZED
        client.close()

    def test_a_minted_one_is_accepted(self, coturn):
        with client_of(coturn) as client:
            assert client.allocates().error == 0


class TestForbiddenPeers:
    """T2 and T3."""

    @pytest.mark.parametrize("host", [*FORBIDDEN_HOSTS, SITE_SERVER, "255.255.255.255"])
    def test_no_permission_no_channel_and_not_one_byte(self, coturn, host):
        with ExitStack() as stack:
            heard = port = None
            if can_be_bound(coturn.network, host):
                heard = stack.enter_context(listener(coturn.network, host))
                port = heard.getsockname()[1]
            client = stack.enter_context(allocated(coturn))
            port = port or 9
            client.sends(b"without permission", host, port)
            assert client.permits(host, port).error == FORBIDDEN
            client.sends(b"after a refused permission", host, port)
            assert client.binds_channel(host, port).error == FORBIDDEN
            client.sock.send(b"\x40\x00\x00\x04data")
            # Its answer comes after the relay has dealt with all that was sent before.
            assert client.permits("8.8.8.8").error == 0
            assert heard is None or everything_heard(heard) == b""

    def test_the_namespace_has_a_listener_in_every_range_that_can_have_one(self, in_namespace):
        assert all(can_be_bound(in_namespace.network, host) for host in (*LISTENED_HOSTS, SITE_SERVER))

    def test_ipv6_is_not_relayed(self, coturn):
        with client_of(coturn) as client:
            assert client.allocates(family=IPV6).error == FAMILY_REFUSED

    @pytest.mark.parametrize("peer", IPV6_PEERS)
    def test_no_ipv6_peer_is_let_through_an_ipv4_allocation(self, coturn, peer):
        with allocated(coturn) as client:
            assert client.permits(peer).error in (FORBIDDEN, WRONG_FAMILY)
            assert client.binds_channel(peer).error in (FORBIDDEN, WRONG_FAMILY)


class TestAllowedPeers:
    """T4: a deny list that denies everything would pass every test above."""

    @pytest.mark.parametrize("peer", ["8.8.8.8", "102.50.0.1", "1.0.0.1", "223.255.255.254"])
    def test_public_peers_are_permitted(self, coturn, peer):
        with allocated(coturn) as client:
            assert client.permits(peer).error == 0
            assert client.binds_channel(peer).error == 0

    def test_what_is_sent_to_a_permitted_peer_arrives(self, in_namespace):
        with listener(in_namespace.network, ELSEWHERE) as heard, allocated(in_namespace) as client:
            port = heard.getsockname()[1]
            assert client.permits(ELSEWHERE, port).error == 0
            client.sends(b"hello", ELSEWHERE, port)
            heard.setblocking(True)
            heard.settimeout(3)
            assert heard.recv(100) == b"hello"

    def test_two_people_who_both_relay_here_meet(self, coturn):
        two_people_meet(coturn, coturn.address)

    def test_two_people_meet_at_a_relay_behind_a_nat(self):
        if not namespaces_are_possible():
            pytest.skip("namespaces: making one needs root")
        with (
            own_network(["10.77.0.5/32"]) as network,
            running_coturn(network=network, address=f"{RELAY}/10.77.0.5") as coturn,
        ):
            two_people_meet(coturn, RELAY)


def two_people_meet(coturn: Coturn, at: str) -> None:
    with client_of(coturn, "a" * 32) as one, client_of(coturn, "b" * 32) as other:
        here, there = one.allocates().relayed, other.allocates().relayed
        assert here[0] == there[0] == at
        assert one.permits(*there).error == 0
        assert other.permits(*here).error == 0
        one.sends(b"salam", *there)
        assert other.hears() == b"salam"
        other.sends(b"azul", *here)
        assert one.hears() == b"azul"


class TestTcpRelay:
    """T5."""

    def test_no_connection_is_made_for_anybody(self, coturn):
        with client_of(coturn, kind=socket.SOCK_STREAM) as client:
            assert client.allocates(transport=TCP_RELAY).error in (FORBIDDEN, TRANSPORT_REFUSED)
            assert client.connects_to("8.8.8.8", 443).error != 0

    def test_people_whose_line_passes_only_tcp_still_reach_the_relay(self, coturn):
        with client_of(coturn, kind=socket.SOCK_STREAM) as client:
            assert client.allocates().error == 0


class TestQuota:
    """T6."""

    def test_one_credential_makes_no_more_allocations_than_its_quota(self, coturn):
        assert self.granted(coturn, [datetime.now(UTC)] * 50, "q" * 32) == ALLOCATIONS_PER_PARTICIPANT

    def test_many_credentials_of_one_participant_share_one_quota(self, coturn):
        now = datetime.now(UTC)
        assert (
            self.granted(coturn, [now - timedelta(seconds=n) for n in range(50)], "r" * 32)
            == ALLOCATIONS_PER_PARTICIPANT
        )

    def test_all_that_the_minter_gives_a_participant_has_one_tag(self, coturn):
        minter, now = IceServerMinter(coturn.settings), datetime.now(UTC)
        names = {minter.ice_servers("p", now + timedelta(seconds=n)).servers[-1].username for n in range(50)}
        assert len({name.partition(":")[2] for name in names}) == 1

    @staticmethod
    def granted(coturn: Coturn, minted: list[datetime], tag: str) -> int:
        with ExitStack() as stack:
            clients = [stack.enter_context(client_of(coturn, tag, minted=at)) for at in minted]
            answers = [client.allocates().error for client in clients]
            assert set(answers) <= {0, QUOTA}
            return answers.count(0)


class TestLife:
    """T7 and T8."""

    def test_no_allocation_lives_longer_than_ten_minutes(self, coturn):
        with client_of(coturn) as client:
            assert client.allocates(lifetime_s=86_400).lifetime_s <= ALLOCATION_LIFE_S
            assert client.refreshes(86_400).lifetime_s <= ALLOCATION_LIFE_S

    def test_a_running_call_outlives_its_credential_and_a_new_one_needs_a_fresh_credential(self, coturn):
        """coturn checks the expiry at allocation only: revoking is to stop minting, and to wait five minutes."""
        minted = datetime.now(UTC) - timedelta(seconds=CREDENTIAL_LIFE_S - 2)
        with client_of(coturn, minted=minted) as running, client_of(coturn, minted=minted) as late:
            assert running.allocates().error == 0
            while datetime.now(UTC) < minted + timedelta(seconds=CREDENTIAL_LIFE_S + 1):
                time.sleep(0.1)
            assert running.refreshes(600).error == 0
            assert running.permits("8.8.8.8").error == 0
            assert late.allocates().error == UNAUTHORIZED
        with client_of(coturn) as restarted:
            assert restarted.allocates().error == 0


class TestRotation:
    def test_both_secrets_are_accepted_while_one_is_replaced(self):
        old, new = "old-secret-of-many-letters", "new-secret-of-many-letters"
        with running_coturn(turn_secrets=(new, old)) as coturn:
            for secret in (old, new):
                signing = TurnSettings(urls=coturn.settings.urls, secrets=(secret,))
                turn = mint(signing, TAG, datetime.now(UTC)).servers[-1]
                client = coturn.client(turn.username, turn.credential)
                assert client.allocates().error == 0
                client.close()


class TestLaboratory:
    """T14."""

    def test_it_differs_from_what_is_shipped_by_one_line_on_loopback_and_by_none_elsewhere(self, coturn):
        added = coturn.given.removeprefix(coturn.shipped)
        assert added == (f"{LOOPBACK_LINE}\n" if coturn.network.namespace is None else "")
