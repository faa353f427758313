# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a good definition becomes."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.model import Build, Definition
from ansible_collections.golden.images.tests.unit.plugins.module_utils.definition.samples import Box, Data, Read


def build(definition: Definition, name: str) -> Build:
    """The build of this name."""
    return next(one for one in definition.builds if one.name == name)


def test_an_image_without_builders_is_built_with_all(data: Data, read: Read) -> None:
    assert [one.name for one in read(data).builds] == ["web.small", "web.big"]


def test_host_variables_and_groups(data: Data, read: Read, tmp_path: pathlib.Path) -> None:
    data["variables"] = {"domain": {"default": "example.com"}, "token": {"required": True}}
    data["images"]["web"] |= {"groups": ["webservers"], "builders": ["big"], "labels": {"team": "a"}, "vars": {"colour": "red"}}
    definition = read(data)
    [web] = definition.builds
    assert web.all_groups() == ("golden_builds", "golden_image_web", "golden_builder_big", "golden_type_crate", "heavy", "webservers")
    assert definition.group_variables() == {"domain": "example.com"}
    assert definition.host_variables(web) == {
        "ansible_connection": "golden.images.box",
        "ansible_pipelining": True,
        "size": "big",
        "colour": "red",
        "golden_image": "web",
        "golden_builder": "big",
        "golden_type": "crate",
        "golden_version": "1.0.0",
        "golden_definition_file": f"{tmp_path}/images.golden.yml",
        "golden_definition_dir": str(tmp_path),
        "golden_output_dir": f"{tmp_path}/output",
        "golden_state_dir": f"{tmp_path}/.golden",
        "golden_builder_options": {"region": "there", "memory": 4096},
        "golden_source": {"image": "debian:12"},
        "golden_provisioners": [{"role": "nginx"}],
        "golden_verify": [],
        "golden_post_processors": [],
        "golden_settings": {
            "description": "",
            "on_error": "cleanup",
            "max_age": None,
            "generalize": True,
            "bootstrap_python": False,
            "gather_facts": True,
            "roles_path": [],
            "labels": {"team": "a"},
            "depends_on": [],
        },
        "golden_variables": {"domain": {"default": "example.com"}, "token": {"required": True}},
    }


def test_image_replaces_defaults_but_merges_vars_and_labels(data: Data, read: Read) -> None:
    data["defaults"] = {
        "version": "9",
        "builders": ["small"],
        "verify": [{"role": "smoke"}],
        "provisioners": [{"role": "common"}],
        "on_error": "keep",
        "labels": {"team": "a", "tier": "1"},
        "vars": {"colour": "red", "shape": "round"},
    }
    data["images"]["web"] |= {"labels": {"tier": "2"}, "vars": {"colour": "blue"}}
    [web] = read(data).builds
    assert web.version == "1.0.0"
    assert web.provisioners == [{"role": "nginx"}]
    assert web.verify == [{"role": "smoke"}]
    assert web.settings["on_error"] == "keep"
    assert web.settings["labels"] == {"team": "a", "tier": "2"}
    assert web.variables == {"colour": "blue", "shape": "round"}


def test_everything_may_come_from_the_defaults(data: Data, read: Read) -> None:
    data["defaults"] = {"version": "9"}
    data["images"] = {"web": None}
    assert [one.version for one in read(data).builds] == ["9", "9"]


def test_image_changes_its_builders(data: Data, read: Read) -> None:
    data["images"]["web"]["builders"] = {
        "small": None,
        "big": {"memory": 1, "disk": {"path": "/d"}, "source": {"build": {"context": "."}}, "groups": ["mine"], "vars": {"size": "huge"}},
    }
    definition = read(data)
    assert build(definition, "web.small").options == {"region": "here"}
    big = build(definition, "web.big")
    assert big.options == {"region": "there", "memory": 1, "disk": {"path": "/d"}}
    assert big.source == {"build": {"context": "."}}
    assert big.groups == ("heavy", "mine")
    assert big.variables == {"size": "huge"}


def test_source_of_the_image_goes_over_that_of_the_builder(data: Data, read: Read) -> None:
    data["images"]["web"]["source"] = {"image": "fedora:41"}
    data["images"]["web"]["builders"] = {"small": {"source": {"image": "alpine:3"}}, "big": None}
    definition = read(data)
    assert build(definition, "web.small").source == {"image": "alpine:3"}
    assert build(definition, "web.big").source == {"image": "fedora:41"}


def test_a_required_option_may_come_from_the_image(data: Data, read: Read) -> None:
    del data["builders"]["small"]["region"]
    data["images"]["web"]["builders"] = {"small": {"region": "mars"}}
    assert read(data).builds[0].options == {"region": "mars"}


def test_templates_wait_for_the_run(data: Data, read: Read) -> None:
    data["builders"]["small"] |= {"memory": "{{ ram }}", "mode": "{{ m }}", "tags": ["{{ a }}"], "disk": "{{ d }}", "mounts": ["{{ m }}"]}
    data["builders"]["small"]["source"] = {"image": "debian:{{ suite }}"}
    data["images"]["web"] |= {"version": "{{ v }}", "on_error": "{{ e }}", "max_age": "{{ a }}", "gather_facts": "{{ g }}", "roles_path": ["{{ r }}"]}
    assert read(data).builds[0].options["memory"] == "{{ ram }}"


def test_encrypted_values_wait_for_the_run(data: Data, read: Read) -> None:
    class Encrypted:
        """As Ansible's vaulted string: no str."""

    data["builders"]["small"]["password"] = Encrypted()
    data["variables"] = {"token": {"default": Encrypted(), "type": "int"}}
    assert isinstance(read(data).builds[0].options["password"], Encrypted)


def test_role_of_a_third_party_is_accepted_unchecked(data: Data, read: Read) -> None:
    data["builders"] = {"proxmox": {"type": "acme.infra.builder_proxmox", "anything": [1], "source": {"goes": True}}}
    definition = read(data)
    [web] = definition.builds
    assert web.options == {"anything": [1]}
    assert web.all_groups()[-1] == "golden_type_acme_infra_builder_proxmox"
    assert "ansible_connection" not in definition.host_variables(web)


def test_connection_of_the_user_goes_over_that_of_the_builder(data: Data, read: Read) -> None:
    data["images"]["web"]["vars"] = {"ansible_connection": "ssh"}
    definition = read(data)
    assert definition.host_variables(definition.builds[0])["ansible_connection"] == "ssh"


@pytest.mark.parametrize(
    ("selector", "small", "big"),
    [
        ({}, True, True),
        ({"only": ["small"]}, True, False),
        ({"only": "small"}, True, False),
        ({"only": ["s*", "b*"]}, True, True),
        ({"only": ["type:crate"]}, False, True),
        ({"only": ["type:*"]}, True, True),
        ({"except": ["small"]}, False, True),
        ({"except": ["type:c*"]}, True, False),
        ({"except": ["small", "big"]}, False, False),
    ],
)
def test_only_and_except(data: Data, read: Read, selector: Data, small: bool, big: bool) -> None:
    data["images"]["web"]["provisioners"] = [{"role": "nginx", **selector}]
    definition = read(data)
    assert build(definition, "web.small").provisioners == ([{"role": "nginx"}] if small else [])
    assert build(definition, "web.big").provisioners == ([{"role": "nginx"}] if big else [])


def test_chains_keep_the_links_of_the_build(data: Data, read: Read) -> None:
    data["images"]["web"]["post_processors"] = [
        [{"type": "checksum", "only": ["small"]}, {"type": "upload", "url": "{{ u }}"}],
        [{"type": "checksum", "only": ["big"]}],
        {"type": "checksum"},
    ]
    upload, checksum = {"type": "upload", "url": "{{ u }}"}, {"type": "checksum"}
    definition = read(data)
    assert build(definition, "web.small").post_processors == [[checksum, upload], checksum]
    assert build(definition, "web.big").post_processors == [[upload], [checksum], checksum]


def test_post_processor_of_a_third_party_is_accepted(data: Data, read: Read) -> None:
    data["images"]["web"]["post_processors"] = [{"type": "acme.clouds.upload", "anything": 1, "name": "Upload"}]
    assert read(data).builds[0].post_processors == data["images"]["web"]["post_processors"]


def test_parents_come_first_and_are_builds(data: Data, read: Read) -> None:
    data["images"]["web"] |= {"source": {"image_of": "base"}, "depends_on": ["tools"]}
    data["images"]["base"] = {"version": "1", "depends_on": ["tools"]}
    data["images"]["tools"] = {"version": "1", "builders": ["big"]}
    definition = read(data)
    assert [one.name for one in definition.builds] == ["tools.big", "base.small", "base.big", "web.small", "web.big"]
    web = build(definition, "web.small")
    assert web.source == {"image_of": "base.small"}
    assert web.settings["depends_on"] == ["base.small", "tools.big"]
    assert build(definition, "base.big").settings["depends_on"] == ["tools.big"]


def test_parent_with_another_builder_of_the_same_type(data: Data, read: Read) -> None:
    data["builders"]["other"] = dict(data["builders"]["small"])
    data["images"]["base"] = {"version": "1", "builders": ["other", "big"]}
    data["images"]["web"] |= {"source": {"image_of": "base"}, "builders": ["small"]}
    assert read(data).builds[-1].source == {"image_of": "base.other"}


def test_parent_named_as_a_build(data: Data, read: Read) -> None:
    data["builders"]["other"] = dict(data["builders"]["small"])
    data["images"]["base"] = {"version": "1"}
    data["images"]["web"] |= {"source": {"image_of": "base.other"}, "builders": ["small"], "depends_on": ["base.big"]}
    web = read(data).builds[-1]
    assert web.source == {"image_of": "base.other"}
    assert web.settings["depends_on"] == ["base.other", "base.big"]


def test_the_data_stays_as_it_was(data: Data, read: Read) -> None:
    data["images"]["base"] = {"version": "1"}
    data["images"]["web"]["source"] = {"image_of": "base"}
    read(data)
    assert data["images"]["web"]["source"] == {"image_of": "base"}


@pytest.mark.parametrize(
    ("setting", "variable", "expected"),
    [
        (None, None, "{dir}/output"),
        ("made/here", None, "{dir}/made/here"),
        ("../there", None, "{parent}/there"),
        ("/abs", None, "/abs"),
        ("~/images", None, "{home}/images"),
        ("made/here", "/from/env", "/from/env"),
        ("made/here", "rel", "{cwd}/rel"),
        ("made/here", "", "{dir}/made/here"),
    ],
)
def test_output_folder(
    data: Data, read: Read, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, setting: str | None, variable: str | None, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    if setting is not None:
        data["settings"] = {"output_dir": setting}
    definition = read(data, {} if variable is None else {"GOLDEN_OUTPUT_DIR": variable})
    assert definition.output_dir == expected.format(dir=tmp_path, parent=tmp_path.parent, home="/home/someone", cwd=os.getcwd())


def test_state_folder(data: Data, read: Read) -> None:
    assert read(data, {"GOLDEN_STATE_DIR": "/var/lib/golden"}).state_dir == "/var/lib/golden"


def test_builders_judge_paths_that_start_at_the_definition(data: Data, read: Read, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Data] = []
    monkeypatch.setattr(Box, "validate", lambda _self, options, source: judged.append({**options, **source}))
    data["images"]["web"] |= {"builders": ["big"], "source": {"build": {"context": "here"}}}
    data["builders"]["big"] |= {"mounts": [{"source": "files"}, {"source": "/srv"}]}
    read(data)
    assert [(seen["mounts"], seen["build"]) for seen in judged] == [
        ([{"source": f"{tmp_path}/files"}, {"source": "/srv"}], {"context": f"{tmp_path}/here"}),
    ]
