"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const svgNode = (name, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
};
const number = (v) => Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en") : String(Number(v.toPrecision(3)));

// Token times are varints of 0.1 ms, each the difference from the one before.
function unpack(text) {
  const bytes = atob(text), times = [];
  let last = 0, value = 0, factor = 1;
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes.charCodeAt(i);
    value += (b & 127) * factor;
    factor *= 128;
    if (b < 128) {
      last += value;
      times.push(last / 10);
      value = 0;
      factor = 1;
    }
  }
  return times;
}
for (const r of data.sample.concat(data.worst)) r.times = unpack(r.tokens);

// score is the fluidity-index with reset at target dd, in ms, and the late tokens.
function score(reply, dd) {
  if (!reply.served) return { index: 0, late: [] };
  let top = reply.due || reply.times[0], missed = 0;
  const late = [];
  let deadlines = reply.times.length;
  if (!reply.due) deadlines--;
  reply.times.forEach((t, i) => {
    const x = t - i * dd - top;
    if (x > 1e-9) {
      missed += Math.floor(x / dd + 1e-9) + 1;
      late.push(i);
      top += x;
    }
  });
  const met = deadlines - late.length;
  return { index: deadlines ? met / (met + missed) : 1, late };
}

// wilson is the 95 % interval of a share k of n.
function wilson(k, n) {
  const z = 1.96, p = k / n, d = 1 + z * z / n;
  const middle = (p + z * z / (2 * n)) / d, half = z / d * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function ticks(axis, least, most) {
  const all = [];
  if (axis.log) {
    const wide = most / least > 3000;
    for (let power = 10 ** Math.floor(Math.log10(least)); power <= most * 1.0001; power *= 10)
      for (const f of wide ? [1] : [1, 2, 5]) if (f * power >= least * 0.9999 && f * power <= most * 1.0001) all.push(f * power);
    return all;
  }
  if (!(most > least)) return [least];
  const raw = (most - least) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((f) => f * power >= raw) * power;
  for (let i = Math.ceil(least / step - 1e-9); i * step <= most + step * 1e-9; i++) all.push(i * step);
  return all;
}

// Pictures are as wide as their place, in pixels, so that text is as large everywhere.
const H = 270, L = 58, R = 24, T = 8, B = 42;
const drawn = new Map(); // by place, what is drawn there

// chart draws a chart into a place; what is hidden stays hidden when it is drawn again.
function chart(place, c) {
  place.hidden_ = place.hidden_ || new Set();
  drawn.set(place, c);
  place.replaceChildren();
  const head = document.createElement("h3");
  head.textContent = c.title;
  place.append(head);
  const shown = c.series.filter((s) => !place.hidden_.has(s.name) && s.x.length);
  place.append(picture(place, c, shown));
  if (c.series.length > 1) place.append(legend(place, c));
}

function legend(place, c) {
  const box = document.createElement("div");
  box.className = "legend";
  for (const s of c.series) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!place.hidden_.has(s.name)));
    const swatch = document.createElement("i");
    swatch.style.background = s.color;
    button.append(swatch, s.name);
    button.addEventListener("click", () => {
      place.hidden_.has(s.name) ? place.hidden_.delete(s.name) : place.hidden_.add(s.name);
      chart(place, c);
    });
    box.append(button);
  }
  return box;
}

function scale(axis, values, from, to) {
  let least = Math.min(...values), most = Math.max(...values);
  if (!values.length) [least, most] = [0, 1];
  if (axis.log) {
    least = Math.max(least, most / 1e6);
    if (least === most) most = least * 10;
    const at = (v) => from + (to - from) * Math.log(Math.max(v, least) / least) / Math.log(most / least);
    return { at, least, most };
  }
  least = Math.min(least, 0);
  if (axis.top !== undefined) most = axis.top;
  if (least === most) most = least + 1;
  return { at: (v) => from + (to - from) * (v - least) / (most - least), least, most };
}

function extent(series, key) {
  let least = Infinity, most = -Infinity;
  for (const s of series) for (const v of s[key]) { if (v < least) least = v; if (v > most) most = v; }
  return least <= most ? [least, most] : [];
}

function picture(place, c, series) {
  const W = Math.max(240, Math.floor(place.clientWidth));
  const svg = svgNode("svg", { width: W, height: H, viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${c.title}. ${c.y.label} against ${c.x.label}.` });
  const x = scale(c.x, extent(series, "x"), L, W - R), y = scale(c.y, extent(series, "y"), H - B, T);
  let labelled = -Infinity;
  for (const v of ticks(c.x, x.least, x.most)) {
    svg.append(svgNode("line", { class: "grid", x1: x.at(v), x2: x.at(v), y1: T, y2: H - B }));
    if (x.at(v) < labelled + 40) continue;
    labelled = x.at(v);
    svg.append(svgNode("text", { x: labelled, y: H - B + 16, "text-anchor": "middle" }, number(v)));
  }
  for (const v of ticks(c.y, y.least, y.most)) {
    svg.append(svgNode("line", { class: "grid", x1: L, x2: W - R, y1: y.at(v), y2: y.at(v) }),
      svgNode("text", { x: L - 6, y: y.at(v) + 4, "text-anchor": "end" }, number(v)));
  }
  svg.append(svgNode("line", { class: "axis", x1: L, x2: W - R, y1: H - B, y2: H - B }),
    svgNode("text", { x: (L + W - R) / 2, y: H - 6, "text-anchor": "middle" }, c.x.label),
    svgNode("text", { x: 12, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(T + H - B) / 2})` }, c.y.label));
  for (const s of series) mark(svg, s, x, y);
  if (c.at !== undefined && c.at >= x.least && c.at <= x.most)
    svg.append(svgNode("line", { class: "cursor", x1: x.at(c.at), x2: x.at(c.at), y1: T, y2: H - B }));
  hover(place, svg, c, series, x, W);
  return svg;
}

function mark(svg, s, x, y) {
  if (s.mark === "points") {
    s.x.forEach((v, i) => svg.append(svgNode("circle", { cx: x.at(v), cy: y.at(s.y[i]), r: 3, fill: "none", stroke: s.color, "stroke-width": 1.5 })));
    return;
  }
  let d = "";
  s.x.forEach((v, i) => {
    const px = x.at(v).toFixed(1), py = y.at(s.y[i]).toFixed(1);
    d += i === 0 ? `M${px} ${py}` : s.mark === "steps" ? `H${px}V${py}` : `L${px} ${py}`;
  });
  svg.append(svgNode("path", { d, fill: "none", stroke: s.color, "stroke-width": 2, "stroke-dasharray": s.dash || "none" }));
}

// nearest returns the last index whose x is at most v, or the nearer one of a line.
function nearest(s, v) {
  let low = 0, high = s.x.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (s.x[middle] <= v) low = middle; else high = middle - 1;
  }
  if (s.mark !== "steps" && low + 1 < s.x.length && s.x[low + 1] - v < v - s.x[low]) low++;
  return low;
}

function hover(place, svg, c, series, x, W) {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  place.append(tip);
  const line = svgNode("line", { class: "cursor", y1: T, y2: H - B, visibility: "hidden" });
  svg.append(line);
  const away = () => { tip.hidden = true; line.setAttribute("visibility", "hidden"); };
  svg.addEventListener("pointerleave", away);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) * W / box.width;
    const lines = series.filter((s) => s.mark !== "points");
    if (at < L || at > W - R || !lines.length) return away();
    const share = (at - L) / (W - R - L);
    const v = c.x.log ? x.least * (x.most / x.least) ** share : x.least + share * (x.most - x.least);
    tip.textContent = `${c.x.label}: ${number(v)}\n` + lines.map((s) => `${s.name}: ${number(s.y[nearest(s, v)])}`).join("\n");
    tip.hidden = false;
    const left = (event.clientX - box.left) + 12;
    tip.style.left = `${Math.min(left, Math.max(0, box.width - tip.offsetWidth))}px`;
    tip.style.top = `${svg.offsetTop + 8}px`;
    line.setAttribute("x1", at);
    line.setAttribute("x2", at);
    line.setAttribute("visibility", "visible");
  });
}

const colors = { reply: "#0072b2", due: "#808080", late: "#d55e00", stall: "#cc79a7" };

// dueTimes are the deadlines of a reply, which restart at late tokens.
function dueTimes(reply, dd) {
  let top = reply.due || reply.times[0];
  return reply.times.map((t, i) => {
    const due = top + i * dd;
    top = Math.max(top, t - i * dd);
    return due / 1000;
  });
}

// replyChart draws the tokens of a reply against its deadlines.
function replyChart(place, title, reply, dd) {
  if (!reply || !reply.times.length) return;
  const { index, late } = score(reply, dd), t = reply.times, n = t.length;
  const steps = { name: "tokens", mark: "steps", color: colors.reply, x: t.map((v) => v / 1000), y: t.map((_, i) => i + 1) };
  const due = { name: "due", mark: "line", dash: "6 4", color: colors.due, x: dueTimes(reply, dd), y: steps.y };
  const missed = { name: "late", mark: "points", color: colors.late, x: late.map((i) => t[i] / 1000), y: late.map((i) => i + 1) };
  const stalls = { name: "stalls", mark: "points", color: colors.stall, x: [], y: [] };
  for (let i = 1; i < n; i++) if (t[i] - t[i - 1] > 3 * dd) { stalls.x.push(t[i] / 1000); stalls.y.push(i + 1); }
  chart(place, {
    title: `${title}: request ${reply.id}, index ${number(index)}`,
    x: { label: "time since arrival (s)" }, y: { label: "output tokens" }, series: [steps, due, missed, stalls],
  });
}

const slowest = 1000, fastest = 1; // ms, at the ends of the slider
const toTarget = (position) => fastest * (slowest / fastest) ** (position / 1000);
const toPosition = (target) => Math.round(1000 * Math.log(target / fastest) / Math.log(slowest / fastest));

// attained returns the share of the sample that reaches the threshold at a target.
function attained(dd) {
  let k = 0;
  for (const r of data.sample) if (score(r, dd).index >= data.fluidity - 1e-12) k++;
  return k;
}

const n = data.sample.length;
const curve = { name: "share of requests", mark: "line", color: colors.reply, x: [], y: [] };
for (let position = 0; n && position <= 1000; position += 25) {
  const dd = toTarget(position);
  curve.x.push(dd);
  curve.y.push(attained(dd) / n);
}

const byIndex = data.sample.filter((r) => r.served && r.times.length > 1)
  .map((r) => ({ r, index: score(r, data.target).index, stall: Math.max(...r.times.map((t, i) => i ? t - r.times[i - 1] : 0)) }))
  .sort((a, b) => a.index - b.index || b.stall - a.stall || a.r.id - b.r.id).map((e) => e.r);

function rescore() {
  const dd = toTarget(Number($("target").value)), k = n ? attained(dd) : 0;
  $("target-value").textContent = `${number(dd)} ms`;
  const percent = (v) => `${Math.floor(v * 1e4 + 1e-6) / 100} %`, [low, high] = n ? wilson(k, n) : [0, 0];
  const whole = n === data.seen;
  $("rescored").textContent = !n ? "No request was sampled." :
    `With a token due every ${number(dd)} ms, ${percent(k / n)} of ${whole ? "all" : "a sample of"} ${n.toLocaleString("en")} requests have a fluidity-index of at least ${data.fluidity}` +
    (whole ? "." : ` (95 % interval of the ${data.seen.toLocaleString("en")} in the run: ${percent(low)} to ${percent(high)}).`) +
    ` The run asked for ${percent(data.attainment)} at ${number(data.target)} ms and had ${percent(data.exact)}, exactly.`;
  chart($("attainment"), {
    title: `Share of requests with a fluidity-index of at least ${data.fluidity}, by target`,
    x: { label: "D_d (ms)", log: true }, y: { label: "share of requests", top: 1 }, series: [curve], at: dd,
  });
  replyChart($("reply-worst"), "Worst", data.worst[Number($("worst").value) || 0], dd);
  replyChart($("reply-median"), "Median", byIndex[byIndex.length >> 1], dd);
  replyChart($("reply-best"), "Best", byIndex[byIndex.length - 1], dd);
}

data.worst.forEach((r, i) => {
  const option = document.createElement("option");
  option.value = i;
  option.textContent = `request ${r.id}, index ${number(score(r, data.target).index)}`;
  $("worst").append(option);
});
$("target").value = toPosition(data.target);
$("target").addEventListener("input", rescore);
$("worst").addEventListener("change", rescore);
for (const c of data.charts) {
  const place = document.createElement("div");
  place.className = "chart";
  place.id = "chart-" + c.name;
  $("charts").append(place);
}
for (const c of data.charts) chart($("chart-" + c.name), c);
rescore();
let width = document.body.clientWidth;
window.addEventListener("resize", () => {
  if (width === document.body.clientWidth) return;
  width = document.body.clientWidth;
  for (const [place, c] of drawn) chart(place, c);
});
