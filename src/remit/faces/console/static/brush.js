// A range is chosen on the chart by dragging, or by arrow keys; it becomes part of the address.
import { say, show } from "./moving.js";

const STEP = 10;
const NS = "http://www.w3.org/2000/svg";
let first = null;
let last = null;

const plotOf = (target) => target.closest?.(".plot");
const figures = (plot) => ({ low: +plot.dataset.low, least: +plot.dataset.least, width: +plot.dataset.bucket, count: +plot.dataset.buckets });
const order = () => [Math.min(first, last), Math.max(first, last) + 1];
const time = (ms) => new Date(ms).toISOString();
const short = (ms) => time(ms).slice(0, 16).replace("T", " ");

function bucketAt(plot, clientX) {
  const box = plot.querySelector("svg").getBoundingClientRect();
  const { count } = figures(plot);
  return Math.max(0, Math.min(count - 1, Math.floor(((clientX - box.left) / box.width) * count)));
}

function acts(plot, from, to) {
  const bars = [...plot.querySelectorAll("a[data-total]")];
  const inside = bars.filter((bar) => {
    const at = Math.floor(bar.querySelector("rect.hit").x.baseVal.value / STEP);
    return at >= from && at < to;
  });
  return inside.reduce((sum, bar) => sum + +bar.dataset.total, 0);
}

function draw(plot) {
  const svg = plot.querySelector("svg");
  let mark = svg.querySelector(".brush");
  const told = plot.querySelector(".chosen");
  if (first === null) {
    mark?.remove();
    told.hidden = true;
    return;
  }
  if (!mark) {
    mark = document.createElementNS(NS, "rect");
    mark.setAttribute("class", "brush");
    svg.append(mark);
  }
  const [from, to] = order();
  const { low, least, width } = figures(plot);
  for (const [name, value] of [["x", from * STEP], ["y", 0], ["width", (to - from) * STEP], ["height", 112]])
    mark.setAttribute(name, value);
  told.hidden = false;
  told.value = `${short(Math.max(least, low + from * width))} to ${short(low + to * width)} UTC: ${acts(plot, from, to).toLocaleString()}`;
}

function apply(plot) {
  const [from, to] = order();
  const { low, least, width } = figures(plot);
  const url = new URL(plot.dataset.brush, location.href);
  url.searchParams.set("since", time(Math.max(least, low + from * width)));
  url.searchParams.set("until", time(low + to * width));
  clear(plot);
  show(url.href);
}

function clear(plot) {
  first = last = null;
  draw(plot);
}

function drag(page) {
  let down = null;
  page.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event.target);
    if (plot && event.button === 0) down = { plot, at: bucketAt(plot, event.clientX), x: event.clientX };
  });
  page.addEventListener("dragstart", (event) => plotOf(event.target) && event.preventDefault());
  page.addEventListener("pointermove", (event) => {
    if (!down || Math.abs(event.clientX - down.x) < 4) return;
    [first, last] = [down.at, bucketAt(down.plot, event.clientX)];
    draw(down.plot);
  });
  page.addEventListener("pointerup", () => {
    const { plot } = down ?? {};
    down = null;
    if (!plot || first === null) return;
    const stay = (click) => click.preventDefault();
    page.addEventListener("click", stay, true);
    setTimeout(() => {
      page.removeEventListener("click", stay, true);
      apply(plot);
    });
  });
  page.addEventListener("pointercancel", () => {
    if (down) clear(down.plot);
    down = null;
  });
}

function arrows(page) {
  page.addEventListener("keydown", (event) => {
    const plot = event.target.classList?.contains("plot") ? event.target : null;
    if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { count } = figures(plot);
    const within = (place) => Math.max(0, Math.min(count - 1, place));
    if (by && first === null) first = last = by > 0 ? 0 : count - 1;
    else if (by && event.shiftKey) last = within(last + by);
    else if (by) [first, last] = [within(first + by), within(last + by)];
    else if (event.key === "Enter" && first !== null) return void (event.preventDefault(), apply(plot));
    else if (event.key === "Escape" && first !== null) return void (event.preventDefault(), clear(plot));
    else return;
    event.preventDefault();
    draw(plot);
    say(plot.querySelector(".chosen").value);
  });
}

export function brush(page) {
  drag(page);
  arrows(page);
  page.addEventListener("remit:shown", () => (first = last = null));
}
