"""One host and one origin have one spelling, and what is neither is known as such."""

from __future__ import annotations

import pytest

from engine.model.places.addresses import host_name, host_of, ip_of, origin_of, read_origin, split_authority


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("LocalHost", "localhost"),
        ("dash.example.org.", "dash.example.org"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("", None),
        (".", None),
        ("a..b", None),
        ("a b", None),
        ("*", None),
        ("[::1", "::1"),
        ("1:2", None),
        ("[fe80::1%25eth0]", None),
        ("bücher.example", None),
    ],
)
def test_a_host_has_one_spelling(text: str, host: str | None) -> None:
    assert host_name(text) == host


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("localhost", ("localhost", None)),
        ("localhost:8050", ("localhost", 8050)),
        ("[::1]:80", ("::1", 80)),
        ("::1", None),
        ("localhost:", None),
        ("localhost:0", None),
        ("localhost:65536", None),
        ("localhost:80:80", None),
        ("user@localhost", None),
        ("localhost/x", None),
        ("localhost#", None),
        ("localhost\n", None),
        (" localhost", None),
        ("localhost,evil.example", None),
        ("localhost:٨٠", None),
        ("", None),
        ("a" * 254, None),
    ],
)
def test_an_authority_is_a_host_and_perhaps_a_port(text: str, authority: object) -> None:
    assert split_authority(text) == authority


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("HTTPS://Dash.Example.org:443/", "https://dash.example.org"),
        ("http://dash.example.org:80", "http://dash.example.org"),
        ("https://dash.example.org:80", "https://dash.example.org:80"),
        ("http://[::1]:8050", "http://[::1]:8050"),
        ("null", None),
        ("dash.example.org", None),
        ("ftp://dash.example.org", None),
        ("https://dash.example.org/path", None),
        ("https://dash.example.org//", None),
        ("https://", None),
        ("https://a@b", None),
    ],
)
def test_an_origin_has_one_spelling(text: str, origin: str | None) -> None:
    assert read_origin(text) == origin


def test_the_host_of_an_origin_is_spelt_as_that_of_a_request() -> None:
    assert host_of("https://dash.example.org:8443") == "dash.example.org"
    assert host_of(origin_of("http", "::1", 8050)) == "::1"


def test_a_name_has_no_address_and_ipv4_within_ipv6_is_ipv4() -> None:
    assert ip_of("localhost") is None
    assert str(ip_of("::ffff:127.0.0.1")) == "127.0.0.1"
