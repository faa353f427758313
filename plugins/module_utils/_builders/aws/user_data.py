# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: what the definition gives, and for cloud-init the host key that is pinned."""

from __future__ import annotations

import gzip
import pathlib
import typing as t

from ..._access.cloud_config import can_be_joined, host_key_config, joined
from ..._access.keys import KeyText
from ..._lifecycle.errors import BuilderError

Options = t.Mapping[str, t.Any]

_MOST_BYTES = 16 * 1024


def check_user_data(options: Options) -> None:
    """:raises BuilderError: for two sources, a file that is not there, and more than AWS takes."""
    if options.get("user_data") and options.get("user_data_file"):
        raise BuilderError("user_data and user_data_file exclude each other", hint="Give one of them")
    raw = given_user_data(options)
    if options.get("user_data_gzip") and not raw:
        raise BuilderError("user_data_gzip has nothing to compress", hint="Give user_data or user_data_file, or remove it")
    if options.get("user_data_gzip") and options.get("connection") != "ssh":
        raise BuilderError("Windows does not read compressed user data", hint="Remove user_data_gzip")
    if options.get("host_key") == "user_data" and not can_be_joined(raw):
        raise BuilderError("this user data cannot carry a host key as well", hint="It has to be a script or cloud-config; or set host_key to console")
    if len(_compressed(raw, options)) > _MOST_BYTES:
        raise BuilderError(f"the user data has {len(raw)} bytes, AWS takes {_MOST_BYTES}", hint="Set user_data_gzip, or load the rest from elsewhere")


def given_user_data(options: Options) -> bytes:
    """What the definition gives, empty for nothing.

    :raises BuilderError: when the file cannot be read.
    """
    if options.get("user_data"):
        return str(options["user_data"]).encode()
    path = options.get("user_data_file")
    if not path:
        return b""
    try:
        return pathlib.Path(str(path)).read_bytes()
    except OSError as error:
        raise BuilderError(f"user_data_file: {path} cannot be read: {error.strerror}") from error


def pins_by_user_data(options: Options) -> bool:
    """Whether the guest is told its host key, instead of asked for it."""
    if options.get("connection") != "ssh":
        return False
    wanted = options.get("host_key") or "auto"
    return wanted == "user_data" or (wanted == "auto" and can_be_joined(given_user_data(options)))


def launch_user_data(options: Options, host_key: KeyText | None) -> bytes:
    """User data of the guest, empty for none.

    :param host_key: to be given to cloud-init.
    :raises BuilderError: when both together are too large.
    """
    raw = given_user_data(options)
    if host_key is None:
        data = _compressed(raw, options)
    else:
        data = joined(raw, host_key_config(host_key))
        data = gzip.compress(data, mtime=0) if raw and options.get("user_data_gzip") else data
    if len(data) > _MOST_BYTES:
        raise BuilderError(
            f"the user data has {len(data)} bytes with the host key, AWS takes {_MOST_BYTES}", hint="Set user_data_gzip, or set host_key to console"
        )
    return data


def _compressed(raw: bytes, options: Options) -> bytes:
    return gzip.compress(raw, mtime=0) if raw and options.get("user_data_gzip") else raw
