# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host keys of guests: known before the first connection, so that nobody can step in between."""

from __future__ import annotations

import pathlib
import typing as t

from .._lifecycle.files import write_atomically


def known_hosts_path(directory: str, guest: str) -> pathlib.Path:
    """File with a guest's host keys."""
    return pathlib.Path(directory) / f"{guest}.known_hosts"


def pin(directory: str, guest: str, keys: t.Iterable[str]) -> None:
    """Have ssh accept these keys of the guest and no others.

    :param keys: ``ssh-ed25519 AAAA…``.
    """
    lines = "".join(f"{guest} {' '.join(key.split()[:2])}\n" for key in keys)
    write_atomically(known_hosts_path(directory, guest), lines, 0o600)


def is_pinned(directory: str, guest: str) -> bool:
    """Whether :func:`pin` was called for it."""
    return known_hosts_path(directory, guest).is_file()


def forget(directory: str, guest: str) -> None:
    """Delete what :func:`pin` wrote."""
    known_hosts_path(directory, guest).unlink(missing_ok=True)
