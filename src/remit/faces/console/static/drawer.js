// An event opens beside the list: the content of its own page, at an address that opens it again.
import { plainClick } from "./moving.js";

const OPEN = "open";
const PAGE = "/events/";
let asking;
let opened = null;

const aside = () => document.getElementById("drawer");
const listed = () => document.querySelector("table.events a.row") !== null;
const idOf = (link) => decodeURIComponent(link.pathname.slice(PAGE.length));
const openId = () => new URL(location.href).searchParams.get(OPEN);
const rowOf = (id) => [...document.querySelectorAll("a.row")].find((link) => idOf(link) === id);

export const isOpen = () => aside() !== null;

function at(id) {
  const url = new URL(location.href);
  if (id) url.searchParams.set(OPEN, id);
  else url.searchParams.delete(OPEN);
  return url.href;
}

function marked(id) {
  for (const row of document.querySelectorAll("tr[aria-current]")) row.removeAttribute("aria-current");
  const row = id ? rowOf(id)?.closest("tr") : null;
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
}

// The page behind is laid out anew when the drawer comes or goes: what was looked at stays where it was.
function held(row, change) {
  const before = row?.getBoundingClientRect().top;
  const given = change();
  if (before !== undefined) scrollBy(0, row.getBoundingClientRect().top - before);
  return given;
}

// What the row says, until the rest is there.
function waitingFor(id) {
  const bar = document.createElement("div");
  bar.className = "drawer-bar";
  const close = Object.assign(document.createElement("a"), { className: "close", textContent: "Close" });
  close.href = at(null);
  const words = Object.assign(document.createElement("p"), { className: "deed", textContent: "Opening …" });
  const row = rowOf(id)?.closest("tr");
  if (row) words.textContent = [...row.cells].map((cell) => cell.innerText.trim()).filter(Boolean).join(" · ");
  bar.append("Opening …", close);
  return [bar, words];
}

function place(id) {
  if (aside()) return aside();
  const made = document.createElement("aside");
  Object.assign(made, { id: "drawer", className: "drawer", tabIndex: -1 });
  made.setAttribute("aria-label", "The open event");
  made.append(...waitingFor(id));
  const row = rowOf(id)?.closest("tr");
  return held(row, () => (document.getElementById("main").after(made), made));
}

async function fill(id) {
  asking?.abort();
  const asked = (asking = new AbortController());
  opened = id;
  const into = place(id);
  into.setAttribute("aria-busy", "true");
  marked(id);
  try {
    const answer = await fetch(`${PAGE}${encodeURIComponent(id)}?part=drawer`, { signal: asked.signal });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asked.signal.aborted) return;
    if (answer.redirected || !found.getElementById("deed")) return location.assign(PAGE + encodeURIComponent(id));
    into.replaceChildren(...found.body.childNodes);
    into.removeAttribute("aria-busy");
    into.scrollTop = 0;
    into.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("remit:shown", { detail: into }));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(PAGE + encodeURIComponent(id));
  }
}

// A row takes the place of the open event; a link inside the event is a step that Back takes again.
export function openEvent(id, { step = !isOpen() } = {}) {
  const depth = (history.state?.depth ?? 0) + (step ? 1 : 0);
  history[step ? "pushState" : "replaceState"]({ depth }, "", at(id));
  fill(id);
}

export function closeEvent() {
  const depth = history.state?.depth;
  if (depth) return history.go(-depth);
  history.replaceState({}, "", at(null));
  sync();
}

export function stepEvent(by) {
  const links = [...document.querySelectorAll("a.row")];
  const next = links[links.findIndex((link) => idOf(link) === openId()) + by];
  if (next) openEvent(idOf(next), { step: false });
}

// What the address says is open, opens; called after Back and Forward.
export function sync() {
  const id = openId();
  if (id === opened) return;
  if (id) return fill(id);
  asking?.abort();
  opened = null;
  const last = document.querySelector("tr[aria-current] a.row");
  held(last, () => aside()?.remove());
  marked(null);
  last?.focus({ preventScroll: true });
}

export function drawer(page) {
  const begin = () => {
    opened = aside() ? openId() : null;
    if (opened) rowOf(opened)?.scrollIntoView({ block: "nearest" });
  };
  page.addEventListener("remit:shown", begin);
  page.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !plainClick(event) || link.origin !== location.origin) return;
    const inside = link.closest("#drawer") !== null;
    if (inside && link.classList.contains("close")) closeEvent();
    else if (!link.pathname.startsWith(PAGE) || link.classList.contains("whole") || !listed()) return;
    else if (inside || link.classList.contains("row")) openEvent(idOf(link), { step: inside || !isOpen() });
    else return;
    event.preventDefault();
  });
  begin();
}
