"""What is sealed opens for the controller's key alone, under the name it was sealed for."""

import base64
import sys
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from novaplan.errors import InputError, MissingExtraError
from novaplan.render.context import Context
from novaplan.render.credentials import Key, SecretNeed
from novaplan.render.secrets.needs import SecretsError
from novaplan.render.secrets.sealing import sealed, sealing
from novaplan.render.settings import Settings
from novaplan.topology.system import Topology

CONTEXT = Context(Topology(name="shop"), Settings())
NEED = SecretNeed("api", "web", (Key("url", recipe="x"), Key("licence")))


@pytest.fixture(scope="module")
def controller():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key, *, days=1):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secret")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def opened(key, text, label):
    """As the controller does it: two bytes of length, the wrapped session key, then the value."""
    blob = base64.b64decode(text)
    length = int.from_bytes(blob[:2], "big")
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=label)
    session = key.decrypt(blob[2 : 2 + length], oaep)
    assert len(session) == 32
    return AESGCM(session).decrypt(bytes(12), blob[2 + length :], None)


@pytest.fixture
def seal(controller, tmp_path):
    (tmp_path / "cert.pem").write_bytes(certificate(controller))
    return sealing(tmp_path / "cert.pem")


def test_the_controller_reads_what_was_sealed(controller, seal):
    (item,) = sealed(CONTEXT, [NEED], {("web", "api"): {"url": b"redis://x", "licence": "é".encode()}}, seal)
    assert (item["apiVersion"], item["kind"]) == ("bitnami.com/v1alpha1", "SealedSecret")
    assert item["metadata"]["namespace"] == "web"
    assert item["spec"]["template"]["type"] == "Opaque"
    assert item["spec"]["template"]["metadata"]["name"] == "api"
    data = item["spec"]["encryptedData"]
    assert opened(controller, data["url"], b"web/api") == b"redis://x"
    assert opened(controller, data["licence"], b"web/api") == "é".encode()


def test_under_another_name_it_stays_shut(controller, seal):
    (item,) = sealed(CONTEXT, [NEED], {("web", "api"): {"url": b"x"}}, seal)
    for label in (b"web/other", b"other/api", b"web", b""):
        with pytest.raises((ValueError, InvalidTag)):
            opened(controller, item["spec"]["encryptedData"]["url"], label)


def test_each_value_has_a_session_key_of_its_own(controller, seal):
    assert seal(b"same", b"l") != seal(b"same", b"l")


def test_a_secret_without_values_is_left_out(seal):
    assert sealed(CONTEXT, [NEED], {}, seal) == []
    (item,) = sealed(CONTEXT, [NEED], {("web", "api"): {"url": b"x", "stranger": b"y"}}, seal)
    assert list(item["spec"]["encryptedData"]) == ["url"]


def test_a_secret_in_no_namespace_cannot_be_sealed(seal):
    need = SecretNeed("api", None, (Key("url"),))
    with pytest.raises(SecretsError, match="the Secret api is in no namespace"):
        sealed(CONTEXT, [need], {("", "api"): {"url": b"x"}}, seal)


def test_what_is_no_valid_certificate_is_refused_in_one_line(controller, tmp_path):
    file = tmp_path / "cert.pem"
    with pytest.raises(InputError, match="cannot be read: No such file or directory; sealed secrets need"):
        sealing(file)
    file.write_text("hello")
    with pytest.raises(InputError, match=r"is no certificate in PEM; .*kubeseal --fetch-cert"):
        sealing(file)
    file.write_bytes(certificate(controller, days=-1))
    with pytest.raises(InputError, match="expired on 20"):
        sealing(file)
    file.write_bytes(certificate(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(InputError, match="holds no RSA key"):
        sealing(file)


def test_without_the_library_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'novaplan\[sealed\]'"):
        sealing(tmp_path / "cert.pem")
