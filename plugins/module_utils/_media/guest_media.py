# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is installed from or seeded with: the media and the server that its builder's options ask for, and the key that lets us in."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
import typing as t

from .._access import host_keys, keys
from .._access.cloud_config import can_be_joined, host_key_config, joined, login_config
from .._access.connecting import user_of
from .._access.keys import KeyText
from .._lifecycle.errors import BuilderError
from .._lifecycle.operation import Context
from . import boot_command, http_server, seed
from .boot_command import Event
from .http_server import HttpServer, PortTakenError, Site
from .late import LateValues, needs_port
from .seed_contents import collect

Options = t.Mapping[str, t.Any]

ISO = "iso"
_SEED_LABEL = "cidata"
_MOST_PORTS_TRIED = 20
#: Stands for what is known at launch only, where options are checked.
_SAMPLE = LateValues("192.0.2.1", 8000, "ssh-ed25519 AAAA sample")


@dataclasses.dataclass(frozen=True)
class Access:
    """What lets us in.

    :ivar public_key: line for ``authorized_keys``, ``None`` for none.
    :ivar private_key_file: ``None`` for none.
    :ivar host_key: to be given to the guest, which is then the only one that is believed.
    """

    public_key: str | None = None
    private_key_file: str | None = None
    host_key: KeyText | None = None


@dataclasses.dataclass(frozen=True)
class Medium:
    """A medium for the guest.

    :ivar role: ``seed``, ``cd`` or ``floppy``.
    :ivar kind: ``cd`` or ``floppy``.
    :ivar path: of the image file.
    """

    role: str
    kind: str
    path: str


def check_media(options: Options, source_kind: str) -> None:
    """:raises BuilderError: for what cannot be made, typed or served."""
    cloud_init = options["cloud_init"]
    if cloud_init["user_data"] and cloud_init["user_data_file"]:
        raise BuilderError("cloud_init: user_data and user_data_file exclude each other", hint="Give one of them.")
    if not can_be_joined(_user_data(options)):
        raise BuilderError("cloud_init: this user data cannot carry a key as well", hint="It has to be a script or cloud-config.")
    if wants_seed(options, source_kind) and options["cd"] and options["cd"]["label"].lower() == _SEED_LABEL:
        raise BuilderError("two CDs would have the label cidata", hint="Give the content in cloud_init, or set cloud_init.seed to never.")
    if options["host_key"] == "seed" and not wants_seed(options, source_kind):
        raise BuilderError("host_key: seed needs a seed for cloud-init", hint="Set cloud_init.seed to always, or host_key to first_contact.")
    for role in ("cd", "floppy"):
        if options[role]:
            _SAMPLE.into(options[role]["content"])
            seed.checked_contents(role, options[role]["label"], options[role]["files"], options[role]["content"])
    ports = options["http"]["ports"] if options["http"] else [1]
    if not 1 <= len(ports) <= 2:
        raise BuilderError("http: ports has to be one port, or the lowest and the highest of a range")
    late = _SAMPLE if options["http"] else LateValues(public_key=_SAMPLE.public_key)
    boot_command.parse(late.into(options["boot_command"]))


def wants_seed(options: Options, source_kind: str) -> bool:
    """Whether the guest gets a seed for cloud-init."""
    cloud_init = options["cloud_init"]
    if cloud_init["seed"] != "auto":
        return bool(cloud_init["seed"] == "always")
    if any(cloud_init[name] for name in ("user_data", "user_data_file", "meta_data", "network_config")):
        return True
    has_own_way = options["connection"] != "ssh" or options["password"] or options["private_key_file"]
    return source_kind != ISO and not has_own_way


def prepare_access(options: Options, guest: str, directory: str, source_kind: str) -> Access:
    """Keys for a guest that is about to be launched, in ``directory``."""
    host_keys.forget(directory, guest)
    if options["connection"] != "ssh":
        return Access()
    host_key = None
    if options["host_key"] != "first_contact" and wants_seed(options, source_kind):
        host_key = keys.generate("ed25519", guest)
        host_keys.pin(directory, guest, [host_key.public])
    if options["private_key_file"]:
        return Access(_public_part(options["private_key_file"]), str(options["private_key_file"]), host_key)
    if options["password"]:
        return Access(host_key=host_key)
    return Access(keys.make_key(directory, guest).public, str(keys.key_path(directory, guest)), host_key)


def private_key_of(options: Options, guest: str, directory: str) -> str | None:
    """The private key of a guest that was launched before, ``None`` when it is reached without one.

    :raises BuilderError: when this machine does not have it.
    """
    if options["private_key_file"] or options["password"] or options["connection"] != "ssh":
        return options["private_key_file"]
    path = keys.key_path(directory, guest)
    if not path.is_file():
        raise BuilderError(f"the guest {guest} exists, but its private key {path} does not", hint="Remove the guest (state: absent), and launch it again.")
    return str(path)


def seed_content(options: Options, guest: str, access: Access) -> dict[str, str]:
    """Files of the seed, by name: what the definition gives, and what lets us in."""
    cloud_init = options["cloud_init"]
    raw = _user_data(options)
    config: dict[str, t.Any] = login_config(user_of(options), access.public_key, raw) if access.public_key else {}
    if access.host_key:
        config |= host_key_config(access.host_key)
    user_data = joined(raw, config) if config else raw or b"#cloud-config\n{}\n"
    # JSON is YAML too. Every guest is a new instance to cloud-init, also one of an image that was one.
    content = {"user-data": user_data.decode(errors="surrogateescape"), "meta-data": json.dumps({"instance-id": guest, **cloud_init["meta_data"]}) + "\n"}
    if cloud_init["network_config"]:
        content["network-config"] = json.dumps(cloud_init["network_config"]) + "\n"
    return content


def make_media(
    options: Options, guest: str, directory: str, access: Access, late: LateValues, context: Context, source_kind: str, purpose: str, seeded: bool = True
) -> list[Medium]:
    """Make the media in ``directory``; the journal has each.

    :param purpose: a guest to ``verify`` gets no more than the seed.
    :param seeded: whether cloud-init's seed comes on a CD, where one is wanted.
    """
    made = []
    if seeded and wants_seed(options, source_kind):
        made.append(_medium("seed", "cd", _SEED_LABEL, [], seed_content(options, guest, access), guest, directory, context))
    for role in ("cd", "floppy") if purpose != "verify" else ():
        wanted = options[role]
        if wanted:
            made.append(_medium(role, role, wanted["label"], wanted["files"], late.into(wanted["content"]), guest, directory, context))
    return made


def start_http(options: Options, guest: str, directory: str, address: str, seen_as: str, access: Access, context: Context) -> HttpServer | None:
    """Start the server that ``http`` asks for.

    :param address: of this machine, where the server listens unless the option says otherwise.
    :param seen_as: the same address as the guest sees it.
    """
    wanted = options["http"]
    if not wanted:
        return None
    lowest, highest = wanted["ports"][0], wanted["ports"][-1]
    listens = wanted["address"] or address
    run_pid = context.build.get("run_pid")

    def start(ports: tuple[int, int]) -> HttpServer:
        late = LateValues(wanted["address"] or seen_as, ports[0], access.public_key)
        site = Site(wanted["directory"], late.into(wanted["content"]))
        return http_server.start(site, listens, pathlib.Path(directory), guest, run_pid, context, ports)

    if not needs_port(wanted["content"]):
        return start((lowest, highest))
    # What is served tells where it is served, so the port has to be known beforehand.
    ports = random.sample(range(lowest, highest + 1), min(_MOST_PORTS_TRIED, highest + 1 - lowest))
    for port in ports[:-1]:
        try:
            return start((port, port))
        except PortTakenError:
            continue
    return start((ports[-1], ports[-1]))


def late_values(options: Options, server: HttpServer | None, seen_as: str, access: Access) -> LateValues:
    """What is known now."""
    if server is None:
        return LateValues(public_key=access.public_key)
    return LateValues((options["http"] or {}).get("address") or seen_as, server.port, access.public_key)


def typed(options: Options, late: LateValues) -> list[Event]:
    """Keys and pauses of the boot command, empty for none."""
    return list(boot_command.parse(late.into(options["boot_command"])))


def _user_data(options: Options) -> bytes:
    cloud_init = options["cloud_init"]
    if cloud_init["user_data"]:
        return str(cloud_init["user_data"]).encode()
    if not cloud_init["user_data_file"]:
        return b""
    try:
        return pathlib.Path(str(cloud_init["user_data_file"])).read_bytes()
    except OSError as error:
        raise BuilderError(f"cloud_init: user_data_file: {cloud_init['user_data_file']} cannot be read: {error.strerror}") from error


def _public_part(private_key_file: str) -> str | None:
    path = pathlib.Path(f"{private_key_file}.pub")
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _medium(role: str, kind: str, label: str, files: list[str], content: dict[str, str], guest: str, directory: str, context: Context) -> Medium:
    path = pathlib.Path(directory).absolute() / f"{guest}.{role}.{'iso' if kind == 'cd' else 'img'}"
    seed.make_medium(kind, label, collect(files, content), path, context)
    return Medium(role, kind, str(path))
