# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs: those of guests, and what AWS knows of them."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

from ..._access import keys
from ..._access.keys import key_path, make_key
from ..._lifecycle.errors import BuilderError
from ..._lifecycle.operation import Context
from .errors import AwsError, code_of, doing, missing
from .session import Account
from .tagging import GUEST_TAG, Tags, as_dict, specifications

Options = t.Mapping[str, t.Any]

KIND = "key_pair"
_DUPLICATE = "InvalidKeyPair.Duplicate"


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


def provide_key(options: Options, guest: str, directory: str, tags: Tags, account: Account, context: Context) -> GuestKey:
    """The guest's key; a temporary one is journalled, and in ``directory`` before AWS knows it."""
    if options.get("key_name"):
        return GuestKey(str(options["key_name"]), options.get("private_key_file"))
    path = key_path(directory, guest)
    text = make_key(directory, guest, key_type(options))
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
    return keys.public_line(directory, guest)


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
