# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stock AMIs that every region has; all Linux ones boot the same content."""

from __future__ import annotations

import json
import pathlib
import typing as t

DEBIAN_OWNER, AMAZON_OWNER = "136693071363", "801119661308"
OLD_DEBIAN, NEW_DEBIAN, WINDOWS, DEPRECATED_DEBIAN = (f"ami-0aaa000000000000{number}" for number in range(1, 5))
DEPRECATED = {DEPRECATED_DEBIAN: "2026-03-01T00:00:00.000Z"}


def _entry(ami: str, name: str, owner: str, date: str, **more: str) -> dict[str, t.Any]:
    fixed = {"public": True, "virtualization_type": "hvm", "architecture": "x86_64", "state": "available", "image_type": "machine", "hypervisor": "xen"}
    disk = {"root_device_type": "ebs", "root_device_name": "/dev/xvda"}
    return {"ami_id": ami, "name": name, "owner_id": owner, "creation_date": f"{date}T00:00:00.000Z", "description": name, **fixed, **disk, **more}


STOCK = [
    _entry(OLD_DEBIAN, "debian-12-amd64-20260101-1", DEBIAN_OWNER, "2026-01-01"),
    _entry(NEW_DEBIAN, "debian-12-amd64-20260601-1", DEBIAN_OWNER, "2026-06-01"),
    _entry(WINDOWS, "Windows_Server-2022-English-Full-Base-2026.06.01", AMAZON_OWNER, "2026-06-01", platform="windows"),
    _entry(DEPRECATED_DEBIAN, "debian-11-amd64-20250101-1", DEBIAN_OWNER, "2025-01-01"),
]


def write(path: pathlib.Path) -> None:
    """Write the list as moto takes it."""
    path.write_text(json.dumps(STOCK), encoding="utf-8")
