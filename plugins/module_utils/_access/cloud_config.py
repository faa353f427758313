# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data for cloud-init: what the definition gives, joined with what lets us in."""

from __future__ import annotations

import email
import email.message
import email.mime.base
import email.mime.multipart
import email.mime.text
import hashlib
import json
import typing as t

from .._lifecycle.errors import MissingDependencyError
from .keys import KeyText

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

Config = dict[str, t.Any]

#: How cloud-init tells kinds of user data apart.
_KINDS = {
    b"#!": "x-shellscript",
    b"#cloud-config": "cloud-config",
    b"#include": "x-include-url",
    b"#cloud-boothook": "cloud-boothook",
    b"## template: jinja": "jinja2",
    b"#part-handler": "part-handler",
}
#: Of two cloud-configs the later one would replace the lists of the earlier.
_MERGED = [{"name": "list", "settings": ["append"]}, {"name": "dict", "settings": ["no_replace", "recurse_list"]}]
_HEAD_BYTES = 4096
_BOUNDARY_DIGITS = 24


def can_be_joined(raw: bytes) -> bool:
    """Whether something can be given beside this user data: cloud-init reads both."""
    return not raw or _is_multipart(raw) or _kind(raw) is not None


def joined(raw: bytes, config: Config) -> bytes:
    """User data with both.

    :param raw: of the definition, empty for none.
    :param config: a cloud-config; it adds to lists of the definition's and replaces none of its values.
    """
    if not raw:
        return _text(config).encode()
    # The same for the same data, so that a repeated launch asks for the same.
    message = email.mime.multipart.MIMEMultipart(boundary=f"golden-{hashlib.sha256(raw).hexdigest()[:_BOUNDARY_DIGITS]}")
    message.attach(email.message_from_bytes(raw) if _is_multipart(raw) else _part(raw))
    message.attach(email.mime.text.MIMEText(_text({**config, "merge_how": _MERGED}), "cloud-config"))
    return message.as_bytes()


def host_key_config(host_key: KeyText) -> Config:
    """Only this key: the others that cloud-init would make are not pinned, and ssh would not accept them."""
    keys = {"ed25519_private": host_key.private, "ed25519_public": host_key.public}
    return {"ssh_deletekeys": True, "ssh_keys": keys}


def login_config(user: str, public_line: str, raw: bytes = b"") -> Config:
    """Lets the owner of a key in, as a user that may become root.

    :param user: made by cloud-init where the image has none of that name.
    :param raw: the definition's user data; where it lists users, those and ours are all there will be.
    """
    login: Config = {"name": user, "ssh_authorized_keys": [public_line]}
    if user != "root":
        login |= {"sudo": "ALL=(ALL) NOPASSWD:ALL", "lock_passwd": True, "shell": "/bin/bash"}
    users = [login] if _lists_users(raw) else ["default", login]
    return {"users": users, **({"disable_root": False} if user == "root" else {})}


def _lists_users(raw: bytes) -> bool:
    if _kind(raw) != "cloud-config":
        return False
    if yaml is None:
        raise MissingDependencyError("the Python package PyYAML is not installed", hint="Install it, e.g.: pip install PyYAML")
    try:
        given = yaml.safe_load(raw)
    except yaml.YAMLError:
        # Nothing to us: cloud-init will say what is wrong with it.
        return False
    return isinstance(given, dict) and bool(given.get("users"))


def _text(config: Config) -> str:
    # JSON is YAML too.
    return "#cloud-config\n" + json.dumps(config, indent=1) + "\n"


def _kind(raw: bytes) -> str | None:
    start = raw.lstrip()
    return next((kind for prefix, kind in _KINDS.items() if start.startswith(prefix)), None)


def _is_multipart(raw: bytes) -> bool:
    head = raw[:_HEAD_BYTES].lower()
    return head.startswith((b"content-type:", b"mime-version:")) and b"multipart/" in head


def _part(raw: bytes) -> email.message.Message:
    part = email.mime.base.MIMEBase("text", _kind(raw) or "plain")
    part.set_payload(raw.decode("utf-8", errors="surrogateescape"), "utf-8")
    return part
