import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.commands.serve import to_address
from tests.server.shell import Shell


@pytest.fixture
def server(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A server on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--port", "0"],
        env=os.environ | {"PAGELOOM_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(Path(__file__).parents[3])},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def test_serves_until_interrupted(server: "subprocess.Popen[str]") -> None:
    """The real port is printed on stderr once requests are answered; Ctrl-C ends the server in order."""
    assert server.stderr
    told = re.fullmatch(r"pageloom: listening on (http://127\.0\.0\.1:\d+)\n", server.stderr.readline())
    assert told
    with urllib.request.urlopen(told[1] + "/healthz", timeout=10) as response:  # noqa: S310 - our own server
        health = json.load(response)
    server.send_signal(signal.SIGINT)
    out, err = server.communicate(timeout=30)

    assert health == {"status": "ok"}
    assert (server.returncode, out, err) == (130, "", "pageloom: interrupted; finished work is kept\n")


def test_says_that_a_port_is_taken(tmp_path: Path) -> None:
    """A port that another program listens on is one line with a way on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = Shell(tmp_path).run("serve", "--port", str(port))

    assert (result.status, result.out) == (1, "")
    reason = f"cannot listen on 127.0.0.1 port {port} (Address already in use)"
    assert result.err == f"pageloom: error: {reason}; choose another with --host or --port\n"


def test_does_not_start_over_a_foreign_store(tmp_path: Path) -> None:
    """What keeps the service from opening is said before anything listens."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pageloom.sqlite").write_text("something else")

    result = Shell(tmp_path).run("serve", "--port", "0")

    assert result.status == 1
    assert "is not a store of Pageloom" in result.err
    assert "listening" not in result.err


def test_fails_when_the_application_does_not_start(tmp_path: Path) -> None:
    """A server that ends before it answers has failed."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "incoming").write_text("in the way of uploads")

    result = Shell(tmp_path).run("serve", "--port", "0")

    assert result.status == 1
    assert "listening" not in result.err


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_writes_addresses_of_version_6() -> None:
    """The numbers of an IPv6 address stand in brackets."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        assert to_address(listener) == f"http://[::1]:{listener.getsockname()[1]}"
