#pragma once

#include <string_view>

namespace mta_sts::html {

/// The only style sheet of all pages. A Content-Security-Policy allows it by style_hash, so every change of
/// it changes that too (a test holds both together).
inline constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--page:#f6f6f3;--card:#fff;--text:#1c1e21;--soft:#5c636b;--line:#dfe1e0;--good:#1a7f4b;
--bad:#c2352b;--warn:#a86b00;--bar:#7b8794;--gap:#e9e9e4;--jump:#f3d9a5}
@media (prefers-color-scheme:dark){:root{--page:#15181b;--card:#1e2226;--text:#e8eaec;--soft:#a0a8b0;--line:#343a40;
--good:#5cc88f;--bad:#ff7b70;--warn:#e6b455;--bar:#77838f;--gap:#2a2f34;--jump:#5a4520}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:anywhere}
header,main,footer{max-width:66rem;margin:0 auto;padding:1rem}
header{padding-top:1.75rem}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.1rem;margin:0 0 .75rem}
* + h2{margin-top:1.25rem}
h3{font-size:1rem;margin:0;font-weight:600}
p{margin:.35rem 0}
.soft,footer{color:var(--soft);font-size:.9rem}
.date{white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin-bottom:.75rem}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem}
.card{margin-bottom:.75rem}
.card:target{border-color:var(--text)}
.tile p{margin:0}
.figure{font-size:1.9rem;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums}
.chart{display:grid;grid-template-columns:auto 1fr;gap:.35rem .6rem;font-size:.8rem;color:var(--soft);
font-variant-numeric:tabular-nums;margin-bottom:.5rem}
.chart svg{display:block;width:100%;height:10rem;border-bottom:1px solid var(--line)}
.chart.low svg{height:5rem}
.scale,.dates{display:flex;justify-content:space-between}
.scale{flex-direction:column;text-align:right;min-width:3.5rem}
.dates{grid-column:2}
.gap{fill:var(--gap)}.jump{fill:var(--jump)}.miss{fill:var(--bad)}.some{fill:var(--warn)}.all{fill:var(--bar)}
.key{display:inline-block;width:.8rem;height:.8rem;vertical-align:-.1rem;margin:0 .25rem 0 .75rem}
.share{display:block;width:100%;height:.35rem;background:var(--gap);border-radius:.2rem;margin:.35rem 0}
.type{padding:.75rem 0;border-top:1px solid var(--line)}
.type:first-of-type{border-top:0;padding-top:0}
.row{display:flex;justify-content:space-between;gap:1rem;align-items:baseline}
.number{font-variant-numeric:tabular-nums;white-space:nowrap}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem;overflow-wrap:break-word}
th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-top:1px solid var(--line);vertical-align:top}
caption{text-align:left;font-weight:600;padding-top:.6rem}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.85rem}
td.number,th.number{text-align:right}
tbody th{font-weight:400}
.badge{display:inline-block;border:1px solid;border-radius:.35rem;padding:0 .4rem;margin-right:.5rem;font-size:.8rem;
font-weight:600}
.areas{list-style:none;margin:.75rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.4rem}
.areas li{border:1px solid var(--line);border-radius:.4rem;padding:.1rem .55rem;font-size:.9rem}
.next{margin:.35rem 0;padding-left:1.2rem}
.verdict{font-size:1.1rem;font-weight:600}
dl{display:grid;grid-template-columns:4rem minmax(0,1fr);gap:.2rem .6rem;margin:.4rem 0 0;font-size:.95rem}
dt{color:var(--soft)}dd{margin:0}
a{color:inherit}
summary{cursor:pointer;color:var(--soft);font-size:.9rem}
pre{margin:.35rem 0;padding:.6rem .75rem;border-radius:.4rem;background:var(--page);overflow-x:auto;white-space:pre-wrap}
code,pre{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:40rem){header,main,footer{padding:.75rem}.figure{font-size:1.6rem}
.tiles{grid-template-columns:repeat(2,1fr)}th,td{padding-right:.5rem}
.stack thead{display:none}.stack tr,.stack th,.stack td{display:block}.stack tr{border-top:1px solid var(--line);padding:.4rem 0}
.stack th,.stack td{border:0;padding:.05rem 0}.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}}
)css";

/// SHA-256 of style in base64, as a Content-Security-Policy names it.
inline constexpr std::string_view style_hash = "H1Crc7/zZkAX3diSRxkoN0nnPTm97JAosIsdEdzmMz8=";

}  // namespace mta_sts::html
