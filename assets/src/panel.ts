// The panel beside the calendar: it shows another of our pages without leaving this one. Its links
// and forms are the page's own, so that everything works where there is no script.

/** Finds where somebody was before, which may have been drawn anew since. */
export type Origin = () => HTMLElement | null;

const SETTLING_MS = [0, 100, 300];

export class Panel {
  private from: Origin = () => null;

  constructor(
    private readonly root: HTMLElement,
    private readonly words: Record<string, string>,
    private readonly changed: () => void,
  ) {
    root.addEventListener("submit", (event) => void this.send(event));
    root.addEventListener("click", (event) => this.follow(event));
  }

  get isOpen(): boolean {
    return this.root.childElementCount > 0;
  }

  async open(href: string, from: Origin = this.from): Promise<void> {
    this.from = from;
    try {
      await this.show(await fetch(href, { cache: "no-store" }));
    } catch {
      location.assign(href);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.root.replaceChildren();
    document.body.classList.remove("has-panel");
    const back = this.from;
    this.from = () => null;
    back()?.focus();
    // The calendar has more room now, and may draw its entries anew: whoever was at one stays there.
    for (const wait of SETTLING_MS) {
      window.setTimeout(() => {
        if (document.activeElement === document.body) back()?.focus({ preventScroll: true });
      }, wait);
    }
  }

  private async show(answer: Response): Promise<void> {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (main === null || new URL(answer.url).pathname.endsWith("/sign-in")) {
      location.assign(answer.url);
      return;
    }
    if (main.querySelector("#calendar") !== null) {
      this.close();
      return;
    }
    const close = document.createElement("button");
    close.type = "button";
    close.className = "panel-close";
    close.setAttribute("aria-label", this.words["close"] ?? "");
    close.textContent = "×";
    close.addEventListener("click", () => this.close());
    const whole = document.createElement("a");
    whole.className = "panel-whole";
    whole.href = answer.url;
    whole.textContent = this.words["whole"] ?? "";
    const top = document.createElement("div");
    top.className = "panel-top";
    top.append(whole, close);
    const shown = document.createElement("div");
    shown.className = "panel-page";
    shown.append(...main.childNodes);
    // What may be done with it stands beside a page, and here above what is said of it.
    const beside = page.querySelector("#panel");
    if (beside !== null && beside.childElementCount > 0) {
      const acts = document.createElement("div");
      acts.className = "panel-acts";
      acts.append(...beside.childNodes);
      shown.append(acts);
    }
    this.root.replaceChildren(top, shown);
    this.root.dataset["href"] = answer.url;
    document.body.classList.add("has-panel");
    const focus = shown.querySelector<HTMLElement>("[autofocus], [data-focus], h1");
    if (focus !== null && !focus.matches("input, select, textarea, button, a")) focus.tabIndex = -1;
    (focus ?? close).focus();
  }

  private async send(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement;
    event.preventDefault();
    const said = new FormData(form, event.submitter);
    const body = new URLSearchParams([...said].map(([name, value]) => [name, String(value)]));
    const base = this.root.dataset["href"] ?? location.href;
    const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
    const url = new URL(action, base);
    const isQuestion = form.method === "get";
    if (isQuestion) url.search = body.toString();
    try {
      await this.show(await fetch(url, isQuestion ? {} : { method: "POST", body }));
    } catch {
      form.submit();
      return;
    }
    if (!isQuestion) this.changed();
  }

  private follow(event: MouseEvent): void {
    const link = (event.target as Element).closest("a");
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (link === null || !isPlain || link.classList.contains("panel-whole")) return;
    const url = new URL(link.getAttribute("href") ?? "", this.root.dataset["href"]);
    const isOurs = url.origin === location.origin && url.pathname.includes("/staff/");
    if (!isOurs || link.target !== "") return;
    event.preventDefault();
    void this.open(url.href);
  }
}
