# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as the argument specs leave them, and a VBoxManage that answers what a test says."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.guest import ARGUMENT_SPEC
from ansible_collections.golden.images.plugins.module_utils._builders.virtualbox.vboxmanage import VBoxManage

_PROGRAM = """#!/usr/bin/python3 -I
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
with open(folder / "calls", "a") as calls:
    calls.write(json.dumps(words) + "\\n")
answers = json.loads((folder / "answers.json").read_text())
for number, answer in enumerate(answers):
    if words[:len(answer["words"])] == answer["words"]:
        if answer.get("once"):
            del answers[number]
            (folder / "answers.json").write_text(json.dumps(answers))
        sys.stdout.write(answer.get("out", "").replace("{environment}", json.dumps(dict(os.environ))).replace("{cwd}", os.getcwd()))
        sys.stderr.write(answer.get("err", ""))
        sys.exit(answer.get("code", 0))
"""


@pytest.fixture
def guest_options() -> t.Callable[..., dict[str, t.Any]]:
    """Validated options of a guest."""

    def validated(**given: t.Any) -> dict[str, t.Any]:
        checked = ArgumentSpecValidator(ARGUMENT_SPEC).validate({"name": "golden-web", **given})
        assert not checked.error_messages, checked.error_messages
        return dict(checked.validated_parameters)

    return validated


class FakeVirtualBox:
    """A program in the place of VBoxManage."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.program = folder / "VBoxManage"
        self.program.write_text(_PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)
        self._answers = folder / "answers.json"
        self._answers.write_text("[]", encoding="utf-8")

    def answer(self, *words: str, **answer: t.Any) -> None:
        """What calls get that begin with some words: ``out``, ``err``, ``code``, ``once``; the first answer that fits counts."""
        left = json.loads(self._answers.read_text(encoding="utf-8"))
        self._answers.write_text(json.dumps([*left, {"words": list(words), **answer}]), encoding="utf-8")

    @property
    def vbox(self) -> VBoxManage:
        """What uses the program."""
        return VBoxManage(str(self.program))

    @property
    def calls(self) -> list[list[str]]:
        """Arguments of all calls so far."""
        place = self.folder / "calls"
        return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()] if place.exists() else []


@pytest.fixture
def virtualbox(tmp_path: pathlib.Path) -> FakeVirtualBox:
    """A VBoxManage of the test's own."""
    folder = tmp_path / "virtualbox"
    folder.mkdir()
    return FakeVirtualBox(folder)
