"use strict";
const $ = (id) => document.getElementById(id);
const svgNode = (name, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
};
const number = (v) => Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en") : String(Number(v.toPrecision(3)));

// ticks are the places of an axis that are marked: multiples of a round step, or
// powers of ten.
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
const digit = 7, axisName = 24; // widths: of a digit, and of a name along the axis with the space around it
const dashes = ["none", "7 4", "2 3", "9 3 2 3", "13 3"]; // tell lines apart without colour
const drawn = new Map(); // by place, what is drawn there

// chart draws a chart into a place; what is hidden stays hidden when it is drawn again.
function chart(place, c) {
  place.hidden_ = place.hidden_ || new Set();
  drawn.set(place, c);
  place.replaceChildren();
  const head = document.createElement("h3");
  head.textContent = c.title;
  place.append(head);
  c.series.forEach((s, i) => { s.dash = s.dash || dashes[i % dashes.length]; });
  const shown = c.series.filter((s) => !place.hidden_.has(s.name) && s.x.length);
  place.append(c.categories ? bars(place, c, shown) : picture(place, c, shown));
  if (c.series.length > 1) place.append(legend(place, c));
}

function legend(place, c) {
  const box = document.createElement("div");
  box.className = "legend";
  c.series.forEach((s, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!place.hidden_.has(s.name)));
    button.append(swatch(s), s.name);
    button.addEventListener("click", () => {
      place.hidden_.has(s.name) ? place.hidden_.delete(s.name) : place.hidden_.add(s.name);
      chart(place, c);
      place.querySelectorAll(".legend button")[i].focus();
    });
    box.append(button);
  });
  return box;
}

// swatch is a small piece of a series.
function swatch(s) {
  const svg = svgNode("svg", { width: 26, height: 10, "aria-hidden": "true" });
  if (s.mark === "points") svg.append(svgNode("circle", { cx: 13, cy: 5, r: 3, fill: "none", stroke: s.color, "stroke-width": 1.5 }));
  else if (s.mark === "bars") svg.append(svgNode("rect", { width: 26, height: 10, fill: s.color }));
  else svg.append(svgNode("path", { d: "M0 5H26", stroke: s.color, "stroke-width": 2, "stroke-dasharray": s.dash }));
  return svg;
}

function scale(axis, values, from, to) {
  let least = Math.min(...values), most = Math.max(...values);
  if (!values.length) [least, most] = [0, 1];
  if (axis.log) {
    least = Math.max(least, most / 1e6);
    if (least === most) { least /= 2; most *= 2; }
    const at = (v) => from + (to - from) * Math.log(Math.max(v, least) / least) / Math.log(most / least);
    const back = (p) => least * (most / least) ** ((p - from) / (to - from));
    return { from, at, back, least, most };
  }
  least = Math.min(least, 0);
  if (axis.top !== undefined) most = axis.top;
  if (least === most) most = least + 1;
  const at = (v) => from + (to - from) * (v - least) / (most - least);
  return { from, at, back: (p) => least + (most - least) * (p - from) / (to - from), least, most };
}

function extent(series, key) {
  let least = Infinity, most = -Infinity;
  for (const s of series) for (const v of s[key]) { if (v < least) least = v; if (v > most) most = v; }
  return least <= most ? [least, most] : [];
}

function canvas(c, W, height) {
  const what = [c.title + ".", c.y.label && c.x.label && `${c.y.label} against ${c.x.label}.`, "Arrow keys show values."];
  return svgNode("svg", {
    width: W, height, viewBox: `0 0 ${W} ${height}`, role: "img", tabindex: 0, "aria-label": what.filter(Boolean).join(" "),
  });
}

function picture(place, c, series) {
  const W = Math.max(240, Math.floor(place.clientWidth)), svg = canvas(c, W, H);
  const y = scale(c.y, extent(series, "y"), H - B, T), marks = ticks(c.y, y.least, y.most);
  const left = Math.max(L, axisName + digit * Math.max(...marks.map((v) => number(v).length)));
  const x = scale(c.x, extent(series, "x"), left, W - R);
  let labelled = -Infinity;
  for (const v of ticks(c.x, x.least, x.most)) {
    svg.append(svgNode("line", { class: "grid", x1: x.at(v), x2: x.at(v), y1: T, y2: H - B }));
    if (x.at(v) < labelled + 40) continue;
    labelled = x.at(v);
    svg.append(svgNode("text", { x: labelled, y: H - B + 16, "text-anchor": "middle" }, number(v)));
  }
  for (const v of marks) {
    svg.append(svgNode("line", { class: "grid", x1: left, x2: W - R, y1: y.at(v), y2: y.at(v) }),
      svgNode("text", { x: left - 6, y: y.at(v) + 4, "text-anchor": "end" }, number(v)));
  }
  svg.append(svgNode("line", { class: "axis", x1: left, x2: W - R, y1: H - B, y2: H - B }),
    svgNode("text", { x: (left + W - R) / 2, y: H - 6, "text-anchor": "middle" }, c.x.label),
    svgNode("text", { x: 12, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(T + H - B) / 2})` }, c.y.label));
  for (const s of series) mark(svg, s, x, y);
  if (c.at !== undefined && c.at >= x.least && c.at <= x.most)
    svg.append(svgNode("line", { class: "cursor", x1: x.at(c.at), x2: x.at(c.at), y1: T, y2: H - B }));
  hover(place, svg, c, series, x, y);
  return svg;
}

function mark(svg, s, x, y) {
  const few = s.mark === "line" && s.x.length <= 16;
  if (s.mark === "points" || few)
    s.x.forEach((v, i) => svg.append(svgNode("circle", { cx: x.at(v), cy: y.at(s.y[i]), r: 3, fill: few ? s.color : "none", stroke: s.color, "stroke-width": 1.5 })));
  if (s.mark === "points") return;
  let d = "";
  s.x.forEach((v, i) => {
    const px = x.at(v).toFixed(1), py = y.at(s.y[i]).toFixed(1);
    d += i === 0 ? `M${px} ${py}` : s.mark === "steps" ? `H${px}V${py}` : `L${px} ${py}`;
  });
  svg.append(svgNode("path", { d, fill: "none", stroke: s.color, "stroke-width": 2, "stroke-dasharray": s.dash }));
}
