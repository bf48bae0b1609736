"""A policy directory without training: understands any known words, and always moves the same way.

Where it may search, it sees what it is asked for only in pictures that are not black.

`python test/fake_policy.py FOLDER [ROBOT]` writes one.
"""

from pathlib import Path
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from vla_ros.policies import ActionSpace, Rates
from vla_ros.policies.directory import save_spec, sha256
from vla_ros.policies.features import state_names
from vla_ros.robots import load_robot
from vla_ros.tabletop.language.vocabulary import training_vocabulary
from vla_ros.tabletop.pocket.contract import pocket_spec


SIZE, LENGTH, TOKENS, WIDTH, FEATURE, HORIZON, DT = 96, 32, 4, 64, 64, 16, 0.1
POSTURE_SPEED, DRIVE = 0.05, (0.04, 0.0, 0.0)  # rad/s of every joint; m/s, m/s, rad/s
U8, I64, F32 = TensorProto.UINT8, TensorProto.INT64, TensorProto.FLOAT


def write_fake_policy(
    folder: Path,
    velocity=(0.0, 0.04, 0.02),
    latent_valid_for: float = 2.0,
    name: str = 'franka',
    search_time: float = 0.0,
) -> Path:
    """Write a policy of robot `name` that moves with `velocity`, m/s; it refuses unknown words."""
    folder.mkdir(parents=True, exist_ok=True)
    robot = load_robot(name)
    vocabulary = training_vocabulary(robot.tasks, LENGTH)
    unknown = int(vocabulary.encode('xyzzy')[0])
    vocabulary.save(folder / 'vocabulary.json')
    cameras = tuple(c.name for c in robot.cameras)
    space = ActionSpace.commanded(robot, robot.arms[0].gripper.open)
    onnx.save(_reasoner(unknown, cameras, len(robot.tasks)), folder / 'reasoner.onnx')
    onnx.save(_perceive(cameras, space), folder / 'perceive.onnx')
    onnx.save(_head(velocity, space), folder / 'head.onnx')
    spec = pocket_spec(
        name='fake', robot=robot.name, actions=space, state=state_names(robot), cameras=cameras,
        families=robot.tasks, decoder={'name': 'l1'}, image_size=SIZE, dt=DT, horizon=HORIZON,
        latent=(TOKENS, WIDTH), feature_width=FEATURE, threshold=0.5, search_time=search_time,
        rates=Rates(33.0, 5.0, 1.6, latent_valid_for),
        files={
            name: sha256(folder / name)
            for name in ('reasoner.onnx', 'perceive.onnx', 'head.onnx', 'vocabulary.json')
        },
    )  # fmt: skip
    save_spec(folder, spec)
    return folder


def _value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)


def _model(nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes, 'fake', inputs, outputs,
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )  # fmt: skip
    opset = [helper.make_opsetid('', 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return model


def _constant(name):
    return helper.make_node('Identity', [f'{name}_value'], [name])


def _images(cameras):
    return [_value(name, U8, 1, SIZE, SIZE, 3) for name in cameras]


def _reasoner(unknown, cameras, families):
    nodes = [
        helper.make_node('Equal', ['tokens', 'unknown'], ['is_unknown']),
        helper.make_node('Cast', ['is_unknown'], ['as_float'], to=F32),
        helper.make_node('ReduceMax', ['as_float'], ['any_unknown'], axes=[1], keepdims=0),
        helper.make_node('Sub', ['one', 'any_unknown'], ['p_understood']),
        helper.make_node('Cast', [cameras[0]], ['pixels'], to=F32),
        helper.make_node('ReduceMax', ['pixels'], ['brightest'], axes=[1, 2, 3], keepdims=0),
        helper.make_node('Min', ['brightest', 'one'], ['lit']),
        helper.make_node('Mul', ['p_understood', 'lit'], ['p_grounded']),
        *(_constant(name) for name in ('latent', 'positions', 'family')),
    ]
    inputs = [*_images(cameras), _value('tokens', I64, 1, LENGTH)]
    outputs = [
        _value('latent', F32, 1, TOKENS, WIDTH), _value('p_grounded', F32, 1),
        _value('positions', F32, 1, 2, 3), _value('family', F32, 1, families),
        _value('p_understood', F32, 1),
    ]  # fmt: skip
    zeros = {
        'latent_value': np.zeros((1, TOKENS, WIDTH), np.float32),
        'positions_value': np.zeros((1, 2, 3), np.float32),
        'family_value': np.zeros((1, families), np.float32),
    }
    constants = {'unknown': np.array([unknown], np.int64), 'one': np.ones(1, np.float32)}
    return _model(nodes, inputs, outputs, {**zeros, **constants})


def _perceive(cameras, space):
    outputs = {'condition': (1, 1, 4), 'feature': (1, FEATURE), 'positions': (1, 2, 3)}
    inputs = [
        *_images(cameras), _value('state', F32, 1, 2 * len(space.channels)),
        _value('latent', F32, 1, TOKENS, WIDTH), _value('age', F32, 1),
    ]  # fmt: skip
    return _model(
        [_constant(name) for name in outputs],
        inputs,
        [_value(name, F32, *shape) for name, shape in outputs.items()],
        {f'{name}_value': np.zeros(shape, np.float32) for name, shape in outputs.items()},
    )


def _head(velocity, space):
    steps = np.arange(1, HORIZON + 1)[:, None] * DT
    actions = np.zeros((1, HORIZON, space.width), np.float32)
    start = 0
    for group in space.groups:
        own = actions[0, :, start : start + group.width]
        if group.kind == 'pose':
            own[:, :3] = steps * np.array(velocity)
        elif group.kind == 'joint':
            own[:] = steps * POSTURE_SPEED
        else:
            own[:] = 1.0 if group.kind == 'gripper' else DRIVE
        start += group.width
    return _model(
        [_constant('actions')],
        [_value('condition', F32, 1, 1, 4)],
        [_value('actions', F32, *actions.shape)],
        {'actions_value': actions},
    )


if __name__ == '__main__':
    print(write_fake_policy(Path(sys.argv[1]), name=(*sys.argv[2:], 'franka')[0]))
