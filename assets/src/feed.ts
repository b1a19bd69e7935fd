// What the server says of the days that are shown. Times are those on the wall of the business,
// without a zone: "2026-06-02T10:00:00"; an entry of whole days has dates and `allDay`.

export interface Entry {
  id: string;
  kind: "booking" | "hold" | "slot" | "block" | "closed";
  start: string;
  end: string;
  allDay: boolean;
  resourceIds: string[];
  title: string;
  more: string;
  status: string;
  word: string;
  href: string;
  version: number;
  mayMove: boolean;
  mayStretch: boolean;
}

export interface Feed {
  resources: { id: string; title: string }[];
  entries: Entry[];
  offset: string;
}

export interface Moved {
  says: string;
  version: number;
}

export interface Refused {
  says: string;
  mayInsist: boolean;
  alternatives: { says: string; starts_at: string; slot_id: string | null }[];
}

/** Asks for the feed, at most once at a time, and only says so when something has changed. */
export class Feeder {
  private tag = "";

  constructor(
    private readonly url: string,
    private readonly changed: (feed: Feed) => void,
  ) {}

  async ask(): Promise<void> {
    const headers: Record<string, string> = this.tag ? { "If-None-Match": this.tag } : {};
    const answer = await fetch(this.url, { headers, cache: "no-store" });
    if (answer.status === 304) return;
    // Whoever is signed out meanwhile signs in and comes back.
    if (answer.redirected) location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    this.tag = answer.headers.get("ETag") ?? "";
    this.changed((await answer.json()) as Feed);
  }

  /** Forgets what was seen, so that the next answer is taken as new. */
  forget(): void {
    this.tag = "";
  }
}
