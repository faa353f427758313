# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems of one sector, for what needs a running guest and nothing in it."""

from __future__ import annotations

import pathlib
import random

MIB = 1024 * 1024
_SECTOR = 512
#: Stays for ever: hlt, and back.
_STAY = bytes.fromhex("f4 ebfd")
#: Turns the machine off, by the register of ACPI for it: where QEMU has it, then where VirtualBox has it.
_TURN_OFF = bytes.fromhex("ba0406 b80020 ef  ba0440 b80034 ef")


def tiny_disk(path: pathlib.Path, *, turns_off: bool, noise: int = 0) -> pathlib.Path:
    """Write a raw disk.

    :param turns_off: the machine at once; otherwise it runs, hears nothing and says nothing.
    :param noise: MiB of the disk that nothing can compress.
    """
    code = (_TURN_OFF if turns_off else b"") + _STAY
    content = random.Random(0).randbytes(max(noise, 1) * MIB - _SECTOR)
    path.write_bytes(code.ljust(_SECTOR - 2, b"\0") + b"\x55\xaa" + content)
    return path
