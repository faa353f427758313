# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses options of a guest that vSphere would refuse, or that would do something else than they say; asks nobody."""

from __future__ import annotations

import re
import typing as t

from ..._access.connecting import check_connection, port_of
from ..._lifecycle.errors import BuilderError
from ..._media import guest_media
from ..._media.late import LateValues
from .addresses import check_address
from .customization import check_customization
from .hardware import check_hardware
from .keyboard import check_typing
from .options import guest_view
from .questions import check_answers
from .session import check_given_auth
from .source import check_source, kind_of
from .uploads import parse_path

Options = t.Mapping[str, t.Any]

_SAMPLE = LateValues("192.0.2.1", 8000, "ssh-ed25519 AAAA sample")
#: Where the lifecycle has not resolved another build's image yet, its guests are clones.
_OF_IMAGE = "template"


def check_launch(options: Options, source: Options) -> None:
    """:raises BuilderError: for the first thing that cannot be."""
    check_given_auth(options)
    kind = _OF_IMAGE if "image_of" in source else kind_of(source)
    if kind != "template" or source.get("template"):
        check_source(source)
    _check_place(options, kind)
    _check_login(guest_view(options))
    check_hardware(options, kind == "iso")
    _check_copied_disk(options, kind)
    check_customization(options, kind)
    check_address(options)
    check_answers(options["answers"])
    guest_media.check_media(guest_view(options), kind)
    check_typing(guest_media.typed(options, _SAMPLE))
    for path in options["isos"]:
        parse_path(path)
    for name in ("boot_wait", "boot_key_interval", "boot_key_retries"):
        if options[name] < 0:
            raise BuilderError(f"{name} is less than 0")


def _check_login(view: Options) -> None:
    try:
        check_connection(view)
    except BuilderError as error:
        # By the names that they have here.
        raise BuilderError(_ours(error.message), hint=_ours(error.hint) if error.hint else None) from None
    if view["connection"] != "none" and not 0 < port_of(view) < 65536:
        raise BuilderError(f"guest_port is {port_of(view)}, it has to be 1 to 65535")


def _ours(text: str) -> str:
    return re.sub(r"\b(user|password|port)\b(?= |$|\.)", r"guest_\1", text)


def _check_copied_disk(options: Options, kind: str) -> None:
    """What is deployed or imported is so as a whole, with all disks in one place."""
    first = (options["disks"] or [{}])[0]
    if kind in ("ova", "library") and first.get("datastore"):
        raise BuilderError("disks: disk 0 comes with its source and goes to the datastore of the guest", hint="Give the option datastore.")
    if kind == "library" and first.get("provisioning"):
        raise BuilderError("disks: disk 0 comes from the library, where vCenter decides how it is stored", hint="Leave out its provisioning.")


def _check_place(options: Options, kind: str) -> None:
    if options.get("datastore") and options.get("datastore_cluster"):
        raise BuilderError("datastore and datastore_cluster exclude each other", hint="Give one of them.")
    if kind in ("iso", "ova", "library") and not options.get("datastore") and not options.get("datastore_cluster"):
        raise BuilderError("it is not said where the disks of the guest go", hint="Give datastore or datastore_cluster.")
    if not options["media_folder"].strip("/") or ".." in options["media_folder"].split("/"):
        raise BuilderError(f"media_folder: {options['media_folder']!r} is no folder of a datastore", hint="For instance golden-images.")
