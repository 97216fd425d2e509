#pragma once

#include <string_view>

namespace revsync::http {

// The whole style of the status page. Every text has a contrast of at least 4.5 against what is behind it, light and
// dark (WCAG 2.1, 1.4.3); directions are logical, so that it also stands right to left.
inline constexpr std::string_view status_page_style = R"css(
:root{color-scheme:light dark;--page:#f5f6f7;--card:#fff;--line:#d5d9de;--text:#1b1f24;--soft:#57606a;
--good:#17692f;--busy:#0b5cad;--warn:#875200;--bad:#b3261e;--off:#57606a}
@media (prefers-color-scheme:dark){:root{--page:#101418;--card:#181d23;--line:#343b44;--text:#e6eaef;--soft:#a3acb6;
--good:#6fdd8b;--busy:#8ab8ff;--warn:#f0b849;--bad:#ff8f85;--off:#a3acb6}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.25rem 1rem 2rem;max-width:66rem;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans","Noto Sans Arabic",sans-serif;overflow-wrap:anywhere}
h1,h2,h3,p,dl,dd,ul,ol{margin:0;padding:0}
h1{font-size:1.5rem;line-height:1.3;font-weight:650}
h2{font-size:1.1rem;margin:2rem 0 .75rem;font-weight:650}
h3{font-size:1rem;font-weight:650}
ul,ol{list-style:none}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.good{--state:var(--good)}.busy{--state:var(--busy)}.warn{--state:var(--warn)}.bad{--state:var(--bad)}.off{--state:var(--off)}
.badge{display:inline-flex;align-items:center;gap:.4em;color:var(--state);font-weight:600;white-space:nowrap}
.badge::before{content:attr(data-mark);flex:none;width:1.35em;height:1.35em;border:.125em solid;border-radius:50%;
display:inline-grid;place-items:center;font-size:.8em;line-height:1;font-weight:800}
.bad .badge::before,.badge.bad::before{border-radius:.15em}
.hero,.card,.list li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem}
.hero{margin-block-start:.75rem;border-inline-start:.375rem solid var(--state)}
.hero h1{margin-block:.25rem}
.cards{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
.card header{display:flex;flex-wrap:wrap;gap:.25rem .75rem;justify-content:space-between;align-items:baseline}
.error{margin-block-start:.5rem;padding-inline-start:.75rem;border-inline-start:.1875rem solid var(--bad)}
dl{margin-block-start:.5rem}
dt{color:var(--soft)}
dd{font-variant-numeric:tabular-nums}
dl:not(.tiles) div{display:flex;justify-content:space-between;gap:1rem}
dl:not(.tiles) dd{text-align:end}
.tiles{display:grid;gap:.5rem 1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,8.5rem),1fr))}
.tiles dt{font-size:.875rem}
.card>:first-child{margin-block-start:0}
.list{display:grid;gap:.5rem;margin-block-start:.5rem}
.list li{padding:.625rem 1rem}
.events li{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:0 1rem}
.events time{color:var(--soft);font-variant-numeric:tabular-nums}
@media (max-width:40rem){.events li{grid-template-columns:minmax(0,1fr)}h1{font-size:1.25rem}}
code{font-family:ui-monospace,Consolas,monospace;font-size:.95em}
footer{margin-block-start:2rem}
)css";

}  // namespace revsync::http
