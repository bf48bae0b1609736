"""A trained net into a policy directory."""

from pathlib import Path
import shutil
import warnings

import onnx
import torch
import yaml

from vla_ros import config
from vla_ros.language.vocabulary import training_vocabulary
from vla_ros.learn.demos import CAMERAS
from vla_ros.learn.policy_net import ExpertGraph, PolicyNet, ReasonerGraph
from vla_ros.learn.settings import TrainSettings
from vla_ros.policy.spec import PolicySpec, sha256
from vla_ros.robots import RobotSpec


OPSET = 17
HASHED = ('reasoner.onnx', 'expert.onnx', 'vocabulary.json')


def export_policy(
    net: PolicyNet,
    settings: TrainSettings,
    robot: RobotSpec,
    threshold: float,
    dt: float,
    folder: Path,
) -> PolicySpec:
    """Write `policy.yaml`, both ONNX files and the vocabulary; the same net gives the same bytes.

    The directory is filled beside its place and moved there whole, so that whoever loads it
    meanwhile never sees half of it. A model card that is already there stays.
    """
    part = folder.with_name(folder.name + '.part')
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    size, length = settings.net.image_size, settings.net.tokens
    net = net.eval()
    _export(ReasonerGraph(net), _reasoner_inputs(size, length), REASONER, part / 'reasoner.onnx')
    latent = (1, 4, settings.net.latent_width)
    _export(ExpertGraph(net), _expert_inputs(size, latent), EXPERT, part / 'expert.onnx')
    training_vocabulary(robot.tasks, length).save(part / 'vocabulary.json')
    spec = _spec(settings, robot, threshold, dt, part)
    text = yaml.safe_dump(config.to_tree(spec), sort_keys=False)
    (part / 'policy.yaml').write_text(text, encoding='utf-8')
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(part.iterdir()):
        file.replace(folder / file.name)
    part.rmdir()
    return spec


REASONER = (('front', 'wrist', 'tokens'), ('latent', 'p_grounded', 'positions', 'family'))
EXPERT = (
    ('front', 'wrist', 'state', 'latent', 'age'),
    ('actions', 'feature', 'positions'),
)


def _reasoner_inputs(size: int, length: int) -> tuple[torch.Tensor, ...]:
    image = torch.zeros(1, size, size, 3, dtype=torch.uint8)
    return image, image.clone(), torch.ones(1, length, dtype=torch.int64)


def _expert_inputs(size: int, latent: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    image = torch.zeros(1, size, size, 3, dtype=torch.uint8)
    state = torch.zeros(1, 16)
    state[:, 6] = state[:, 14] = 1.0
    return image, image.clone(), state, torch.zeros(latent), torch.zeros(1)


def _export(
    graph: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    path: Path,
) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            graph,
            inputs,
            str(path),
            input_names=list(names[0]),
            output_names=list(names[1]),
            opset_version=OPSET,
            dynamo=False,  # the other exporter needs onnxscript, and names nodes by the run
        )
    model = onnx.load(path)
    model.doc_string = ''
    for node in model.graph.node:
        node.doc_string = ''
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _spec(
    settings: TrainSettings, robot: RobotSpec, threshold: float, dt: float, folder: Path
) -> PolicySpec:
    return PolicySpec(
        name=f'{robot.name}-{settings.name}',
        robot=robot.name,
        representation='ee_pose',
        channels=robot.channels,
        cameras=CAMERAS,
        families=robot.tasks,
        image_size=settings.net.image_size,
        dt=dt,
        horizon=settings.net.horizon,
        latent_tokens=4,
        latent_width=settings.net.latent_width,
        feature_width=settings.net.feature_width,
        p_grounded_min=round(threshold, 4),
        latent_valid_for=settings.latent_valid_for,
        chunk_valid_for=settings.chunk_valid_for,
        reasoner_rate=settings.reasoner_rate,
        expert_rate=settings.expert_rate,
        gripper_open=robot.gripper.open,
        files={name: sha256(folder / name) for name in HASHED},
    )
