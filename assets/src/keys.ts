// Keys of the calendar: they come before those of the shell.

export interface Keys {
  root: HTMLElement;
  links: Record<string, string>;
  close: () => boolean;
  help: HTMLDialogElement | null;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("input, textarea, select, dialog") !== null;

export function listen(keys: Keys): void {
  const taken = (event: KeyboardEvent): boolean => {
    if (event.key === "Escape") return keys.close();
    if (isTyping(event.target)) return false;
    if (event.key === "?") {
      keys.help?.showModal();
      return keys.help !== null;
    }
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step !== undefined) return walk(keys.root, step);
    const href = keys.links[event.key];
    if (href === undefined) return false;
    location.assign(href);
    return true;
  };
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (taken(event)) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    { capture: true },
  );
}

/** Goes to the next or last entry by time, from the first when none is chosen. */
function walk(root: HTMLElement, step: number): boolean {
  const active = document.activeElement;
  if (active !== null && active !== document.body && !root.contains(active)) return false;
  const entries = [...root.querySelectorAll<HTMLElement>("[data-starts]")].sort((a, b) =>
    (a.dataset["starts"] ?? "").localeCompare(b.dataset["starts"] ?? ""),
  );
  if (entries.length === 0) return false;
  const here = entries.findIndex((one) => one === active);
  const next = here < 0 ? (step > 0 ? 0 : entries.length - 1) : here + step;
  const found = entries[Math.max(0, Math.min(entries.length - 1, next))];
  found?.focus();
  found?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}
