# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches a guest: all that only asks comes first, then the machine, its media, and the start; an installer is waited for."""

from __future__ import annotations

import dataclasses
import pathlib

from ..._access.connecting import port_of
from ..._lifecycle.operation import Context, Params
from ..._media.guest_media import Access, Medium, late_values, make_media, prepare_access, start_http, typed
from ..._media.http_server import HttpServer, stop
from . import additions, answering, building, forwarding, machine, marks, source, storage
from .hardware import boot_arguments
from .installing import await_installation
from .networking import LOOPBACK, host_addresses, mode_of, reported_address
from .parsing import attachments
from .typing_keys import type_keys
from .vboxmanage import VBoxManage

Place = tuple[str, int, int]

_INSTALLED_ORDER = ("disk", "dvd")


@dataclasses.dataclass
class Launch:
    """A guest that is being launched.

    :ivar directory: with its keys and media.
    :ivar folder: of its machine.
    :ivar additions: the CD, ``None`` for none.
    :ivar server: for the installer.
    :ivar drives: places of removable media.
    """

    params: Params
    directory: str
    folder: pathlib.Path
    vbox: VBoxManage
    context: Context
    additions: pathlib.Path | None = None
    server: HttpServer | None = None
    drives: list[Place] = dataclasses.field(default_factory=list)

    @property
    def guest(self) -> str:
        """Its name."""
        return str(self.params["name"])

    @property
    def pictures(self) -> str:
        """Where pictures of its screen go: beside the build's own folder, which goes with the build."""
        return str(pathlib.Path(self.directory).parent) if self.context.build else self.directory

    @property
    def is_installed(self) -> bool:
        """Whether an installer runs in it first."""
        return source.kind_of(self.params["source"]) == "iso"


def launch(params: Params, directory: str, vbox: VBoxManage, context: Context) -> tuple[str, int] | None:
    """Launch a guest.

    :returns: where it answers, ``None`` when nobody connects to it.
    :raises BuilderError: when that fails; what was made so far is in the journal.
    """
    launching = Launch(params, directory, machine.folder_of(params, params["name"], directory), vbox, context)
    kind = source.kind_of(params["source"])
    path = None if kind == "vm" else source.obtain(params["source"], context)
    building.check_source_file(params, path, launching.folder)
    launching.additions = additions.obtain_additions(params, vbox, context) if params["purpose"] == "build" else None
    access = prepare_access(params, launching.guest, directory, kind)
    building.make_machine(params, path, launching.folder, vbox, context)
    seen_as = _serve(launching, access)
    late = late_values(params, launching.server, seen_as, access)
    media = make_media(params, launching.guest, directory, access, late, context, kind, params["purpose"])
    _attach(launching, media, path if launching.is_installed else None)
    way = start(launching)
    if params["purpose"] == "build":
        type_keys(vbox, launching.guest, typed(params, late), params, context)
    if launching.is_installed:
        return _install(launching, way)
    return reach(launching, way)


def start(launching: Launch) -> tuple[str, int] | None:
    """Start the machine; where its guest will answer, ``None`` when that is not known yet."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest

    def begin() -> None:
        machine.start(vbox, guest, params["headless"])

    number = params["address_nic"]
    if params["connection"] == "none" or mode_of(vbox.info(guest), number) != "nat":
        begin()
        return (params["address"], port_of(params)) if params["address"] else None
    port = forwarding.start_with_forward(vbox, guest, number, port_of(params), params, begin, launching.context)
    return LOOPBACK, port


def reach(launching: Launch, way: tuple[str, int] | None) -> tuple[str, int] | None:
    """Wait until the guest answers; where that is."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest
    if params["connection"] == "none":
        return None
    found = way or (reported_address(vbox, guest, params), port_of(params))
    if not params["bastion"]:
        answering.await_answer(vbox, guest, *found, params, launching.pictures, launching.context)
    return found


def _serve(launching: Launch, access: Access) -> str:
    """Start the server for the installer; the address at which the guest sees this machine."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest
    if not params["http"] or params["purpose"] == "verify":
        return LOOPBACK
    address, seen_as = host_addresses(vbox.info(guest), params, vbox)
    if address == LOOPBACK:
        vbox.run("modifyvm", guest, f"--nat-localhostreachable{params['address_nic']}", "on")
    launching.server = start_http(params, guest, launching.directory, address, seen_as, access, launching.context)
    return seen_as


def _attach(launching: Launch, media: list[Medium], installer: pathlib.Path | None) -> None:
    """Put all media into drives of their own."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest
    added: list[str] = []
    kind = storage.cd_controller(vbox.info(guest), params["cd_controller"])
    # First, since firmware boots the first CD of all.
    drives = [storage.attach_removable(vbox, guest, str(installer), kind, added)] if installer else []
    drives += [storage.attach_removable(vbox, guest, medium.path, "floppy" if medium.kind == "floppy" else kind, added) for medium in media]
    if launching.additions and additions.mode_of(params) == "attach":
        # An installer may take any CD for its own, so it has an empty drive until it is through.
        drives.append(storage.attach_removable(vbox, guest, "emptydrive" if installer else str(launching.additions), kind, added))
    launching.drives = drives
    marks.note(vbox, guest, marks.MEDIA, drives or None)
    marks.note(vbox, guest, marks.CONTROLLERS, added or None)
    marks.note(vbox, guest, marks.INSTALLER, [*drives[0], str(installer)] if installer else None)


def _install(launching: Launch, way: tuple[str, int] | None) -> tuple[str, int] | None:
    """Wait for the installer, and have the installed system run without it."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest
    runs = await_installation(vbox, guest, way, launching.server, params, launching.pictures, launching.context)
    if launching.server:
        stop(launching.server.mark, launching.context)
    _put_away(launching, runs)
    if runs or params["connection"] == "none":
        return way
    return reach(launching, start(launching))


def _put_away(launching: Launch, runs: bool) -> None:
    """Take all media out and have the disk booted; the guest additions come now."""
    params, vbox, guest = launching.params, launching.vbox, launching.guest
    attaches = launching.additions is not None and additions.mode_of(params) == "attach"
    own = launching.drives[-1] if attaches else None
    given = {(entry.controller, entry.port, entry.device): entry.medium for entry in attachments(vbox.info(guest))}
    taken = {given[drive] for drive in launching.drives if drive != own and drive in given}
    for drive in launching.drives:
        if drive == own:
            storage.insert(vbox, guest, drive, str(launching.additions))
        elif not runs:
            storage.detach(vbox, guest, drive)
        elif storage.is_cd(vbox, guest, drive):
            storage.eject(vbox, guest, drive)
    storage.forget_removable(vbox, taken.__contains__)
    if not runs:
        vbox.run("modifyvm", guest, *boot_arguments(_INSTALLED_ORDER))
        marks.note(vbox, guest, marks.MEDIA, [own] if own else None)
