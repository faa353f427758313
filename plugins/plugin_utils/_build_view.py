# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A build as its host's variables describe it, templated piece by piece.

Lists of provisioners stay raw: they may speak of facts that exist only once the guest runs.
"""

from __future__ import annotations

import functools
import pathlib
import re
import typing as t

from ansible import constants as C
from ansible._internal._datatag._tags import Origin
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.vault import EncryptedString, VaultHelper
from ansible.utils.collection_loader import AnsibleCollectionRef
from ansible.utils.collection_loader._collection_finder import _get_collection_role_path

from ansible_collections.golden.images.plugins.module_utils._definition.options import absolute_paths
from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.plugins.module_utils._definition.values import check_version
from ansible_collections.golden.images.plugins.module_utils._definition.variables import check_variables
from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Builder, backend_of, load_backend
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import Inputs, digest, digest_file
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import StateFolder

Variables = t.Mapping[str, t.Any]

_NOT_INVENTORY = frozenset(
    {
        "environment",
        "group_names",
        "groups",
        "hostvars",
        "inventory_dir",
        "inventory_file",
        "inventory_hostname",
        "inventory_hostname_short",
        "omit",
        "play_hosts",
        "playbook_dir",
        "role_name",
        "role_names",
        "role_path",
        "role_uuid",
        "vars",
    }
)
# Of every job, or of the launch: an image would be rebuilt for each.
_AWX_JOB = re.compile(
    r"remote_(tower|host)_(enabled|id)|(awx|tower)_(job_(id|launch_type|scm_branch|template_id|template_name)|workflow_job_(id|name|launch_type)|"
    r"(parent_job_)?schedule_(id|name)|user_(id|name|email|first_name|last_name)|inventory_(id|name)|project_(revision|scm_branch)|execution_node|"
    r"webhook_(event_type|event_guid|event_ref|status_api|payload))"
)
_SECRET = "(secret)"
_VAULT_HEADER = b"$ANSIBLE_VAULT"
_TEMPLATE = re.compile(r"\{[{%]")
_NAME = re.compile(r"[A-Za-z_]\w*")


def collection_role_path(name: str) -> str | None:
    """Folder of a role given as ``namespace.collection.role``."""
    if not AnsibleCollectionRef.is_valid_fqcr(name, "role"):
        return None
    found = _get_collection_role_path(name)
    return found[1] if found else None


class BuildView:
    """What the plan needs to know of one build.

    :param templar: Ansible's, with the host's variables.
    """

    def __init__(self, variables: Variables, templar: t.Any) -> None:
        self._variables = variables
        self._templar = templar
        if "golden_type" not in variables:
            raise DefinitionError(
                f"{variables.get('inventory_hostname')} is not a build",
                hint="Builds come from a definition: -i my.golden.yml with `plugin: golden.images.builds` in it.",
            )

    def template(self, name: str) -> t.Any:
        """A variable's value.

        :raises DefinitionError: when it cannot be templated.
        """
        try:
            return self._templar.template(self._variables[name])
        except AnsibleError as error:
            raise DefinitionError(str(error), key=name) from error

    def render(self, value: t.Any) -> t.Any:
        """A value of the definition with what is known by now; as it is when that does not suffice."""
        try:
            return self._templar.template(value)
        except AnsibleError:
            return value

    @functools.cached_property
    def name(self) -> str:
        """``image.builder``."""
        return str(self._variables["inventory_hostname"])

    @functools.cached_property
    def image(self) -> str:
        """Name of the image."""
        return str(self.template("golden_image"))

    @functools.cached_property
    def builder_name(self) -> str:
        """Name of the builder in the definition."""
        return str(self.template("golden_builder"))

    @functools.cached_property
    def type(self) -> str:
        """Builder type."""
        return str(self.template("golden_type"))

    @functools.cached_property
    def version(self) -> str:
        """Version of the image."""
        version = self.template("golden_version")
        try:
            check_version(version, f"images.{self.image}.version")
        except InvalidError as error:
            raise DefinitionError(error.message, key=error.key, hint=error.hint) from error
        return str(version)

    def depends_on(self) -> list[str]:
        """Builds that have to be there first."""
        return [str(build) for build in self.settings.get("depends_on") or ()]

    @functools.cached_property
    def builder(self) -> Builder:
        """The backend of the builder type."""
        return load_backend(backend_of(self.type))

    @functools.cached_property
    def state(self) -> StateFolder:
        """Where state is kept."""
        return StateFolder(pathlib.Path(self.template("golden_state_dir")))

    @functools.cached_property
    def definition_dir(self) -> pathlib.Path:
        """What relative paths of the definition are relative to."""
        return pathlib.Path(self.template("golden_definition_dir"))

    @functools.cached_property
    def settings(self) -> dict[str, t.Any]:
        """Settings of the image."""
        return dict(self.template("golden_settings"))

    def raw(self, name: str) -> list[t.Any]:
        """A list of the definition with its templates untouched."""
        return list(self._variables.get(name) or [])

    def flag(self, name: str) -> bool:
        """A variable that people set with ``-e``."""
        return name in self._variables and str(self.template(name)).lower() in ("1", "true", "yes", "on")

    def value(self, name: str, default: t.Any = None) -> t.Any:
        """A variable that people may set with ``-e``."""
        return self.template(name) if name in self._variables else default

    @functools.cached_property
    def options(self) -> dict[str, t.Any]:
        """Validated options of the builder, defaults filled in."""
        return self._validated(self.builder.argument_spec, dict(self.template("golden_builder_options")), f"builders.{self.builder_name}", {})

    def source(self) -> dict[str, t.Any]:
        """The source as written: validated unless it is another image."""
        source = dict(self.template("golden_source"))
        return source if "image_of" in source else self.validated_source(source)

    def validated_source(self, source: dict[str, t.Any]) -> dict[str, t.Any]:
        """Source options against what the builder type knows."""
        key = f"builders.{self.builder_name}.source"
        return self._validated(self.builder.source_spec, source, key, self.builder.source_constraints)

    def _validated(self, spec: dict[str, t.Any], values: dict[str, t.Any], key: str, constraints: dict[str, t.Any]) -> dict[str, t.Any]:
        checked = ArgumentSpecValidator(spec, **constraints).validate(values)
        if checked.error_messages:
            raise DefinitionError("; ".join(checked.error_messages), key=key)
        return absolute_paths(checked.validated_parameters, spec, str(self.definition_dir))

    def check_variables(self) -> dict[str, t.Any]:
        """Values of the declared variables that are not sensitive.

        :raises DefinitionError: for one that is required and unset, of the wrong type, or not valid.
        """
        declared = dict(self._variables.get("golden_variables") or {})
        values = {name: self.template(name) for name in declared if name in self._variables}
        secret = [name for name in values if self.has_secrets(self._variables[name])]
        problems = check_variables({**declared, **{name: {**declared[name], "sensitive": True} for name in secret}}, values)
        if problems:
            raise DefinitionError("; ".join(problems), key="variables")
        return {name: value for name, value in values.items() if not declared[name].get("sensitive")}

    def variable_inputs(self) -> Inputs:
        """An input per variable that may reach the guest, without secrets.

        Declared variables count with their values. Others count as written: resolving them here
        could run lookups whose result is a secret or changes with every call. So do declared ones that secrets go into.
        What AWX says of its job does not count, nor do facts that an earlier run left in Ansible's cache, unless they are declared.
        """
        values = self.check_variables()
        shown = {name: self._variables[name] if self.has_secrets(self._variables[name]) else value for name, value in values.items()}
        shown.update({name: value for name, value in self._variables.items() if self._counts(name)})
        return {f"variable {name}": digest(without_secrets(shown[name])) for name in sorted(shown)}

    def _counts(self, name: str) -> bool:
        """Whether an undeclared variable is an input."""
        foreign = name.startswith(("ansible_", "golden_", "_ansible")) or name in _NOT_INVENTORY or _AWX_JOB.fullmatch(name)
        return not foreign and name not in (self._variables.get("golden_variables") or {}) and not self._is_cached_fact(name)

    def _is_cached_fact(self, name: str) -> bool:
        """Whether a variable is a fact of an earlier guest that Ansible has put among the variables; one that inventory says otherwise is none."""
        facts = self._variables.get("ansible_facts") or {}
        return name in facts and bool(without_secrets(facts[name]) == without_secrets(self._variables[name]))

    def definition_inputs(self) -> Inputs:
        """A definition that is encrypted as a whole, as it is: all that it says is secret, so that no change would be seen elsewhere."""
        path = str(self._variables.get("golden_definition_file") or "")
        return {"the encrypted definition": digest_file(path)} if _is_vault_file(path) else {}

    def has_secrets(self, value: t.Any) -> bool:
        """Whether a value as written is from a vault or has something in it that is, or names a variable in a template that is, or is declared sensitive.

        Of a rendered text nobody can say what went into it.
        """
        return self._leads_to_secret(value, set())

    def _leads_to_secret(self, value: t.Any, seen: set[str]) -> bool:
        if isinstance(value, dict):
            return any(self._leads_to_secret(item, seen) for item in value.values())
        if isinstance(value, (list, tuple)):
            return any(self._leads_to_secret(item, seen) for item in value)
        if _is_secret(value):
            return True
        if not isinstance(value, str) or not _TEMPLATE.search(value):
            return False
        names = [name for name in _NAME.findall(value) if name in self._variables and name not in _NOT_INVENTORY and name not in seen]
        seen.update(names)
        declared = self._variables.get("golden_variables") or {}
        return any(declared.get(name, {}).get("sensitive") or self._leads_to_secret(self._variables[name], seen) for name in names)

    def written_option(self, name: str) -> t.Any:
        """An option of the builder with its templates untouched; ``None`` when it is not given."""
        written = self._variables["golden_builder_options"]
        if not isinstance(written, dict):
            return written
        names = (name, *self.builder.argument_spec.get(name, {}).get("aliases", ()))
        return next((written[given] for given in names if given in written), None)

    def host_groups(self) -> list[str]:
        """Groups of the build's host."""
        return sorted(self._variables.get("group_names") or [])

    def role_paths(self) -> list[str]:
        """Where Ansible looks for roles."""
        playbook_dir = str(self._variables.get("playbook_dir") or "")
        beside = [f"{playbook_dir}/roles", *C.DEFAULT_ROLES_PATH, playbook_dir] if playbook_dir else C.DEFAULT_ROLES_PATH
        return [str(path) for path in beside]


def without_secrets(value: t.Any) -> t.Any:
    """Plain data in which everything that came out of a vault is replaced."""
    if isinstance(value, dict):
        return {str(key): without_secrets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(item) for item in value]
    if _is_secret(value):
        return _SECRET
    return str(value) if isinstance(value, str) else value


def _is_secret(value: t.Any) -> bool:
    """Whether a text or number came out of a vault: encrypted by itself, or with the whole file that it is in."""
    if isinstance(value, EncryptedString) or VaultHelper.get_ciphertext(value, with_tags=False) is not None:
        return True
    origin = Origin.get_tag(value)
    return bool(origin and origin.path and _is_vault_file(origin.path))


@functools.cache
def _is_vault_file(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_VAULT_HEADER)) == _VAULT_HEADER
    except OSError:
        return False
