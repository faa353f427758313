# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Callback ``golden.images.progress``: a live line per build in a terminal, plain lines elsewhere."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: notification
short_description: One live line per build, with its phase, its time and an estimate
version_added: 1.0.0
description:
  - In a terminal, every build in progress has one line that shows its phase, how long it has been going on, how long it will usually take from here, and its
    task. What ends is said once and scrolls away.
  - Where the output is no terminal, as in AWX and CI, a line is written when a phase begins and when a build ends.
  - As O(ignore:callbacks_enabled) it goes beside another output, the default one or that of AWX. As O(ignore:stdout_callback) it takes the place of the default
    output and shows failures in full, changes of hosts that are no builds, and with C(-v) the default output above its lines.
  - Estimates are the medians of the phases in earlier runs that had the same state folder.
  - Colours are those of Ansible, and are off when E(NO_COLOR) or E(ANSIBLE_NOCOLOR) is set.
options:
  style:
    description: V(auto) is live in a terminal, and plain in CI (where E(CI) is set), below AWX and where E(TERM) is V(dumb).
    type: str
    choices: [auto, live, plain]
    default: auto
    env:
      - name: GOLDEN_PROGRESS_STYLE
    ini:
      - section: golden_progress
        key: style
  heartbeat:
    description: Seconds after which a plain line says that a phase goes on; V(0) is never. CI services end jobs that are silent for long.
    type: float
    default: 300
    env:
      - name: GOLDEN_PROGRESS_HEARTBEAT
    ini:
      - section: golden_progress
        key: heartbeat
requirements:
  - O(ignore:callbacks_enabled) or O(ignore:stdout_callback) in the configuration
author:
  - golden.images contributors (@golden-images)
"""

EXAMPLES = r"""
# ansible.cfg, instead of the default output:
# [defaults]
# stdout_callback = golden.images.progress
#
# beside it:
# [defaults]
# callbacks_enabled = golden.images.progress
"""

import atexit
import contextlib
import os
import pathlib
import re
import sys
import threading
import time
import typing as t

from ansible import constants as C
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import callback_loader
from ansible.utils.color import stringc

from ansible_collections.golden.images.plugins.module_utils._lifecycle.errors import GoldenError
from ansible_collections.golden.images.plugins.module_utils._lifecycle.progress import KINDS, Outcome
from ansible_collections.golden.images.plugins.module_utils._lifecycle.run import Owner, StateFolder, is_awx_job
from ansible_collections.golden.images.plugins.module_utils._reports.failures import failure_text
from ansible_collections.golden.images.plugins.module_utils._reports.history import read_history, usual_seconds
from ansible_collections.golden.images.plugins.module_utils._reports.lines import Frame, began, ended, goes_on
from ansible_collections.golden.images.plugins.module_utils._reports.screen import Above, Screen
from ansible_collections.golden.images.plugins.module_utils._reports.tracking import Builds, Tracked

_NAME = "golden.images.progress"
_PLAN = "golden.images.plan"
_PHASE = "golden.images.phase"
_FINISH = "golden.images.finish"
# They repeat the failure of another task; the summary of the run has their words.
_REPEATING = frozenset({_FINISH, "golden.images.provisioner_failed"})
_OUR_ROLES = re.compile(r"^golden\.images\.\w+ : ")
_EVERY = 0.25


def _paint(kind: str, text: str) -> str:
    colors = {"phase": C.COLOR_HIGHLIGHT, "done": C.COLOR_OK, "todo": "dark gray", "faint": "dark gray"}
    return stringc(text, colors[kind]) if kind in colors and text else text


class CallbackModule(CallbackBase):
    """See the documentation above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = _NAME
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._builds = Builds()
        self._hosts: list[t.Any] = []
        self._default: t.Any = None
        self._screen: Screen | None = None
        self._frame = Frame(self._builds, _paint, "utf" not in (sys.stdout.encoding or "").lower())
        self._quit = threading.Event()
        self._lock = self._display._lock
        self._start = time.monotonic()

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """Called once, before everything else."""
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        if C.DEFAULT_STDOUT_CALLBACK == _NAME:
            self._default = callback_loader.get("ansible.builtin.default")
            self._default._init_callback_methods()
            self._default.set_options()

    @property
    def _now(self) -> float:
        return time.monotonic() - self._start

    def _is_live(self) -> bool:
        style = self.get_option("style")
        if style != "auto":
            return bool(style == "live")
        dumb = os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("CI") or is_awx_job()
        return sys.stdout.isatty() and not dumb

    # What Ansible tells

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Remember who takes part."""
        inventory = play.get_variable_manager()._inventory
        self._hosts = [host for host in inventory.get_hosts(play.hosts) if "golden_type" in host.vars]
        if self._default is not None:
            self._default._play = play
        self._others("v2_playbook_on_play_start", play)

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        """A task begins: perhaps a build, or a phase of one."""
        with self._lock:
            if task.action == _PLAN:
                self._begin(host)
            build = self._builds.all.get(host.name)
            if build is not None and build.running:
                build.task = "" if task.action.startswith("golden.images.") else _OUR_ROLES.sub("", task.get_name())
                if task.action == _PHASE:
                    build.enter(str(task.args.get("name")), self._now)
                    self._say_plainly(began(build, self._now))
        self._others("v2_runner_on_start", host, task)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task went well: perhaps it was the plan, or the end of a build."""
        build = self._builds.all.get(result.host.name)
        if build is not None and result.task.action == _PLAN:
            build.stages = tuple(result.result.get("facts", {}).get("plan", {}).get("stages", ()))
        if build is not None and result.task.action == _FINISH and result.result.get("outcome"):
            self._end(build, str(result.result["outcome"]))
        quiet = not result.is_changed() and not result.result.get("_ansible_verbose_always")
        if build is not None or quiet:
            self._warnings(result)
        self._others("v2_runner_on_ok", result, always=build is None and not quiet)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task failed: shown in full, unless it only says so of another one."""
        build = self._builds.all.get(result.host.name)
        if build is not None and self._is_quiet and result.task.action not in _REPEATING:
            self._warnings(result)
            text = failure_text(_OUR_ROLES.sub("", result.task_name), str(result.task.get_path() or ""), {"msg": _words(result.exception), **result.result})
            what = "a task failed, which is ignored" if ignore_errors else f"a task failed in the phase {build.phase}"
            self._display.display(f"{build.name}: {what}\n{text}", color=C.COLOR_SKIP if ignore_errors else C.COLOR_ERROR)
        if build is not None and result.task.action == _FINISH:
            self._end(build, self._noted_outcome(result.host))
        self._others("v2_runner_on_failed", result, always=build is None, ignore_errors=ignore_errors)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        """A machine is gone, and with it, for Ansible, the host."""
        build = self._builds.all.get(result.host.name)
        self._others("v2_runner_on_unreachable", result, always=True)
        if build is not None and build.running and not result.task.ignore_unreachable:
            self._end(build, "unreachable", by_summary=False)

    def v2_on_file_diff(self, result: t.Any) -> None:
        """Somebody wants to see differences."""
        self._others("v2_on_file_diff", result, always=True)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """The end."""
        self._stop()
        self._others("v2_playbook_on_stats", stats, always=not self._builds.all)

    # What is done about it

    @property
    def _is_quiet(self) -> bool:
        return self._default is not None and self._display.verbosity == 0

    def _others(self, method: str, *arguments: t.Any, always: bool = False, **keywords: t.Any) -> None:
        """Have the default output show it, where this callback stands for it and people want to see that much."""
        if self._default is None or (self._is_quiet and not always):
            return
        self._default._current_task_result = self._current_task_result
        getattr(self._default, method)(*arguments, **keywords)

    def _warnings(self, result: t.Any) -> None:
        if self._is_quiet:
            self._handle_warnings(result.result)

    def _begin(self, host: t.Any) -> None:
        if not self._builds.all:
            self._watch()
        for other in [*self._hosts, host]:
            if other.name not in self._builds.all:
                self._builds.add(other.name, _usual(other))
        self._builds.all[host.name].begin(self._now)

    def _end(self, build: Tracked, outcome: str, by_summary: bool = True) -> None:
        """
        :param by_summary: whether the last build of the run has already been told of, with all others.
        """
        with self._lock:
            if not build.outcome:
                build.end(outcome, self._now)
                if not by_summary or self._builds.going_on():
                    self._say(ended(build), C.COLOR_OK if KINDS[outcome].well else C.COLOR_ERROR)

    def _noted_outcome(self, host: t.Any) -> str:
        with contextlib.suppress(GoldenError, OSError, ValueError):
            noted = Outcome.load(_state(host).run_build(Owner.of(os.getpid()).run_id(), host.name))
            return noted.outcome if noted else "failed"
        return "failed"

    def _say(self, text: str, color: str | None = None) -> None:
        minutes, seconds = divmod(int(self._now), 60)
        self._display.display(text if self._screen else f"[{minutes:02}:{seconds:02}] {text}", color=color)

    def _say_plainly(self, text: str) -> None:
        if self._screen is None:
            self._say(text)

    def _watch(self) -> None:
        self._start = time.monotonic()
        if self._is_live():
            self._screen = Screen(sys.stdout.fileno(), self._lock, sys.stdout.encoding or "utf-8")
            sys.stdout = t.cast(t.TextIO, Above(sys.stdout, self._screen))
            if sys.stderr.isatty():
                sys.stderr = t.cast(t.TextIO, Above(sys.stderr, self._screen))
            self._display.prompt_until = _asked(self._screen, self._display.prompt_until)  # type: ignore[method-assign]
            atexit.register(self._stop)
        if self._screen is not None or self.get_option("heartbeat") > 0:
            threading.Thread(target=self._tick, name="golden.images.progress", daemon=True).start()

    def _tick(self) -> None:
        while not self._quit.wait(_EVERY):
            # Ansible forks with this lock held, so that no worker is born while something is written.
            with self._lock:
                if self._screen is not None:
                    size = self._screen.size()
                    self._screen.draw(self._frame.lines(self._now, size.columns, size.lines - 1))
                    continue
                for build in self._builds.silent(self._now, self.get_option("heartbeat")):
                    self._say(goes_on(build, self._now))

    def _stop(self) -> None:
        self._quit.set()
        with self._lock:
            if self._screen is not None:
                self._screen.clear()
            for name in ("stdout", "stderr"):
                stream = getattr(sys, name)
                if isinstance(stream, Above):
                    setattr(sys, name, stream.stream)


def _asked(screen: Screen, ask: t.Callable[..., bytes]) -> t.Callable[..., bytes]:
    run = os.getpid()

    def paused(*arguments: t.Any, **keywords: t.Any) -> bytes:
        # Workers inherit this, and send their question to the run.
        with screen.paused() if os.getpid() == run else contextlib.nullcontext():
            return ask(*arguments, **keywords)

    return paused


def _words(error: t.Any) -> str:
    """Of an error that has no message in the result."""
    return str(getattr(getattr(error, "event", None), "msg", ""))


def _state(host: t.Any) -> StateFolder:
    return StateFolder(pathlib.Path(str(host.vars["golden_state_dir"])))


def _usual(host: t.Any) -> dict[str, float]:
    try:
        return usual_seconds(read_history(_state(host), host.name))
    except (GoldenError, KeyError):
        return {}


def _passed_on(method: str) -> t.Callable[..., None]:
    def pass_on(self: CallbackModule, *arguments: t.Any, **keywords: t.Any) -> None:
        self._others(method, *arguments, **keywords)

    return pass_on


for _method in (
    "v2_playbook_on_start",
    "v2_playbook_on_task_start",
    "v2_playbook_on_handler_task_start",
    "v2_playbook_on_cleanup_task_start",
    "v2_playbook_on_include",
    "v2_playbook_on_no_hosts_matched",
    "v2_playbook_on_no_hosts_remaining",
    "v2_playbook_on_notify",
    "v2_runner_on_skipped",
    "v2_runner_item_on_ok",
    "v2_runner_item_on_failed",
    "v2_runner_item_on_skipped",
    "v2_runner_retry",
    "v2_runner_on_async_poll",
    "v2_runner_on_async_ok",
    "v2_runner_on_async_failed",
):
    setattr(CallbackModule, _method, _passed_on(_method))
