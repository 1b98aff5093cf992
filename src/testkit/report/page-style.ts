// How a report's page looks, in the light and in the dark.

/** The style sheet. */
export const PAGE_STYLE: string = `
:root{color-scheme:light dark;--ink:#1c2430;--soft:#667085;--faint:#e4e7ec;--paper:#fff;--panel:#f7f8fa;--up:#2f9e6e;--down:#d64545;--ejected:#e08e2b;--draining:#4a7fd6;--unknown:#c3c9d4;--owner:#6b5bd2;--p50:#7aa7e8;--p99:#b4489c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#98a2b3;--faint:#2b3340;--paper:#12161d;--panel:#1a202a;--up:#3fb985;--down:#e66565;--ejected:#eaa14a;--draining:#6b9af0;--unknown:#4a5362;--owner:#8f80f0;--p50:#5d8ed6;--p99:#d873c2}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1140px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:24px;line-height:1.25;margin:0 0 4px}
h2{font-size:15px;margin:32px 0 8px}
p{margin:0;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:10px;margin:20px 0 24px}
.tile{background:var(--panel);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:18px;white-space:nowrap;line-height:1.3;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:12px}
.tile.bad b{color:var(--down)}
svg{width:100%;height:auto;display:block}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
svg .title{font-weight:600;font-size:12px}
svg .tick,svg .legend{fill:var(--soft)}
.grid{stroke:var(--faint);stroke-width:1;fill:none}
.band{fill:var(--down);opacity:.08}
.edge{stroke:var(--down);stroke-width:1;stroke-dasharray:3 3;opacity:.55;fill:none}
.up{fill:var(--up)}.down{fill:var(--down)}.ejected{fill:var(--ejected)}.draining{fill:var(--draining)}.unknown{fill:var(--unknown)}.fault{fill:var(--down);opacity:.75}.owner{fill:var(--owner)}
.answered{fill:var(--draining);opacity:.55}.failed{fill:var(--down)}.limited{fill:var(--ejected)}.late{fill:var(--ejected)}.queued{fill:var(--owner);opacity:.6}
.line{fill:none;stroke-width:1.6;stroke-linejoin:round}
.line.p50{stroke:var(--p50)}.line.p99{stroke:var(--p99)}.swatch.p50{fill:var(--p50)}.swatch.p99{fill:var(--p99)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:500;color:var(--soft);font-size:12px}
th,td{padding:5px 14px 5px 0;border-bottom:1px solid var(--faint);vertical-align:top}
.n{text-align:right}
.broken{background:var(--down);color:#fff;border-radius:8px;padding:10px 14px;margin:0 0 10px}
.scroll{max-height:420px;overflow:auto}
code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
`;
