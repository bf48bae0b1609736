"""The live table shows whatever people and models write, as they wrote it."""

from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from vla_ros.bench.table import Board
from vla_ros.core.data import ExecutionStatus, Mode, Pose


POSE = Pose(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))
STATUS = ExecutionStatus(
    stamp=0, mode=Mode.RUN, cause='', instruction='', chunk_seq=1, chunk_step=0, queue_seconds=1.0,
    chunk_age=0.1, latent_age=0.1, ticks=1, deadline_misses=0, tick_p50=0.0, tick_p99=0.0,
    latency_p50=0.0, latency_p99=0.0, seam_jump=0.0, delay=0, refused_chunks=1, refused_targets=0,
    last_refusal='[/b] refused', commanded=POSE, measured=POSE, gripper_command=0.0, gripper=0.0,
)  # fmt: skip


@pytest.mark.parametrize('text', ['pick [/red] it', '[bold]pick', 'pick\nit', '猫 ' * 1300])
def test_brackets_and_lines_of_a_text_are_no_markup(text):
    board = Board()
    board.status, board.subgoal = replace(STATUS, instruction=text), text
    board.results.append((text, text, '1.0 s'))
    console = Console(width=80, record=True)
    console.print(board.render(0))
    shown = ''.join(console.export_text().split())
    assert ''.join(text.split())[:20] in shown and '[/b]refused' in shown
