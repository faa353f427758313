# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import pathlib

from ansible_collections.golden.images.plugins.module_utils._lifecycle.discarding import begin_run, note_temporary, read_run, remove_temporary
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder


def test_a_folder_that_several_builds_noted_is_removed_and_told_once(tmp_path: pathlib.Path) -> None:
    state, owner, folder = StateFolder(tmp_path / "state"), Owner.of(os.getpid()), tmp_path / "scratch"
    folder.mkdir()
    (folder / "file").write_text("")
    begin_run(state, owner, [str(folder)])
    note_temporary(state, owner.run_id(), str(folder))
    run = read_run(state, owner.run_id())
    assert run is not None
    assert remove_temporary(state, run) == [str(folder)]
    assert not folder.exists()
    assert remove_temporary(state, run) == []
