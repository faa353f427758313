# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.golden.images.plugins.filter import lifecycle
from ansible_collections.golden.images.plugins.filter.lifecycle import FilterModule

arguments_for = FilterModule().filters()["arguments_for"]
builder_tasks = FilterModule().filters()["builder_tasks"]


def test_a_module_gets_the_options_that_it_knows_and_that_are_set() -> None:
    options = {"network": "none", "hostname": None, "formats": ["oci"], "verify_network": "host"}
    assert arguments_for(options, "golden.images.local_guest") == {"network": "none"}
    assert arguments_for(options, "golden.images.local_image") == {"formats": ["oci"]}


def test_suboptions_that_nobody_gave_are_left_out_and_what_is_given_freely_stays() -> None:
    nics = [{"mode": "nat", "name": None, "promiscuous": None}]
    options = {"nics": nics, "graphics": {"vram": 16, "controller": None}, "cloud_init": {"meta_data": {"tag": None}, "network_config": None}}
    assert arguments_for(options, "golden.images.virtualbox_guest") == {
        "nics": [{"mode": "nat"}],
        "graphics": {"vram": 16},
        "cloud_init": {"meta_data": {"tag": None}},
    }


def test_a_module_without_action_plugin_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"golden\.images\.nothing has no action plugin"):
        arguments_for({}, "golden.images.nothing")


def test_an_optional_task_file_names_its_role(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "collection_role_path", lambda role: str(tmp_path / role))
    tasks = tmp_path / "golden.images.builder_aws" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "prune.yml").touch()
    assert builder_tasks("aws", "prune") == "golden.images.builder_aws"
    assert builder_tasks("aws", "layer") == ""
    assert builder_tasks("docker", "prune") == ""


def test_a_role_that_is_not_there_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "collection_role_path", lambda _role: None)
    assert builder_tasks("acme.demo.builder_folder", "prune") == ""


GROUPS = {
    "golden_builds": ["web.local", "web.docker", "my-db.local"],
    "golden_image_web": ["web.docker", "web.local"],
    "golden_image_my_db": ["my-db.local"],
    "golden_builder_local": ["my-db.local", "web.local"],
    "golden_builder_docker": ["web.docker"],
}


@pytest.mark.parametrize(
    ("images", "builders", "builds"),
    [
        ("", [], ["web.local", "web.docker", "my-db.local"]),
        (None, "", ["web.local", "web.docker", "my-db.local"]),
        (["web"], "", ["web.local", "web.docker"]),
        ("web, my-db", "local", ["web.local", "my-db.local"]),
        ("my-db", "docker", []),
    ],
)
def test_a_choice_of_builds(images: list[str] | str | None, builders: list[str] | str, builds: list[str]) -> None:
    assert lifecycle.chosen_builds(GROUPS, images, builders) == builds


def test_an_inventory_without_builds_has_none_to_choose() -> None:
    assert lifecycle.chosen_builds({"all": ["other"]}) == []


def test_builds_come_after_those_that_they_wait_for() -> None:
    parents = {"app.local": ["base.local"], "base.local": [], "cache.local": ["app.local", "elsewhere.local"], "alone.local": []}
    hostvars = {build: {"golden_settings": {"depends_on": names}} for build, names in parents.items()}
    assert lifecycle.parents_first(list(parents), hostvars) == ["base.local", "alone.local", "app.local", "cache.local"]
    assert lifecycle.parents_first(list(parents), {}) == list(parents)
    assert lifecycle.parents_first([], hostvars) == []


def test_a_choice_that_the_definition_does_not_have_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"no builder remote, other in the definition \(golden_only_builders\)"):
        lifecycle.chosen_builds(GROUPS, "web", ["remote", "local", "other"])
