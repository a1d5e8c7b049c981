"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

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

const n = data.sample.length, whole = n === data.seen;
const curves = [{ name: whole ? "share of requests" : "share of the sample", mark: "line", color: colors.reply, x: [], y: [] }];
if (!whole) for (const name of ["95 % interval, low", "high"]) curves.push({ name, mark: "line", dash: "2 3", color: colors.due, x: [], y: [] });
for (let position = 0; n && position <= 1000; position += 25) {
  const dd = toTarget(position), k = attained(dd);
  [k / n, ...wilson(k, n)].forEach((share, i) => { if (curves[i]) { curves[i].x.push(dd); curves[i].y.push(share); } });
}

const byIndex = data.sample.filter((r) => r.served && r.times.length > 1)
  .map((r) => ({ r, index: score(r, data.target).index, stall: Math.max(...r.times.map((t, i) => i ? t - r.times[i - 1] : 0)) }))
  .sort((a, b) => a.index - b.index || b.stall - a.stall || a.r.id - b.r.id).map((e) => e.r);

function rescore() {
  const dd = toTarget(Number($("target").value)), k = n ? attained(dd) : 0;
  $("target-value").textContent = `${number(dd)} ms`;
  const percent = (v) => `${Math.floor(v * 1e4 + 1e-6) / 100} %`, [low, high] = n ? wilson(k, n) : [0, 0];
  $("rescored").textContent = !n ? "No request was sampled." :
    `With a token due every ${number(dd)} ms, ${percent(k / n)} of ${whole ? "all" : "a sample of"} ${n.toLocaleString("en")} requests have a fluidity-index (reset) of at least ${data.fluidity}` +
    (whole ? "." : ` (95 % interval of the ${data.seen.toLocaleString("en")} in the run: ${percent(low)} to ${percent(high)}).`) +
    ` The run asked for ${percent(data.attainment)} at ${number(data.target)} ms and had ${percent(data.exact)}, exactly.`;
  chart($("attainment"), {
    title: `Share of requests with a fluidity-index of at least ${data.fluidity}, by target` + (whole ? "" : `, in a sample of ${n.toLocaleString("en")}`),
    x: { label: "D_d (ms)", log: true }, y: { label: "share of requests", top: 1 }, series: curves, at: dd,
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
drawAll($("charts"), data.charts);
rescore();
