"""What one process writes the other reads whole, and nothing outlives them."""

import os
from pathlib import Path
import threading

import numpy as np
import pytest

from vla_ros.runtime.mailbox import Busy, Mailbox, Memory


@pytest.fixture
def section():
    return Memory(1 << 12).section(2, 3, (5, 20))


def test_values_come_back(section):
    assert section.version == 0
    section.write((1, -2), [0.5, np.nan], ('ab', 'grün'))
    ints, floats, texts = section.read()
    assert ints == [1, -2]
    assert floats[0] == 0.5
    assert np.isnan(floats[1])
    assert texts == ['ab', 'grün']


def test_a_text_too_long_is_cut_between_characters(section):
    section.write(texts=('aaaaü',))
    assert section.read()[2][0] == 'aaaa'


def test_an_unfinished_write_is_noticed(section):
    section.write((1,))
    section._sequence[0] += 1
    assert section.poll(-1) is None
    with pytest.raises(Busy, match='half written'):
        section.read()


def test_poll_gives_each_version_once(section):
    section.write((7,))
    version, (ints, _, _) = section.poll(0)
    assert ints[0] == 7
    assert section.poll(version) is None


def test_a_reader_never_sees_half_a_write(section):
    stop = threading.Event()

    def write():
        k = 0
        while not stop.is_set():
            k += 1
            section.write((k, k), [k] * 3, (str(k % 10) * 5,))

    writer = threading.Thread(target=write)
    section.write((0, 0), [0] * 3, ('00000',))
    writer.start()
    try:
        for _ in range(3000):
            ints, floats, texts = section.read()
            assert ints[0] == ints[1] == floats[0] == floats[2]
            assert texts[0] == str(ints[0] % 10) * 5
    finally:
        stop.set()
        writer.join()


def test_another_mapping_sees_it_and_no_file_is_left():
    mine = Mailbox()
    other = Mailbox(os.dup(mine.memory.fd))
    mine.posted.write((3,))
    assert other.posted.integer() == 3
    # No name anywhere: nothing can be left. (What else is in /dev/shm comes and goes with others.)
    assert str(Path(f'/proc/self/fd/{mine.memory.fd}').readlink()).startswith('/memfd:')
    mine.close()
    other.close()
