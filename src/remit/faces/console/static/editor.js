// The editor of policies: checked while it is written, line numbers, places that lead into the text.
import { say } from "./moving.js";

const WAIT_MS = 400;
let asked;
let waiting;

const form = () => document.querySelector("form[data-editor]");
const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

async function ask(target, more = {}) {
  asked?.abort();
  const own = (asked = new AbortController());
  const body = new URLSearchParams([...new FormData(target)]);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  const answer = await fetch(target.action, { method: "POST", body, signal: own.signal, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
  return parsed(answer);
}

// How many rows of the box each line takes: it is broken at its edge, at whatever letter stands there.
function rowsOf(text) {
  const style = getComputedStyle(text);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const room = text.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const letters = Math.max(1, Math.floor(room / pen.measureText("0".repeat(100)).width * 100 + 0.01));
  return text.value.split("\n").map((line) => Math.max(1, Math.ceil(line.length / letters)));
}

function numbers(text) {
  const gutter = text.nextElementSibling;
  const rows = rowsOf(text);
  if (gutter.dataset.rows !== String(rows)) {
    gutter.textContent = rows.map((count, at) => at + 1 + "\n".repeat(count - 1)).join("\n");
    gutter.dataset.rows = rows;
  }
  gutter.scrollTop = text.scrollTop;
}

function fresh(page) {
  const [old, now] = [document.getElementById("insights"), page.getElementById("insights")];
  if (!old || !now) return;
  const open = old.querySelector("details.with-lines")?.open;
  old.replaceChildren(...now.childNodes);
  const lines = old.querySelector("details.with-lines");
  if (lines && open) lines.open = true;
}

async function check(target) {
  const insights = document.getElementById("insights");
  insights.setAttribute("aria-busy", "true");
  try {
    fresh(await ask(target));
  } catch (error) {
    if (error.name !== "AbortError") say("The text could not be checked. Press Check.");
  } finally {
    insights.removeAttribute("aria-busy");
  }
}

// Puts a text in its place so that the browser's undo takes it back.
function write(text, value) {
  text.focus();
  text.select();
  if (!document.execCommand("insertText", false, value)) text.value = value;
  text.setSelectionRange(0, 0);
  text.scrollTop = 0;
  numbers(text);
}

async function mend(target, fix) {
  const page = await ask(target, { fix });
  const [text, before] = ["text", "before"].map((id) => target.querySelector(`#${id}`));
  before.value = page.getElementById("before").value;
  write(text, page.getElementById("text").value);
  clearTimeout(waiting);
  fresh(page);
  stale(target);
  say(page.getElementById("applied")?.textContent ?? "");
}

function stale(target) {
  for (const each of target.querySelectorAll(".stale")) each.hidden = false;
}

function lead(text, line, column) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(start + column - 1, start + (lines[line - 1]?.length ?? 0));
  const rows = rowsOf(text);
  const sum = (counts) => counts.reduce((all, count) => all + count, 0);
  text.scrollTop = Math.max(0, (sum(rows.slice(0, line - 1)) - 5) * (text.scrollHeight / sum(rows)));
}

export function editor(page) {
  const target = form();
  if (!target) return;
  const text = target.querySelector("#text");
  target.classList.add("is-live");
  numbers(text);
  text.addEventListener("scroll", () => (text.nextElementSibling.scrollTop = text.scrollTop));
  new ResizeObserver(() => numbers(text)).observe(text);
  target.addEventListener("input", (event) => {
    if (event.target !== text && event.target.name !== "type") return;
    if (event.target === text) numbers(text);
    stale(target);
    clearTimeout(waiting);
    waiting = setTimeout(() => check(target), WAIT_MS);
  });
  target.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "fix") return;
    event.preventDefault();
    mend(target, event.submitter.value).catch(() => say("The fix could not be applied. Press Check."));
  });
  page.addEventListener("click", (event) => {
    const place = event.target.closest?.("a.place[data-line]");
    if (!place) return;
    event.preventDefault();
    lead(text, Number(place.dataset.line), Number(place.dataset.column));
  });
}
