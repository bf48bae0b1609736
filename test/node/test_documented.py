"""docs/interfaces.md names every topic, service and parameter, with the default that it has."""

import dataclasses
from pathlib import Path

import pytest

from vla_ros.ros import qos
from vla_ros.ros.nodes import control, detector, expert, reasoner, recorder, teleop
from vla_ros.ros.nodes.control import ControlNode
from vla_ros.tabletop import camera_node as camera
from vla_ros.tabletop import referee_node as referee


pytest.importorskip('mujoco')
TEXT = (Path(__file__).resolve().parents[2] / 'docs' / 'interfaces.md').read_text()
ROWS = [
    [cell.strip() for cell in line.strip('|').split('|')]
    for line in TEXT.splitlines()
    if line.startswith('| ')
]
CONFIGS = {
    'camera': camera.CameraConfig,
    'control': control.ControlConfig,
    'detector': detector.DetectorConfig,
    'expert': expert.ExpertConfig,
    'reasoner': reasoner.ReasonerConfig,
    'recorder': recorder.RecorderConfig,
    'referee': referee.RefereeConfig,
    'teleop': teleop.TeleopConfig,
}
FIELDS = [(node, field) for node, kind in CONFIGS.items() for field in dataclasses.fields(kind)]


def written(default):
    return {'': 'empty', 'True': 'true', 'False': 'false'}.get(str(default), str(default))


@pytest.mark.parametrize(('node', 'field'), FIELDS, ids=[f'{n}-{f.name}' for n, f in FIELDS])
def test_a_parameter_has_its_row(node, field):
    rows = [r for r in ROWS if r[1] == f'`{field.name}`' and node in r[0].split(', ')]
    assert [(row[2], row[4]) for row in rows] == [
        (written(field.default), field.metadata['description'])
    ]
    low, high = field.metadata['limits'] or ('', '')
    words = f'{low:g} to {"2^31 - 1" if high == 2**31 - 1 else f"{high:g}"}' if low != '' else ''
    assert rows[0][3] == words


def test_no_parameter_is_made_up():
    known = {(node, f'`{field.name}`') for node, field in FIELDS} | {('control', '`gains.<name>`')}
    named = {(node, row[1]) for row in ROWS if len(row) == 5 for node in row[0].split(', ')}
    assert {pair for pair in named if pair[0] in CONFIGS} == known


def test_every_topic_has_its_row():
    named = {name for row in ROWS for name in row[0].split(', ')}
    topics = [topic for topic in vars(qos).values() if isinstance(topic, qos.Topic)]
    assert len(topics) > 10
    assert not [topic.name for topic in topics if f'`{topic.name}`' not in named]


def test_every_service_has_its_row(bench):
    """What a plain node has as well (parameters, lifecycle) needs none."""
    bench.start(ControlNode)
    offered = bench.node.get_service_names_and_types_by_node('tested', '/')
    own = {name.strip('/') for name, _ in offered}
    own = {name.partition('/_action')[0] for name in own if not name.startswith('tested/')}
    named = {name for row in ROWS for name in row[0].removesuffix(' (action)').split(', ')}
    assert {'execute', 'hold', 'tare', 'reset_scene'} <= own
    assert not [name for name in own if f'`{name}`' not in named]
