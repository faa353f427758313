# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of guests: made here, so that no platform ever sees the private part."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import typing as t

from .._lifecycle.errors import BuilderError, MissingDependencyError
from .._lifecycle.files import write_atomically

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
except ImportError:
    serialization = None  # type: ignore[assignment]

_RSA_BITS = 3072


@dataclasses.dataclass(frozen=True)
class KeyText:
    """A new key.

    :ivar private: as OpenSSH (ed25519) or PEM (RSA) has it.
    :ivar public: one line, ``ssh-ed25519 AAAA… comment``.
    """

    private: str
    public: str


def generate(kind: str, comment: str) -> KeyText:
    """A new key.

    :param kind: ``ed25519`` or ``rsa``.
    """
    if serialization is None:
        raise MissingDependencyError("the Python package cryptography is not installed", hint="Install it, e.g.: pip install cryptography")
    if kind == "rsa":
        key: t.Any = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        form = serialization.PrivateFormat.TraditionalOpenSSL
    else:
        key = ed25519.Ed25519PrivateKey.generate()
        form = serialization.PrivateFormat.OpenSSH
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return KeyText(private.decode("ascii"), f"{public.decode('ascii')} {comment}")


def key_path(directory: str, guest: str) -> pathlib.Path:
    """File of a guest's temporary private key."""
    return pathlib.Path(directory) / f"{guest}.key"


def make_key(directory: str, guest: str, kind: str = "ed25519") -> KeyText:
    """A new key of a guest, in ``directory``, which is made for this user alone when it is not there."""
    path = key_path(directory, guest)
    text = generate(kind, guest)
    pathlib.Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, text.private, 0o600)
    write_atomically(f"{path}.pub", text.public + "\n", 0o600)
    return text


def public_line(directory: str, guest: str) -> str:
    """The public part of what :func:`make_key` made."""
    return pathlib.Path(f"{key_path(directory, guest)}.pub").read_text(encoding="ascii").strip()


def forget_key_files(directory: str, guest: str) -> None:
    """Delete what lies in ``directory`` of a guest's key."""
    path = key_path(directory, guest)
    for file in (path, pathlib.Path(f"{path}.pub")):
        file.unlink(missing_ok=True)


def read_private_key(path: str | os.PathLike[str]) -> t.Any:
    """A private key of RSA, for decrypting.

    :raises BuilderError: when it cannot be read.
    """
    raw = pathlib.Path(path).read_bytes()
    try:
        if b"OPENSSH PRIVATE KEY" in raw:
            return serialization.load_ssh_private_key(raw, password=None)
        return serialization.load_pem_private_key(raw, password=None)
    except (ValueError, TypeError) as error:
        raise BuilderError(f"the private key {path} cannot be read: {error}", hint="It has to be an RSA key without a passphrase") from error
