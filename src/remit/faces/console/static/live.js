// Events as they are stored, at the top of the list, while the person wants it.
//
// Contract: one <button data-live-url="/live?q=…&after=PLACE" hidden> in the same section as <table class="events">.
// The address is that of the page's own question and the place the page was made at. This module shows the button; a
// press starts and stops. It puts a <tbody class="arrived"> before the others and nothing else moves: while the list is
// scrolled, pointed at or has the focus, rows wait behind a button that says how many they are.
const HELD = 500; // rows that wait
const SHOWN = 500; // rows put on top; the oldest of them go
const BACK_MS = [1000, 2000, 5000, 10000, 30000];
const SAY_MS = 10000;

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const element = (name, properties) => Object.assign(document.createElement(name), properties);

let wanted = false; // over changes of the question: who wanted it live wants the next one live
let current = null;

class Follow {
  constructor(button) {
    this.button = button;
    this.table = button.closest("section").querySelector("table.events");
    this.address = new URL(button.dataset.liveUrl, location.href);
    this.body = element("tbody", { className: "arrived" });
    this.table.tBodies[0].before(this.body);
    this.more = element("button", { type: "button", className: "waiting", hidden: true });
    this.more.addEventListener("click", () => this.flush(true));
    this.table.before(this.more);
    this.held = [];
    this.missed = 0;
    this.failed = 0;
    this.unsaid = 0;
    button.hidden = false;
    this.pressed = () => this.toggle();
    button.addEventListener("click", this.pressed);
    this.eased = () => queueMicrotask(() => this.flush());
    for (const [on, what] of this.easings()) on.addEventListener(what, this.eased, { passive: true });
    this.state("off");
    if (wanted) this.start();
  }

  easings() {
    return [[window, "scroll"], [this.table, "pointerleave"], [this.table, "focusout"]];
  }

  toggle() {
    wanted = !wanted;
    if (wanted) this.start();
    else this.stop();
  }

  start() {
    clearTimeout(this.later);
    this.source?.close();
    this.state(this.failed ? "again" : "opening");
    const source = (this.source = new EventSource(this.address));
    source.onopen = () => {
      this.failed = 0;
      this.state("on");
    };
    // The browser comes back by itself after a break; an answer that is no stream closes it for good, so we do.
    source.onerror = () => {
      this.state("again");
      if (source.readyState !== EventSource.CLOSED) return;
      this.later = setTimeout(() => this.start(), BACK_MS[Math.min(this.failed++, BACK_MS.length - 1)]);
    };
    for (const what of ["new", "corrected", "unmatched", "gap"]) {
      source.addEventListener(what, (event) => {
        this.address.searchParams.set("after", event.lastEventId);
        this[what](JSON.parse(event.data));
      });
    }
  }

  stop() {
    clearTimeout(this.later);
    this.source?.close();
    this.source = null;
    this.state("off");
  }

  end() {
    this.stop();
    this.button.removeEventListener("click", this.pressed);
    for (const [on, what] of this.easings()) on.removeEventListener(what, this.eased);
  }

  state(name) {
    const words = { off: "Live", opening: "Live: opening …", on: "Live", again: "Live: connecting again …" };
    this.button.textContent = words[name];
    this.button.dataset.state = name;
    this.button.setAttribute("aria-pressed", String(name !== "off"));
  }

  rowOf(id) {
    return this.table.querySelector(`tr[data-event="${CSS.escape(id)}"]`);
  }

  // Whether rows that come in now would move what somebody reads, points at or works on.
  busy() {
    const over = this.table.matches(":hover") || this.table.contains(document.activeElement);
    return over || this.table.getBoundingClientRect().top < 0;
  }

  new({ event_id: id, html }) {
    if (this.rowOf(id)) return this.corrected({ event_id: id, html });
    this.add({ id, html });
  }

  corrected({ event_id: id, html }) {
    const waiting = this.held.find((each) => each.id === id);
    if (waiting) {
      waiting.html = html;
      return;
    }
    const row = this.rowOf(id);
    if (!row) return this.add({ id, html });
    const fresh = parsed(html);
    const focused = row.contains(document.activeElement);
    if (row.hasAttribute("aria-current")) fresh.setAttribute("aria-current", "true");
    const [pick, before] = [fresh, row].map((each) => each.querySelector("input[name=pick]"));
    if (pick && before) pick.checked = before.checked;
    fresh.classList.add("changed");
    row.replaceWith(fresh);
    if (focused) fresh.querySelector("a")?.focus({ preventScroll: true });
  }

  unmatched({ event_id: id }) {
    this.held = this.held.filter((each) => each.id !== id);
    const row = this.rowOf(id);
    if (row && !row.classList.contains("unmatched")) {
      row.classList.add("unmatched");
      row.cells[row.cells.length - 1].append(" ", element("span", { className: "sub", textContent: "judged otherwise now; matches no more" }));
    }
    this.told();
  }

  gap({ words }) {
    this.add({ id: "", words });
  }

  add(arrived) {
    this.held.push(arrived);
    if (arrived.id) this.unsaid += 1;
    if (this.held.length > HELD) {
      this.held.shift();
      this.missed += 1;
    }
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.flush();
    });
  }

  // Puts what waits on top, the newest arrival first. `asked`: by the person, who is then shown it.
  flush(asked = false) {
    if (!this.held.length || (!asked && this.busy())) return this.told();
    const rows = this.held.map((each) => (each.html ? parsed(each.html) : this.note(each.words)));
    if (this.missed) rows.unshift(this.note(`${count(this.missed, "event")} came while the list was in use and is not shown. Load the page again to see all.`));
    for (const row of rows) {
      row.classList.add("fresh");
      this.body.prepend(row);
    }
    while (this.body.rows.length > SHOWN) this.body.lastElementChild.remove();
    this.held = [];
    this.missed = 0;
    this.told();
    if (asked) {
      this.table.scrollIntoView({ block: "start" });
      this.body.querySelector("a")?.focus({ preventScroll: true });
    }
  }

  note(words) {
    const row = element("tr", { className: "gap" });
    row.append(element("td", { colSpan: this.table.tHead.rows[0].cells.length, textContent: words }));
    return row;
  }

  told() {
    const waiting = this.held.length + this.missed;
    this.more.hidden = !waiting;
    this.more.textContent = `${count(waiting, "new event")}: show`;
    if (!this.unsaid || this.saying) return;
    this.saying = setTimeout(() => {
      this.saying = null;
      const status = document.getElementById("said");
      if (status && this.source) status.textContent = `${count(this.unsaid, "new event")}.`;
      this.unsaid = 0;
    }, SAY_MS);
  }
}

// The server escaped everything in it that is not its own.
function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

export function live(page) {
  const begin = () => {
    const button = page.querySelector("button[data-live-url]");
    if (current?.button === button) return;
    current?.end();
    current = button ? new Follow(button) : null;
  };
  page.addEventListener("remit:shown", begin);
  // A hidden page listens to nothing: browsers open few connections to one server, and its place is kept.
  page.addEventListener("visibilitychange", () => {
    if (!wanted || !current) return;
    if (page.hidden) current.stop();
    else current.start();
  });
  addEventListener("pagehide", () => current?.stop());
  addEventListener("pageshow", (event) => event.persisted && wanted && current?.start());
  begin();
}
