"""Sealed Secrets: values encrypted for one cluster, whose controller alone reads them, so that they may be committed.

The format is that of the controller (https://github.com/bitnami-labs/sealed-secrets, pkg/crypto): a random AES-256 key
encrypts the value with GCM and a nonce of zeros, since it is used once; RSA-OAEP with SHA-256 encrypts that key under
the label ``namespace/name``, which makes the strict scope: under another name the value cannot be read.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from novaplan.errors import InputError, MissingExtraError, Problem
from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed
from novaplan.render.manifests import Manifest, manifest
from novaplan.render.secrets.needs import SecretsError
from novaplan.render.secrets.values import Values

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Seal = Callable[[bytes, bytes], bytes]
"""Encrypts a value under a label."""

WANTED = "sealed secrets need the cluster's certificate: kubeseal --fetch-cert > cert.pem, then --sealing-certificate"


def sealed(context: Context, needs: Iterable[SecretNeed], values: Values, seal: Seal) -> list[Manifest]:
    """One SealedSecret for each Secret of which ``values`` holds a key.

    Raises SecretsError where a Secret has no namespace: which one it is for is part of what is sealed.
    """
    found, problems = [], []
    for need in needs:
        held = values.get((need.namespace or "", need.name), {})
        keys = [key.name for key in need.keys if key.name in held]
        if not keys:
            continue
        if need.namespace is None:
            message = f"the Secret {need.name} is in no namespace, and is sealed for one; --set namespace=NAME"
            problems.append(Problem(message))
            continue
        label = f"{need.namespace}/{need.name}".encode()
        data = {key: base64.b64encode(seal(held[key], label)).decode() for key in sorted(keys)}
        found.append(_sealed_secret(context, need, need.namespace, data))
    if problems:
        raise SecretsError(problems)
    return found


def _sealed_secret(context: Context, need: SecretNeed, namespace: str, data: dict[str, str]) -> Manifest:
    labels = context.labels(need.name)
    template = {"metadata": {"name": need.name, "namespace": namespace, "labels": labels}, "type": need.type}
    return manifest(
        "bitnami.com/v1alpha1",
        "SealedSecret",
        need.name,
        namespace=namespace,
        labels=labels,
        generated_for=need.generated_for,
        spec={"encryptedData": data, "template": template},
    )


def sealing(certificate: Path) -> Seal:
    """What encrypts for the cluster that ``certificate`` (PEM) belongs to.

    Raises InputError when the file cannot be read, is no certificate with an RSA key, or has expired;
    MissingExtraError without the extra ``sealed``.
    """
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise MissingExtraError("sealing secrets needs cryptography: pip install 'novaplan[sealed]'") from None

    public = _public_key(certificate)

    def seal(value: bytes, label: bytes) -> bytes:
        session = AESGCM.generate_key(256)
        algorithm = hashes.SHA256()
        wrapped = public.encrypt(session, OAEP(mgf=MGF1(algorithm), algorithm=algorithm, label=label))
        nonce = bytes(12)  # AESGCM's usual length; the key is never used again
        return b"".join((len(wrapped).to_bytes(2, "big"), wrapped, AESGCM(session).encrypt(nonce, value, None)))

    return seal


def _public_key(certificate: Path) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import load_pem_x509_certificate

    shown = os.fspath(certificate)
    try:
        found = load_pem_x509_certificate(certificate.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}; {WANTED}", file=shown) from None
    except ValueError:
        raise InputError(f"is no certificate in PEM; {WANTED}", file=shown) from None
    if found.not_valid_after_utc < datetime.now(UTC):
        raise InputError(f"expired on {found.not_valid_after_utc:%Y-%m-%d}, so {WANTED}", file=shown)
    public = found.public_key()
    if not isinstance(public, RSAPublicKey):
        raise InputError(f"holds no RSA key; {WANTED}", file=shown)
    return public
