// "/" goes to the search, j and k walk the rows, Enter opens the row that has the focus, Escape leaves the field.
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

export function keys(page) {
  const rows = () => [...page.querySelectorAll("a.row")];
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(page.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
    all[next].focus({ preventScroll: true });
    all[next].closest("tr")?.scrollIntoView({ block: "nearest" });
  };
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const search = page.getElementById("q");
    if (event.key === "/" && search) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });
}
