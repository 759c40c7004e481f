import { palette } from '../charts/palette.ts'

const verdictColours = {
  pass: { light: '#006b54', dark: '#4fd1ab' },
  fail: { light: '#b33600', dark: '#ff9a6b' },
  inconclusive: { light: '#795900', dark: '#e6bd4a' },
  invalid: { light: '#84397f', dark: '#e39ade' },
  skipped: { light: '#59636e', dark: '#9aa5b1' },
  panel: { light: '#f5f7f9', dark: '#1c2027' },
  link: { light: '#0067a8', dark: '#6cbdf5' },
}

const properties = (scheme: 'light' | 'dark') =>
  Object.entries({ ...palette, ...verdictColours })
    .map(([name, colours]) => `--${name}:${colours[scheme]}`)
    .join(';')

export const style = `
:root{color-scheme:light;${properties('light')}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${properties('dark')}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:16px}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main,header,footer{max-width:1160px;margin:0 auto;padding:0 clamp(14px,3vw,32px)}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:2px}
h1,h2,h3{line-height:1.25;margin:0;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:22px}h3{font-size:15px;margin:0 0 8px}
p{margin:0}
.whole{white-space:nowrap}
.muted{color:var(--muted)}.small{font-size:13px}
.over{color:var(--muted);font-size:13px;margin-bottom:2px}

header{padding-top:22px}
.brand{display:flex;justify-content:space-between;gap:4px 20px;flex-wrap:wrap;font-size:13px;color:var(--muted);margin-bottom:14px}
.brand b{color:var(--ink);font-weight:650}
.banner{--tone:var(--skipped);border:1px solid color-mix(in srgb,var(--tone) 35%,var(--ground));border-left:6px solid var(--tone);background:color-mix(in srgb,var(--tone) 7%,var(--ground));border-radius:8px;padding:18px clamp(14px,2.5vw,26px) 16px}
.banner h1{font-size:clamp(24px,4vw,32px);display:flex;align-items:center;flex-wrap:wrap;gap:2px 14px}
.banner h1 .badge{background:none;border:0;padding:0;font-size:inherit;gap:.3em}
.banner h1 .badge{line-height:1.25;font-weight:700;text-transform:capitalize}
.banner h1 small{padding-top:.25em;font-size:16px;font-weight:450;letter-spacing:0;color:var(--ink)}
.banner ul{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:6px}
.banner li{display:grid;grid-template-columns:128px 1fr;gap:0 12px;align-items:baseline}
.banner .asked{margin-top:2px}
.facts{display:grid;gap:6px;margin:14px 0 0}
.facts div{display:grid;grid-template-columns:128px 1fr;gap:0 12px;align-items:baseline}
dt{color:var(--muted);font-size:12.5px}dd{margin:0}

.badge{display:inline-flex;align-items:center;gap:5px;color:var(--tone);background:color-mix(in srgb,var(--tone) 10%,var(--ground));border:1px solid color-mix(in srgb,var(--tone) 30%,var(--ground));border-radius:99px;padding:0 9px 0 6px;font-size:13px;font-weight:600;line-height:21px;white-space:nowrap;width:max-content}
.badge svg{width:1.1em;height:1.1em;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;flex:none}
.pass{--tone:var(--pass)}.fail{--tone:var(--fail)}.inconclusive{--tone:var(--inconclusive)}.invalid{--tone:var(--invalid)}.skipped{--tone:var(--skipped)}

section{border-top:1px solid var(--rule);margin-top:34px;padding-top:26px}
.head{display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center;margin-bottom:6px}
.block{margin-top:24px}
.verdicts{list-style:none;margin:16px 0 0;padding:0;border:1px solid var(--rule);border-radius:8px}
.verdicts li{display:grid;grid-template-columns:128px minmax(0,1fr) 240px;gap:2px 14px;padding:10px 14px;align-items:start}
.verdicts li+li{border-top:1px solid var(--rule)}
.verdicts .claim{font-weight:600}
.verdicts .why{grid-column:2;color:var(--muted);font-size:13px}
.verdicts .range{grid-column:3;grid-row:1/span 2}
.range{display:block;padding-top:8px}
.range .track{display:block;position:relative;height:10px;border-radius:2px;background:linear-gradient(var(--rule),var(--rule)) 0 50%/100% 1px no-repeat}
.range i{position:absolute;display:block}
.range .beyond{top:0;bottom:0;background:color-mix(in srgb,var(--fail) 13%,var(--ground))}
.range .limit{top:-3px;bottom:-3px;width:2px;margin-left:-1px;background:var(--ink)}
.range .interval{top:3px;height:4px;border-radius:2px;background:var(--tone);min-width:2px}
.range .measured{top:0;width:10px;height:10px;margin-left:-5px;border-radius:50%;background:var(--tone);border:2px solid var(--ground)}
.range .scale{display:block;position:relative;height:16px;font-size:11.5px;line-height:16px;color:var(--muted);margin-top:3px}
.range .scale span{position:absolute;white-space:nowrap}

.scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:8px}
.scroll:focus-visible,pre:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:14px;overflow-wrap:normal}
caption{text-align:left;color:var(--muted);font-size:13px}
th,td{padding:7px 9px;text-align:left;vertical-align:baseline}
thead th{color:var(--muted);font-weight:500;font-size:12.5px;white-space:nowrap;background:var(--panel)}
thead tr:first-child th{padding-bottom:0}
thead th.group{text-align:center}
tbody tr,tbody th{border-top:1px solid var(--rule)}
tbody th{font-weight:600;white-space:nowrap;background:var(--ground)}
.arms th:first-child,.figures th:first-child{position:sticky;left:0;z-index:1}
.num{text-align:right;white-space:nowrap}
.first{padding-left:20px}
.arms tbody th{vertical-align:top}
.arms .under{border-top:0}
.arms .under td{padding-top:0;padding-left:20px;font-size:13px;color:var(--muted)}
.remarks{width:max-content;max-width:min(90ch,50vw)}
.name{display:flex;align-items:baseline}
.plain td:not(:last-child),.plain th:not(:last-child){width:1%;white-space:nowrap;padding-right:20px}
.key{flex:none;width:9px;height:9px;border-radius:2px;margin-right:7px}
.note{color:var(--muted);font-size:13px;margin-top:8px;max-width:95ch}

.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,470px),1fr));gap:26px 30px;margin-top:24px}
figure{margin:0;min-width:0;container-type:inline-size}
figure svg{display:block;max-width:100%;height:auto}
figure .narrow{display:none}
figcaption{color:var(--muted);font-size:13px;margin-top:6px;max-width:66ch}
@container (max-width:440px){figure .wide{display:none}figure .narrow{display:block}}

.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr));gap:24px 40px}
.pairs{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 18px;margin:0;font-size:14px}
.pairs dt{font-size:14px}
.share{height:10px;border-radius:5px;background:var(--rule);overflow:hidden;margin:8px 0;max-width:520px;forced-color-adjust:none;print-color-adjust:exact}
.share i{display:block;height:100%;background:var(--arm-1)}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:10px 14px;margin:8px 0 0;overflow-x:auto;font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;user-select:all}
.glossary{margin:0;font-size:14px;display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 18px}
.glossary dt{font-size:14px;font-weight:600;color:var(--ink)}
.glossary dd{max-width:80ch}
.kernel>h3{font-size:18px}
.said{margin:0;padding-left:18px;max-width:95ch;display:grid;gap:4px}
.group .key{display:inline-block}
.figures tbody :is(th,td){font-weight:450;padding-block:4px}
.figures tbody .title{font-weight:600;background:var(--panel)}
footer{color:var(--muted);font-size:13px;padding-top:34px;padding-bottom:40px}

@media screen and (max-width:820px){.verdicts li{grid-template-columns:128px minmax(0,1fr)}.verdicts .range{grid-column:2;grid-row:auto;max-width:320px}}
@media screen and (max-width:520px){
.arms tbody th,.figures tbody th{white-space:normal;overflow-wrap:break-word}
h2{font-size:19px}
.banner li,.facts div,.verdicts li{grid-template-columns:1fr;gap:4px}
.facts div{gap:0}
.verdicts .why,.verdicts .range{grid-column:1}
.glossary,.pairs{grid-template-columns:1fr;gap:0}
.glossary dd,.pairs dd{margin-bottom:8px}
}
@media print{
body{zoom:.7}
main,header,footer{max-width:none;padding:0}
.scroll{overflow:visible}

.arms th:first-child,.figures th:first-child{position:static}
figure,.verdicts li,tr,.banner{break-inside:avoid}
h2,h3{break-after:avoid}
.charts{grid-template-columns:1fr 1fr}
.range,.banner,.badge,.key{print-color-adjust:exact}
}
`
