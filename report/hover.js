"use strict";
// tipOf adds to a place the box that tells values, which assistive tools read aloud.
function tipOf(place) {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  place.append(tip);
  return {
    show(text, left, top) {
      tip.textContent = text;
      tip.hidden = false;
      tip.style.left = `${Math.max(0, Math.min(left + 12, place.clientWidth - tip.offsetWidth))}px`;
      tip.style.top = `${top}px`;
    },
    hide() { tip.hidden = true; },
  };
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

// hover shows the values under the pointer, or under a line that arrow keys move.
function hover(place, svg, c, series, x, y) {
  const tip = tipOf(place), lines = series.filter((s) => s.mark !== "points");
  const W = svg.viewBox.baseVal.width, cursor = svgNode("line", { class: "cursor", y1: T, y2: H - B, visibility: "hidden" });
  svg.append(cursor);
  const tell = (at, text) => {
    const zoom = svg.getBoundingClientRect().width / W;
    tip.show(text, at * zoom, svg.offsetTop + 8);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    cursor.setAttribute("visibility", "visible");
  };
  const away = () => { tip.hide(); cursor.setAttribute("visibility", "hidden"); };
  const line = (at) => {
    const v = x.back(at);
    tell(at, `${c.x.label}: ${number(v)}\n` + lines.map((s) => `${s.name}: ${number(s.y[nearest(s, v)])}`).join("\n"));
  };
  const dots = series.filter((s) => s.mark === "points" || s.labels).flatMap((s) => s.x.map((v, i) => ({
    at: x.at(v), up: y.at(s.y[i]), text: `${s.labels ? s.labels[i] : s.name}\n${c.x.label}: ${number(v)}\n${c.y.label}: ${number(s.y[i])}`,
  }))).sort((a, b) => a.at - b.at);
  svg.addEventListener("pointerleave", away);
  svg.addEventListener("blur", away);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), zoom = W / box.width;
    const at = (event.clientX - box.left) * zoom, up = (event.clientY - box.top) * zoom;
    if (at < x.from || at > W - R) return away();
    const dot = closest(dots, at, up);
    if (dot) tell(dot.at, dot.text); else if (lines.length) line(at); else away();
  });
  let stop = -1;
  const stops = lines.length ? lines[0].x.map((v) => x.at(v)) : dots.map((d) => d.at);
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || !stops.length) return;
    event.preventDefault();
    stop = Math.max(0, Math.min(stops.length - 1, stop + by * (lines.length ? Math.max(1, Math.round(stops.length / 50)) : 1)));
    if (lines.length) line(stops[stop]); else tell(dots[stop].at, dots[stop].text);
  });
}

// closest returns the dot within reach of a place, if there is one.
function closest(dots, at, up) {
  let best, reach = 20;
  for (const d of dots) {
    const far = Math.hypot(d.at - at, d.up - up);
    if (far < reach) [best, reach] = [d, far];
  }
  return best;
}
