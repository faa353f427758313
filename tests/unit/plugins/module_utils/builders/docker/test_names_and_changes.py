# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, labels and Dockerfile instructions."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._builders.docker import changes, names
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("debian", ("debian", "latest")),
        ("debian:12", ("debian", "12")),
        ("r.example:5000/a/b", ("r.example:5000/a/b", "latest")),
        ("r.example:5000/a/b:1", ("r.example:5000/a/b", "1")),
        ("a@sha256:00", ("a", "sha256:00")),
        ("r:5000/a:1@sha256:00", ("r:5000/a", "sha256:00")),
    ],
)
def test_references_are_split(reference: str, parts: tuple[str, str]) -> None:
    assert names.split_reference(reference) == parts


def test_temporary_images_tell_when_they_expire() -> None:
    name = names.temporary_image("Golden_Web.1", "capture", {"golden.expires": "2026-01-31T12:00:00Z"})
    assert name == "golden-temporary/golden-web-1:capture-20260131t120000z"
    expires = names.expiry_of(name)
    assert expires is not None
    assert expires < names.compact(datetime.datetime(2026, 1, 31, 12, 0, 1, tzinfo=datetime.UTC))
    assert expires > names.compact(datetime.datetime(2026, 1, 31, 11, 59, 59, tzinfo=datetime.UTC))
    assert names.expiry_of(names.temporary_image("g", "capture", {})) is None
    assert names.expiry_of("web:1-20200101t000000z") is None


def test_only_a_container_with_its_own_name_in_its_label_is_a_guest() -> None:
    assert names.is_guest("/g", {"golden.guest": "g"})
    assert not names.is_guest("/production", {"golden.guest": "g"})
    assert not names.is_guest("/g", {"golden.guest": ""})


def test_marks_are_blanked_and_nothing_else() -> None:
    assert names.blank_marks({"golden.run": "r", "golden.guest": "g", "mine": "x"}) == {"golden.run": "", "golden.guest": ""}


@pytest.mark.parametrize("repository", ["web", "team/web", "r.example.org:5000/team/web_1", "127.0.0.1:5000/web", "localhost/web"])
def test_repositories_are_taken(repository: str) -> None:
    assert names.checked_repository(repository) == repository


@pytest.mark.parametrize("repository", ["", "Web", "web:1", "a//b", "a b", "../x", "r.example.org:5000/team/web:1"])
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(GoldenError):
        names.checked_repository(repository)


@pytest.mark.parametrize("tag", ["", ".a", "-a", "a b", "a/b", "x" * 129])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(GoldenError):
        names.checked_tag(tag)


@pytest.mark.parametrize(
    ("source", "wanted", "expected"),
    [
        ({}, [], ['CMD ["/bin/sh"]']),
        ({"Cmd": ["bash"]}, [], ['CMD ["bash"]']),
        ({"Entrypoint": ["/e"]}, [], ['ENTRYPOINT ["/e"]']),
        ({"Entrypoint": ["/e"], "Cmd": ["c"]}, [], ['ENTRYPOINT ["/e"]', 'CMD ["c"]']),
        ({"Entrypoint": ["/e"], "Cmd": ["c"]}, ["cmd x"], ['ENTRYPOINT ["/e"]']),
        ({"Entrypoint": ["/e"], "Cmd": ["c"]}, ["ENTRYPOINT x"], []),
        ({"Cmd": ["bash"], "User": "web"}, [], ['CMD ["bash"]', "USER web"]),
        ({"Cmd": ["bash"], "User": "web"}, ["USER other"], ['CMD ["bash"]']),
    ],
)
def test_process_of_the_source_is_restored(source: dict[str, t.Any], wanted: list[str], expected: list[str]) -> None:
    assert changes.restored_process(source, "", wanted) == expected


def test_user_is_restored_when_the_guest_ran_as_another() -> None:
    assert changes.restored_process({"Cmd": ["x"]}, "builder", [])[-1] == "USER root"


@pytest.mark.parametrize("change", ["RUN x", "FROM x", "ARG x", "", "ENV", "CMD a\nCMD b"])
def test_changes_that_a_commit_refuses_are_refused(change: str) -> None:
    with pytest.raises(GoldenError):
        changes.check_changes([change])


def test_lower_case_and_continued_changes_are_taken() -> None:
    changes.check_changes(["expose 80", "ENV a=1 \\\n b=2"])


def test_stop_signal_is_taken_out() -> None:
    assert changes.without_stop_signal(["CMD a", "stopsignal SIGQUIT"]) == (["CMD a"], "SIGQUIT")


def test_values_are_quoted_for_the_parser() -> None:
    assert changes.config_to_changes({"Env": ['A=say "hi" $HOME \\ there']}) == ['ENV A="say \\"hi\\" \\$HOME \\\\ there"']
