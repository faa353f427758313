# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same modules and connection on Podman's socket."""

from __future__ import annotations

import json
import typing as t

from tests.rigs.docker.rig import PodmanRig

# Podman's own default is more than a container without further privileges may have.
LIMITS = {"ulimits": ["nofile=1024:1024", "nproc=1024:1024"], "network": "none"}


def test_launch_configure_layer_capture_publish(play: t.Any, podman_rig: PodmanRig) -> None:
    play.rig = podman_rig
    play(
        *play.launch({"image": "localhost/rig/base:1"}, **LIMITS),
        {"ansible.builtin.copy": {"content": "golden", "dest": "/etc/golden", "mode": "0644"}},
        {"golden.images.docker_image": {"state": "layered", "guest": play.guest}},
        {"ansible.builtin.command": {"cmd": "cat /etc/golden"}, "register": "seen"},
        play.write("seen"),
        play.capture(changes=["EXPOSE 80"], labels={"golden.image": "web"}),
        play.publish("localhost/web", tags=["1"]),
        play.capture(squash=True),
        play.publish("localhost/squashed"),
        play.remove(),
    ).ok()
    assert play.read("seen")["stdout"] == "golden"
    image = json.loads(podman_rig.podman("image", "inspect", "localhost/web:1"))[0]
    assert image["Config"]["Labels"]["golden.image"] == "web"
    assert image["Config"]["ExposedPorts"] == {"80/tcp": {}}
    assert len(json.loads(podman_rig.podman("image", "inspect", "localhost/squashed"))[0]["RootFS"]["Layers"]) == 1
    assert podman_rig.podman("ps", "-aq") == ""
