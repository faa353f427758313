# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image is made of, as the definition says it now: the inputs that are compared with those of the last build."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.golden.images.plugins.module_utils._lifecycle.builder import Source
from ansible_collections.golden.images.plugins.module_utils._lifecycle.fingerprint import Inputs, content_of, digest, digest_files
from ansible_collections.golden.images.plugins.module_utils._lifecycle.version import collection_version
from ansible_collections.golden.images.plugins.plugin_utils._build_view import BuildView, without_secrets
from ansible_collections.golden.images.plugins.plugin_utils._compiled import CompiledLists, Files


def wanted_inputs(view: BuildView, source: Source, compiled: CompiledLists) -> dict[str, Inputs]:
    """The inputs of each stage: of the image itself, of what is checked, of what is published."""
    capture = {
        "the version of golden.images": digest(collection_version()),
        "the source image": digest(source.id),
        "the version": digest(view.version),
        "labels": digest(without_secrets(view.settings.get("labels"))),
        "groups": digest(view.host_groups()),
        "generalize": digest(without_secrets(view.settings.get("generalize"))),
        "bootstrap_python": digest(view.settings.get("bootstrap_python")),
        **view.definition_inputs(),
        **_option_inputs(view, view.builder.content_options),
        **view.variable_inputs(),
        **_entry_inputs(view, "golden_provisioners", compiled.files("golden_provisioners"), "provisioner"),
    }
    return {
        "capture": capture,
        "verify": _entry_inputs(view, "golden_verify", compiled.files("golden_verify"), "check"),
        "export": {
            "output_dir": digest(str(output_dir(view))),
            **_publish_inputs(view),
            **_entry_inputs(view, "golden_post_processors", compiled.post_processor_files(), "post-processor"),
        },
    }


def _option_inputs(view: BuildView, names: frozenset[str]) -> Inputs:
    spec = view.builder.argument_spec
    options = {name: spec.get(name, {}) for name in sorted(names)}
    return {f"builder option {name}": digest(content_of(_shown(view, name), option)) for name, option in options.items() if not option.get("no_log")}


def _publish_inputs(view: BuildView) -> Inputs:
    """Paths among these say where results go: what is there by then is no input."""
    spec = view.builder.argument_spec
    return {f"builder option {name}": digest(_shown(view, name)) for name in sorted(view.builder.publish_options) if not spec.get(name, {}).get("no_log")}


def _shown(view: BuildView, name: str) -> t.Any:
    """An option without secrets: its value, or what is written in the definition when secrets go into it."""
    option = view.builder.argument_spec.get(name, {})
    written = without_hidden(view.written_option(name), option)
    return without_secrets(written if view.has_secrets(written) else without_hidden(view.options.get(name), option))


def without_hidden(value: t.Any, option: t.Mapping[str, t.Any]) -> t.Any:
    """The value of an option without suboptions that no log may show.

    :param option: its spec, as AnsibleModule takes it.
    """
    if isinstance(value, list):
        return [without_hidden(item, option) for item in value]
    if not isinstance(value, dict) or "options" not in option:
        return value
    specs = {alias: spec for name, spec in option["options"].items() for alias in (name, *spec.get("aliases", ()))}
    return {name: without_hidden(item, specs.get(name, {})) for name, item in value.items() if not specs.get(name, {}).get("no_log")}


def _entry_inputs(view: BuildView, variable: str, files: Files, what: str) -> Inputs:
    inputs = {f"{what} {position}": digest(without_secrets(entry)) for position, entry in enumerate(view.raw(variable), start=1)}
    for label, paths in files.items():
        inputs.update(digest_files(label, view.definition_dir, paths))
    return inputs


def output_dir(view: BuildView) -> pathlib.Path:
    """Where files of this version of the image go."""
    return pathlib.Path(view.template("golden_output_dir")) / view.image / view.version / view.builder_name
