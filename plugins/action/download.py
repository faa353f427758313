# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a file or a folder of the guest to the controller."""

from __future__ import annotations

import os
import pathlib
import posixpath
import shlex
import shutil
import tarfile
import tempfile
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.operation import Context, Result
from ansible_collections.golden.images.plugins.module_utils._lifecycle.partial_file import partial_file, replace_if_different
from ansible_collections.golden.images.plugins.module_utils._lifecycle.process import tail
from ansible_collections.golden.images.plugins.plugin_utils._provisioning import ProvisionerAction


class ActionModule(ProvisionerAction):
    """``golden.images.download``."""

    _requires_connection = True

    argument_spec = {"src": {"type": "str", "required": True}, "dest": {"type": "path", "required": True}}

    def operate(self, task_vars: dict[str, t.Any]) -> Result:
        """Pack it there, unpack it here."""
        arguments = self.arguments()
        source, target = arguments["src"].rstrip("/") or "/", arguments["dest"]
        is_folder = self._remote(f"test -d {shlex.quote(source)}")["rc"] == 0
        if not is_folder and self._remote(f"test -f {shlex.quote(source)}")["rc"] != 0:
            raise GoldenError(f"there is no file or folder {source} in the guest")
        if not is_folder and (target.endswith("/") or os.path.isdir(target)):
            target = os.path.join(target, posixpath.basename(source))
        if self._task.check_mode:
            return {"changed": True, "dest": target}
        folder = self.private_folder(self.context(task_vars).build)
        with tempfile.TemporaryDirectory(prefix="download-", dir=folder) as temporary:
            archive = os.path.join(temporary, "download.tar")
            self._fetch(source, is_folder, archive)
            changed = _unpack(archive, pathlib.Path(target), is_folder, self.context(task_vars))
        return {"changed": bool(changed), "dest": target, "files": sorted(changed)}

    def _remote(self, command: str) -> dict[str, t.Any]:
        return t.cast(dict[str, t.Any], self._low_level_execute_command(command, sudoable=True))

    def _fetch(self, source: str, is_folder: bool, archive: str) -> None:
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        packed = self._connection._shell.join_path(folder, "download.tar")
        start, member = (source, ".") if is_folder else (posixpath.dirname(source) or ".", "./" + posixpath.basename(source))
        # Links are followed: what they point to may not be there on the controller, or be something else.
        packing = f"tar -chf {shlex.quote(packed)} -C {shlex.quote(start)} {shlex.quote(member)} && chmod 0644 {shlex.quote(packed)}"
        ran = self._remote(packing)
        if ran["rc"] != 0:
            raise GoldenError(f"tar in the guest failed: {tail(ran['stderr']) or ran['rc']}", hint="Downloads need tar in the guest.")
        self._connection.fetch_file(packed, archive)


def _unpack(archive: str, target: pathlib.Path, is_folder: bool, context: Context) -> list[str]:
    """Files and folders of the archive put in place; what is the same stays.

    :returns: paths that changed.
    :raises GoldenError: for a member that would leave the target.
    """
    changed: list[str] = []
    with tarfile.open(archive) as packed:
        for member in packed:
            name = posixpath.normpath(member.name)
            if name.startswith(("/", "../")) or name == "..":
                raise GoldenError(f"the guest sent a file called {member.name}, which would leave {target}")
            path = target / name if is_folder else target
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif (member.isreg() or member.islnk()) and _put(packed, member, path, context):
                changed.append(str(path))
    return changed


def _put(packed: tarfile.TarFile, member: tarfile.TarInfo, path: pathlib.Path, context: Context) -> bool:
    stream = packed.extractfile(member)
    if stream is None:
        return False
    with partial_file(path, context, (member.mode & 0o777) | 0o600) as file:
        shutil.copyfileobj(stream, file)
        return replace_if_different(file, path)
