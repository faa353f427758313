# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook awx_setup with the real modules of awx.awx, against a server that stores what it is given."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from tests.rigs.awx.packages import awx_collection, injected
from tests.rigs.awx.server import AwxServer, Store
from tests.rigs.docker.fixtures import CACHE, or_skip

from ..conftest import Ansible, Finished

SECRET = "rig-secret-9d3f"
VARIABLES: dict[str, t.Any] = {
    "awx_setup_project_url": "https://git.example.com/images.git",
    "awx_setup_image": "registry.example.com/golden-images-ee:1",
    "awx_setup_images": ["web", "db"],
    "awx_setup_slices": 4,
    "awx_setup_promote_playbook": "promote.yml",
    "awx_setup_credentials": [
        {"name": "Builder of AMIs", "type": "Amazon Web Services", "inputs": {"username": "AKIAEXAMPLE", "password": SECRET}},
        {"name": "Builder of templates", "type": "VMware vCenter", "inputs": {"host": "vc.example.com", "username": "build", "password": SECRET}},
        {"name": "Push", "type": "Golden images registry", "inputs": {"server": "registry.example.com", "username": "build", "password": SECRET}},
        {"name": "Values of the definition", "type": "Vault", "inputs": {"vault_password": SECRET}},
    ],
    "awx_setup_notification": {"type": "webhook", "configuration": {"url": "https://chat.example.com/hook", "headers": {}, "http_method": "POST"}},
}


@pytest.fixture
def server() -> t.Iterator[AwxServer]:
    """An AWX with nothing but its organization and its types of credentials."""
    made = AwxServer()
    yield made
    made.stop()


class SetUp:
    """Runs the playbook."""

    def __init__(self, server: AwxServer, playbook: Ansible, environment: dict[str, str]) -> None:
        self._server = server
        self._playbook = playbook
        self._environment = environment

    @property
    def store(self) -> Store:
        return self._server.store

    def __call__(self, *arguments: str, **changes: t.Any) -> Finished:
        environment = {**self._environment, **self._server.environment}
        return self._playbook("golden.images.awx_setup", "-vv", *arguments, env=environment, extra_vars={**VARIABLES, **changes})


@pytest.fixture
def set_up(server: AwxServer, ansible_playbook: Ansible, collection_path: pathlib.Path, ansible_environment: dict[str, str]) -> SetUp:
    found: list[pathlib.Path] = []
    or_skip("awx.awx", lambda: found.append(awx_collection(CACHE)))
    environment = {**ansible_environment, "ANSIBLE_COLLECTIONS_PATH": f"{collection_path}:{found[0]}"}
    return SetUp(server, ansible_playbook, environment)


def test_everything_is_made_and_changed_once_and_then_nothing_changes(set_up: SetUp, tmp_path: pathlib.Path) -> None:
    store = set_up.store
    simple = set_up(awx_setup_promote_playbook="", awx_setup_notification={}, awx_setup_slices=1).ok()
    assert SECRET not in simple.output
    assert store.named("execution_environments", "Golden images environment")["pull"] == "missing"
    _check_project(store)
    assert store.nodes() == {"validate": ["build"], "build": ["verify"], "verify": ["approve"], "approve": []}
    assert store.names("job_templates") == [f"Golden images {name}" for name in ("build", "discard", "prune", "validate", "verify")]
    assert store.names("notification_templates") == []
    _check_build(store, slices=1, told=[])
    _check_injected(store, tmp_path)

    # A playbook that the project did not have yet.
    store.repository.append("promote.yml")
    made = {kind: set(found) for kind, found in store.objects.items()}
    whole = set_up().ok()
    assert SECRET not in whole.output
    assert store.nodes() == {"validate": ["build"], "build": ["verify"], "verify": ["approve"], "approve": ["promote"], "promote": []}
    added = {
        kind: sorted(found[number].get("name") or found[number]["identifier"] for number in set(found) - made[kind]) for kind, found in store.objects.items()
    }
    assert {kind: names for kind, names in added.items() if names} == {
        "job_templates": ["Golden images promote"],
        "notification_templates": ["Golden images results"],
        "workflow_job_template_nodes": ["promote"],
    }
    _check_build(store, slices=4, told=["Golden images results"])

    store.writes.clear()
    last = set_up().ok()
    assert "changed=0" in last.stdout, last.stdout
    # Of these the modules never compare: AWX replaces a survey by an equal one, and an approval by itself. The project is read again.
    assert {write for write in store.writes if not write.endswith(("/survey_spec/", "/update/")) and "approval" not in write} == set()


def test_what_is_taken_out_of_the_settings_goes_in_awx_too(set_up: SetUp) -> None:
    """And credentials are given to what may have them."""
    store = set_up.store
    store.repository.append("promote.yml")
    server = {"host": "registry.example.com", "username": "nodes", "password": SECRET}
    git = {"username": "git", "password": SECRET}
    credentials = [
        {**VARIABLES["awx_setup_credentials"][0], "jobs": ["build", "discard", "prune"]},
        {"name": "Reader of AMIs", "type": "Amazon Web Services", "inputs": git, "jobs": ["verify"]},
        {"name": "Pull", "type": "Container Registry", "inputs": server},
        {"name": "Repository", "type": "Source Control", "inputs": git},
        {"name": "Values", "type": "Vault", "inputs": {"vault_password": SECRET}},
        {"name": "Values of production", "type": "Vault", "inputs": {"vault_password": SECRET, "vault_id": "production"}},
    ]
    settings: dict[str, t.Any] = {
        "awx_setup_credentials": credentials,
        "awx_setup_image_credential": "Pull",
        "awx_setup_image_pull": "always",
        "awx_setup_project_credential": "Repository",
        "awx_setup_instance_groups": ["builders"],
        "awx_setup_approval_timeout": 86400,
    }
    set_up(**settings).ok()
    environment = store.named("execution_environments", "Golden images environment")
    assert (environment["credential"], environment["pull"]) == (store.named("credentials", "Pull")["id"], "always")
    assert store.named("projects", "Golden images project")["credential"] == store.named("credentials", "Repository")["id"]
    vaults = ["Values", "Values of production"]
    given = {name: store.related("job_templates", f"Golden images {name}", "credentials") for name in ("build", "verify", "promote")}
    assert given == {"build": ["Builder of AMIs", *vaults], "verify": ["Reader of AMIs", *vaults], "promote": vaults}
    assert store.related("job_templates", "Golden images build", "instance_groups") == ["builders"]
    assert store.related("workflow_job_templates", "Golden images release", "notification_templates_approvals") == ["Golden images results"]
    assert store.named("workflow_approval_templates", "Release these images?")["timeout"] == 86400
    limits = {name: store.named("job_templates", f"Golden images {name}")["ask_limit_on_launch"] for name in ("build", "verify", "prune")}
    assert limits == {"build": False, "verify": False, "prune": True}

    removed = {"promote_playbook": "", "discard_rrule": "", "instance_groups": [], "notification": {}, "approval_timeout": 0, "slices": 1}
    settings |= {f"awx_setup_{name}": value for name, value in removed.items()}
    set_up(**settings).ok()
    assert store.nodes() == {"validate": ["build"], "build": ["verify"], "verify": ["approve"], "approve": []}
    assert "Golden images promote" not in store.names("job_templates")
    assert store.names("schedules") == ["Golden images prune regularly"]
    assert store.names("notification_templates") == []
    assert store.related("job_templates", "Golden images build", "instance_groups") == []
    assert store.named("workflow_approval_templates", "Release these images?")["timeout"] == 0
    assert store.named("job_templates", "Golden images build")["ask_limit_on_launch"]
    last = set_up(**settings).ok()
    assert "changed=0" in last.stdout, last.stdout


def _check_project(store: Store) -> None:
    source = store.named("inventory_sources", "Golden images definition")
    assert (source["source"], source["source_path"]) == ("scm", "images.golden.yml")
    assert json.loads(source["source_vars"])["GOLDEN_STATE_DIR"] == "/var/lib/golden-images/state"
    assert source["source_project"] == store.named("projects", "Golden images project")["id"]
    schedules = store.objects["schedules"].values()
    scheduled = {store.named("job_templates", f"Golden images {name}")["id"] for name in ("discard", "prune")}
    assert {item["unified_job_template"] for item in schedules} == scheduled


def _check_build(store: Store, slices: int, told: list[str]) -> None:
    build = store.named("job_templates", "Golden images build")
    assert (build["playbook"], build["job_slice_count"], build["allow_simultaneous"]) == ("build_images.yml", slices, True)
    assert build["execution_environment"] == store.named("execution_environments", "Golden images environment")["id"]
    assert json.loads(build["extra_vars"]) == {"golden_report": "/var/lib/golden-images/reports/{{ awx_job_id }}.html"}
    names = [credential["name"] for credential in VARIABLES["awx_setup_credentials"]]
    assert store.related("job_templates", "Golden images build", "credentials") == sorted(names)
    for kind, name in (("job_templates", "Golden images build"), ("workflow_job_templates", "Golden images release")):
        assert [store.related(kind, name, f"notification_templates_{result}") for result in ("success", "error")] == [told, told]
    survey = {question["variable"]: question for question in store.surveys[build["id"]]["spec"]}
    assert list(survey) == ["golden_only_images", "golden_only_builders", "golden_force", "golden_image_version"]
    assert (survey["golden_only_images"]["type"], survey["golden_only_images"]["choices"]) == ("multiselect", "web\ndb")
    assert survey["golden_only_builders"]["type"] == "text"
    assert "{{ golden_image_version | default('1.0', true) }}" in survey["golden_image_version"]["question_description"]


def _check_injected(store: Store, folder: pathlib.Path) -> None:
    """AWX's own code makes of our type what the builders read; for its own types see the tests of the execution environment."""
    kind = store.named("credential_types", "Golden images registry")
    assert [field["id"] for field in kind["inputs"]["fields"] if field.get("secret")] == ["password"]
    inputs = {"server": "registry.example.com", "username": "build", "password": SECRET}
    assert injected(CACHE, folder, kind, inputs) == {f"GOLDEN_REGISTRY_{name.upper()}": value for name, value in inputs.items()}
