"use strict";
// bars draws for each category a bar of each series, across, so that names fit.
function bars(place, c, series) {
  const W = Math.max(240, Math.floor(place.clientWidth)), thick = 14, gap = 12, left = Math.min(150, W / 3);
  const step = thick * Math.max(1, series.length) + gap, bottom = T + step * c.categories.length, svg = canvas(c, W, bottom + B);
  const values = extent(series, "y"), x = scale(c.y, values.length ? [Math.min(0, values[0]), Math.max(0, values[1])] : [], left, W - R);
  let labelled = -Infinity;
  for (const v of ticks(c.y, x.least, x.most)) {
    svg.append(svgNode("line", { class: "grid", x1: x.at(v), x2: x.at(v), y1: T, y2: bottom }));
    if (x.at(v) < labelled + 40) continue;
    labelled = x.at(v);
    svg.append(svgNode("text", { x: labelled, y: bottom + 16, "text-anchor": "middle" }, number(v)));
  }
  c.categories.forEach((name, i) => svg.append(svgNode("text", { x: left - 6, y: T + step * (i + 0.5) + 4, "text-anchor": "end" }, name)));
  series.forEach((s, k) => s.x.forEach((category, i) => {
    const from = x.at(Math.min(0, s.y[i])), to = x.at(Math.max(0, s.y[i]));
    svg.append(svgNode("rect", { x: from, y: T + step * category + gap / 2 + thick * k, width: Math.max(1, to - from), height: thick - 2, fill: s.color }));
  }));
  svg.append(svgNode("line", { class: "axis", x1: x.at(0), x2: x.at(0), y1: T, y2: bottom }),
    svgNode("text", { x: (left + W - R) / 2, y: bottom + 36, "text-anchor": "middle" }, c.y.label));
  tellBars(place, svg, c, series, step);
  return svg;
}

// tellBars shows the values of the category under the pointer, or that arrow keys choose.
function tellBars(place, svg, c, series, step) {
  const tip = tipOf(place);
  let chosen = -1;
  const tell = (category) => {
    chosen = Math.max(0, Math.min(c.categories.length - 1, category));
    const of = (s) => { const i = s.x.indexOf(chosen); return i < 0 ? "–" : number(s.y[i]); };
    tip.show([c.categories[chosen], ...series.map((s) => `${s.name}: ${of(s)}`)].join("\n"), place.clientWidth / 2, svg.offsetTop + T + step * (chosen + 1));
  };
  svg.addEventListener("pointerleave", tip.hide);
  svg.addEventListener("blur", tip.hide);
  svg.addEventListener("pointermove", (event) => tell(Math.floor((event.clientY - svg.getBoundingClientRect().top - T) / step)));
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    tell(chosen + by);
  });
}
