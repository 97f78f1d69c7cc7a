"""A receiver that answers as slowly as it can holds nobody up for long."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from remit.adapters.channels import post
from remit.model.errors import Unavailable


def test_an_answer_that_comes_a_letter_at_a_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "_DEADLINE_SECONDS", 0.2)
    sent = 0
    gone = threading.Event()

    def drip(listening: socket.socket) -> None:
        nonlocal sent
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.recv(65_536)
            taken.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n")
            while sent < 400 and not gone.wait(0.05):
                taken.sendall(b"x")
                sent += 1

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=(listening,))
        dripping.start()
        with pytest.raises(Unavailable, match=r"refused the message with status 500: x+"):
            post.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {})
        gone.set()
        dripping.join(60)
    assert 0 < sent < 400
