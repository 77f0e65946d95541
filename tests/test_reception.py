"""What is told of an answer when it has left: nothing of it is lost when the process is asked to end."""

from __future__ import annotations

from threading import Thread
from typing import Any

from werkzeug.test import EnvironBuilder

from tests.desks import Desk, FakeClinic


def test_a_process_that_ends_waits_until_every_answer_is_told_of():
    desk = Desk(FakeClinic())
    reception: Any = desk.app.extensions["ldn-cds.reception"]
    answer = reception(EnvironBuilder(path="/version").get_environ(), lambda *_: None)
    assert b"ldn-cds" in b"".join(answer)
    assert reception.finish(within=0.01) is False, "it has left, and its line is not written"
    server = Thread(target=answer.close)
    server.start()
    assert reception.finish(within=10) is True
    server.join()
    assert [line["event"] for line in desk.log] == ["answered"]


def test_an_answer_that_could_not_be_told_of_keeps_no_process_from_ending(monkeypatch: Any):
    desk = Desk(FakeClinic())
    reception: Any = desk.app.extensions["ldn-cds.reception"]

    def fail(_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(reception, "_note", fail)
    answer = reception(EnvironBuilder(path="/version").get_environ(), lambda *_: None)
    b"".join(answer)
    answer.close()
    assert reception.finish(within=0.01) is True
    assert desk.log[-1]["event"] == "failed"
