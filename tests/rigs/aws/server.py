# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of the rig: ``python -m tests.rigs.aws.server PORT DOCKER_FOLDER FOLDER``."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import sys
import typing as t

from werkzeug.serving import run_simple

from ..docker.rig import DockerRig
from . import catalogue
from .containers import Containers


def main(port: int, docker: pathlib.Path, folder: pathlib.Path) -> None:
    """Serve until this process is ended."""
    amis = folder / "amis.json"
    catalogue.write(amis)
    # moto reads these when it is imported.
    os.environ.update(MOTO_AMIS_PATH=str(amis), MOTO_ENABLE_AMI_VALIDATION="true", MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION="true", MOTO_PORT=str(port))
    from moto.moto_api._internal.models import moto_api_backend
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

    from . import images, instances, snapshots, transfers  # noqa: F401 (they replace moto's calls)
    from .faults import Faults
    from .patching import PLATFORM, Behaviour

    PLATFORM.containers = Containers(DockerRig(docker), folder)

    def behave(given: t.Any) -> None:
        for name, value in given.items():
            setattr(PLATFORM.behaviour, name, value)

    def reset(_nothing: t.Any) -> None:
        PLATFORM.containers.clear()
        moto_api_backend.reset()
        behave(dataclasses.asdict(Behaviour()))
        faults.forget()

    faults = Faults(DomainDispatcherApplication(create_backend_app), {"behaviour": behave, "reset": reset, "address": lambda _nothing: "127.0.0.1\n"})
    run_simple("127.0.0.1", port, faults, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main(int(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
