# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let ansible-test make its virtual environments with nothing but the package index.

ansible-test makes environments without pip and downloads a get-pip script from a server of its own. It first
looks into its cache; this writes the script there, made from the pip wheel of the package index. Run it with
the Python that ansible-test is installed in: ``get_pip_stand_in.py HOME``.
"""

from __future__ import annotations

import base64
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

TEMPLATE = """\
import base64, os, sys, tempfile

def main():
    with tempfile.TemporaryDirectory() as folder:
        install(os.path.join(folder, {name!r}))

def install(wheel):
    with open(wheel, "wb") as stream:
        stream.write(base64.b64decode({data!r}))
    sys.path.insert(0, wheel)
    arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
    from pip._internal.cli.main import main as pip_main
    sys.exit(pip_main(["install", "--upgrade", "--force-reinstall"] + arguments))

if __name__ == "__main__":
    main()
"""


def wanted_pip() -> str:
    """The version of pip that the installed ansible-test asks for."""
    spec = importlib.util.find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"ansible-test is not installed for {sys.executable}")
    source = pathlib.Path(next(iter(spec.submodule_search_locations)), "_internal", "python_requirements.py")
    found = re.search(r"pip='([0-9.]+)'", source.read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f"{source} does not say which pip it wants; has ansible-test changed?")
    return found.group(1)


def write_stand_in(home: pathlib.Path, version: str) -> None:
    """Write the script into ansible-test's cache below ``home``, unless it is there."""
    script = home / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest", folder, f"pip=={version}"]
        subprocess.run(command, check=True)
        wheel = next(pathlib.Path(folder).glob("pip-*.whl"))
        data = base64.b64encode(wheel.read_bytes()).decode()
        text = TEMPLATE.format(name=wheel.name, data=data)
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_stand_in(pathlib.Path(sys.argv[1]), wanted_pip())
