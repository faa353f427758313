# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VBoxManage writes."""

from __future__ import annotations

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.parsing import (
    Attachment,
    Forward,
    attachments,
    blocks,
    controllers,
    forwards,
    machine_readable,
)

INFO = r"""name="web"
memory=1024
description="one = 1
two \"quoted\" \\ and
three"
Forwarding(0)="golden,tcp,127.0.0.1,2222,,22"
Forwarding(1)="with, comma,udp,,53,10.0.2.15,5353"
storagecontrollername0="SATA"
storagecontrollertype0="IntelAhci"
storagecontrollerportcount0="3"
storagecontrollermaxportcount0="30"
storagecontrollername1="My-IDE"
storagecontrollertype1="PIIX4"
"SATA-0-0"="/x/web.vdi"
"SATA-ImageUUID-0-0"="868321f4-ed52-4819-b2d7-d50c3842d96f"
"SATA-1-0"="emptydrive"
"SATA-IsEjected-1-0"="off"
"SATA-2-0"="none"
"My-IDE-1-1"="/x/seed.iso"
 rec_screen0
VMState="running"
"""


def test_values_go_over_lines_and_have_quotes() -> None:
    info = machine_readable(INFO)
    assert info["name"] == "web" and info["memory"] == "1024" and info["VMState"] == "running"
    assert info["description"] == 'one = 1\ntwo "quoted" \\ and\nthree'


def test_forwards() -> None:
    assert forwards(machine_readable(INFO)) == [
        Forward("golden", "tcp", "127.0.0.1", 2222, "", 22),
        Forward("with, comma", "udp", "", 53, "10.0.2.15", 5353),
    ]


def test_controllers_and_what_is_in_them() -> None:
    info = machine_readable(INFO)
    assert [(entry.name, entry.kind, entry.ports) for entry in controllers(info)] == [("SATA", "intelahci", 3), ("My-IDE", "piix4", 1)]
    assert attachments(info) == [
        Attachment("SATA", 0, 0, "/x/web.vdi"),
        Attachment("SATA", 1, 0, "emptydrive"),
        Attachment("My-IDE", 1, 1, "/x/seed.iso"),
    ]


def test_paragraphs() -> None:
    text = "UUID:           1\nLocation:       /a: b.vdi\nProperty:       x=1\nProperty:       y=2\n\nUUID:           2\nLocation:       /c.vdi\n"
    assert blocks(text, "UUID") == [{"UUID": "1", "Location": "/a: b.vdi", "Property": "x=1"}, {"UUID": "2", "Location": "/c.vdi"}]
