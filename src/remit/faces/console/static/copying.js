// A link to what is on the page is copied; where the browser keeps the clipboard from a page, the link is followed.
import { plainClick, say } from "./moving.js";

export function copying(page) {
  page.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-copy]");
    if (!link || !plainClick(event) || !navigator.clipboard) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const url = new URL(link.href);
    const open = new URL(location.href).searchParams.get("open");
    if (link.dataset.copy === "view" && open) url.searchParams.set("open", open);
    else if (link.dataset.copy === "view") url.searchParams.delete("open");
    try {
      await navigator.clipboard.writeText(url.href);
    } catch {
      return location.assign(url.href);
    }
    const words = link.textContent;
    link.textContent = "Copied";
    say("The link is copied");
    setTimeout(() => (link.textContent = words), 1500);
  });  for (const button of page.querySelectorAll("button[data-copies]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(page.getElementById(button.dataset.copies).textContent);
      const words = button.textContent;
      button.textContent = "Copied";
      say("It is copied");
      setTimeout(() => (button.textContent = words), 1500);
    });
  }
}
