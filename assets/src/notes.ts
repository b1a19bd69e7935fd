// What has just happened, in words: read aloud politely, a refusal at once, with what to do next.

export interface Action {
  says: string;
  run: () => void;
}

const LASTS_MS = 12_000;

export class Notes {
  private timer = 0;

  constructor(private readonly root: HTMLElement) {}

  say(words: string, actions: Action[] = [], isRefusal = false): void {
    window.clearTimeout(this.timer);
    const line = document.createElement("p");
    line.textContent = words;
    const buttons = actions.map((action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button plain";
      button.textContent = action.says;
      button.addEventListener("click", () => {
        this.clear();
        action.run();
      });
      return button;
    });
    this.root.setAttribute("role", isRefusal ? "alert" : "status");
    this.root.classList.toggle("is-refusal", isRefusal);
    this.root.replaceChildren(line, ...buttons);
    // A refusal stays until somebody has read it.
    if (!isRefusal) this.timer = window.setTimeout(() => this.clear(), LASTS_MS);
  }

  clear(): void {
    this.root.replaceChildren();
  }
}
