# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a definition's list becomes, and which files are let go."""

from __future__ import annotations

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.artifact import Artifact, ArtifactFile
from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import DefinitionError
from ansible_collections.golden.images.plugins.module_utils._post_processors._unneeded import Step, unneeded_files, without_files
from ansible_collections.golden.images.plugins.module_utils._post_processors.contract import (
    COMMON_SPEC,
    compile_post_processors,
    post_processor_files,
    post_processor_types,
)


def test_types_are_the_files_of_the_folder():
    assert set(post_processor_types()) == {
        "checksum",
        "command",
        "compress",
        "docker_import",
        "docker_push",
        "docker_save",
        "docker_tag",
        "files",
        "manifest",
        "terraform",
        "vagrant_box",
    }


def test_a_chain_hands_on_and_records():
    tasks = compile_post_processors([[{"type": "compress", "format": "{{ fmt }}", "when": "x"}, {"type": "checksum", "name": "Sums"}], {"type": "manifest"}])
    assert [next(key for key in task if key.startswith("golden.images.")) for task in tasks] == [
        "golden.images.compress",
        "golden.images.record",
        "golden.images.checksum",
        "golden.images.record",
        "golden.images.manifest",
        "golden.images.record",
    ]
    first, record, second = tasks[:3]
    assert first["golden.images.compress"] == {"artifact": "{{ golden_chain_artifact }}", "format": "{{ fmt }}"}
    assert first["when"] == "x"
    assert first["vars"]["golden_chain_artifact"] == "{{ golden_artifact }}"
    assert second["vars"]["golden_chain_artifact"] == "{{ golden_post_processed_1_1.artifact | default(golden_artifact) }}"
    assert second["name"].endswith("Sums")
    assert tasks[4]["vars"]["golden_chain_artifact"] == "{{ golden_artifact }}"
    assert record["golden.images.record"]["type"] == "compress"
    assert record["when"] == "golden_post_processed_1_1.artifact is defined"


def test_an_option_with_the_name_of_a_common_key_reaches_its_module():
    entries = [{"type": "terraform", "name": "my_images", "no_log": True}, {"type": "checksum", "name": "Sums"}, {"type": "my.own.upload", "name": "Up"}]
    terraform, _record, checksum, _record2, upload, _record3 = compile_post_processors(entries)
    assert terraform["golden.images.terraform"] == {"artifact": "{{ golden_chain_artifact }}", "name": "my_images"}
    assert terraform["name"] == "Post-process, my_images"
    assert checksum["golden.images.checksum"] == upload["my.own.upload"] == {"artifact": "{{ golden_chain_artifact }}"}


def test_no_other_option_has_the_name_of_a_common_key():
    shared = {(kind, option) for kind, operation in post_processor_types().items() for option in operation.argument_spec if option in COMMON_SPEC}
    assert shared == {("terraform", "name")}


def test_files_of_the_definition_and_modules_of_others(tmp_path):
    entries = [{"type": "command", "script": "sign.sh"}, {"type": "my.own.upload", "bucket": "b", "environment": {"A": "b"}}]
    command, _record, upload, _record2 = compile_post_processors(entries)
    assert command["golden.images.local_command"]["script"] == "{{ golden_definition_dir }}/sign.sh"
    assert upload["my.own.upload"] == {"artifact": "{{ golden_chain_artifact }}", "bucket": "b"}
    assert upload["delegate_to"] == "localhost"
    assert upload["environment"] == {"A": "b"}
    (tmp_path / "sign.sh").touch()
    assert post_processor_files(entries, tmp_path) == {"post-processor 1.1": [tmp_path / "sign.sh"]}
    box = {"type": "vagrant_box", "vagrantfile": "sign.sh", "include": ["sign.sh", "none"]}
    assert post_processor_files([box], tmp_path) == {"post-processor 1.1": [tmp_path / "sign.sh", tmp_path / "sign.sh"]}


def test_removal_comes_last_and_only_when_asked():
    assert not any("golden.images.post_processed" in task for task in compile_post_processors([{"type": "compress"}]))
    tasks = compile_post_processors([{"type": "compress", "keep_input": False}, {"type": "checksum"}])
    assert [link["keep_input"] for link in tasks[-1]["golden.images.post_processed"]["steps"]] == [False, True]


def test_unknown_types_are_refused():
    with pytest.raises(DefinitionError, match="unknown post-processor 'zip'"):
        compile_post_processors([{"type": "zip"}])


def artifact(*names: str) -> Artifact:
    return Artifact("i", "local", "w.l", "w", "l", "1", "", "", "", tuple(ArtifactFile(f"/{name}", name, 1, "") for name in names))


@pytest.mark.parametrize(
    ("steps", "removed"),
    [
        ([Step(1, False, artifact("gz"))], ["/tar"]),
        ([Step(1, True, artifact("gz"))], []),
        ([Step(1, False, artifact("gz")), Step(2, True, artifact("tar", "sum"))], []),
        ([Step(1, False, artifact("gz")), Step(2, False, artifact("xz"))], ["/tar"]),
        ([Step(1, True, artifact("tar", "sum")), Step(1, False, artifact("gz"))], ["/sum"]),
        ([Step(1, False, artifact("gz")), Step(1, True, None, failed=True)], []),
        ([Step(1, False, None)], []),
        ([Step(1, False, artifact("tar", "gz"))], []),
    ],
)
def test_what_is_let_go(steps, removed):
    assert unneeded_files(artifact("tar"), steps) == removed


def test_the_record_remembers_what_was_removed():
    left = without_files(artifact("tar", "gz"), ["/tar"])
    assert [file.path for file in left.files] == ["/gz"]
    assert left.metadata["removed_files"] == ["/tar"]
    assert without_files(left, ["/other"]) is left
