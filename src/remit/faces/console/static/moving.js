// Links and forms that stay on the Event Center change its content in place; without this each loads a page.
let shown = location.href;
let asking;

const HOME = "/";
const bare = (address) => {
  const url = new URL(address, location.href);
  url.searchParams.delete("open");
  url.hash = "";
  return url.href;
};

export const plainClick = (event) =>
  event.button === 0 && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

export function say(words) {
  const status = document.getElementById("said");
  if (status) status.textContent = words;
}

export async function show(address, { push = true, top = false } = {}) {
  asking?.abort();
  const asked = (asking = new AbortController());
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { signal: asked.signal, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asked.signal.aborted) return;
    if (answer.redirected || !replaced(main, page)) return location.assign(address);
    document.title = page.title;
    if (push) history.pushState({}, "", address);
    shown = location.href;
    if (top) scrollTo(0, 0);
    document.dispatchEvent(new CustomEvent("remit:shown", { detail: main }));
    say(main.querySelector("[data-said]")?.dataset.said ?? main.querySelector("h1")?.textContent ?? "");
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  } finally {
    if (asking === asked) main.removeAttribute("aria-busy");
  }
}

// Puts the page's content in place of the present one; a server of another version is loaded whole.
function replaced(main, page) {
  const fresh = page.getElementById("main");
  const style = (from) => from.querySelector("link[rel=stylesheet]")?.getAttribute("href");
  if (!fresh || style(page) !== style(document)) return false;
  const key = document.activeElement?.closest("[data-key]")?.dataset.key;
  const id = main.contains(document.activeElement) ? document.activeElement.id : "";
  for (const each of main.querySelectorAll("details[data-key]")) {
    const again = fresh.querySelector(`details[data-key="${CSS.escape(each.dataset.key)}"]`);
    if (again) again.open = each.open;
  }
  main.replaceChildren(...fresh.childNodes);
  document.getElementById("drawer")?.remove();
  const beside = page.getElementById("drawer");
  if (beside) main.after(beside);
  const back = (id && document.getElementById(id)) || (key && main.querySelector(`[data-key="${CSS.escape(key)}"]`));
  back?.focus({ preventScroll: true });
  return true;
}

// `stepped` is called when Back or Forward leads to the same list with another event open, or none.
export function moving(page, stepped) {
  page.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !plainClick(event) || link.target || link.origin !== location.origin) return;
    if (location.pathname !== HOME || link.pathname !== HOME || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    show(link.href, { top: link.hasAttribute("data-top") });
  });
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (location.pathname !== HOME || form.method !== "get" || new URL(form.action).pathname !== HOME) return;
    event.preventDefault();
    const values = [...new FormData(form, event.submitter)].filter(([, value]) => value !== "");
    show(values.length ? `${HOME}?${new URLSearchParams(values)}` : HOME);
  });
  addEventListener("popstate", () => {
    if (location.pathname === HOME && bare(location.href) === bare(shown)) stepped();
    else show(location.href, { push: false });
  });
}
