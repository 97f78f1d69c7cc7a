// Completes a query while it is written: fields, then their values. A combobox with a list box (ARIA practices).
const WAIT_MS = 120;
const MOST = 12;
let words;
let asked;
let input;
let from = 0;
let at = -1;

const list = () => document.getElementById("completions");
const options = () => [...(list()?.children ?? [])];

// What is being written before the caret: where it begins, and of which field it is a value, if of one.
function writing({ value, selectionStart: caret }) {
  let [start, part, quoted] = [0, 0, false];
  for (let i = 0; i < caret; i++) {
    if (quoted && value[i] === "\\") i++;
    else if (value[i] === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (/[\s(]/.test(value[i])) start = part = i + 1;
    else if (/[:,]/.test(value[i])) part = i + 1;
  }
  const field = /^-?(\w+):/.exec(value.slice(start, caret))?.[1].toLowerCase();
  if (!field) start += value[start] === "-";
  const find = value.slice(field ? part : start, caret).replaceAll('"', "").toLowerCase();
  return { field, from: field ? part : start, find, inside: /^[^\s)]/.test(value.slice(caret)) };
}

async function offered({ field, find }) {
  words ??= fetch(input.dataset.words).then((answer) => answer.json());
  const known = await words.catch(() => (words = undefined)) ?? [];
  if (!field) return found(known.map(([word, means]) => [`${word}:`, means]), find).filter(() => find);
  const values = known.find(([word]) => word === field)?.[2] ?? [];
  if (values !== 1) return found(values.map((word) => [word, ""]), find);
  asked = new AbortController();
  const answer = await fetch(`/complete/${field}?find=${encodeURIComponent(find)}`, { signal: asked.signal });
  return answer.ok ? (await answer.json()).map(([value, count]) => [value, count.toLocaleString()]) : [];
}

function found(all, find) {
  const begins = all.filter(([word]) => word.toLowerCase().startsWith(find));
  return begins.concat(all.filter(([word]) => word.toLowerCase().indexOf(find) > 0)).slice(0, MOST);
}

function close() {
  asked?.abort();
  list()?.remove();
  at = -1;
  input?.setAttribute("aria-expanded", "false");
  input?.removeAttribute("aria-activedescendant");
}

function mark(next) {
  at = next;
  options().forEach((option, i) => option.setAttribute("aria-selected", i === at));
  options()[at]?.scrollIntoView({ block: "nearest" });
  if (at < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", options()[at].id);
}

function show(rows) {
  close();
  if (!rows.length) return;
  const made = document.createElement("ul");
  Object.assign(made, { id: "completions", role: "listbox", ariaLabel: "Completions" });
  rows.forEach(([word, says], i) => {
    const option = document.createElement("li");
    Object.assign(option, { id: `completion-${i}`, role: "option", ariaSelected: "false" });
    option.append(Object.assign(document.createElement("b"), { textContent: word }), ` ${says}`);
    option.dataset.word = word;
    made.append(option);
  });
  input.after(made);
  input.setAttribute("aria-expanded", "true");
}

function take(option) {
  const word = option.dataset.word;
  const more = word.endsWith(":");
  input.setRangeText(more ? word : `${word} `, from, input.selectionStart, "end");
  close();
  if (more) suggest();
}

async function suggest() {
  asked?.abort();
  const [text, now] = [input.value, writing(input)];
  await new Promise((later) => setTimeout(later, WAIT_MS));
  if (input.value !== text || document.activeElement !== input) return;
  const rows = now.inside ? [] : await offered(now).catch(() => []);
  if (input.value !== text || document.activeElement !== input) return;
  from = now.from;
  show(rows.length === 1 && rows[0][0].toLowerCase() === now.find ? [] : rows);
}

function pressed(event) {
  const count = options().length;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowDown" && !count) suggest();
  else if (!count) return;
  else if (event.key === "ArrowDown") mark(at + 1 < count ? at + 1 : -1);
  else if (event.key === "ArrowUp") mark(at < 0 ? count - 1 : at - 1);
  else if (event.key === "Enter" && at >= 0) take(options()[at]);
  else if (event.key === "Escape") close();
  else if (event.key === "Tab" || event.key === "Enter") return close();
  else return;
  event.preventDefault();
}

// Makes a combobox of an input of ours, also of one that had the focus before this script was there.
function begin(target) {
  if (!target.matches?.("input[data-words]") || target === input) return;
  input = target;
  const said = { type: "text", role: "combobox", "aria-autocomplete": "list", "aria-controls": "completions" };
  for (const [name, value] of Object.entries(said)) input.setAttribute(name, value);
  close();
}

export function completing(page) {
  const ours = (event) => (begin(event.target), event.target === input);
  page.addEventListener("focusin", ours);
  page.addEventListener("input", (event) => ours(event) && suggest());
  page.addEventListener("keydown", (event) => ours(event) && pressed(event));
  page.addEventListener("focusout", (event) => ours(event) && close());
  page.addEventListener("pointerdown", (event) => {
    const option = event.target.closest?.("#completions > li");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  page.addEventListener("remit:shown", close);
  begin(page.activeElement ?? page.body);
}
