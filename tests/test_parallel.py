"""Results in order, and no more pixels at a time than fit."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti import parallel
from smalti.parallel import PixelBudget, StoppedError, in_order, usable_cpus


class Watched:
    """Work that takes room for as many pixels as its task says; None for no room."""

    def __init__(self, limit):
        self.inside = []
        self.entered = []
        self.most = []
        self.lock = threading.Lock()
        self.limit = limit

    def __call__(self, turn, pixels, budget):
        budget._limit = self.limit
        if pixels is None:
            return turn
        budget.enter(turn, pixels)
        with self.lock:
            self.entered.append(turn)
            self.inside.append(pixels)
            self.most.append(list(self.inside))
        time.sleep(0.0005)
        with self.lock:
            self.inside.remove(pixels)
        budget.leave(pixels)
        return turn


_TASKS = st.lists(st.none() | st.integers(0, 30), max_size=30)


@given(tasks=_TASKS, jobs=st.integers(1, 6))
def test_files_are_let_in_in_order_while_there_is_room(tasks, jobs):
    watched = Watched(limit=20)
    assert list(in_order(tasks, watched, jobs)) == list(range(len(tasks)))
    assert watched.entered == [turn for turn, pixels in enumerate(tasks) if pixels is not None]
    for inside in watched.most:
        taking = [pixels for pixels in inside if pixels]
        assert sum(taking) <= 20 or len(taking) == 1


def test_no_more_is_begun_than_may_be_ahead():
    begun = []

    def work(turn, _task, _budget):
        begun.append(turn)
        return turn

    results = in_order(iter(range(10_000)), work, 2)
    assert next(results) == 0
    time.sleep(0.1)
    assert max(begun) <= parallel._LOOK_AHEAD
    results.close()
    assert len(begun) < 10_000


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_is_raised_in_its_turn(jobs):
    def work(turn, _task, _budget):
        if turn == 3:
            raise ZeroDivisionError
        return turn

    results = in_order(range(9), work, jobs)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_one_job_works_on_the_thread_of_the_caller():
    def work(_turn, _task, _budget):
        return threading.current_thread()

    assert set(in_order(range(3), work, 1)) == {threading.current_thread()}
    assert threading.current_thread() not in set(in_order(range(3), work, 2))


def test_who_waits_for_room_is_told_of_the_end():
    budget = PixelBudget(10)
    budget.enter(0, 10)
    ended = []

    def wait():
        try:
            budget.enter(1, 5)
        except StoppedError:
            ended.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    budget.stop()
    thread.join(5)
    assert ended == [True]
    assert budget.is_stopped


def test_a_timeout_of_the_work_is_no_timeout_of_waiting(monkeypatch):
    monkeypatch.setattr(parallel, "_INTERVAL", 0.001)

    def work(_turn, _task, _budget):
        time.sleep(0.01)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        list(in_order(range(2), work, 2))


def test_there_is_a_processor():
    assert usable_cpus() >= 1
