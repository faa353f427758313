# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests: isolated, entered, served, and gone without a trace."""

from __future__ import annotations

import os
import pathlib
import signal
import typing as t

import pytest

from .conftest import Play, pids_with, processes_with


@pytest.mark.smoke
def test_a_guest_has_namespaces_of_its_own(play: Play, tmp_path: pathlib.Path) -> None:
    (tmp_path / "upload").write_bytes(bytes(range(256)) * 5000)
    play(
        *play.launch(hostname="inside", environment={"COLOUR": "blue"}),
        play.shell(
            "cat /proc/1/comm; hostname; echo $COLOUR $HOME; ls /proc | grep -c '^[0-9]'; echo x > /dev/full && echo wrong; exec 3<>/dev/ptmx && echo pty"
        ),
        play.write("ran"),
        {"ansible.builtin.set_fact": {"mounts": "{{ lookup('ansible.builtin.file', '/proc/self/mountinfo') }}"}},
        play.write("mounts"),
        {"ansible.builtin.copy": {"src": str(tmp_path / "upload"), "dest": "/root/a file", "owner": "www-data", "mode": "0640"}},
        {"ansible.builtin.fetch": {"src": "/root/a file", "dest": str(tmp_path / "download"), "flat": True}},
        {
            "ansible.builtin.command": "id -un",
            "become": True,
            "become_user": "games",
            "become_method": "su",
            "become_flags": "-s /bin/sh",
            "register": "became",
        },
        play.write("became"),
        {"ansible.builtin.set_fact": {"ansible_user": "games"}},
        play.shell("id -u; id -g", "user"),
        play.write("user"),
        play.remove(),
    ).ok()
    lines = play.read("ran")["stdout_lines"]
    assert lines[1:3] == ["inside", "blue /root"]
    assert int(lines[3]) < 8
    assert lines[4:] == ["pty"]
    assert play.read("became")["stdout"] == "games"
    assert play.read("user")["stdout_lines"] == ["5", "60"]
    assert (tmp_path / "download").read_bytes() == (tmp_path / "upload").read_bytes()
    assert " /proc " in play.read("mounts")
    assert play.guest not in play.read("mounts")


def test_states_are_idempotent_and_a_stopped_guest_keeps_its_files(play: Play) -> None:
    stop = {"golden.images.local_guest": {"name": play.guest, "state": "stopped", "state_dir": str(play.state)}, "register": "stopped"}
    play(
        *play.launch(),
        play.shell("echo kept > /kept"),
        *play.launch(),
        play.write("launched"),
        stop,
        stop,
        play.write("stopped"),
        *play.launch(),
        play.shell("cat /kept"),
        play.write("ran"),
        play.remove(),
        play.remove(),
        play.write("removed"),
    ).ok()
    assert [play.read(name)["changed"] for name in ("launched", "stopped", "removed")] == [False, False, False]
    assert play.read("ran")["stdout_lines"] == ["kept"]


def test_check_mode_makes_nothing(play: Play) -> None:
    result = play(play.launch()[0], arguments=("--check",)).ok()
    assert "changed=1" in result.stdout
    assert not play.guest_folder().exists()


def test_a_link_in_the_guest_never_leads_to_a_file_of_the_host(play: Play, tmp_path: pathlib.Path) -> None:
    victim, secret = tmp_path / "victim", tmp_path / "secret"
    victim.write_text("precious")
    secret.write_text("secret")
    (tmp_path / "evil").write_text("evil")
    tmp_path.chmod(0o755)
    play(
        *play.launch(),
        play.shell(f"mkdir -p {tmp_path}; ln -s {victim} /link; ln -s / /up; echo mine > {secret}"),
        {"ansible.builtin.raw": "true"},
        {"ansible.builtin.copy": {"src": str(tmp_path / "evil"), "dest": "/link", "follow": True}},
        {"ansible.builtin.copy": {"src": str(tmp_path / "evil"), "dest": f"/up/..{victim}"}},
        {"ansible.builtin.fetch": {"src": f"/up/..{secret}", "dest": str(tmp_path / "fetched"), "flat": True}},
        play.remove(),
    ).ok()
    assert victim.read_text() == "precious"
    assert (tmp_path / "fetched").read_text() == "mine\n"


def test_a_killed_guest_is_a_failure_and_its_processes_are_gone(play: Play) -> None:
    play(*play.launch(), play.shell("setsid sleep 98765 > /dev/null 2>&1 &"), play.write("launched")).ok()
    assert processes_with("sleep 98765")
    keeper = min(pids_with(str(play.guest_folder() / "spec.json")))
    os.kill(keeper, signal.SIGKILL)
    result = play(
        *play.launch()[:0],
        {"ansible.builtin.set_fact": {"launched": "{{ lookup('ansible.builtin.file', '" + str(play.folder / "launched.json") + "') | from_json }}"}},
        *play.launch()[1:],
        {"block": [play.shell("true")], "rescue": [{"ansible.builtin.debug": {"msg": "rescued"}}]},
        {**play.capture(), "ignore_errors": True},
        play.remove(),
    ).ok()
    assert "rescued" in result.stdout
    assert "unreachable=0" in result.stdout
    assert "the guest ended before it could be captured" in result.output
    assert not (play.folder / "captured").exists()
    assert processes_with("sleep 98765") == []


def test_services_are_ready_in_a_network_of_their_own(play: Play) -> None:
    service = {"command": ["python3", "-m", "http.server", "80"], "port": 80}
    play(
        *play.launch(network="none", services=[service]),
        play.shell("python3 -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1/').status)\"; ls /sys/class/net"),
        play.write("ran"),
        play.remove(),
    ).ok()
    assert play.read("ran")["stdout_lines"] == ["200", "lo"]


def test_a_service_that_ends_is_told_with_its_output(play: Play) -> None:
    result = play(*play.launch(network="none", services=[{"command": ["sh", "-c", "echo no such configuration >&2; exit 3"], "port": 80}]))
    assert result.rc != 0
    assert "ended with status 3" in result.output
    assert "no such configuration" in result.output


def test_what_is_mounted_is_shown_and_not_captured(play: Play, tmp_path: pathlib.Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/file").write_text("of the host")
    mounts = [
        {"source": str(tmp_path / "shared"), "target": "/mnt/shared", "read_only": True},
        {"source": str(tmp_path / "shared/file"), "target": "/etc/shared"},
    ]
    play(
        *play.launch(mounts=mounts, resolv_conf="nameserver 192.0.2.1\n", tmpfs=["/run", "/tmp", "/scratch"]),
        play.shell(
            "cat /mnt/shared/file; echo; cat /etc/resolv.conf; echo x > /mnt/shared/new || echo read-only; "
            "echo x > /tmp/t; echo x > /run/r; echo x > /scratch/s; tail -n 1 /usr/sbin/policy-rc.d"
        ),
        play.write("ran"),
        play.capture(formats=["rootfs"]),
        play.remove(),
    ).ok()
    assert play.read("ran")["stdout_lines"] == ["of the host", "nameserver 192.0.2.1", "read-only", "exit 101"]
    names = _names(play.folder / "captured/x.rootfs.tar")
    assert not {"./mnt/shared", "./etc/shared", "./etc/resolv.conf", "./usr/sbin/policy-rc.d", "./scratch", "./tmp/t", "./run/r"} & names
    assert {"./mnt", "./tmp", "./run", "./proc", "./sys"} <= names
    assert not [name for name in names if name.startswith(("./proc/", "./sys/"))]


def _names(path: pathlib.Path) -> set[str]:
    import tarfile

    with tarfile.open(path) as tar:
        return set(tar.getnames())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": {"rootfs_archive": "/nowhere/x.tar"}}, "/nowhere/x.tar"),
        ({"source": {"bootstrap": {"suite": "no-such-suite", "mirror": "file:///nowhere"}}}, "could not be bootstrapped"),
        ({"mounts": [{"source": "/nowhere", "target": "/x"}]}, "/nowhere does not exist"),
        ({"name": "../x"}, "cannot be used as a file name"),
    ],
)
def test_a_guest_that_cannot_start_leaves_nothing(play: Play, changes: dict[str, t.Any], words: str) -> None:
    result = play(*play.launch(**changes))
    assert result.rc != 0
    assert words in result.output
    assert not play.guest_folder().exists()
    assert not list(play.state.glob("cache/bootstraps/*/*.partial"))
