# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The definition as an inventory: every image with every one of its builders is a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: builds
short_description: Machine images and their builders as inventory
version_added: 1.0.0
author:
  - golden.images contributors (@golden-images)
description:
  - Reads a definition of machine images. Every image with every one of its builders is a build, and every build is a host named C(image.builder).
  - The name of the file must end in C(.golden.yml) or C(.golden.yaml).
  - All builds are in the group C(golden_builds), and in the groups C(golden_image_<image>), C(golden_builder_<builder>) and C(golden_type_<type>),
    so that C(--limit) selects them.
  - A definition with a mistake in it ends Ansible with one message and exit code 4. It is never taken for an empty inventory.
  - The keys are described in C(docs/definition.md) of the collection.
options:
  plugin:
    description: Marks the file as a definition.
    type: str
    required: true
    choices: [golden.images.builds]
  settings:
    description:
      - Where results and state are kept, relative to the folder of the definition.
    type: dict
    suboptions:
      output_dir:
        description: Folder of the exported files. The environment variable E(GOLDEN_OUTPUT_DIR) overrides it.
        type: str
        default: output
      state_dir:
        description: Folder of journals, records and caches. The environment variable E(GOLDEN_STATE_DIR) overrides it.
        type: str
        default: .golden
  variables:
    description: Variables that the definition expects, by name. Defaults are variables of the groups of the images, and everything else overrides them.
    type: dict
  defaults:
    description: Keys of an image that all images share. What an image says itself replaces the default; C(vars) and C(labels) are merged.
    type: dict
  builders:
    description: Builders by name. Each has a C(type), a C(source), and the options of its type.
    type: dict
    required: true
  images:
    description: Images by name.
    type: dict
    required: true
"""

EXAMPLES = r"""
# images.golden.yml
plugin: golden.images.builds
variables:
  domain:
    default: example.com
    description: Where the web server will be reached.
builders:
  local:
    type: local
    source:
      bootstrap:
        distribution: debian
        suite: bookworm
  docker:
    type: docker
    source:
      image: docker.io/library/debian:12
images:
  web:
    version: "1.4.0"
    builders: [local, docker]
    groups: [webservers]
    bootstrap_python: true
    provisioners:
      - role: nginx
      - script: scripts/harden.sh
        only: [docker]
    post_processors:
      - type: checksum
        only: [local]
"""

import os
import pathlib
import re
import typing as t

from ansible import context
from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.template import trust_as_template

from ansible_collections.golden.images.plugins.module_utils._definition.catalog import installed
from ansible_collections.golden.images.plugins.module_utils._definition.model import BUILDS_GROUP, Definition, group_name
from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.plugins.module_utils._definition.reading import read_definition
from ansible_collections.golden.images.plugins.module_utils._definition.values import is_template
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError, GoldenError
from ansible_collections.golden.images.plugins.module_utils._media import late
from ansible_collections.golden.images.plugins.plugin_utils._for_workers import load_for_workers
from ansible_collections.golden.images.plugins.plugin_utils._pinned_builds import pin_builds
from ansible_collections.golden.images.plugins.plugin_utils._yaml_lines import Lines, key_lines, line_of

_SUFFIXES = (".golden.yml", ".golden.yaml")
_PARSER_ERROR = 4
# An option of ansible-playbook alone: who lists the inventory need not wait for more.
_RUNS_PLAYS = "start_at_task"
# Groups that are equally deep are merged by priority, 1 being usual, then by name: a declared default must lose to any of them.
_LOWEST_OF_ALL_GROUPS = {"ansible_group_priority": 0}

_GROUP_VARIABLES = {
    **_LOWEST_OF_ALL_GROUPS,
    # A guest is new: there is nothing to warn of in the interpreter that was found in it.
    "ansible_python_interpreter": "auto_silent",
    # The newest there is at the time of asking: from this run, or from the one that this run goes on with.
    **late.VARIABLES,
    "golden_artifact": trust_as_template("{{ (golden_published | default(golden_captured) | default(golden_planned.facts)).artifact }}"),
}


class InventoryModule(BaseInventoryPlugin):
    """Entry point of Ansible."""

    NAME = "golden.images.builds"

    def verify_file(self, path: str) -> bool:
        """Whether the file is a definition, or calls itself one and has to be told why it is none."""
        return path.endswith(_SUFFIXES) or (path.endswith((".yml", ".yaml")) and _says_it_is_ours(path))

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Fill the inventory; a definition with a mistake ends the process."""
        super().parse(inventory, loader, path, cache)
        try:
            definition = self._read(path, loader)
            _fill(inventory, definition, path)
            if _RUNS_PLAYS in context.CLIARGS:
                load_for_workers(definition)
                pin_builds()
        except Exception as error:
            # InventoryManager turns every Exception of a plugin into warnings, goes on with an empty inventory and
            # ends with success: nothing built, nobody told. Only leaving the process, with core's code for parser
            # errors, cannot be mistaken for "there was nothing to do".
            self.display.error(str(error) if isinstance(error, GoldenError) else error)
            raise SystemExit(_PARSER_ERROR) from None

    def _read(self, path: str, loader: DataLoader) -> Definition:
        if not path.endswith(_SUFFIXES):
            raise DefinitionError("the name of a definition ends in .golden.yml or .golden.yaml", file=path, hint="Rename the file.")
        lines: Lines = {}
        try:
            lines = key_lines(_text(path, loader))
            # As a trusted template, and with the place of every value for Ansible's own messages.
            data = loader.load_from_file(path, cache="none", trusted_as_template=True)
            if isinstance(data, dict) and data.get("plugin") != self.NAME:
                raise InvalidError("plugin", f"must be {self.NAME}")
            return read_definition(data, os.path.abspath(path), installed(), os.environ)
        except InvalidError as problem:
            line = line_of(lines, problem.key)
            file = f"{path}:{line}" if line else path
            raise DefinitionError(problem.message, file=file, key=problem.key or None, hint=problem.hint) from problem


def _text(path: str, loader: DataLoader) -> bytes:
    try:
        # Bytes, since PyYAML's fast loader does not take Ansible's tagged strings.
        return loader.get_text_file_contents(path).encode(errors="surrogateescape")
    except AnsibleFileNotFound as error:
        raise DefinitionError("there is no such file", file=path) from error
    except AnsibleError as error:
        raise DefinitionError(f"cannot be read: {error}", file=path) from error


def _fill(inventory: InventoryData, definition: Definition, path: str) -> None:
    # The group comes first: "all" lists the hosts of its groups in order, and parents have to come before their children.
    inventory.add_group(BUILDS_GROUP)
    defaults = definition.group_variables()
    for build in definition.builds:
        image_group = inventory.add_group(group_name("image", build.image))
        for host in inventory.groups[image_group].hosts:
            if (other := host.vars.get("golden_definition_file", definition.file)) != definition.file:
                raise DefinitionError(f"the image is already defined in {other}", file=path, key=f"images.{build.image}", hint="Rename one of them.")
        for name, value in {**_GROUP_VARIABLES, **defaults}.items():
            inventory.set_variable(image_group, name, value)
        inventory.add_host(build.name)
        for group in build.all_groups():
            inventory.add_child(inventory.add_group(group), build.name)
        for name, value in definition.host_variables(build).items():
            inventory.set_variable(build.name, name, _trusted(value))


def _trusted(value: t.Any) -> t.Any:
    """The value with our own words in it marked as the file's are, or every consumer of the inventory would see them wrapped as unsafe.

    Strings of the file are tagged ones: those that the user marked as unsafe stay so. One of ours that looks like a template is a path, never a template.
    """
    if isinstance(value, dict):
        return {key: _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    return trust_as_template(value) if value.__class__ is str and not is_template(value) else value


def _says_it_is_ours(path: str) -> bool:
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"""^plugin:\s*["']?golden\.images\.builds["']?\s*(#.*)?$""", text, re.MULTILINE) is not None
