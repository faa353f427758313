# SPDX-FileCopyrightText: 2026 golden.images contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the report looks: in the browser's own fonts, light or dark as the reader has it, and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --line: #dde1e7; --text: #1b2330; --soft: #566072; --track: #edf0f4;
  --good: #12703a; --good-back: #e2f4e8; --calm: #44506a; --calm-back: #e9edf4; --bad: #b3201b; --bad-back: #fdeae8; --warn: #8a5a00; --warn-back: #fdf3dc;
  --plan: #8a94a6; --launch: #3b76d6; --configure: #7a4fc4; --capture: #0d8584; --verify: #b86413; --export: #2f8a45; }
@media (prefers-color-scheme: dark) { :root { --page: #12151b; --card: #1a1f28; --line: #2e3644; --text: #e6eaf1; --soft: #a4aec0; --track: #252c38;
  --good: #7fd69b; --good-back: #173524; --calm: #b7c2d8; --calm-back: #2a3342; --bad: #ff9d96; --bad-back: #46201f; --warn: #f0c471; --warn-back: #3d3015;
  --plan: #7c889d; --launch: #6ba0f5; --configure: #ab86ee; --capture: #3fb5b3; --verify: #e09a50; --export: #62bd78; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main, header { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.2rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .8rem; }
h3 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
li, p, h4 { overflow-wrap: anywhere; }
h4 { font-size: .95rem; margin: 1.2rem 0 .35rem; }
p { margin: .3rem 0; }
a { color: inherit; text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, pre:focus-visible, .wide:focus-visible { outline: 3px solid var(--launch); outline-offset: 2px; border-radius: 4px; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.3rem; margin: 0 0 1rem; }
.card.bad { border-left: 5px solid var(--bad); } .card.stopped { border-left: 5px solid var(--warn); }
.badge { display: inline-block; padding: .08rem .6rem; border-radius: 1rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); } .calm { color: var(--calm); background: var(--calm-back); }
.worse { color: var(--bad); background: var(--bad-back); } .warn { color: var(--warn); background: var(--warn-back); }
.head { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; }
.head .soft { margin-left: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; list-style: none; padding: 0; margin: 0 0 .9rem; font-size: .85rem; color: var(--soft); }
.legend i, i.dot { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; margin-right: .4rem; vertical-align: -.07rem; }
.chart { width: 100%; border-collapse: collapse; }
.chart th { text-align: left; font-weight: 500; padding: .18rem .8rem .18rem 0; max-width: 16rem; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.chart td { padding: .18rem 0; } .chart td.track { width: 99%; } .chart td.time { padding-left: .8rem; text-align: right; white-space: nowrap; }
.bar { position: relative; height: 1.25rem; background: var(--track); border-radius: 4px; overflow: hidden; }
.bar i { position: absolute; top: 0; bottom: 0; min-width: 2px; border-right: 1px solid var(--card); }
.bar i.failed { background-image: repeating-linear-gradient(45deg, transparent 0 5px, var(--bad) 5px 9px) !important; }
.axis { position: relative; height: 1.3rem; font-size: .78rem; color: var(--soft); }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; } .axis span:first-child { transform: none; }
.axis span.end { transform: translateX(-100%); }
.bar i.stopped { background-image: repeating-linear-gradient(45deg, transparent 0 5px, var(--card) 5px 8px) !important; }
.plan { background-color: var(--plan); } .launch { background-color: var(--launch); } .configure { background-color: var(--configure); }
.capture { background-color: var(--capture); } .verify { background-color: var(--verify); } .export { background-color: var(--export); }
.wide { overflow-x: auto; }
table.data { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.data th, .data td { text-align: left; padding: .3rem .9rem .3rem 0; border-top: 1px solid var(--line); vertical-align: top; }
.data thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .85rem; white-space: nowrap; }
table.narrow { width: auto; min-width: min(22rem, 100%); }
.data tbody th { font-weight: 500; } .data .number { text-align: right; white-space: nowrap; } .data td.path { white-space: nowrap; }
code, pre { font: .85rem/1.5 ui-monospace, SFMono-Regular, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { margin: .4rem 0; padding: .7rem .9rem; background: var(--track); border-radius: 6px; white-space: pre-wrap; }
pre.error { background: var(--bad-back); color: var(--bad); }
ul { margin: .2rem 0; padding-left: 1.3rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1.1rem; margin: .3rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; } article details { margin-top: 1.1rem; }
details > summary h3, details > summary h4 { display: inline; }
footer { max-width: 76rem; margin: 2rem auto; padding: 0 1.5rem; color: var(--soft); font-size: .85rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 40rem) { main, header, footer { padding-left: .9rem; padding-right: .9rem; } .chart th { max-width: 7.5rem; }
  .axis span:not(:first-child, :last-child) { display: none; }
  .head .soft { margin-left: 0; } dl { grid-template-columns: minmax(0, 1fr); }
  dd { margin-bottom: .4rem; } }
@media print { body { background: #fff; } .card { break-inside: avoid; } * { print-color-adjust: exact; } }
"""
