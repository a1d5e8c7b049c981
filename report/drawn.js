"use strict";
// drawAll draws charts one below the other, and all that is drawn again when the
// page gets another width.
function drawAll(box, charts) {
  const places = charts.map((c) => {
    const place = document.createElement("div");
    place.className = "chart";
    place.id = "chart-" + c.name;
    box.append(place);
    return place;
  });
  charts.forEach((c, i) => chart(places[i], c));
  redrawn();
}

function redrawn() {
  let width = document.body.clientWidth;
  window.addEventListener("resize", () => {
    if (width === document.body.clientWidth) return;
    width = document.body.clientWidth;
    for (const [place, c] of drawn) chart(place, c);
  });
}

// On paper everything is open, and charts are as wide as the paper.
window.addEventListener("beforeprint", () => {
  for (const d of document.querySelectorAll("details")) d.open = true;
  for (const [place, c] of drawn) chart(place, c);
});
