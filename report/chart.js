"use strict";
const $ = (id) => document.getElementById(id);
const svgNode = (name, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
};
const number = (v) => Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en") : String(Number(v.toPrecision(3)));

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
