# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has ssh go through a program of ours: Session Manager, or a key that EC2 Instance Connect lets in for a minute."""

from __future__ import annotations

import json
import pathlib
import shlex
import shutil
import sys
import typing as t

from ..._access.waits import longer, waiter_of
from ..._lifecycle.errors import MissingDependencyError
from ..._lifecycle.files import write_atomically
from ..._lifecycle.watcher import collection_roots
from .errors import doing
from .session import AUTH_SPEC, Account
from .tagging import filters

Options = t.Mapping[str, t.Any]

PLUGIN = "session-manager-plugin"


def needs_proxy(options: Options) -> bool:
    """Whether ssh cannot connect by itself."""
    return options.get("address") == "session_manager" or bool(options.get("instance_connect"))


def check_plugin() -> None:
    """:raises MissingDependencyError: when the program of Session Manager is not installed."""
    if shutil.which(PLUGIN) is None:
        raise MissingDependencyError(
            f"address: session_manager needs the program {PLUGIN}, which is not installed",
            hint="Install the Session Manager plugin for the AWS CLI, see AWS' documentation; the AWS CLI itself is not needed",
        )


def proxy_command(directory: str, guest: str, instance_id: str, host: str, port: int, options: Options) -> str:
    """ssh's ``ProxyCommand``; what the program needs to know lies in files that only this user can read.

    :param host: address for Instance Connect.
    """
    spec_path, launcher = _paths(directory, guest)
    spec = {
        "mode": "session_manager" if options.get("address") == "session_manager" else "instance_connect",
        "instance_id": instance_id,
        "host": host,
        "port": port,
        "user": options["user"],
        "public_key_file": f"{pathlib.Path(directory) / guest}.key.pub" if options.get("instance_connect") else None,
        "account": {name: options.get(name) for name in AUTH_SPEC},
        "run_dir": directory,
    }
    write_atomically(spec_path, json.dumps(spec), 0o600)
    program = f"{__package__}.proxy_program"
    write_atomically(
        launcher, f"import sys\nsys.path += {collection_roots().split(':')!r}\nfrom {program} import main\nsys.exit(main({str(spec_path)!r}))\n", 0o600
    )
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(launcher))}"
    return command.replace("%", "%%")


def _paths(directory: str, guest: str) -> tuple[pathlib.Path, pathlib.Path]:
    stem = pathlib.Path(directory) / guest
    return pathlib.Path(f"{stem}.proxy.json"), pathlib.Path(f"{stem}.proxy.py")


def forget_proxy(directory: str, guest: str) -> None:
    """Delete the program's files."""
    for path in _paths(directory, guest):
        path.unlink(missing_ok=True)


def wait_for_agent(account: Account, instance_id: str, options: Options) -> None:
    """Until the agent in the guest has told Session Manager that it is there.

    :param options: with ``session_manager_wait``.
    """
    waiter = waiter_of(options, "session_manager_wait", f"the Session Manager agent of {instance_id}")
    hint = (
        "The image needs amazon-ssm-agent, the guest a way to AWS, and an instance profile with the policy AmazonSSMManagedInstanceCore "
        f"(temporary_instance_profile makes one). {longer('session_manager_wait')}"
    )
    waiter.until(lambda: _is_online(account, instance_id), hint=hint)


def _is_online(account: Account, instance_id: str) -> bool:
    wanted = [{"Key": entry["Name"], "Values": entry["Values"]} for entry in filters({"InstanceIds": instance_id})]
    with doing(f"ask Session Manager for {instance_id}"):
        found = account.client("ssm").describe_instance_information(Filters=wanted)["InstanceInformationList"]
    return any(entry.get("PingStatus") == "Online" for entry in found)
