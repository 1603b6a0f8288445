import pickle

import pytest

from smalti import exceptions
from smalti.exceptions import Advice, OptionsError, SmaltiError

# OptionsError words its sentence itself for the command line.
ERRORS = [
    error
    for error in vars(exceptions).values()
    if isinstance(error, type) and issubclass(error, SmaltiError) and error is not OptionsError
]


@pytest.mark.parametrize("error", ERRORS)
def test_advice_is_for_who_reads_it(error):
    raised = error("a: exists; use", advice=Advice(python="overwrite=True", command_line="--force"))
    assert str(raised) == "a: exists; use overwrite=True"
    assert raised.command_line == "a: exists; use --force"
    named = raised.of("b")
    assert type(named) is error
    assert str(named) == "b: a: exists; use overwrite=True"
    assert named.command_line == "b: a: exists; use --force"


@pytest.mark.parametrize("error", ERRORS)
def test_a_sentence_alone_is_for_both(error):
    assert str(error("a: is odd")) == error("a: is odd").command_line == "a: is odd"


@pytest.mark.parametrize("error", ERRORS)
def test_errors_come_whole_out_of_other_processes(error):
    raised = error("use", advice=Advice(python="this", command_line="that"))
    stored = pickle.loads(pickle.dumps(raised))
    assert (str(stored), stored.command_line) == ("use this", "use that")
