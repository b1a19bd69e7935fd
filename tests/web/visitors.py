"""A visitor without scripts: opens addresses, follows links, fills in forms, and keeps cookies."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

BASE = "http://shop.test"
VOID = frozenset({"input", "meta", "link", "img", "br", "path", "rect", "circle"})


@dataclass(slots=True, kw_only=True)
class Button:
    """A button: its name and value, its words, and its form."""

    name: str
    value: str
    words: str
    form: Form
    action: str | None


@dataclass(slots=True, kw_only=True)
class Form:
    """A form: where it goes, and what stands in it."""

    form_id: str
    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Anchor:
    """A link: where it leads and what it says."""

    href: str
    words: str
    label: str


class Page(HTMLParser):
    """A page as a browser without scripts reads it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.forms: list[Form] = []
        self.buttons: list[Button] = []
        self.anchors: list[Anchor] = []
        self.inline: list[str] = []
        self._words: list[str] = []
        self._inside: list[str] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self.feed(source)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        said = {name: value or "" for name, value in attrs}
        self.elements.append((tag, said))
        if tag not in VOID:
            self._inside.append(tag)
        if tag == "form":
            method, action = said.get("method", "get"), said.get("action", "")
            self._form = Form(form_id=said.get("id", ""), method=method, action=action)
            self.forms.append(self._form)
        elif tag == "a":
            label = said.get("aria-label", "")
            self.anchors.append(Anchor(href=said.get("href", ""), words="", label=label))
        elif tag == "button":
            self._note_button(said)
        elif tag == "input" and self._form is not None and said.get("name"):
            is_box = said.get("type") == "checkbox"
            if not is_box or "checked" in said:
                self._form.fields.append((said["name"], said.get("value", "")))
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and self._select and self._form is not None and "selected" in said:
            self._form.fields.append((self._select, said.get("value", "")))
        elif tag == "textarea" and self._form is not None:
            self._textarea = said["name"]
            self._form.fields.append((self._textarea, ""))

    def _note_button(self, said: dict[str, str]) -> None:
        form = self._form
        if "form" in said:  # it stands before its form
            form = Form(form_id=said["form"], method="post", action="")
        assert form is not None
        self.buttons.append(
            Button(
                name=said.get("name", ""),
                value=said.get("value", ""),
                words="",
                form=form,
                action=said.get("formaction"),
            )
        )

    def handle_endtag(self, tag: str) -> None:
        """Note where an element ends."""
        if tag in self._inside:
            while self._inside and self._inside.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        """Note words."""
        inside = self._inside[-1] if self._inside else ""
        if inside in {"script", "style"}:
            self.inline.append(data)
            return
        self._words.append(data)
        if "button" in self._inside:
            self.buttons[-1].words = " ".join(f"{self.buttons[-1].words} {data}".split())
        if "a" in self._inside:
            self.anchors[-1].words = " ".join(f"{self.anchors[-1].words} {data}".split())
        if self._textarea is not None and self._form is not None:
            self._form.fields[-1] = (self._textarea, data.removeprefix("\n"))

    def form(self, form_id: str) -> Form:
        """Return a form by its id."""
        return next(form for form in self.forms if form.form_id == form_id)

    def buttons_named(self, name: str) -> list[Button]:
        """Return the buttons of a name."""
        return [button for button in self.buttons if button.name == name]

    def button(self, words: str) -> Button:
        """Return the button that says something."""
        found = [button for button in self.buttons if words in button.words]
        assert found, f"no button says {words!r}; they say {[one.words for one in self.buttons]}"
        return found[0]

    def link(self, words: str) -> str:
        """Return where the link leads that says something."""
        found = [one.href for one in self.anchors if words in one.words or words in one.label]
        assert found, f"no link says {words!r}"
        return found[0]


class Visitor:
    """Somebody with a browser without scripts."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        language: str = "en-GB",
        address: str = "192.0.2.1",
        root_path: str = "",
        base: str = BASE,
    ) -> None:
        self._base = base
        self.client = TestClient(
            app,
            base_url=base,
            root_path=root_path,
            headers={"Accept-Language": language},
            client=(address, 50_000),
            follow_redirects=True,
        )
        self.status = 0
        self.url = ""
        self.headers: dict[str, str] = {}
        self.page = Page("")
        self._typed: dict[str, str] = {}

    def open(self, path: str, **query: object) -> Page:
        """Open an address."""
        url = f"{path}?{urlencode(query)}" if query else path
        return self._read(self.client.get(url))

    def follow(self, words: str) -> Page:
        """Follow the link that says something."""
        return self.open(self.page.link(words))

    def fill(self, **fields: str) -> None:
        """Type into fields."""
        self._typed.update(fields)

    def submit(self, form_id: str) -> Page:
        """Send a form by its id."""
        return self._send(self.page.form(form_id), [])

    def press(self, button: Button | str) -> Page:
        """Press a button."""
        found = self.page.button(button) if isinstance(button, str) else button
        form = found.form
        if form.form_id and not form.action:
            form = self.page.form(form.form_id)
        more = [(found.name, found.value)] if found.name else []
        return self._send(form, more, action=found.action)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        """Send whatever one likes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/x-www-form-urlencoded"
        return self._read(self.client.post(path, content=urlencode(fields), headers=named))

    def _send(self, form: Form, more: list[tuple[str, str]], action: str | None = None) -> Page:
        pairs = [(name, self._typed.get(name, value)) for name, value in form.fields] + more
        self._typed = {}
        target = urljoin(self.url or "/", action or form.action)
        body = urlencode(pairs)
        if form.method == "get":
            return self.open(f"{target.partition('?')[0]}?{body}")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self._base,
            "Sec-Fetch-Site": "same-origin",
        }
        return self._read(self.client.post(target, content=body, headers=headers))

    def _read(self, response: Response) -> Page:
        self.status = response.status_code
        self.url = str(response.url).removeprefix(self._base)
        self.headers = dict(response.headers)
        self.page = Page(response.text)
        return self.page
