// What a script adds to staff's pages, which work without one: keys, and a copy of what is shown once.
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    const find = document.querySelector("[data-find]");
    if (find === null) return;
    event.preventDefault();
    find.focus();
    return;
  }
  const link = event.key.length === 1 && document.querySelector(`.rail [data-key="${CSS.escape(event.key)}"]`);
  if (link) link.click();
});

for (const shown of document.querySelectorAll("[data-copied]")) {
  shown.addEventListener("focus", () => shown.select());
}

document.querySelector("[role=alert] [data-focus]")?.focus();
