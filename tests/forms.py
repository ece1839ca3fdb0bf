"""Pages without JavaScript: what a browser would send with a form of a page."""

from html.parser import HTMLParser


class Forms(HTMLParser):
    """The forms of a page, each as ``(action, {name: value})``; of the values those that a browser
    sends when nobody touches them."""

    def __init__(self, html: str):
        super().__init__()
        self.found, self._select, self._option, self._area = [], None, None, None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            self.found.append((given.get("action") or "", {}))
        if not self.found:
            return
        values, name = self.found[-1][1], given.get("name")
        if tag == "input" and name and given.get("type") not in ("submit", "button", "file"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                _add(values, name, given.get("value") or ("on" if "checked" in given else ""))
        elif tag == "button" and "formaction" in given:  # sends the same elsewhere
            self.found.insert(-1, (given["formaction"], dict(values)))
        elif tag == "textarea" and name:
            self._area, values[name] = name, ""
        elif tag == "select" and name:
            self._select = (name, "multiple" in given)
        elif tag == "option" and self._select:
            name, many = self._select
            if "selected" in given or (not many and name not in values):
                if not many:
                    values.pop(name, None)
                _add(values, name, given.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None

    def handle_data(self, data):
        if self._area:
            self.found[-1][1][self._area] += data.removeprefix("\n") if data else ""


def _add(values, name, value):
    """Of several of one name the browser sends each."""
    if name not in values:
        values[name] = value
    else:
        before = values[name] if isinstance(values[name], list) else [values[name]]
        values[name] = [*before, value]


def submit(client, page: str, action: str = "", having: str = "", **changed):
    """Sends the form of ``page`` with that action, or that has a field of the name ``having``, as
    it stands but for what is ``changed``. Asserts that it was taken: what is wrong comes back as a
    page."""
    shown = client.get(page)
    assert shown.status_code == 200, (page, shown.status_code)
    forms = Forms(shown.content.decode()).found
    (form,) = [
        values
        for path, values in forms
        if (not action or path.endswith(action)) and (not having or having in values)
    ][:1]
    path = next(path for path, values in forms if values is form) or page
    answer = client.post(path, form | changed)
    assert answer.status_code == 302, answer.content.decode()[:4000]
    return answer
