# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docker post-processors, as far as no daemon is needed."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import BuilderError
from ansible_collections.golden.images.plugins.module_utils._post_processors import docker_import, docker_push, docker_tag
from ansible_collections.golden.images.plugins.module_utils._post_processors._docker import daemon_of_builder, stream_events


def test_what_is_no_docker_image_is_refused(process):
    with pytest.raises(BuilderError, match="Put docker_import before it"):
        process(docker_tag.OPERATION, repository="web")


def test_names_are_checked(process):
    with pytest.raises(Exception, match="not a Docker repository"):
        process(docker_tag.OPERATION, repository="Web; rm")


def test_changes_need_a_root_file_system(process, artifact):
    only_oci = artifact.replace(files=artifact.files[1:])
    with pytest.raises(BuilderError, match=r"oci\.tar"):
        process(docker_import.OPERATION, given=only_oci, repository="web", changes=["CMD x"])


def test_passing_errors_are_tried_again(context):
    pauses: list[float] = []
    answers = ["received unexpected HTTP status: 503 Service Unavailable", "read: connection reset by peer", None]

    def push() -> str:
        answer = answers.pop(0)
        if answer:
            raise BuilderError(answer)
        return "sha256:1"

    assert docker_push.with_retries(push, 4, context, pauses.append) == "sha256:1"
    assert pauses == [1.0, 2.0]


@pytest.mark.parametrize(("message", "calls"), [("denied: requested access", 1), ("unexpected HTTP status: 500", 3)])
def test_retries_end(context, message, calls):
    made: list[int] = []

    def push() -> str:
        made.append(1)
        raise BuilderError(message)

    with pytest.raises(BuilderError, match=message):
        docker_push.with_retries(push, 2, context, lambda _pause: None)
    assert len(made) == calls


def test_errors_in_the_stream_are_errors():
    with pytest.raises(BuilderError, match="could not push x: no basic auth"):
        list(stream_events([{"status": "Preparing"}, {"errorDetail": {"message": "no basic auth"}, "error": "no basic auth"}], "push x"))


def test_the_daemon_of_the_build_is_the_default():
    assert "golden_options" in daemon_of_builder({})["docker_host"]
    assert daemon_of_builder({"docker_host": "unix:///x"}) == {}
