// Keeps "4 min ago" true while the page is open, and says the local time of each UTC time in its title.
const STEPS = [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [Infinity, 86400, "d"]];

export function ago(then, now) {
  const seconds = Math.floor((now - then) / 1000);
  const size = Math.abs(seconds);
  const [limit, unit, name] = STEPS.find(([most]) => size < most);
  const count = Math.floor(size / unit);
  if (limit === 60 && count < 5) return "now";
  return seconds > 0 ? `${count} ${name} ago` : `in ${count} ${name}`;
}

function titled(part) {
  for (const each of part.querySelectorAll("time[datetime]")) {
    const then = new Date(each.dateTime);
    if (!Number.isNaN(then.valueOf())) each.title += `, ${then.toLocaleString()} here`;
  }
}

function refresh(part) {
  for (const each of part.querySelectorAll("[data-ago]")) {
    const then = Date.parse(each.dataset.ago);
    if (!Number.isNaN(then)) each.textContent = ago(then, Date.now());
  }
}

export function relativeTimes(page) {
  titled(page);
  refresh(page);
  page.addEventListener("remit:shown", (event) => {
    titled(event.detail);
    refresh(event.detail);
  });
  setInterval(() => refresh(page), 20000);
}
