# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a guest: made here, so that AWS never sees the private part."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from ..._lifecycle.files import write_atomically
from ..._lifecycle.operation import Context
from .errors import AwsError, code_of, doing, missing
from .session import Account
from .tagging import GUEST_TAG, Tags, as_dict, specifications

try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
except ImportError:
    serialization = None  # type: ignore[assignment]

Options = t.Mapping[str, t.Any]

KIND = "key_pair"
_DUPLICATE = "InvalidKeyPair.Duplicate"
_RSA_BITS = 3072


@dataclasses.dataclass(frozen=True)
class KeyText:
    """A new key.

    :ivar private: as OpenSSH (ed25519) or PEM (RSA) has it.
    :ivar public: one line, ``ssh-ed25519 AAAA… comment``.
    """

    private: str
    public: str


@dataclasses.dataclass(frozen=True)
class GuestKey:
    """With what the guest lets people in.

    :ivar name: of the key pair at AWS, ``None`` for none.
    :ivar private_key_file: ``None`` when the agent or the settings of ssh know the key.
    """

    name: str | None
    private_key_file: str | None


def check_key(options: Options) -> None:
    """:raises BuilderError: for options that exclude each other."""
    windows = options.get("connection") != "ssh"
    if options.get("key_name") and (options.get("temporary_key_type") or options.get("instance_connect")):
        raise BuilderError("key_name, temporary_key_type and instance_connect exclude each other", hint="Give one of them, or none for a temporary key")
    if options.get("private_key_file") and not options.get("key_name"):
        raise BuilderError("private_key_file belongs to a key pair of AWS", hint="Give its key_name, or remove private_key_file for a temporary key")
    if options.get("private_key_file") and not pathlib.Path(str(options["private_key_file"])).is_file():
        raise BuilderError(f"private_key_file: {options['private_key_file']} does not exist")
    if windows and options.get("temporary_key_type") == "ed25519":
        raise BuilderError("the password of Windows is encrypted with an RSA key", hint="Remove temporary_key_type, or set it to rsa")
    if windows and options.get("instance_connect"):
        raise BuilderError("instance_connect is for ssh", hint="Remove it, or set connection to ssh")
    if windows and options.get("key_name") and not options.get("private_key_file") and not options.get("windows_password"):
        raise BuilderError("without its private key the password of Windows cannot be decrypted", hint="Give private_key_file, or windows_password")


def is_temporary(options: Options) -> bool:
    """Whether a key pair is made at AWS."""
    return not options.get("key_name") and not options.get("instance_connect")


def key_type(options: Options) -> str:
    """Type of a temporary key."""
    return options.get("temporary_key_type") or ("ed25519" if options.get("connection") == "ssh" else "rsa")


def generate(kind: str, comment: str) -> KeyText:
    """A new key.

    :param kind: ``ed25519`` or ``rsa``.
    """
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


def provide_key(options: Options, guest: str, directory: str, tags: Tags, account: Account, context: Context) -> GuestKey:
    """The guest's key; a temporary one is journalled, and in ``directory`` before AWS knows it."""
    if options.get("key_name"):
        return GuestKey(str(options["key_name"]), options.get("private_key_file"))
    path = key_path(directory, guest)
    text = generate(key_type(options), guest)
    pathlib.Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, text.private, 0o600)
    write_atomically(f"{path}.pub", text.public + "\n", 0o600)
    if options.get("instance_connect"):
        return GuestKey(None, str(path))
    resource = account.resource(KIND, guest)
    context.journal.creating(resource)
    _import(guest, text.public, {**tags, GUEST_TAG: guest}, account)
    context.journal.created(resource)
    return GuestKey(guest, str(path))


def public_line(options: Options, guest: str, directory: str, account: Account) -> str | None:
    """What launching put into the guest's ``authorized_keys``, to be looked for in the image; ``None`` when nobody tells."""
    if options.get("key_name"):
        with doing(f"look at the key pair {options['key_name']}"):
            (pair,) = account.client("ec2").describe_key_pairs(KeyNames=[str(options["key_name"])], IncludePublicKey=True)["KeyPairs"]
        return pair.get("PublicKey")
    return pathlib.Path(f"{key_path(directory, guest)}.pub").read_text(encoding="ascii").strip()


def _import(guest: str, public: str, tags: Tags, account: Account) -> None:
    ec2 = account.client("ec2")

    def import_it() -> None:
        with doing(f"import the key pair {guest}", f"key pair {guest}"):
            ec2.import_key_pair(KeyName=guest, PublicKeyMaterial=public.encode(), TagSpecifications=specifications(tags, "key-pair"))

    try:
        import_it()
    except AwsError as error:
        if code_of(error) != _DUPLICATE or not _is_ours(guest, account):
            raise
        # An earlier attempt whose answer was lost; which of the two keys it holds nobody knows.
        remove_key(guest, account)
        import_it()


def _is_ours(guest: str, account: Account) -> bool:
    with doing(f"look at the key pair {guest}"):
        found = account.client("ec2").describe_key_pairs(KeyNames=[guest])["KeyPairs"]
    return any(as_dict(pair.get("Tags")).get(GUEST_TAG) == guest for pair in found)


def remove_key(guest: str, account: Account) -> bool:
    """Delete a guest's temporary key pair at AWS.

    :returns: whether there was one.
    """
    try:
        if not _is_ours(guest, account):
            return False
        with doing(f"delete the key pair {guest}", f"key pair {guest}"):
            account.client("ec2").delete_key_pair(KeyName=guest)
    except AwsError as error:
        if not missing(error):
            raise
        return False
    return True


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
