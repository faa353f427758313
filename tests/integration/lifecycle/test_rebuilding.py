# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is built, what is left alone, and why."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
import typing as t

import pytest

if t.TYPE_CHECKING:
    from ..conftest import Finished
    from .conftest import Workspace

WEB: dict[str, t.Any] = {"provisioners": [{"tasks": "configure.yml"}], "verify": [{"tasks": "check.yml"}], "post_processors": [{"type": "checksum"}]}
VARIABLES = {"content": {"default": "first"}}


def recap(result: Finished, build: str) -> dict[str, int]:
    """The numbers of a host."""
    line = re.search(rf"^{re.escape(build)}\s+: (.*)$", result.stdout, re.MULTILINE)
    assert line, result.output
    return {name: int(number) for name, number in (pair.split("=") for pair in line[1].split())}


def reasons(result: Finished) -> str:
    """A run's output without line breaks in sentences."""
    return " ".join(result.stdout.split())


@pytest.mark.smoke
def test_a_build_and_then_nothing_to_do(workspace: Workspace) -> None:
    workspace.define({"web": WEB}, variables=VARIABLES)
    first = workspace.run().ok()
    assert workspace.there() == {"web-1"}
    assert workspace.made("web-1") == "first of web"
    assert "golden.run" in (workspace.platform / "web-1" / "marks").read_text()
    note = workspace.folder / "output/web/1/folder/web-1-folder.txt"
    [checksum] = [path for path in note.parent.iterdir() if path.suffix == ".sha256"]
    assert hashlib.sha256(note.read_bytes()).hexdigest() in checksum.read_text()
    assert "1 build: 1 built" in first.stdout
    assert "Next: ls platform/web-1" in reasons(first)
    assert "output/web/1/folder/web-1-folder.txt" in first.stdout
    assert (workspace.asked("launch web"), workspace.asked("capture web"), workspace.asked("publish web")) == (2, 1, 1)

    second = workspace.run().ok()
    assert "1 build: 1 up to date" in second.stdout
    assert recap(second, "web.folder")["changed"] == 0
    assert (workspace.asked("launch web"), workspace.asked("capture web"), workspace.asked("publish web")) == (2, 1, 1)
    workspace.quiet()
    assert workspace.there() == {"web-1"}
    assert workspace.private_files() == []
    assert not list(workspace.state.glob("locks/*.lock"))


def test_check_mode_creates_nothing(workspace: Workspace) -> None:
    workspace.define({"web": WEB, "app": {"source": {"image_of": "web"}}})
    before = sorted(workspace.folder.rglob("*"))
    for playbook, arguments in (("golden.images.build_images", ["--check"]), ("golden.images.validate", [])):
        result = workspace.run("--limit", "web.folder", *arguments, playbook=playbook).ok()
        assert "would build" in result.stdout
        assert "it has not been built here yet" in reasons(result)
    left = [path for path in sorted(workspace.folder.rglob("*")) if path not in before and workspace.folder / "home" not in path.parents]
    assert left == [], [str(path) for path in left]


Change = t.Callable[["Workspace", dict[str, t.Any]], object]


def written(name: str, text: str = "# changed\n") -> Change:
    """A file of the image changes."""
    return lambda workspace, image: workspace.write(f"{image['name']}/{name}", text + (workspace.folder / image["name"] / name).read_text())


def keyed(**keys: t.Any) -> Change:
    """Keys of the image change."""
    return lambda workspace, image: image.update(keys)


def variable(text: str) -> Change:
    """Somebody sets a variable of the build."""
    return lambda workspace, image: workspace.write(f"host_vars/{image['name']}.folder.yml", text)


def added(key: str, entry: dict[str, t.Any]) -> Change:
    """One entry more."""
    return lambda workspace, image: image.update({key: [*image[key], entry]})


CHANGES: dict[str, dict[str, Change]] = {
    "force": {"a rebuild was asked for (golden_force)": variable("golden_force: true")},
    "age": {"it is older than max_age allows": variable("golden_max_age: 1s")},
    "input": {
        "variable content changed": variable("content: second"),
        "variable other changed": keyed(vars={"other": "b"}),
        "tasks input/configure.yml: input/configure.yml changed": written("configure.yml"),
        "the source image changed": written("source/name"),
        "the version changed": keyed(version="2"),
        "groups changed": keyed(groups=["more"]),
        "labels changed": keyed(labels={"team": "web"}),
        "provisioner 2 is new": added("provisioners", {"tasks": "check.yml"}),
        "builder option flavour changed": keyed(builders={"folder": {"flavour": "sweet"}}),
    },
    "check": {
        "verify: tasks check/check.yml: check/check.yml changed": written("check.yml"),
        "verify: check 2 is new": added("verify", {"tasks": "check.yml"}),
    },
    "post": {"export: post-processor 2 is new": added("post_processors", {"type": "manifest"})},
    "gone": {"is no longer there": lambda workspace, image: shutil.rmtree(workspace.platform / "gone-1")},
    "file": {"an exported file is missing": lambda workspace, image: (workspace.folder / "output/file/1/folder/file-1-folder.txt").unlink()},
    "same": {"nothing changed since it was built": keyed()},
}


def test_every_change_is_named(workspace: Workspace) -> None:
    images: dict[str, dict[str, t.Any]] = {}
    for name in CHANGES:
        for file in ("configure.yml", "check.yml"):
            workspace.write(f"{name}/{file}", (workspace.folder / file).read_text())
        workspace.write(f"{name}/source/name", name)
        images[name] = {
            "name": name,
            "source": {"folder": str(workspace.folder / name / "source")},
            "provisioners": [{"tasks": f"{name}/configure.yml"}],
            "verify": [{"tasks": f"{name}/check.yml"}],
            "post_processors": [{"type": "checksum"}],
            "vars": {"other": "a"},
        }

    def define() -> None:
        workspace.define({name: {key: value for key, value in image.items() if key != "name"} for name, image in images.items()}, variables=VARIABLES)

    define()
    workspace.run("-f", "4").ok()
    built = workspace.there()
    for name, changes in CHANGES.items():
        for change in changes.values():
            change(workspace, images[name])
    define()
    result = workspace.run("--check", "-f", "4").ok()
    for name, changes in CHANGES.items():
        [said] = re.findall(rf"^  {name}\.folder  (.*?)(?=^\S|^  \S|\Z)", result.stdout, re.MULTILINE | re.DOTALL)
        assert [reason for reason in changes if reason not in " ".join(said.split())] == []
        assert said.startswith("up to date" if name == "same" else "would build")
    assert workspace.there() == built - {"gone-1"}
    assert workspace.asked("launch web") == 0


def test_a_change_runs_the_stages_that_it_concerns(workspace: Workspace) -> None:
    workspace.define({"web": WEB}, variables=VARIABLES)
    workspace.run().ok()

    def steps(*arguments: str) -> list[int]:
        before = {step: workspace.asked(f"{step} web") for step in ("launch", "capture", "publish")}
        assert "1 built" in workspace.run(*arguments).ok().stdout
        return [workspace.asked(f"{step} web") - number for step, number in before.items()]

    workspace.define({"web": {**WEB, "post_processors": [{"type": "manifest"}]}}, variables=VARIABLES)
    assert steps() == [0, 0, 1]
    assert (workspace.folder / "output/packer-manifest.json").exists()
    workspace.write("check.yml", (workspace.folder / "check.yml").read_text() + "# more\n")
    assert steps() == [1, 0, 1]
    assert steps("-e", "content=second") == [2, 1, 1]
    assert workspace.made("web-1") == "second of web"
    assert workspace.there() == {"web-1"}


def test_a_change_taken_back_finds_the_finished_artifact(workspace: Workspace) -> None:
    workspace.define({"web": WEB})
    workspace.run().ok()
    good = (workspace.folder / "configure.yml").read_text()
    workspace.write("configure.yml", "- ansible.builtin.debug: {msg: nothing is put in}\n")
    assert workspace.run().rc != 0
    assert workspace.there() == {"web-1", "captured-web-RUN"}
    launched = workspace.asked("launch web")
    workspace.write("configure.yml", good)
    assert "1 up to date" in workspace.run().ok().stdout
    assert workspace.asked("launch web") == launched
    assert workspace.made("web-1") == "first of web"
    workspace.write("configure.yml", good.replace("first", "third"))
    workspace.run().ok()
    assert workspace.made("web-1") == "third of web"
    assert workspace.there() == {"web-1"}, "what the failed run captured is gone, too"


def test_manifests_have_all_builds_of_a_run(workspace: Workspace) -> None:
    images = {f"web{number}": {**WEB, "post_processors": [{"type": "manifest"}, {"type": "terraform", "folder": "root"}]} for number in range(8)}
    workspace.define(images)
    assert "8 builds: 8 built" in workspace.run("-f", "8").ok().stdout
    packer = json.loads((workspace.folder / "output/packer-manifest.json").read_text())
    assert sorted(build["name"] for build in packer["builds"]) == sorted(f"{image}.folder" for image in images)
    golden = json.loads((workspace.folder / "output/golden-manifest.json").read_text())
    assert sorted(golden["builds"]) == sorted(f"{image}.folder" for image in images)
    told = json.loads((workspace.folder / "root/golden_images.auto.tfvars.json").read_text())["golden_images"]
    assert sorted(told) == sorted(images)
    outputs = json.loads((workspace.folder / "root/golden_images/outputs.tf.json").read_text())["output"]
    assert outputs["images"]["value"] == told


def test_bad_input_is_refused_before_anything_is_made(workspace: Workspace) -> None:
    named = {"title": "x", "wanted_size": "1"}
    workspace.define(
        {
            "unset": {"vars": {"wanted_size": "1"}},
            "wrong": {"vars": {**named, "wanted_size": "large"}},
            "missing": {"vars": {**named, "start": "/nowhere"}},
            "undefined": {"vars": {**named, "wanted_size": "{{ nobody_knows }}"}},
        },
        {"size": "{{ wanted_size }}", "source": {"folder": "{{ start }}"}},
        variables={"start": {"default": str(workspace.folder / "source")}, "title": {"required": True, "description": "what to call it"}},
    )
    for arguments in ([], ["--check"]):
        result = workspace.run(*arguments)
        assert result.rc != 0
        for build, words in {
            "unset": ("title", "what to call it"),
            "wrong": ("builders.folder", "size", "large"),
            "missing": ("there is no folder /nowhere", "Make it first."),
            "undefined": ("nobody_knows",),
        }.items():
            lines = [line for line in result.output.splitlines() if re.match(rf"fatal: \[{build}.folder\].*(in the phase plan|cannot be built)", line)]
            assert len(lines) == 1 and all(word in lines[0] for word in words), f"{build}: {lines}\n{result.output}"
    assert workspace.there() == set()
    assert workspace.asked("launch wrong") == 0
    workspace.quiet()


def test_secrets_are_nowhere(workspace: Workspace) -> None:
    workspace.write("password", "open sesame\n")
    secrets = {"token": "token-3141592", "sensitive": "sensitive-2718281", "vault": "vaulted-1618033"}
    encrypted = workspace.playbook(
        "encrypt_string", "--vault-password-file", "password", "--name", "in_vault", secrets["vault"], program="ansible-vault", env=workspace.environment
    ).ok()
    workspace.write("group_vars/all.yml", encrypted.stdout)
    workspace.define(
        {
            "web": {
                **WEB,
                "provisioners": [
                    *WEB["provisioners"],
                    {"tasks": "secret.yml", "vars": {"given": "{{ in_vault }} {{ password }}"}},
                ],
            }
        },
        {"token": "{{ from_environment }}"},
        variables={"password": {"sensitive": True, "required": True}, "from_environment": {"sensitive": True, "default": "{{ lookup('env', 'DEMO_TOKEN') }}"}},
    )
    workspace.write(
        "secret.yml",
        "- name: Use the secrets\n  ansible.builtin.copy: {content: '{{ given }}', dest: '{{ guest_folder }}/secret', mode: '0600'}\n  no_log: true\n",
    )
    extra = workspace.write("extra.yml", f"password: {secrets['sensitive']}\n")
    arguments = ["-vvv", "--vault-password-file", "password", "-e", f"@{extra}"]
    built = workspace.run(*arguments, DEMO_TOKEN=secrets["token"]).ok()
    assert (workspace.platform / "web-1/secret").read_text() == f"{secrets['vault']} {secrets['sensitive']}"
    workspace.write("check.yml", "- ansible.builtin.fail: {msg: no}\n")
    failed = workspace.run(*arguments, DEMO_TOKEN=secrets["token"])
    assert failed.rc != 0
    workspace.quiet()
    for secret in secrets.values():
        assert secret not in built.output
        assert secret not in failed.output
        for root in (workspace.state, workspace.folder / "output"):
            assert [str(path) for path in root.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")] == []


@pytest.mark.parametrize("callback", ["default", "golden.images.progress"])
def test_no_log_hides_what_a_command_writes(workspace: Workspace, callback: str) -> None:
    secret = "command-5772156"
    workspace.write("secret", secret)
    command = {"type": "command", "name": "Sign it", "inline": [f"cat {workspace.folder}/secret", "exit 3"], "no_log": True}
    workspace.define({"web": {"post_processors": [command]}, "app": {"post_processors": [{**command, "ignore_errors": True}]}})
    arguments = ["-e", f"golden_report={workspace.folder}/run.html", "-e", f"golden_junit={workspace.folder}/run.xml"]
    result = workspace.run(*arguments, ANSIBLE_STDOUT_CALLBACK=callback)
    assert result.rc != 0
    hidden = "task 'Post-process, Sign it' failed; its result is hidden by no_log"
    assert workspace.outcome("web.folder")["text"] == hidden
    assert hidden in reasons(result)
    assert workspace.outcome("app.folder")["outcome"] == "built"
    assert secret not in result.output
    workspace.quiet()
    (workspace.folder / "secret").unlink()
    assert "its result is hidden by no_log" in (workspace.folder / "run.html").read_text()
    assert (workspace.folder / "run.xml").exists()
    assert [str(path) for path in workspace.folder.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")] == []


def test_settings_may_be_words(workspace: Workspace) -> None:
    # The guest is this machine: there is a Python, and none to be removed.
    assert not pathlib.Path("/var/lib/golden-bootstrap-python").exists()
    settings: dict[str, tuple[t.Any, t.Any]] = {
        "plain": (False, True),
        "kept": (True, False),
        "temporary": ("temporary", True),
        "word-yes": ("{{ says_yes }}", "{{ says_true }}"),
        "word-no": ("{{ says_no }}", "{{ says_false }}"),
        "word-temporary": ("{{ says_temporary }}", "{{ says_yes }}"),
    }
    workspace.define({name: {**WEB, "bootstrap_python": python, "gather_facts": facts} for name, (python, facts) in settings.items()})
    words = [argument for word in ("yes", "no", "true", "false", "temporary") for argument in ("-e", f"says_{word}={word}")]
    result = workspace.run("-f", "3", *words).ok()

    def ran(task: str) -> set[str]:
        sections = [section for section in result.stdout.split("\nTASK [") if section.partition("]")[0].endswith(task)]
        return set(re.findall(r"^ok: \[(\S+)\.folder\]", "\n".join(sections), re.MULTILINE))

    assert ran("Install Python unless it is there") == {"kept", "temporary", "word-yes", "word-temporary"}
    assert ran("Remove the Python that was installed for the build") == {"temporary", "word-temporary"}
    assert ran("Gather facts of the guest") == {"plain", "temporary", "word-yes", "word-temporary"}
    assert ran("Gather facts of the fresh guest") == {"plain", "word-yes"}
