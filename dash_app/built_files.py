"""The built front end: the folder of scripts and styles that pages load, and whether it is there.

A wheel carries it. A checkout makes it from ``dash_app/frontend``; nothing here needs that folder.
"""

from __future__ import annotations

from pathlib import Path

from engine.model.errors import DashboardError

ASSETS = Path(__file__).parent / "assets"
LOGIN_STYLES = "login-*.css"
_PARTS = (
    "dashboard-*.js",
    "sources-*.js",
    "drawer-*.js",
    "plotly-*.js",
    "style-*.css",
    LOGIN_STYLES,
    "favicon.svg",
)


def require_built_files() -> None:
    """Raise DashboardError if the front end is not built."""
    missing = [part for part in _PARTS if not any(ASSETS.glob(part))]
    if missing:
        raise DashboardError(
            ASSETS,
            f"the front end is not built ({missing[0]} is missing)",
            "run `make frontend` in the checkout",
        )


def login_style_sheet() -> str:
    """Return the file name of the login page's style sheet. Raises DashboardError if it is not built."""
    require_built_files()
    return next(ASSETS.glob(LOGIN_STYLES)).name


def style_sheet() -> str:
    """Return the style sheet of the pages. Raises DashboardError if it is not built."""
    require_built_files()
    return next(ASSETS.glob("style-*.css")).read_text(encoding="utf-8")


def style_sheet_name() -> str:
    """Return the file name of the pages' style sheet. Raises DashboardError if it is not built."""
    require_built_files()
    return next(ASSETS.glob("style-*.css")).name


def all_sources_script() -> str:
    """Return the file name of the script of the page of all sources. Raises DashboardError."""
    require_built_files()
    return next(ASSETS.glob("sources-*.js")).name


def packed_file(name: str) -> bytes | None:
    """Return a built script or style sheet as packed by Brotli; None if there is no such file."""
    path = ASSETS / f"{name}.br"
    return path.read_bytes() if path.is_file() else None


def plotly_script() -> str:
    """Return the file name of Plotly. Raises DashboardError if it is not built."""
    require_built_files()
    return next(ASSETS.glob("plotly-*.js")).name
