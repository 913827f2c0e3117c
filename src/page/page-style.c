/*
 * The public page's style sheet: one column, light and dark, no images, no script
 *
 * A state is always said in words as well; colours only repeat it, with a contrast of at least 4.5 to 1.
 */
#include "page/page-web.h"

const char web_style[] =
        ":root{color-scheme:light dark;--text:#1b1f24;--soft:#57606a;--ground:#f6f8fa;--card:#fff;--line:#d0d7de;--link:#0550ae;"
        "--good:#116329;--work:#0550ae;--warn:#7d4e00;--bad:#a40e26}\n"
        "@media(prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9ba5b0;--ground:#0d1117;--card:#161b22;--line:#30363d;"
        "--link:#79c0ff;--good:#56d364;--work:#79c0ff;--warn:#e3b341;--bad:#ff938a}}\n"
        "*{box-sizing:border-box}\n"
        "body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
        "main,footer{max-width:46rem;margin:0 auto;padding:1rem}\n"
        "footer{color:var(--soft)}\n"
        "h1{font-size:1.6rem;margin:.5rem 0 1rem}\n"
        "h2{font-size:1.2rem;margin:2rem 0 .5rem}\n"
        "h3{font-size:1rem;margin:1rem 0 .25rem}\n"
        "a{color:var(--link)}\n"
        "a:focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
        ".card,.services,.overall{background:var(--card);border:1px solid var(--line);border-radius:.5rem}\n"
        ".card{padding:.75rem 1rem;margin:.75rem 0}\n"
        ".card h3{margin-top:0}\n"
        ".card>:last-child,.updates>li>:last-child{margin-bottom:0}\n"
        ".card>h1{margin-top:.25rem}\n"
        ".card.in_progress{border-left:.35rem solid var(--work)}\n"
        ".when,.affects,.none{color:var(--soft);margin:.25rem 0}\n"
        ".state{border:1px solid currentcolor;border-radius:1rem;padding:0 .5rem;font-size:.8rem;font-weight:400;color:var(--soft)}\n"
        ".in_progress>h3 .state,.in_progress>p .state{color:var(--work)}\n"
        ".overall{padding:1rem;font-size:1.2rem;font-weight:600;border-left:.35rem solid}\n"
        ".services{list-style:none;margin:.5rem 0;padding:0}\n"
        ".services li{display:flex;justify-content:space-between;flex-wrap:wrap;gap:.5rem;padding:.6rem 1rem}\n"
        ".services li+li{border-top:1px solid var(--line)}\n"
        ".operational{color:var(--good)}\n"
        ".maintenance{color:var(--work)}\n"
        ".degraded,.partial_outage{color:var(--warn)}\n"
        ".major_outage{color:var(--bad)}\n"
        ".updates{padding-left:1.2rem}\n"
        "pre{overflow-x:auto;background:var(--ground);padding:.5rem;border-radius:.25rem}\n"
        "table{border-collapse:collapse}\n"
        "th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:left}\n";
