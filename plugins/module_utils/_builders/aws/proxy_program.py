# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that ssh talks through: standard input and output are the connection to the guest.

Started by the launcher that :mod:`.proxying` writes, once for each connection that ssh opens.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import selectors
import socket
import sys
import typing as t

from ..._lifecycle.errors import BuilderError, GoldenError
from ..._lifecycle.process import run_command
from .errors import doing
from .proxying import PLUGIN, check_plugin
from .session import Account

Spec = t.Mapping[str, t.Any]

#: Since then the plugin takes AWS' answer, which holds a token, from its environment instead of its arguments.
_PLUGIN_VERSION = (1, 2, 497, 1)
_RESPONSE_VARIABLE = "AWS_SSM_START_SESSION_RESPONSE"
_DOCUMENT = "AWS-StartSSHSession"
_CONNECT_TIMEOUT = 20
_CHUNK = 65536
_STDIN, _STDOUT = 0, 1


def main(spec_path: str) -> int:
    """Connect as the file says; what goes wrong is told on standard error, which ssh passes on.

    :returns: exit status.
    """
    try:
        spec: Spec = json.loads(pathlib.Path(spec_path).read_text(encoding="utf-8"))
        account = Account.of(spec["account"], pathlib.Path(spec["run_dir"]))
        if spec["mode"] == "session_manager":
            start_session(spec, account)
        else:
            connect_with_pushed_key(spec, account)
    except (GoldenError, OSError) as error:
        sys.stderr.write(f"golden.images: {error}\n")
        return 1
    return 0


def start_session(spec: Spec, account: Account, execute: t.Callable[[str, list[str], dict[str, str]], t.Any] = os.execvpe) -> None:
    """Become the plugin of Session Manager, with a session to the guest's ssh."""
    check_plugin()
    check_plugin_version(run_command([PLUGIN, "--version"], timeout=_CONNECT_TIMEOUT).stdout)
    request = {"Target": spec["instance_id"], "DocumentName": _DOCUMENT, "Parameters": {"portNumber": [str(spec["port"])]}}
    with doing(f"start a session with {spec['instance_id']}", hint="The agent in the guest may not have connected yet, or not be allowed to"):
        answer = account.client("ssm").start_session(**request)
    answer.pop("ResponseMetadata", None)
    argv = [PLUGIN, _RESPONSE_VARIABLE, account.region, "StartSession", "", json.dumps(request), account.client("ssm").meta.endpoint_url]
    execute(PLUGIN, argv, {**os.environ, _RESPONSE_VARIABLE: json.dumps(answer)})


def check_plugin_version(text: str) -> None:
    """:raises BuilderError: for a plugin that would show the session's token to everybody on this machine."""
    found = re.match(r"\s*(\d+)\.(\d+)\.(\d+)\.(\d+)", text)
    if not found or tuple(map(int, found.groups())) < _PLUGIN_VERSION:
        raise BuilderError(
            f"{PLUGIN} {text.strip() or 'of unknown version'} is too old: it takes the session's token as an argument, which every user can see",
            hint=f"Install {'.'.join(map(str, _PLUGIN_VERSION))} or newer",
        )


def connect_with_pushed_key(spec: Spec, account: Account, source: int = _STDIN, target: int = _STDOUT) -> None:
    """Have EC2 Instance Connect let the key in, then pass bytes on.

    :param source: descriptor to read from.
    :param target: descriptor to write to.
    """
    public = pathlib.Path(spec["public_key_file"]).read_text(encoding="ascii").strip()
    with doing(f"let the key into {spec['instance_id']} for a minute", hint="The image needs ec2-instance-connect"):
        account.client("ec2-instance-connect").send_ssh_public_key(InstanceId=spec["instance_id"], InstanceOSUser=spec["user"], SSHPublicKey=public)
    with socket.create_connection((spec["host"], int(spec["port"])), timeout=_CONNECT_TIMEOUT) as connection:
        connection.settimeout(None)
        pass_on(connection, source, target)


def pass_on(connection: socket.socket, source: int, target: int) -> None:
    """Copy both ways until the guest closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                if key.fileobj is connection:
                    received = connection.recv(_CHUNK)
                    if not received:
                        return
                    _write_all(target, received)
                    continue
                sent = os.read(source, _CHUNK)
                if sent:
                    connection.sendall(sent)
                else:
                    selector.unregister(source)
                    connection.shutdown(socket.SHUT_WR)


def _write_all(target: int, data: bytes) -> None:
    while data:
        data = data[os.write(target, data) :]
