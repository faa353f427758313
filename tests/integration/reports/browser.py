# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Headless Chromium: what a page looks like, and what a script beside it measures."""

from __future__ import annotations

import html
import json
import pathlib
import re
import subprocess
import typing as t

LIGHT, DARK = 1, 0

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
)
# Contrast as WCAG 2 defines it, of every text with the first background behind it that is not transparent.
_MEASURE = """
const page = document.getElementById("page").contentDocument, view = page.defaultView, result = {low: [], small: 0};
const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const numbers = color => color.match(/[\\d.]+/g).map(Number);
const luminance = color => { const [r, g, b] = numbers(color).map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = element => { for (; element; element = element.parentElement) {
  const color = view.getComputedStyle(element).backgroundColor; if ((numbers(color)[3] ?? 1) > 0) return color; } return "rgb(255,255,255)"; };
const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
for (let count = 0; walker.nextNode();) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
  const [a, b] = [luminance(view.getComputedStyle(element).color), luminance(behind(element))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  result.texts = ++count;
  if (ratio < 4.5) result.low.push([walker.currentNode.data.trim(), ratio]);
}
result.background = view.getComputedStyle(page.body).backgroundColor;
result.overflow = page.documentElement.scrollWidth - page.documentElement.clientWidth;
result.height = page.documentElement.scrollHeight;
result.bars = [...page.querySelectorAll(".bar i")].map(bar => bar.getBoundingClientRect().width);
document.getElementById("result").textContent = JSON.stringify(result);
"""


class Browser:
    """One profile per test; nothing is loaded from a network."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def _run(self, *arguments: str) -> str:
        profile = f"--user-data-dir={self._folder / 'profile'}"
        # What it says on standard error is about the machine's desktop, which is not there.
        return subprocess.run(["chromium", *_FLAGS, profile, *arguments], check=True, capture_output=True, text=True, timeout=120).stdout

    def screenshot(self, page: pathlib.Path, width: int, height: int, scheme: int = LIGHT) -> bytes:
        """PNG of the page."""
        picture = self._folder / "page.png"
        self._run(f"--screenshot={picture}", f"--window-size={width},{height}", f"--blink-settings=preferredColorScheme={scheme}", page.as_uri())
        return picture.read_bytes()

    def measured(self, page: pathlib.Path, width: int, scheme: int = LIGHT) -> dict[str, t.Any]:
        """Contrasts, sizes and what sticks out, in a frame of this width."""
        frame = f'<iframe id="page" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe>'
        script = f"document.getElementById('page').addEventListener('load', () => {{ {_MEASURE} }});"
        outer = self._folder / "outer.html"
        outer.write_text(f'<!DOCTYPE html><pre id="result"></pre>{frame}<script>{script}</script>', encoding="utf-8")
        dom = self._run("--dump-dom", "--window-size=1600,1000", f"--blink-settings=preferredColorScheme={scheme}", outer.as_uri())
        found = re.search(r'<pre id="result">(.+?)</pre>', dom, re.DOTALL)
        assert found, dom[:2000]
        return dict(json.loads(html.unescape(found[1])))
