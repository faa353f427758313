# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a guest of the rigs: what cloud-init does at a boot, as far as a builder can tell, then sshd.

A new instance gets new host keys, the platform's public keys and its user data, as from cloud-init; a later boot of the same
instance gets nothing. The host keys are shown on the console. Root of the guest can shut it down.
"""

import base64
import email
import gzip
import json
import os
import pathlib
import subprocess

import yaml

METADATA = pathlib.Path("/run/instance/metadata.json")
SHUTDOWN = "#!/bin/sh\n# Process 1 passes it on to sshd, and ends with it.\nexec kill -TERM 1\n"
SEEN = pathlib.Path("/var/lib/cloud/data/instance-id")
HOST_KEYS = pathlib.Path("/etc/ssh")


def add_user(name, keys, password=None):
    if subprocess.run(["id", name], capture_output=True, check=False).returncode:
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/bash", name], check=True)
        rule = pathlib.Path("/etc/sudoers.d/90-cloud-init-users")
        known = rule.read_text() if rule.exists() else ""
        rule.write_text(f"{known}{name} ALL=(ALL) NOPASSWD:ALL\n")
        rule.chmod(0o440)
        if password:
            subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
    folder = pathlib.Path("/root/.ssh" if name == "root" else f"/home/{name}/.ssh")
    folder.mkdir(mode=0o700, exist_ok=True)
    authorized = folder / "authorized_keys"
    known = authorized.read_text().splitlines() if authorized.exists() else []
    authorized.write_text("".join(f"{line}\n" for line in [*known, *(key for key in keys if key not in known)]))
    authorized.chmod(0o600)
    subprocess.run(["chown", "-R", f"{name}:{name}", str(folder)], check=True)


def parts(data):
    """User data, unpacked: one text for each part of a multi-part message."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data.startswith((b"Content-Type: multipart", b"MIME-Version")):
        return [part.get_payload(decode=True) for part in email.message_from_bytes(data).walk() if not part.is_multipart()]
    return [data]


def host_keys(config):
    for old in HOST_KEYS.glob("ssh_host_*"):
        old.unlink()
    for name, key in (config.get("ssh_keys") or {}).items():
        kind, _underscore, half = name.partition("_")
        path = HOST_KEYS / (f"ssh_host_{kind}_key" if half == "private" else f"ssh_host_{kind}_key.pub")
        path.write_text(key.rstrip("\n") + "\n")
        path.chmod(0o600 if half == "private" else 0o644)
    if not config.get("ssh_keys"):
        for kind in ("ecdsa", "ed25519"):
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(HOST_KEYS / f"ssh_host_{kind}_key")], check=True)


def joined(configs):
    """One cloud-config of all: lists are joined, of other values the last counts."""
    config = {}
    for one in configs:
        config.update({key: config.get(key, []) + value if isinstance(value, list) else value for key, value in one.items()})
    return config


def first_boot(metadata):
    user_data = parts(base64.b64decode(metadata["user_data"]))
    config = joined(yaml.safe_load(part) or {} for part in user_data if part.startswith(b"#cloud-config"))
    host_keys(config)
    add_user(metadata["user"], [*metadata["keys"], *config.get("ssh_authorized_keys", [])], metadata.get("password"))
    for user in config.get("users", []):
        if user != "default":
            add_user(user["name"], user.get("ssh_authorized_keys", []), user.get("plain_text_passwd"))
    for number, part in enumerate(user_data):
        if part.startswith(b"#!"):
            script = pathlib.Path(f"/var/lib/cloud/data/part-{number:03}")
            script.write_bytes(part)
            script.chmod(0o700)
            subprocess.run([str(script)], check=False)


def can_end():
    for name in ("shutdown", "poweroff", "halt"):
        program = pathlib.Path("/sbin") / name
        if not program.exists():
            program.write_text(SHUTDOWN)
            program.chmod(0o755)


def main():
    can_end()
    metadata = json.loads(METADATA.read_text())
    SEEN.parent.mkdir(parents=True, exist_ok=True)
    if not SEEN.exists() or SEEN.read_text() != metadata["id"]:
        first_boot(metadata)
        SEEN.write_text(metadata["id"])
    print("-----BEGIN SSH HOST KEY KEYS-----")
    for public in sorted(HOST_KEYS.glob("ssh_host_*_key.pub")):
        print(public.read_text().strip())
    print("-----END SSH HOST KEY KEYS-----", flush=True)
    pathlib.Path("/run/sshd").mkdir(exist_ok=True)
    os.execv("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e"])


main()
