# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords of guests: on their way to the tasks that connect they lie in a file, never in a result, which -v shows."""

from __future__ import annotations

import pathlib

from .._lifecycle.files import write_atomically


def password_path(directory: str, guest: str) -> pathlib.Path:
    """File of a guest's password; read by the tasks that connect, and by nobody else."""
    return pathlib.Path(directory) / f"{guest}.password"


def write_password(directory: str, guest: str, text: str) -> pathlib.Path:
    """The file with it, for this user alone."""
    path = password_path(directory, guest)
    write_atomically(path, text, 0o600)
    return path


def forget_password(directory: str, guest: str) -> None:
    """Delete the file."""
    password_path(directory, guest).unlink(missing_ok=True)
