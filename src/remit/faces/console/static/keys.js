// The keyboard: what each key does is listed in the page's own help (templates/keys.html).
import { closeEvent, isOpen, stepEvent } from "./drawer.js";

const GO = { e: "/", a: "/agents", d: "/denials", p: "/guardrails", w: "/who", l: "/alerts", i: "/identities", f: "/feeds", v: "/views" };
const OFF = "remit:keys-off";
const CHORD_MS = 1500;
const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
let going = 0;

// A browser that keeps nothing for this page has the keys on.
function off(value) {
  try {
    if (value === undefined) return localStorage.getItem(OFF) !== null;
    if (value) localStorage.setItem(OFF, "1");
    else localStorage.removeItem(OFF);
  } catch {
    return false;
  }
  return value;
}

function rowNow(page) {
  return page.activeElement?.closest?.("tr")?.querySelector("a.row") ?? page.querySelector("tr[aria-current] a.row");
}

function step(page, by, picking) {
  const all = [...page.querySelectorAll("a.row")];
  if (!all.length) return;
  const from = rowNow(page);
  const at = all.indexOf(from);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  if (picking) for (const each of [from, next]) pick(each, true);
  next.focus({ preventScroll: true });
  next.closest("tr")?.scrollIntoView({ block: "nearest" });
}

function pick(link, on) {
  const box = link?.closest("tr")?.querySelector("input[name=pick]");
  if (!box) return;
  box.checked = on ?? !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function compare(page) {
  const form = page.getElementById("picked");
  if (page.querySelector("input[name=pick]:checked")) form?.requestSubmit();
  else page.querySelector("[data-difference]")?.click();
}

function help(page) {
  const list = page.getElementById("keys");
  const dialog = page.getElementById("keys-dialog");
  if (!list || !dialog || dialog.open) return;
  page.getElementById("keys-on").checked = !off();
  if (!dialog.querySelector("dl")) dialog.append(list.querySelector("dl").cloneNode(true));
  dialog.showModal();
}

function pressed(page, event) {
  const key = event.key;
  const search = page.getElementById("q") ?? page.querySelector("main input:not([type=hidden])");
  if (Date.now() - going < CHORD_MS && GO[key]) location.assign(GO[key]);
  else if (key === "g") return void (going = Date.now());
  else if (key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (key === "?") help(page);
  else if (key === "Escape" && isOpen()) closeEvent();
  else if ((key === "j" || key === "k") && isOpen()) stepEvent(key === "j" ? 1 : -1);
  else if (key === "j" || key === "k") step(page, key === "j" ? 1 : -1, false);
  else if (key === "J" || key === "K") step(page, key === "J" ? 1 : -1, true);
  else if (key === "x") pick(rowNow(page));
  else if (key === "d") compare(page);
  else if (key === "o" && isOpen()) page.querySelector("#drawer .whole")?.click();
  going = 0;
}

export function keys(page) {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (page.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
    } else if (!off() || event.key === "Escape") pressed(page, event);
  });
  page.addEventListener("change", (event) => event.target.id === "keys-on" && off(!event.target.checked));
  page.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-keys]")) {
      event.preventDefault();
      help(page);
    }
  });
}
