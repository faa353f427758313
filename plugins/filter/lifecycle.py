# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that the phases of a build use."""

from __future__ import annotations

import importlib
import pathlib
import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._definition import graph
from ansible_collections.golden.images.plugins.module_utils._definition.model import BUILDS_GROUP, group_name
from ansible_collections.golden.images.plugins.module_utils._definition.options import absolute_paths, given_values
from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import backend_of, load_backend, role_of
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.plugin_utils._build_view import collection_role_path
from ansible_collections.golden.images.plugins.plugin_utils._pinned_builds import pin_builds

Choice = str | t.Sequence[str] | None


def source_of(artifact: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """``source`` options with which the builder that made the artifact launches a guest from it."""
    record = Artifact.from_dict(artifact)
    try:
        return load_backend(backend_of(record.type)).source_of(record)
    except GoldenError as error:
        raise AnsibleFilterError(str(error)) from error


def builder_options(options: t.Mapping[str, t.Any], builder_type: str, folder: str = "") -> dict[str, t.Any]:
    """Options of a builder with types converted, defaults filled in, and paths relative to ``folder``."""
    try:
        spec = load_backend(backend_of(builder_type)).argument_spec
    except GoldenError as error:
        raise AnsibleFilterError(str(error)) from error
    checked = ArgumentSpecValidator(spec).validate(dict(options))
    if checked.error_messages:
        raise AnsibleFilterError("; ".join(checked.error_messages))
    return absolute_paths(checked.validated_parameters, spec, folder)


def arguments_for(options: t.Mapping[str, t.Any], module: str) -> dict[str, t.Any]:
    """Those options of a builder that one of its modules takes, the unset ones left out."""
    namespace, collection, name = module.split(".")
    try:
        face = importlib.import_module(f"ansible_collections.{namespace}.{collection}.plugins.action.{name}")
    except ModuleNotFoundError as error:
        raise AnsibleFilterError(f"{module} has no action plugin ({error})") from error
    spec = face.ActionModule.operation.argument_spec
    return given_values({key: value for key, value in options.items() if key in spec}, spec)


def builder_tasks(builder_type: str, tasks_from: str) -> str:
    """The role of a builder type when it has this optional task file, else an empty string."""
    role = role_of(builder_type)
    folder = collection_role_path(role)
    return role if folder and (pathlib.Path(folder) / "tasks" / f"{tasks_from}.yml").is_file() else ""


def chosen_builds(groups: t.Mapping[str, t.Sequence[str]], images: Choice = "", builders: Choice = "") -> list[str]:
    """Hosts that are builds of these images with these builders, as names in a list or a text; none of a kind means all.

    A choice may well have no build in a slice of the inventory, but its group is there.
    """
    # AWX has an inventory of its own, so that no plugin of this collection may have read one.
    pin_builds()
    found = list(groups.get(BUILDS_GROUP) or ())
    for part, (kind, choice) in enumerate((("image", images), ("builder", builders))):
        names = choice.replace(",", " ").split() if isinstance(choice, str) else list(choice or ())
        if unknown := [name for name in names if group_name(kind, name) not in groups]:
            raise AnsibleFilterError(f"There is no {kind} {', '.join(unknown)} in the definition (golden_only_{kind}s).")
        if names:
            found = [build for build in found if build.split(".")[part] in names]
    return found


def parents_first(builds: t.Sequence[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> list[str]:
    """Builds in an order in which none waits for one that comes later, whatever order their inventory has; AWX's is by name.

    :param hostvars: Ansible's; empty where it has none, as with ``--list-hosts``, and the order stays.
    """
    if not hostvars:
        return list(builds)
    parents = {build: hostvars[build]["golden_settings"]["depends_on"] for build in builds}
    return graph.parents_first({build: [str(name) for name in names if name in parents] for build, names in parents.items()})


class FilterModule:
    """Found by Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Name to function."""
        return {
            "source_of": source_of,
            "builder_options": builder_options,
            "arguments_for": arguments_for,
            "builder_tasks": builder_tasks,
            "chosen_builds": chosen_builds,
            "parents_first": parents_first,
        }
