"""The TLS proxy before the laboratory's server: HAProxy with the very file that ``deploy/`` recommends.

Browsers give camera and microphone only to a secure page, and the demo listens on loopback only. The certificate is
made here; addresses, folder and user are put in the place of the sample's.
"""

import base64
import contextlib
import hashlib
import ipaddress
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.laboratory import Laboratory

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
SAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "haproxy.cfg"
READY_WITHIN_S = 10.0
LISTENING = "0A"


def make_certificate(host: str, folder: Path) -> tuple[Path, Path]:
    """Write a self-made certificate for a name or an IP address, and its key; return both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([_called(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_path, key_path


def _called(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def key_pin(certificate: Path) -> str:
    """Return the hash of a certificate's key, for a browser to trust; Chromium keeps nothing of other sites."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(info).digest()).decode()


def settings_for(address: str, port: int, target_port: int, certificate: Path) -> str:
    """Return the sample's settings for one IPv4 address, without IPv6, port 80 and another user's rights.

    Raises ``ValueError`` when the sample no longer says what is to be replaced.
    """
    settings = SAMPLE.read_text()
    for pattern, replacement in (
        (r"    user haproxy\n    group haproxy\n", ""),
        (r"frontend plain\n(?: .*\n)+\n", ""),
        (r"    bind :::443 .*\n", ""),
        (r"bind \*:443", f"bind {address}:{port}"),
        (r"/etc/haproxy/wasl\.pem", str(certificate)),
        (r"127\.0\.0\.1:8080", f"127.0.0.1:{target_port}"),
    ):
        settings, found = re.subn(pattern, replacement, settings)
        if found != 1:
            raise ValueError(f"{SAMPLE.name} has {found} of {pattern!r}")
    return settings


@contextlib.contextmanager
def running_front(
    laboratory: Laboratory, namespace: str, address: str, port: int, target_port: int, folder: Path
) -> Iterator[None]:
    """Run HAProxy in a namespace, its certificate and settings in ``folder``; it serves when this yields.

    Started again in the same folder it keeps its certificate: a browser that trusts the key keeps no file otherwise.

    Raises ``RuntimeError`` when it does not come up.
    """
    assert HAPROXY is not None
    both = folder / "front.pem"
    if not both.exists():
        certificate, key = make_certificate(address, folder)
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
    settings = folder / "haproxy.cfg"
    settings.write_text(settings_for(address, port, target_port, both))
    command = laboratory.command_inside(namespace, HAPROXY, "-db", "-f", str(settings))
    with (folder / "front.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + READY_WITHIN_S
        while not _listens(process.pid, address, port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "front.log").read_text()[-2000:])
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(process: int, address: str, port: int) -> bool:
    """Say whether somebody listens there in the network namespace of a process."""
    place = f"{int.from_bytes(socket.inet_aton(address), 'little'):08X}:{port:04X}"
    with contextlib.suppress(OSError):
        lines = [line.split() for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()]
        return any(fields[1] == place and fields[3] == LISTENING for fields in lines)
    return False
