# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types a boot command into a guest over vSphere's USB keyboard."""

from __future__ import annotations

import time
import typing as t

from ..._lifecycle.operation import Context
from ..._lifecycle.waiting import Waiter
from ..._media import typing_plan, usb_codes
from ..._media.boot_command import Event
from .errors import VsphereError, doing
from .sdk import Managed, vim

Options = t.Mapping[str, t.Any]


def check_typing(events: t.Iterable[Event]) -> None:
    """:raises BuilderError: for keys that cannot be held here."""
    list(usb_codes.typing_plan(events))


def type_keys(vm: Managed, name: str, events: t.Sequence[Event], options: Options, context: Context) -> None:
    """Wait until the guest shows its boot menu, then type.

    :raises VsphereError: when vSphere refuses a group of keys time and again.
    """
    if not events:
        return
    plan = list(usb_codes.typing_plan(events))
    seconds = typing_plan.duration(plan, options["boot_key_interval"])
    context.say(f"waits {options['boot_wait']:g} s for the boot menu of {name}, then types for about {seconds:.0f} s")
    time.sleep(options["boot_wait"])
    typing_plan.perform(plan, lambda keys: _sent(vm, name, keys, options["boot_key_retries"]), options["boot_key_interval"])


def _sent(vm: Managed, name: str, keys: tuple[usb_codes.UsbKey, ...], retries: int) -> None:
    spec = key_spec(keys)
    last: VsphereError | None = None
    for attempt, _elapsed in enumerate(Waiter("the keys to arrive", timeout=60, interval=0.5, growth=2.0).ticks()):
        try:
            with doing(f"type into {name}"):
                vm.PutUsbScanCodes(spec)
            return
        except VsphereError as error:
            last = error
            if attempt >= retries:
                break
    raise t.cast(VsphereError, last)


def key_spec(keys: t.Iterable[usb_codes.UsbKey]) -> t.Any:
    """Keys as vSphere takes them."""
    scan = vim.UsbScanCodeSpec
    events = []
    for key in keys:
        modifiers = scan.ModifierType(**dict.fromkeys(key.modifiers, True)) if key.modifiers else None
        events.append(scan.KeyEvent(usbHidCode=key.code, modifiers=modifiers))
    return scan(keyEvents=events)
