# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write meta/runtime.yml: its action groups list every module. With ``--check`` only tell whether it is up to date.

``golden.images.all`` holds all modules, and each name that several modules start with (``docker_guest``, ``docker_image``)
is a group too, so that ``module_defaults: {group/golden.images.docker: {...}}`` sets options of one platform at once.
"""

from __future__ import annotations

import collections
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "meta" / "runtime.yml"
HEAD = """\
# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by tests/tools/action_groups.py.
---
requires_ansible: ">=2.19.0"
action_groups:
"""


def groups(modules: list[str]) -> dict[str, list[str]]:
    """The modules of each action group, ``all`` first."""
    by_word: dict[str, list[str]] = collections.defaultdict(list)
    for name in modules:
        by_word[name.split("_", 1)[0]].append(name)
    shared = {word: names for word, names in sorted(by_word.items()) if len(names) > 1}
    return {"all": modules, **shared}


def text(modules: list[str]) -> str:
    lines = [HEAD]
    for group, names in groups(modules).items():
        lines.append(f"  {group}:\n")
        lines.extend(f"    - {name}\n" for name in names)
    return "".join(lines)


def main(arguments: list[str]) -> int:
    wanted = text(sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__"))
    if "--check" not in arguments:
        RUNTIME.write_text(wanted, encoding="utf-8")
        return 0
    if RUNTIME.read_text(encoding="utf-8") == wanted:
        return 0
    print("meta/runtime.yml does not list the modules; run tests/tools/action_groups.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
