"""Keys and terminals: on a real pseudo-terminal."""

import contextlib
import os
import pty
import termios

from hypothesis import given
from hypothesis import strategies as st
import pytest

from vla_ros.core.data import SECOND
from vla_ros.teleop.keys import HeldKeys, split
from vla_ros.teleop.terminal import Terminal


@pytest.fixture
def line():
    ours, theirs = pty.openpty()
    yield ours, theirs
    for fd in (ours, theirs):
        with contextlib.suppress(OSError):
            os.close(fd)


def modes(fd):
    return termios.tcgetattr(fd)[:4]


def test_keys_are_read_without_enter_and_the_terminal_is_given_back(line):
    ours, theirs = line
    before = modes(theirs)
    terminal = Terminal(theirs)
    local = modes(theirs)[3]
    assert not local & (termios.ICANON | termios.ECHO)
    assert local & termios.ISIG  # Ctrl-C still interrupts
    assert terminal.read() == ''  # never waits
    os.write(ours, b'ww\x1b[A')
    while len(text := terminal.read()) == 0:
        pass
    assert split(text) == ('w', 'w', 'up')
    os.write(ours, b'rm -rf x\n')  # what is hit after the end does not reach the shell
    terminal.close()
    assert modes(theirs) == before
    terminal.close()
    assert modes(theirs) == before


def test_what_is_no_terminal_is_refused(tmp_path):
    with (tmp_path / 'file').open('w') as file, pytest.raises(OSError, match='no terminal'):
        Terminal(file.fileno())


def test_a_terminal_that_is_gone_says_so(line):
    ours, theirs = line
    terminal = Terminal(theirs)
    os.close(ours)
    with pytest.raises(OSError):
        while True:
            terminal.read()
    terminal.close()


@given(st.text())
def test_any_text_is_split_into_names(text):
    assert all(name and name.isprintable() for name in split(text))


def test_control_sequences_are_one_key_each():
    sent = 'Wa \x1b[A\x1bOB\x1b[1;5C\x1b[3~\x1b\r\x03é'
    assert split(sent) == ('w', 'a', 'space', 'up', 'down', 'escape', 'enter', 'é')


def test_a_key_is_down_for_a_while_after_it_was_hit():
    keys = HeldKeys(0.2)
    keys.hit('w', 5 * SECOND)
    assert keys.down('w', 5 * SECOND) and keys.down('w', int(5.2 * SECOND))
    assert not keys.down('w', int(5.21 * SECOND)) and not keys.down('w', 4 * SECOND)
    assert not keys.down('s', 5 * SECOND)
    keys.clear()
    assert not keys.down('w', 5 * SECOND)
