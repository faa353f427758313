# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's password that Windows makes at its first boot, encrypted with the guest's key."""

from __future__ import annotations

import base64
import pathlib
import typing as t

from ..._access.keys import read_private_key
from ..._access.passwords import write_password
from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import BuilderError
from .errors import doing
from .session import Account

try:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    rsa = None  # type: ignore[assignment]

Options = t.Mapping[str, t.Any]


def provide_password(account: Account, guest: str, instance_id: str, private_key_file: str, directory: str, options: Options) -> pathlib.Path:
    """The file with the decrypted password; it is nowhere else.

    :param options: with ``password_wait``.
    :raises WaitTimeoutError: when Windows did not tell it in time.
    """
    return write_password(directory, guest, options.get("windows_password") or _decrypted(_wait(account, instance_id, options), private_key_file))


def _wait(account: Account, instance_id: str, options: Options) -> str:
    waiter = waiter_of(options, "password_wait", f"the password of the administrator of {instance_id}")
    hint = f"{longer('password_wait')}; images whose launch agent makes no password need windows_password"
    return waiter.until(lambda: _encrypted(account, instance_id), hint=hint)


def _encrypted(account: Account, instance_id: str) -> str:
    with doing(f"read the password of {instance_id}", f"instance {instance_id}"):
        return str(account.client("ec2").get_password_data(InstanceId=instance_id).get("PasswordData") or "").strip()


def _decrypted(encrypted: str, private_key_file: str) -> str:
    key = read_private_key(private_key_file)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BuilderError(f"{private_key_file} is not an RSA key, with which alone Windows encrypts its password")
    try:
        return key.decrypt(base64.b64decode(encrypted), padding.PKCS1v15()).decode("utf-8")
    except ValueError as error:
        raise BuilderError(
            f"the password of the administrator cannot be decrypted with {private_key_file}", hint="It has to be the private part of the guest's key pair"
        ) from error
