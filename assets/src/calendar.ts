// The calendar of staff: draws what the server says, and asks it before anything is believed.
import {
  createCalendar,
  DayGrid,
  Interaction,
  ResourceTimeGrid,
  ResourceTimeline,
  TimeGrid,
  type Calendar,
} from "@event-calendar/core";
import "@event-calendar/core/index.css";
import "./calendar.css";
import { Feeder, type Entry, type Feed, type Moved, type Refused } from "./feed";
import { listen } from "./keys";
import { Notes, type Action } from "./notes";
import { Panel } from "./panel";

const VIEWS: Record<string, string> = {
  timeline: "resourceTimelineDay",
  day: "resourceTimeGridDay",
  week: "timeGridWeek",
  month: "dayGridMonth",
};
/** How often it is asked what is new; more days cost the server more. */
const REFRESH_MS: Record<string, number> = { week: 30_000, month: 60_000 };
const REFRESH_A_DAY_MS = 15_000;
const COLUMN = "minmax(8.5rem, 1fr)";

interface Settings {
  view: string;
  on: string;
  feed: string;
  move: string;
  block: string;
  token: string;
  locale: string;
  firstDay: number;
  opens: string;
  closes: string;
  scroll: string;
  mayMove: boolean;
  mayBlock: boolean;
  chosen: string;
  links: Record<string, string>;
  words: Record<string, string>;
}

interface Shift {
  days: number;
  seconds: number;
}

/** What is asked of the server when something was dragged. */
interface Wish {
  booking_id: string;
  version: number;
  shift?: Shift;
  stretch?: Shift;
  starts_at?: string;
  slot_id?: string | null;
  from_resource?: string;
  to_resource?: string;
  insists?: boolean;
}

/** Returns what the server said of an entry; nothing of what is only being drawn. */
const entryOf = (event: Calendar.Event): Entry | undefined =>
  event.extendedProps["entry"] as Entry | undefined;

function start(root: HTMLElement): void {
  const settings = JSON.parse(root.dataset["settings"] ?? "{}") as Settings;
  const words = settings.words;
  const notes = new Notes(document.querySelector<HTMLElement>("#calendar-notes")!);
  const panel = new Panel(document.querySelector<HTMLElement>("#panel")!, words, () => refresh());
  const names = new Map<string, string>();
  let isDragging = false;

  plain(root);
  const calendar = createCalendar(
    root,
    [DayGrid, TimeGrid, ResourceTimeGrid, ResourceTimeline, Interaction],
    {
      view: VIEWS[settings.view] ?? "resourceTimeGridDay",
      date: settings.on,
      locale: settings.locale,
      firstDay: settings.firstDay as Calendar.dayOfWeek,
      headerToolbar: { start: "", center: "", end: "" },
      height: "100%",
      allDayContent: words["all_day"] ?? "",
      allDaySlot: true,
      columnWidth: COLUMN,
      customScrollbars: false,
      dayMaxEvents: true,
      editable: settings.mayMove,
      eventContent: (info) => content(info, words, names),
      eventClassNames: (info) => classes(entryOf(info.event)),
      eventDidMount: (info) => describe(info),
      eventClick: (info) => choose(entryOf(info.event), info.el),
      eventDragStart: () => void (isDragging = true),
      eventDragStop: () => void (isDragging = false),
      eventResizeStart: () => void (isDragging = true),
      eventResizeStop: () => void (isDragging = false),
      eventDrop: (info) => void drop(info),
      eventResize: (info) => void stretch(info),
      eventLongPressDelay: 400,
      eventTimeFormat: { hour: "2-digit", minute: "2-digit" },
      flexibleSlotTimeLimits: { eventFilter: (event) => entryOf(event)?.kind !== "closed" },
      moreLinkContent: (info) => `+${info.num}`,
      nowIndicator: true,
      pointer: false,
      scrollTime: settings.scroll,
      select: (info) => take(info),
      selectable: settings.mayBlock && settings.view !== "month",
      selectMinDistance: 6,
      slotDuration: "00:30",
      slotHeight: 28,
      slotLabelInterval: "01:00",
      slotLabelFormat: { hour: "2-digit", minute: "2-digit" },
      slotMinTime: settings.opens,
      slotMaxTime: settings.closes,
      slotWidth: 64,
      snapDuration: "00:05",
      slotEventOverlap: false,
    },
  );

  const feeder = new Feeder(settings.feed, (feed) => draw(feed));
  const refresh = (): void => {
    feeder.forget();
    void ask();
  };

  async function ask(): Promise<void> {
    if (isDragging || document.hidden) return;
    try {
      await feeder.ask();
      root.classList.remove("is-stale");
    } catch {
      root.classList.add("is-stale");
      notes.say(words["unreachable"] ?? "", [{ says: words["again"] ?? "", run: refresh }], true);
    }
  }

  const reach = (id: string): HTMLElement | null =>
    root.querySelector<HTMLElement>(`.entry[data-id="${CSS.escape(id)}"]`);

  function draw(feed: Feed): void {
    const active = document.activeElement;
    const id = active instanceof HTMLElement ? active.dataset["id"] : undefined;
    // Whoever was at an entry is there again when it has been drawn anew.
    if (id !== undefined && root.contains(active)) {
      window.setTimeout(() => {
        if (document.activeElement === document.body) reach(id)?.focus({ preventScroll: true });
      });
    }
    names.clear();
    for (const one of feed.resources) names.set(one.id, one.title);
    calendar.setOption("timeZone", feed.offset);
    calendar.setOption("resources", feed.resources);
    calendar.setOption("allDaySlot", feed.entries.some((entry) => entry.allDay));
    calendar.setOption("events", feed.entries.map(shown));
    root.removeAttribute("aria-busy");
    // Where nothing stands in it, it is scrolled by keyboard all the same.
    const scrolled = root.querySelector<HTMLElement>(".ec-main");
    if (scrolled !== null) scrolled.tabIndex = 0;
  }

  function choose(entry: Entry | undefined, element: HTMLElement): void {
    if (entry === undefined || entry.href === "") return;
    for (const one of root.querySelectorAll(".is-chosen")) one.classList.remove("is-chosen");
    element.classList.add("is-chosen");
    void panel.open(entry.href, () => reach(entry.id));
  }

  function take(info: Calendar.SelectInfo): void {
    const url = new URL(settings.block, location.href);
    // The end of whole days is the day after them.
    url.searchParams.set("starts", info.startStr);
    url.searchParams.set("ends", info.endStr);
    url.searchParams.set("is_days", info.allDay ? "1" : "");
    if (info.resource !== undefined) url.searchParams.set("resource", info.resource.id);
    calendar.unselect();
    void panel.open(url.href, () => null);
  }

  async function drop(info: Calendar.EventDropInfo): Promise<void> {
    const entry = entryOf(info.event);
    if (entry === undefined) return;
    const wish: Wish = {
      booking_id: entry.id,
      version: entry.version,
      shift: { days: info.delta.days, seconds: info.delta.seconds },
    };
    if (info.oldResource !== undefined && info.newResource !== undefined) {
      wish.from_resource = info.oldResource.id;
      wish.to_resource = info.newResource.id;
    }
    await ask_for(wish, info.revert, entry);
  }

  async function stretch(info: Calendar.EventResizeInfo): Promise<void> {
    const entry = entryOf(info.event);
    if (entry === undefined) return;
    const { days, seconds } = info.endDelta;
    const wish: Wish = {
      booking_id: entry.id,
      version: entry.version,
      stretch: { days, seconds },
    };
    await ask_for(wish, info.revert, entry);
  }

  async function ask_for(wish: Wish, revert: () => void, entry: Entry): Promise<void> {
    let answer: Response;
    try {
      answer = await fetch(settings.move, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Holdfast-Token": settings.token },
        body: JSON.stringify(wish),
      });
    } catch {
      revert();
      notes.say(words["unreachable"] ?? "", [], true);
      return;
    }
    if (answer.ok) {
      const moved = (await answer.json()) as Moved;
      const undo = opposite(wish, moved.version);
      const actions: Action[] =
        undo === null
          ? []
          : [{ says: words["undo"] ?? "", run: () => void ask_for(undo, () => {}, entry) }];
      notes.say(moved.says, actions);
      refresh();
      return;
    }
    revert();
    const back = root.querySelector(`[data-id="${CSS.escape(entry.id)}"]`);
    back?.closest(".ec-event")?.classList.add("is-refused");
    const refused = (await answer.json().catch(() => null)) as Refused | null;
    const others = (refused?.alternatives ?? []).map((one) => ({
      says: one.says,
      run: () => {
        const { booking_id, version } = wish;
        const other: Wish = { booking_id, version, starts_at: one.starts_at, slot_id: one.slot_id };
        void ask_for(other, () => {}, entry);
      },
    }));
    if (refused?.mayInsist === true && wish.insists !== true) {
      const again = { ...wish, insists: true };
      others.push({ says: words["insist"] ?? "", run: () => void ask_for(again, () => {}, entry) });
    }
    notes.say(refused?.says ?? words["unreachable"] ?? "", others, true);
    refresh();
  }

  const help = document.querySelector<HTMLDialogElement>("#calendar-keys");
  listen({
    root,
    links: settings.links,
    help,
    close: () => {
      if (help?.open || !panel.isOpen) return false;
      panel.close();
      return true;
    },
  });
  for (const place of document.querySelectorAll<HTMLElement>("[data-help]")) {
    const button = document.createElement("button");
    const key = document.createElement("kbd");
    button.type = "button";
    button.className = "quiet-link";
    key.textContent = "?";
    button.append(place.dataset["help"] ?? "", " ", key);
    button.addEventListener("click", () => help?.showModal());
    place.replaceChildren(button);
  }
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-filters]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  document.addEventListener("visibilitychange", () => void ask());
  window.setInterval(() => void ask(), REFRESH_MS[settings.view] ?? REFRESH_A_DAY_MS);
  void ask();
  if (settings.chosen !== "") void panel.open(settings.chosen);
}

function shown(entry: Entry): Calendar.EventInput {
  return {
    id: entry.id,
    start: entry.start,
    end: entry.end,
    allDay: entry.allDay,
    resourceIds: entry.resourceIds,
    title: entry.title,
    display: entry.kind === "closed" ? "background" : "auto",
    startEditable: entry.mayMove,
    durationEditable: entry.mayStretch,
    extendedProps: { entry },
  };
}

function classes(entry: Entry | undefined): string[] {
  if (entry === undefined) return ["is-drawing"];
  return [`is-${entry.kind}`, `is-${entry.status}`, entry.mayMove ? "is-movable" : "is-fixed"];
}

/** Writes an entry: its time, whose it is, of what; the status by a shape beside its colour. */
function content(
  info: Calendar.EventContentInfo,
  words: Record<string, string>,
  names: Map<string, string>,
): Calendar.Content | undefined {
  const entry = entryOf(info.event);
  if (entry === undefined || entry.kind === "closed") return undefined;
  const line = (tag: string, name: string, said: string): HTMLElement => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = said;
    return made;
  };
  const button = document.createElement("button");
  button.type = "button";
  button.className = "entry";
  const time = info.event.allDay ? (words["all_day"] ?? "") : info.timeText;
  const serving = entry.resourceIds.map((id) => names.get(id) ?? "");
  const said = [time, entry.title, entry.more, entry.word, ...serving].filter((one) => one !== "");
  button.setAttribute("aria-label", said.join(", "));
  button.dataset["starts"] = entry.start;
  button.dataset["id"] = entry.id;
  if (!info.event.allDay) button.append(line("time", "entry-time", info.timeText));
  button.append(line("span", "entry-title", entry.title || entry.word));
  if (entry.more !== "") button.append(line("span", "entry-more", entry.more));
  button.append(line("span", "entry-word", entry.word));
  return { domNodes: [button] };
}

/** The button inside is what is reached and read; what is around it is only drawn. */
function describe(info: Calendar.EventDidMountInfo): void {
  info.el.setAttribute("role", "presentation");
  info.el.removeAttribute("tabindex");
  if (entryOf(info.event)?.kind === "closed") info.el.setAttribute("aria-hidden", "true");
}

/** The library calls its grid a table, which it is not: every entry says its time and place. */
function plain(root: HTMLElement): void {
  const roles = ["table", "rowgroup", "row", "cell", "columnheader", "rowheader"];
  const wrong = roles.map((role) => `[role=${role}]`).join();
  const mend = (): void => {
    for (const one of root.querySelectorAll(wrong)) {
      for (const name of ["role", "aria-colindex", "aria-colspan"]) one.removeAttribute(name);
    }
  };
  new MutationObserver(mend).observe(root, { childList: true, subtree: true });
}

function opposite(wish: Wish, version: number): Wish | null {
  const { shift, stretch, from_resource, to_resource } = wish;
  if (shift === undefined && stretch === undefined) return null;
  const back = (one: Shift): Shift => ({ days: -one.days, seconds: -one.seconds });
  return {
    booking_id: wish.booking_id,
    version,
    ...(shift === undefined ? {} : { shift: back(shift) }),
    ...(stretch === undefined ? {} : { stretch: back(stretch) }),
    ...(from_resource === undefined || to_resource === undefined
      ? {}
      : { from_resource: to_resource, to_resource: from_resource }),
  };
}

for (const root of document.querySelectorAll<HTMLElement>("#calendar[data-settings]")) start(root);
