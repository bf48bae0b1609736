"""The model card of a policy: what training and evaluation measured."""

import math
from pathlib import Path

from vla_ros.policies import PolicySpec
from vla_ros.policies.card import CARD, MEASURED, read_measured
from vla_ros.tabletop.language import FAMILIES
from vla_ros.tabletop.pocket.loop import Member, Run


_TEXT = """# {name}

A small policy for `{robot}`: a reasoner that reads an instruction and looks, and an expert that
moves. Both run on one CPU thread in ONNX Runtime. Trained by `vla_ros train` on simulated
demonstrations; weights hash `{hash}`.{shared}

| | |
|---|---|
| inputs | cameras {cameras} at {size} px, state ({state}), up to {words} words |
| output | {horizon} steps of {dt} s: tcp pose and gripper opening{arms} |
| demonstrations | {episodes} for training, {held} held out |
| steps | {steps} of batch {batch} |
| parameters | {parameters} |

## On held-out demonstrations

| figure | value |
|---|---|
{figures}

## Closed loop

{mark}

{measured}
"""

_FIGURES = {
    'object_mm': 'expert: error of the object position, mean, mm',
    'near_mm': 'the same with the hand above it, mean, mm',
    'target_mm': 'expert: error of the target position, mean, mm',
    'reasoner_mm': 'reasoner: error of all positions, mean, mm',
    'action_mm': 'action error over the whole chunk, mean, mm',
    'first_mm': 'action error over the first four steps, mean, mm',
    'gripper': 'opening error, fraction',
    'present_refused': 'present colours taken for absent, share',
    'absent_refused': 'absent colours recognised as absent, share',
    'text': 'noisy training wordings understood, share',
    'text_refused': 'meaningless instructions refused by the text alone, share',
    **{f'heldout_{family}': f'held-out wordings understood: {family}' for family in FAMILIES},
}


def write_card(folder: Path, spec: PolicySpec, run: Run, member: Member, figures: dict) -> None:
    """Write README.md; what evaluation wrote below its mark stays."""
    known = {k: figures[k] for k in _FIGURES if math.isfinite(figures.get(k, math.nan))}
    rows = [f'| {_FIGURES[k]} | {value:.4g} |' for k, value in known.items()]
    text = _TEXT.format(
        name=spec.name,
        shared=_shared(run, member),
        robot=spec.robot,
        hash=spec.hash,
        cameras=', '.join(spec.features.images),
        size=run.settings.net.image_size,
        state=2 * len(member.body.channels),
        arms=' of each arm' if member.body.arms > 1 else '',
        words=run.settings.net.tokens,
        horizon=run.settings.net.horizon,
        dt=spec.dt,
        episodes=member.sampler.demos.moving,
        held=member.held.demos.moving,
        steps=run.step,
        batch=run.settings.batch,
        parameters=sum(p.numel() for p in run.net.parameters()),
        figures='\n'.join(rows),
        mark=MEASURED,
        measured=read_measured(folder),
    )
    (folder / CARD).write_text(text.rstrip() + '\n', encoding='utf-8')


def _shared(run: Run, member: Member) -> str:
    """Return a sentence about the robots that the weights serve besides, '' if none."""
    others = [f'`{body.name}`' for body in run.bodies if body is not member.body]
    return f' The same weights serve {", ".join(others)}.' if others else ''
