"""Where ``dashboard serve`` listens: on one address, or on every address of both families."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.cli.listening import listen
from engine.model.errors import SettingError
from tests.engine.programs import free_port
from tests.engine.source_database import settings_of


def reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "over_ipv4", "over_ipv6"),
    [("127.0.0.1", True, False), ("0.0.0.0", True, False), ("::1", False, True), ("::", True, True)],
)
def test_it_listens_on_the_families_of_its_address(host: str, over_ipv4: bool, over_ipv6: bool) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6; run the tests where it has")
    port = free_port()
    with listen(settings_of(Path("sites.db"), DASHBOARD_HOST=host, PORT=str(port))):
        assert (reached("127.0.0.1", port), reached("::1", port)) == (over_ipv4, over_ipv6)


def test_without_ipv6_every_address_is_every_one_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    port = free_port()
    with listen(settings_of(Path("sites.db"), DASHBOARD_HOST="::", PORT=str(port))) as listener:
        assert listener.family == socket.AF_INET
        assert reached("127.0.0.1", port)


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SettingError, match=rf"^127\.0\.0\.1:{port}: cannot listen there \(Address already"
        ):
            listen(settings_of(Path("sites.db"), PORT=str(port)))
