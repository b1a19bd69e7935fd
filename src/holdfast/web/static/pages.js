// What a script adds to pages that work without one: no full reloads, a countdown, your own zone.
const page = () => document.getElementById("page");
const wait = document.querySelector("[data-wait]");
let asked = 0;

// Links and forms marked data-swap: only the page's content is exchanged.
async function swap(url, { body = null, isBack = false } = {}) {
  const mine = ++asked;
  page().setAttribute("aria-busy", "true");
  const slow = setTimeout(() => { wait.hidden = false; }, 700);
  try {
    const answer = await fetch(url, {
      method: body === null ? "GET" : "POST",
      body,
      headers: { Accept: "text/html" },
    });
    const text = await answer.text();
    if (mine !== asked) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const content = fresh.getElementById("page");
    if (content === null) throw new Error("not a page of ours");
    const isMoved = body === null || answer.redirected;
    if (isMoved && !isBack) history.pushState({}, "", answer.url);
    document.title = fresh.title;
    document.querySelector(".top").replaceWith(fresh.querySelector(".top"));
    const kept = !answer.redirected && body === null ? window.scrollY : 0;
    page().replaceWith(content);
    begin();
    show(content, kept, body !== null);
  } catch {
    if (mine !== asked) return;
    if (body === null) location.href = url;
    else location.reload();
  } finally {
    clearTimeout(slow);
    if (mine === asked) {
      wait.hidden = true;
      page().removeAttribute("aria-busy");
    }
  }
}

// After a change, whoever listens or uses the keyboard is where the news is.
function show(content, top, isForm) {
  const news = content.querySelector("[role=alert] [data-focus]") ?? content.querySelector("[data-focus]");
  (news ?? content).focus({ preventScroll: true });
  window.scrollTo(0, top);
  if (top === 0) tell({ holdfast: "top" });
  if (news !== null && !isForm) {
    const box = news.getBoundingClientRect();
    if (box.bottom > window.innerHeight) news.scrollIntoView({ block: "start", behavior: calm() });
  }
}

const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (link === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  swap(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-swap]")) return;
  event.preventDefault();
  const by = event.submitter;
  const said = new URLSearchParams(new FormData(form, by));
  const action = by?.hasAttribute("formaction") ? by.formAction : form.action;
  if (form.method === "get") {
    for (const [name, value] of [...said]) if (value === "") said.delete(name, value);
    const url = new URL(action);
    for (const [name, value] of url.searchParams) if (!said.has(name)) said.append(name, value);
    url.search = said.toString();
    swap(url.href);
  } else {
    swap(action, { body: said });
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form !== null) form.requestSubmit();
});

window.addEventListener("popstate", () => swap(location.href, { isBack: true }));

// The countdown: figures every second for the eye, words once a minute for the ear.
let ticking = 0;
function countDown() {
  clearInterval(ticking);
  const bar = document.querySelector("[data-kept]");
  if (bar === null) return;
  const until = performance.now() + Number(bar.dataset.left) * 1000;
  const figure = bar.querySelector("[data-tick]");
  const words = bar.querySelector("[data-said]");
  let said = -1;
  const tick = () => {
    const left = Math.max(0, Math.round((until - performance.now()) / 1000));
    const minutes = Math.floor(left / 60);
    figure.textContent = `· ${minutes}:${String(left % 60).padStart(2, "0")}`;
    bar.classList.toggle("soon", left <= 60);
    const whole = Math.ceil(left / 60);
    if (whole !== said && left > 0) {
      if (said !== -1) words.textContent = whole === 1 ? words.dataset.one : words.dataset.many.replace("{n}", whole);
      said = whole;
    }
    if (left === 0) {
      clearInterval(ticking);
      setTimeout(runOut, 1500);
    }
  };
  tick();
  ticking = setInterval(tick, 1000);
}

// What was typed goes along, so that nothing is lost when the time is over.
function runOut() {
  const form = document.getElementById("details");
  if (form === null) return;
  // An invitation has nothing that could be lost: the page shows how it stands.
  if (document.getElementById("email") === null) return void swap(location.href, { isBack: true });
  const more = `${form.action}/more`;
  const said = new URLSearchParams(new FormData(form));
  said.set("over", "1");
  swap(more, { body: said });
}

// The visitor's own zone, told to the server once; it is asked for again only if it differs.
function tellZone() {
  const shown = document.querySelector("[data-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (shown === null || !own || /(?:^|; )holdfast_zone=/.test(document.cookie)) return;
  if (own === shown.dataset.zone || shown.dataset.told) return;
  shown.dataset.told = "yes";
  const url = new URL(location.href);
  url.searchParams.set("zone", own);
  const before = asked;
  fetch(url, { headers: { Accept: "text/html" } }).then(() => {
    // Whoever has chosen something meanwhile is not taken back from it.
    if (asked === before) swap(location.href, { isBack: true });
  });
}

// In a frame on another site, that site is told how high the page is: nothing else.
const tell = (said) => window.parent !== window && window.parent.postMessage(said, "*");
if (window.parent !== window) {
  const grown = () => tell({ holdfast: "size", height: document.body.scrollHeight });
  new ResizeObserver(grown).observe(document.body);
}

function begin() {
  countDown();
}
begin();
tellZone();
