# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data: what the definition gives, and for cloud-init the host key that is pinned."""

from __future__ import annotations

import email
import email.message
import email.mime.base
import email.mime.multipart
import email.mime.text
import gzip
import hashlib
import json
import pathlib
import typing as t

from ..._lifecycle.errors import BuilderError
from .key_pair import KeyText

Options = t.Mapping[str, t.Any]

_MOST_BYTES = 16 * 1024
#: How cloud-init tells kinds of user data apart.
_KINDS = {
    b"#!": "x-shellscript",
    b"#cloud-config": "cloud-config",
    b"#include": "x-include-url",
    b"#cloud-boothook": "cloud-boothook",
    b"## template: jinja": "jinja2",
    b"#part-handler": "part-handler",
}


def check_user_data(options: Options) -> None:
    """:raises BuilderError: for two sources, a file that is not there, and more than AWS takes."""
    if options.get("user_data") and options.get("user_data_file"):
        raise BuilderError("user_data and user_data_file exclude each other", hint="Give one of them")
    raw = given_user_data(options)
    if options.get("user_data_gzip") and not raw:
        raise BuilderError("user_data_gzip has nothing to compress", hint="Give user_data or user_data_file, or remove it")
    if options.get("user_data_gzip") and options.get("connection") != "ssh":
        raise BuilderError("Windows does not read compressed user data", hint="Remove user_data_gzip")
    if options.get("host_key") == "user_data" and not carries_host_key(raw):
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


def carries_host_key(raw: bytes) -> bool:
    """Whether a host key can be given beside this user data: cloud-init reads both."""
    return not raw or _is_multipart(raw) or _kind(raw) is not None


def pins_by_user_data(options: Options) -> bool:
    """Whether the guest is told its host key, instead of asked for it."""
    if options.get("connection") != "ssh":
        return False
    wanted = options.get("host_key") or "auto"
    return wanted == "user_data" or (wanted == "auto" and carries_host_key(given_user_data(options)))


def launch_user_data(options: Options, host_key: KeyText | None) -> bytes:
    """User data of the guest, empty for none.

    :param host_key: to be given to cloud-init.
    :raises BuilderError: when both together are too large.
    """
    raw = given_user_data(options)
    if host_key is None:
        data = _compressed(raw, options)
    else:
        config = _host_key_config(host_key)
        data = config.encode() if not raw else _together(config, raw)
        data = gzip.compress(data, mtime=0) if raw and options.get("user_data_gzip") else data
    if len(data) > _MOST_BYTES:
        raise BuilderError(
            f"the user data has {len(data)} bytes with the host key, AWS takes {_MOST_BYTES}", hint="Set user_data_gzip, or set host_key to console"
        )
    return data


def _compressed(raw: bytes, options: Options) -> bytes:
    return gzip.compress(raw, mtime=0) if raw and options.get("user_data_gzip") else raw


def _host_key_config(host_key: KeyText) -> str:
    """Only this key: the others that cloud-init would make are not pinned, and ssh would not accept them."""
    keys = {"ed25519_private": host_key.private, "ed25519_public": host_key.public}
    # JSON is YAML too.
    return "#cloud-config\n" + json.dumps({"ssh_deletekeys": True, "ssh_keys": keys}, indent=1) + "\n"


def _kind(raw: bytes) -> str | None:
    start = raw.lstrip()
    return next((kind for prefix, kind in _KINDS.items() if start.startswith(prefix)), None)


def _is_multipart(raw: bytes) -> bool:
    head = raw[:4096].lower()
    return head.startswith((b"content-type:", b"mime-version:")) and b"multipart/" in head


def _together(config: str, raw: bytes) -> bytes:
    # The same for the same data, so that a repeated launch asks for the same.
    message = email.mime.multipart.MIMEMultipart(boundary=f"golden-{hashlib.sha256(raw).hexdigest()[:24]}")
    message.attach(email.mime.text.MIMEText(config, "cloud-config"))
    message.attach(email.message_from_bytes(raw) if _is_multipart(raw) else _part(raw))
    return message.as_bytes()


def _part(raw: bytes) -> email.message.Message:
    part = email.mime.base.MIMEBase("text", _kind(raw) or "plain")
    part.set_payload(raw.decode("utf-8", errors="surrogateescape"), "utf-8")
    return part
