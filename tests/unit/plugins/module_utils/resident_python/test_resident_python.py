# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resident Python of a guest that is this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
import typing as t
import zipfile

import pytest

from ansible_collections.golden.images.plugins.module_utils._lifecycle.waiting import Waiter
from ansible_collections.golden.images.plugins.module_utils._resident_python import client
from ansible_collections.golden.images.plugins.module_utils._resident_python.client import Finished, ResidentLostError, ResidentPython, Stream

# A broker that is slow to answer is done without, which is not what is tested here.
GREETING = 60.0
ROOTS = [path for path in sys.path if pathlib.Path(path, "ansible_collections/golden/images").exists()]


@dataclasses.dataclass
class Guest:
    """This machine; remembers what was begun in it."""

    name: str
    interpreter: str = sys.executable
    begun: list[subprocess.Popen[bytes]] = dataclasses.field(default_factory=list)

    def begin(self, argv: list[str]) -> Stream:
        ours, theirs = socket.socketpair()
        with theirs:
            self.begun.append(subprocess.Popen(argv, stdin=theirs, stdout=theirs, start_new_session=True))
        descriptor = ours.detach()
        return Stream(descriptor, descriptor)

    @property
    def resident(self) -> ResidentPython:
        """Each task has a client of its own."""
        return ResidentPython(self.name, self.begin)

    def python(self, program: str, prefix: str = "") -> Finished | None:
        command = f"/bin/sh -c '{prefix}{self.interpreter} && sleep 0'"
        return self.resident.run(["/bin/sh", "-c", command], command, textwrap.dedent(program).encode())

    def shell(self, command: str, in_data: bytes | None = None) -> Finished | None:
        return self.resident.run(["/bin/sh", "-c", command], command, in_data)

    def output(self, program: str, prefix: str = "") -> str:
        finished = self.python(program, prefix)
        assert finished is not None
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.decode()


@pytest.fixture
def guest(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Guest]:
    monkeypatch.setattr(client, "_GREETING", GREETING)
    found = Guest(str(tmp_path))
    yield found
    for process in found.begun:
        process.kill()
        process.wait()


def is_gone(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def test_a_program_runs_as_if_a_new_python_read_it(guest: Guest) -> None:
    program = "import sys, __main__; print(__name__, sys.argv, sys.stdin.read() == '', hasattr(__main__, '__file__')); marker = 1; print(__main__.marker)"
    assert guest.output(program) == "__main__ [''] True False\n1\n"


def test_one_python_serves_all_and_keeps_nothing_of_them(guest: Guest, tmp_path: pathlib.Path) -> None:
    (tmp_path / "golden_probe.py").write_text("")
    guest.output(
        f"""
        import os, sys
        sys.path.insert(0, {str(tmp_path)!r})
        import golden_probe
        os.chdir("/"); os.environ["LEFT"] = "1"; os.umask(0o777)
        """
    )
    probe = "import os, sys; print('golden_probe' in sys.modules, os.environ.get('LEFT'), os.umask(0o22) == 0o777, os.getppid())"
    first, second = guest.output(probe), guest.output(probe)
    assert first == second
    assert first.startswith("False None False ")
    assert len(guest.begun) == 1


def test_exit_statuses_are_those_of_an_interpreter(guest: Guest) -> None:
    statuses = [guest.python(program) for program in ("raise SystemExit(7)", "raise SystemExit", "raise SystemExit('why')", "1/0", "import os; os._exit(9)")]
    assert [finished.returncode for finished in statuses if finished] == [7, 0, 1, 1, 9]
    assert statuses[2] is not None and statuses[2].stderr == b"why\n"
    assert statuses[3] is not None and b"ZeroDivisionError" in statuses[3].stderr


def test_what_is_registered_for_the_end_runs(guest: Guest) -> None:
    program = """
    import atexit, threading, time
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
    """
    assert guest.output(program) == "thread\nat exit\n"


def test_a_killed_program_has_the_status_that_a_shell_would_tell(guest: Guest) -> None:
    finished = guest.python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert finished is not None and finished.returncode == 128 + signal.SIGKILL


def test_variables_are_the_programs_alone(guest: Guest) -> None:
    assert guest.output("import os; print(os.environ['FOO'])", prefix="FOO='\"'\"'b ar'\"'\"' ") == "b ar\n"
    assert guest.output("import os; print(os.environ.get('FOO'))") == "None\n"


def test_modules_from_a_zip_file_are_compiled_once(guest: Guest, tmp_path: pathlib.Path) -> None:
    for number, name in enumerate(("first", "second")):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("zipped_probe.py", "VALUE = 41 + 1\n")
            archive.writestr("other_probe.py", f"VALUE = {number}\n")
    program = """
    import sys, zipimport
    sys.path.insert(0, {path!r})
    real = zipimport._compile_source._compile
    compiled = []
    zipimport._compile_source._compile = lambda path, source: (compiled.append(path), real(path, source))[1]
    import zipped_probe, other_probe
    print(zipped_probe.VALUE, other_probe.VALUE, len(compiled))
    """
    results = [guest.output(program.format(path=str(tmp_path / f"{name}.zip"))) for name in ("first", "second")]
    assert results == ["42 0 2\n", "42 1 1\n"]


def test_a_command_gets_its_input_and_gives_all_its_output(guest: Guest) -> None:
    guest.output("pass")
    data = os.urandom(3_000_000)
    finished = guest.shell("cat; echo no >&2; exit 3", data)
    assert finished == Finished(3, data, b"no\n")
    assert guest.shell("exec < /dev/stdin; cat") == Finished(0, b"", b"")
    assert guest.shell("head -c 5", data) == Finished(0, data[:5], b"")


def test_a_process_left_in_the_background_is_not_waited_for(guest: Guest) -> None:
    guest.output("pass")
    begin = time.monotonic()
    finished = guest.shell("echo early; sleep 61 & echo $!")
    assert finished is not None and finished.stdout.startswith(b"early\n")
    os.kill(int(finished.stdout.split()[1]), signal.SIGKILL)
    assert time.monotonic() - begin < 30


def test_files_are_written_whole_and_refusals_told(guest: Guest, tmp_path: pathlib.Path) -> None:
    source, place = tmp_path / "source", tmp_path / "place"
    source.write_bytes(os.urandom(100_000))
    place.write_bytes(b"x" * 200_000)
    with source.open("rb") as stream:
        assert guest.resident.put(str(place), stream) is None
    guest.output("pass")
    with source.open("rb") as stream:
        assert guest.resident.put(str(place), stream) == Finished(0, b"", b"")
        refused = guest.resident.put(str(tmp_path / "none" / "place"), stream)
    assert place.read_bytes() == source.read_bytes()
    assert refused is not None and refused.returncode == 1 and b"No such file" in refused.stderr


def test_large_files_are_left_to_the_connection(guest: Guest, tmp_path: pathlib.Path) -> None:
    guest.output("pass")
    source = tmp_path / "source"
    with source.open("wb") as stream:
        stream.truncate(9 * 1024 * 1024)
    with source.open("rb") as reader:
        assert guest.resident.put(str(tmp_path / "place"), reader) is None


def test_without_a_resident_commands_are_left_to_the_connection(guest: Guest) -> None:
    assert guest.shell("true") is None
    assert guest.begun == []


def test_another_interpreter_is_left_to_the_connection(guest: Guest, tmp_path: pathlib.Path) -> None:
    guest.output("pass")
    other = tmp_path / "python3"
    other.symlink_to(sys.executable)
    assert dataclasses.replace(guest, interpreter=str(other)).python("pass") is None
    assert guest.output("print(1)") == "1\n"


def test_a_guest_without_that_python_is_left_to_the_connection(guest: Guest) -> None:
    missing = dataclasses.replace(guest, interpreter="/usr/bin/env -S false python3")
    assert missing.python("pass") is None


def test_after_an_upgrade_of_python_a_new_one_is_started(guest: Guest, tmp_path: pathlib.Path) -> None:
    copy = tmp_path / "python3"
    shutil.copy2(os.path.realpath(sys.executable), copy)
    guest.interpreter = str(copy)
    before = guest.output("import os; print(os.getppid())")
    replacement = tmp_path / "new"
    shutil.copy2(copy, replacement)
    replacement.replace(copy)
    assert guest.python("pass") is None
    guest.begun[0].wait(60)
    Waiter("the broker to end", 60, interval=0.02).until(lambda: guest.python("pass") is not None)
    assert guest.output("import os; print(os.getppid())") != before


def test_a_resident_that_dies_is_told_of_and_then_replaced(guest: Guest) -> None:
    guest.output("pass")
    with pytest.raises(ResidentLostError):
        guest.python("import os, signal; os.kill(os.getppid(), signal.SIGKILL); import time; time.sleep(60)")
    Waiter("another resident", 60, interval=0.02).until(lambda: guest.python("pass") is not None)
    assert len(guest.begun) == 2


def test_each_user_has_a_resident(guest: Guest) -> None:
    inner = f"echo BECOME-SUCCESS-x ; {guest.interpreter}"
    command = f"/bin/sh -c {shlex.quote(f'env GOLDEN_WHO=other /bin/sh -c {shlex.quote(inner)} && sleep 0')}"
    program = b"import os; print(os.environ.get('GOLDEN_WHO'), os.getppid())"
    other = guest.resident.run_module(command, program)
    assert other is not None and other.stdout.startswith(b"other ")
    assert guest.output(program.decode()).startswith("None ")
    assert guest.resident.run_module(command, program) == other
    assert len(guest.begun) == 2


def test_two_guests_have_nothing_in_common(guest: Guest) -> None:
    other = dataclasses.replace(guest, name=f"{guest.name}-other")
    assert guest.output("import os; print(os.getppid())") != other.output("import os; print(os.getppid())")


RUN = """
import os, sys, time
sys.path[:0] = {roots!r}
from tests.unit.plugins.module_utils.resident_python.test_resident_python import GREETING, Guest, client
client._GREETING = GREETING
if os.fork():
    time.sleep(600)
guest = Guest({name!r})
print(guest.output("import os; print(os.getppid())"), end="", flush=True)
print("asks", flush=True)
guest.shell("echo $$ > {place}; exec sleep 617")
"""


@pytest.mark.parametrize("victim", ["run", "worker"])
def test_everything_ends_with_the_run_and_with_the_worker_that_asks(guest: Guest, tmp_path: pathlib.Path, victim: str) -> None:
    place = tmp_path / "pid"
    program = RUN.format(roots=[str(pathlib.Path(__file__).parents[5]), *ROOTS], name=guest.name, place=place)
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert run.stdout is not None
        resident = int(run.stdout.readline())
        assert run.stdout.readline() == "asks\n"
        held = Waiter("the command to run", 60, interval=0.02).until(lambda: place.exists() and int(place.read_text() or 0))
        if victim == "run":
            run.kill()
        else:
            (worker,) = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            os.kill(int(worker), signal.SIGKILL)
        Waiter("the resident and its command to end", 60, interval=0.02).until(lambda: is_gone(resident) and is_gone(held))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        if run.stdout is not None:
            run.stdout.close()
