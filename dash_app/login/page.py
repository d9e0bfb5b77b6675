"""The login page: static HTML without a script, with one form for a password or for a one-time link."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from dash_app.built_files import login_style_sheet
from engine.model.settings import Settings

WRONG_PASSWORD = "Wrong password."
WRONG_LINK = "This link has been used, or is too old. Make a new one with dashboard login-link."
LOGGED_OUT = "You are logged out."

_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Log in · Dashboard</title>
    <link rel="icon" type="image/svg+xml" href="{base}/assets/favicon.svg">
    <link rel="stylesheet" href="{base}/assets/{style}">
  </head>
  <body>
    <main>
      <p class="brand"><span class="brand-mark" aria-hidden="true"></span>Dashboard</p>
      <h1>Log in</h1>
      {message}
      {form}
    </main>
  </body>
</html>
"""

_FORM = """<form method="post" action="{base}/login">
        <input type="hidden" name="next" value="{after}">
        {fields}
        <button type="submit">Log in</button>
      </form>"""

_PASSWORD = """<label for="password">Password</label>
        <input type="password" id="password" name="password" autocomplete="current-password" required
          maxlength="1024" autofocus{described}>"""

_CODE = """<p>This link logs in this browser, once.</p>
        <input type="hidden" name="code" value="{code}">"""

_AT_THE_PROXY = '<p class="quiet">Your way in is the proxy in front of this dashboard.</p>'


@dataclass(frozen=True)
class LoginForm:
    """What the page shows: ``after`` is where the login leads, ``code`` that of a link, empty without."""

    after: str
    code: str = ""
    message: str = ""
    is_wrong: bool = False


def login_page(settings: Settings, form: LoginForm) -> str:
    """Return the login page."""
    base = settings.base_path
    message = ""
    if form.message:
        attributes = 'class="wrong" role="alert"' if form.is_wrong else 'class="quiet" role="status"'
        message = f'<p id="message" {attributes}>{escape(form.message)}</p>'
    if form.code:
        fields = _CODE.format(code=escape(form.code))
    else:
        described = ' aria-invalid="true" aria-describedby="message"' if form.is_wrong else ""
        fields = _PASSWORD.format(described=described)
    shown = _FORM.format(base=base, after=escape(form.after), fields=fields)
    if not form.code and not settings.has_password:
        shown = _AT_THE_PROXY
    return _DOCUMENT.format(base=base, style=login_style_sheet(), message=message, form=shown)


def wait_message(seconds: int) -> str:
    """Return what is said after too many attempts."""
    return f"Too many attempts. Try again in {seconds} s."
