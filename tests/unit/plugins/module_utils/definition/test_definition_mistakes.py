# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake is named with its key and with what is allowed."""

from __future__ import annotations

import copy
import datetime
import typing as t

import pytest

from ansible_collections.golden.images.plugins.module_utils._definition.problems import InvalidError
from ansible_collections.golden.images.tests.unit.plugins.module_utils.definition.samples import DATA, Data, Read

Change = t.Callable[[Data], object]


def put(path: str, value: object) -> Change:
    """A change that sets one key, given as a dotted path."""

    def change(data: Data) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            data = data.setdefault(parent, {})
        data[last] = value

    return change


def drop(path: str) -> Change:
    """A change that removes one key."""

    def change(data: Data) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            data = data[parent]
        del data[last]

    return change


def both(*changes: Change) -> Change:
    """Several changes."""

    def change(data: Data) -> None:
        for one in changes:
            one(data)

    return change


BASE = put("images.base", {"version": "1"})

MISTAKES: list[tuple[Change, str, str]] = [
    # unknown keys, with the nearest known one
    (put("bulders", {}), "bulders", "unknown key 'bulders'. Did you mean 'builders'? Known: builders, defaults, images, plugin, settings, variables."),
    (put("settings", {"outputdir": "x"}), "settings.outputdir", "unknown key 'outputdir'. Did you mean 'output_dir'? Known: output_dir, state_dir."),
    (put("images.web.provisoners", []), "images.web.provisoners", "Did you mean 'provisioners'?"),
    (put("defaults", {"depends_on": ["base"]}), "defaults.depends_on", "unknown key 'depends_on'"),
    (put("builders.small.memry", 1), "builders.small.memry", "unknown key 'memry'. Did you mean 'memory'?"),
    (put("builders.small.source.imag", 1), "builders.small.source.imag", "unknown option 'imag'. Did you mean 'image'? Known: build, image."),
    (put("builders.small.disk", {"path": "/", "szie": 1}), "builders.small.disk.szie", "unknown option 'szie'. Did you mean 'size'?"),
    (put("builders.small.mounts", [{"source": "/"}, {"src": "/"}]), "builders.small.mounts[1].src", "unknown option 'src'"),
    (put("images.web.builders", {"small": {"memry": 1}}), "images.web.builders.small.memry", "Did you mean 'memory'?"),
    (put("images.web.source", {"imag": "x"}), "images.web.source.imag", "Did you mean 'image'?"),
    (put("variables", {"x": {"defualt": 1}}), "variables.x.defualt", "Did you mean 'default'?"),
    (put("variables", {"x": {"validation": {"regex": "a"}}}), "variables.x.validation.regex", "unknown key 'regex'"),
    # types
    (put("builders", []), "builders", "must be a mapping, but this is a list"),
    (put("images.web", ["x"]), "images.web", "an image must be a mapping, but this is a list"),
    (put("images.web.provisioners", {"role": "x"}), "images.web.provisioners", "must be a list, but this is a mapping"),
    (put("images.web.provisioners", None), "images.web.provisioners", "must be a list, but this is empty"),
    (put("images.web.provisioners", ["nginx"]), "images.web.provisioners[0]", "an entry must be a mapping, but this is a string"),
    (put("images.web.gather_facts", "maybe"), "images.web.gather_facts", "must be true or false, but this is a string"),
    (put("images.web.on_error", "abort"), "images.web.on_error", "'abort' is not allowed. Allowed: ask, cleanup, keep."),
    (put("images.web.bootstrap_python", "always"), "images.web.bootstrap_python", "'always' is not allowed. Allowed: temporary, true or false."),
    (put("images.web.max_age", "soon"), "images.web.max_age", "'soon' is not an age"),
    (put("images.web.generalize", []), "images.web.generalize", "must be true or false or a mapping, but this is a list"),
    (put("images.web.roles_path", ["nowhere"]), "images.web.roles_path[0]", "there is no folder"),
    (put("images.web.labels", {"a": []}), "images.web.labels.a", "the value of a label must be a string, but this is a list"),
    (put("images.web.labels", {"golden.run": "x"}), "images.web.labels.golden.run", "the collection's own"),
    (put("settings", {"state_dir": "{{ x }}"}), "settings.state_dir", "cannot be a template"),
    (put("builders.small.memory", "lots"), "builders.small.memory", "must be of type int, but is 'lots'"),
    (put("builders.small.ram", "lots"), "builders.small.ram", "must be of type int"),
    (put("builders.small.mode", "medium"), "builders.small.mode", "must be of type str, one of fast, slow, but is 'medium'"),
    (put("builders.small.tags", [1, "x"]), "builders.small.tags", "must be of type list of int, but is a list"),
    (put("builders.small.disk", 5), "builders.small.disk", "must be a mapping, but this is a number"),
    (put("builders.small.mounts", {"source": "/"}), "builders.small.mounts", "must be a list of mappings, but this is a mapping"),
    # builders
    (drop("builders.small.type"), "builders.small.type", "every builder needs a type. Known: box, crate."),
    (put("builders.small.type", "bx"), "builders.small.type", "unknown builder type 'bx'. Did you mean 'box'? Known: box, crate."),
    (drop("builders.small.region"), "builders.small", "this builder needs the option 'region'"),
    (drop("builders.small.source"), "builders.small", "the source is missing, here and in images.web: what does web.small start from?"),
    (put("builders.small.source", {"image": "a", "build": {}}), "builders.small.source", "mutually exclusive: image|build"),
    (put("images.web.source", {"build": None}), "images.web.source", "one of the following is required: image, build"),
    (put("images.web.source", {}), "images.web.source", "is empty"),
    (put("builders.small.disk", {"size": 1}), "builders.small.disk", "disk needs the option 'path'"),
    (put("builders.small.disk", {"path": "/", "size": 1, "percent": 1}), "builders.small.disk", "mutually exclusive: size|percent"),
    (put("builders.small.memory", 13), "builders.small", "13 is unlucky"),
    (put("builders", {}), "builders", "nothing to build"),
    (put("images.web.builders", ["smal"]), "images.web.builders[0]", "unknown builder 'smal'. Did you mean 'small'? Known: big, small."),
    (put("images.web.builders", {"smal": None}), "images.web.builders.smal", "unknown builder 'smal'"),
    (put("images.web.builders", ["small", "small"]), "images.web.builders[1]", "named twice"),
    (put("images.web.builders", []), "images.web.builders", "names no builder"),
    (put("images.web.builders", {"small": {"type": "crate"}}), "images.web.builders.small.type", "cannot change the type"),
    (put("images.web.builders", {"small": ["x"]}), "images.web.builders.small", "must be a mapping, but this is a list"),
    # names and versions
    (drop("images.web.version"), "images.web", "the version is missing, here and in the defaults"),
    (put("images.web.version", 1.4), "images.web.version", 'must be a string, not a number; put it in quotes: version: "1.4"'),
    (put("images.web.version", datetime.date(2026, 1, 31)), "images.web.version", 'put it in quotes: version: "2026-01-31"'),
    (put("images.web.version", "1/../../etc"), "images.web.version", "cannot be a version"),
    (put("images.web.version", "1; rm -rf /"), "images.web.version", "cannot be a version"),
    (put("images.web.version", "1\n"), "images.web.version", "cannot be a version"),
    (put("images", {"../web": {"version": "1"}}), "images.../web", "'../web' cannot be the name of an image"),
    (put("images", {"we b": {"version": "1"}}), "images.we b", "cannot be the name of an image"),
    (put("images", {"Web": {"version": "1"}}), "images.Web", "lowercase"),
    (put("images", {5: {"version": "1"}}), "images.5", "5 cannot be the name of an image"),
    (put("images", {}), "images", "nothing to build"),
    (put("builders", {"$(id)": {"type": "box"}}), "builders.$(id)", "cannot be the name of a builder"),
    (put("images.web.groups", ["web servers"]), "images.web.groups[0]", "cannot be the name of a group"),
    (put("images.web.groups", ["golden_builds"]), "images.web.groups[0]", "not yours to fill"),
    (put("images.web.vars", {"golden_build": 1}), "images.web.vars.golden_build", "reserved"),
    (put("images.web.vars", {"my-var": 1}), "images.web.vars.my-var", "cannot be the name of a variable"),
    (both(put("images.a-b", {"version": "1"}), put("images.a_b", {"version": "1"})), "images.a_b", "would both be called golden_image_a_b"),
    (
        both(
            put("builders.b-c", DATA["builders"]["small"]),
            put("builders.c", DATA["builders"]["small"]),
            put("images.a", {"version": "1"}),
            put("images.a-b", {"version": "1"}),
        ),
        "images.a-b",
        "the build a-b.c and the build a.b-c would both be called a-b-c",
    ),
    # only and except
    (put("images.web.verify", [{"role": "x", "only": ["smal"]}]), "images.web.verify[0].only", "unknown builder 'smal'. Did you mean 'small'?"),
    (put("images.web.verify", [{"role": "x", "except": "type:bx"}]), "images.web.verify[0].except", "Did you mean 'type:box'?"),
    (put("defaults", {"verify": [{"role": "x", "except": ["aws_*"]}]}), "defaults.verify[0].except", "unknown builder 'aws_*'"),
    (put("images.web.verify", [{"role": "x", "only": []}]), "images.web.verify[0].only", "names no builder"),
    (put("images.web.verify", [{"role": "x", "only": ["{{ b }}"]}]), "images.web.verify[0].only", "templates are not possible"),
    (put("images.web.verify", [{"role": "x", "only": ["small"], "except": ["big"]}]), "images.web.verify[0]", "'only' and 'except' exclude each other"),
    # entries
    (put("images.web.provisioners", [{"role": "a"}, {"scrpt": "b"}]), "images.web.provisioners[1]", "neither script nor role"),
    (
        put("images.web.post_processors", [{"type": "checksm"}]),
        "images.web.post_processors[0].type",
        "unknown post-processor 'checksm'. Did you mean 'checksum'?",
    ),
    (put("images.web.post_processors", [{}]), "images.web.post_processors[0]", "needs the key 'type'. Known: checksum, upload."),
    (
        put("images.web.post_processors", [[{"type": "checksum"}, {"type": "upload"}]]),
        "images.web.post_processors[0][1]",
        "the post-processor upload needs the option 'url'",
    ),
    (put("images.web.post_processors", [{"type": "checksum", "algoritms": []}]), "images.web.post_processors[0].algoritms", "Did you mean 'algorithms'?"),
    (put("images.web.post_processors", [{"type": "checksum", "artifact": {}}]), "images.web.post_processors[0].artifact", "unknown option 'artifact'"),
    (put("images.web.post_processors", [{"type": "checksum", "keep_input": "maybe"}]), "images.web.post_processors[0].keep_input", "must be of type bool"),
    (put("images.web.post_processors", [{"type": "a.b.c", "keep_input": "maybe"}]), "images.web.post_processors[0].keep_input", "must be of type bool"),
    # builds made from one another
    (put("images.web.depends_on", ["bse"]), "images.web.depends_on[0]", "unknown image 'bse'"),
    (put("images.web.depends_on", ["web"]), "images.web.depends_on", "these builds wait for each other: web.small -> web.small"),
    (put("images.web.source", {"image_of": "bse"}), "images.web.source.image_of", "unknown image 'bse'"),
    (put("images.web.source", {"image_of": "{{ x }}"}), "images.web.source.image_of", "must be the name of an image"),
    (put("images.web.source", {"image_of": "base", "image": "x"}), "images.web.source", "stands alone"),
    (put("images.web.source", {"image_of": "web"}), "images.web.source", "wait for each other: web.small -> web.small"),
    (
        both(BASE, put("images.base.depends_on", ["web"]), put("images.web.source", {"image_of": "base"})),
        "images.web.source",
        "wait for each other: web.small -> base.small -> web.small",
    ),
    (
        both(put("images.base", {"version": "1", "builders": ["big"]}), put("images.web.source", {"image_of": "base"})),
        "images.web.source.image_of",
        "web.small starts from an artifact of its own builder, or of the only other one of type box; base has base.big (type crate)",
    ),
    # variables
    (put("variables", {"my-var": {}}), "variables.my-var", "cannot be the name of a variable"),
    (put("variables", {"class": {}}), "variables.class", "cannot be the name of a variable"),
    (put("variables", {"ansible_user": {}}), "variables.ansible_user", "reserved"),
    (put("variables", {"hostvars": {}}), "variables.hostvars", "reserved"),
    (put("variables", {"x": {"type": "integer"}}), "variables.x.type", "'integer' is not allowed. Allowed: bool, dict, float, int, list, path, str."),
    (put("variables", {"x": {"type": "int", "default": "many"}}), "variables.x.default", "the default of x must be of type int, but is 'many'"),
    (put("variables", {"x": {"default": "c", "validation": {"choices": ["a", "b"]}}}), "variables.x.default", "must be one of a, b (the value is 'c')"),
    (put("variables", {"x": {"default": "c", "required": True}}), "variables.x.required", "remove one of the two"),
    (put("variables", {"x": {"validation": {"pattern": "("}}}), "variables.x.validation.pattern", "not a regular expression"),
    (put("variables", {"x": {"type": "bool", "validation": {"min": 1}}}), "variables.x.validation.min", "has no size"),
    (put("variables", {"x": {"type": "list", "validation": {"pattern": "a"}}}), "variables.x.validation.pattern", "has no pattern"),
    (drop("images"), "", "a definition needs the key 'images'"),
]


@pytest.mark.parametrize(("change", "key", "message"), MISTAKES, ids=[f"{key}-{index}" for index, (_change, key, _message) in enumerate(MISTAKES)])
def test_mistake_is_named(data: Data, read: Read, change: Change, key: str, message: str) -> None:
    change(data)
    with pytest.raises(InvalidError) as caught:
        read(data)
    assert caught.value.key == key
    assert message in caught.value.message


@pytest.mark.parametrize("value", [None, "text", ["x"], 5])
def test_something_else_than_a_mapping(read: Read, value: object) -> None:
    with pytest.raises(InvalidError, match="a definition must be a mapping"):
        read(value)


def test_secret_values_stay_out_of_messages(data: Data, read: Read) -> None:
    data["builders"]["small"]["password"] = "hunter2"
    with pytest.raises(InvalidError) as caught:
        read(data)
    assert caught.value.key == "builders.small.password"
    assert "hunter2" not in str(caught.value)


def test_hint_of_a_builder_is_kept(data: Data, read: Read) -> None:
    data["builders"]["small"]["memory"] = 13
    with pytest.raises(InvalidError) as caught:
        read(data)
    assert caught.value.hint == "Take 12."


def test_the_table_starts_from_a_good_definition(read: Read) -> None:
    assert len(read(copy.deepcopy(DATA)).builds) == 2
