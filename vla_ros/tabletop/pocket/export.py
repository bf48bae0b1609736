"""A trained net into a policy directory."""

from pathlib import Path
import shutil
import warnings

import onnx
import torch

from vla_ros.policies.directory import PolicySpec, Rates, save_spec, sha256
from vla_ros.tabletop.language import Vocabulary
from vla_ros.tabletop.pocket.contract import STATE, pocket_spec
from vla_ros.tabletop.pocket.embodiment import Embodiment
from vla_ros.tabletop.pocket.policy_net import (
    HeadGraph,
    PerceiveGraph,
    PolicyNet,
    ReasonerGraph,
    conditions,
)
from vla_ros.tabletop.pocket.reasoner_net import Thought
from vla_ros.tabletop.pocket.train_config import TrainSettings


OPSET = 17
HASHED = ('reasoner.onnx', 'perceive.onnx', 'head.onnx', 'vocabulary.json')


def export_policy(
    net: PolicyNet,
    settings: TrainSettings,
    body: Embodiment,
    vocabulary: Vocabulary,
    threshold: float,
    dt: float,
    folder: Path,
) -> PolicySpec:
    """Write `policy.yaml`, the ONNX files and the vocabulary; the same net gives the same bytes.

    The directory is filled beside its place and moved there whole, so that whoever loads it
    meanwhile never sees half of it. A model card that is already there stays.
    """
    part = folder.with_name(folder.name + '.part')
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _export_nets(net.eval(), settings, body, part)
    vocabulary.save(part / 'vocabulary.json')
    spec = _spec(settings, body, threshold, dt, part)
    save_spec(part, spec)
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(part.iterdir()):
        file.replace(folder / file.name)
    part.rmdir()
    return spec


def _export_nets(net: PolicyNet, settings: TrainSettings, body: Embodiment, folder: Path) -> None:
    size, length = settings.net.image_size, settings.net.tokens
    images = [torch.zeros(1, size, size, 3, dtype=torch.uint8) for _ in body.cameras]
    words, state = torch.ones(1, length, dtype=torch.int64), _state(body)
    latent = torch.zeros(1, 4, settings.net.latent_width)
    _export(
        ReasonerGraph(net, body),
        (*images, words, state),
        ((*body.cameras, 'tokens', 'state'), Thought._fields),
        folder / 'reasoner.onnx',
    )
    perceive = PerceiveGraph(net, body)
    seen = (*images, state, latent, torch.zeros(1))
    names = (*body.cameras, 'state', 'latent', 'age')
    _export(perceive, seen, (names, perceive.outputs), folder / 'perceive.onnx')
    told = conditions(body)
    with torch.no_grad():
        made = perceive(*seen)[: len(told)]
    more = net.head.examples(body)
    _export(
        HeadGraph(net, body),
        (*made, *more.values()),
        ((*told, *more), net.head.outputs),
        folder / 'head.onnx',
        free=(*more, *net.head.outputs) if more else (),
    )


def _state(body: Embodiment) -> torch.Tensor:
    """Return a state (1, 2 per channel) whose rotations are rotations."""
    state = torch.zeros(1, 2 * len(body.channels))
    state[:, 6 : STATE * body.arms : 8] = 1.0
    return state


def _export(
    graph: torch.nn.Module,
    inputs: tuple[torch.Tensor, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    path: Path,
    free: tuple[str, ...] = (),
) -> None:
    """Write a graph with named inputs and outputs; the first axis of the `free` ones is free."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')
        torch.onnx.export(
            graph,
            inputs,
            str(path),
            input_names=list(names[0]),
            output_names=list(names[1]),
            opset_version=OPSET,
            dynamic_axes={name: {0: 'samples'} for name in free},
            dynamo=False,  # the other exporter needs onnxscript, and names nodes by the run
        )
    model = onnx.load(path)
    model.doc_string = ''
    for node in model.graph.node:
        node.doc_string = ''
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _spec(
    settings: TrainSettings, body: Embodiment, threshold: float, dt: float, folder: Path
) -> PolicySpec:
    return pocket_spec(
        name=f'{body.name}-{settings.name}',
        robot=body.name,
        actions=body.action_space,
        state=body.sensed,
        cameras=body.cameras,
        families=body.families,
        decoder={'name': settings.net.head},
        image_size=settings.net.image_size,
        dt=dt,
        horizon=settings.net.horizon,
        latent=(4, settings.net.latent_width),
        feature_width=settings.net.feature_width,
        threshold=round(threshold, 4),
        search_time=settings.search_time if body.far.links else 0.0,
        rates=Rates(
            settings.expert_rate,
            settings.reasoner_rate,
            settings.chunk_valid_for,
            settings.latent_valid_for,
        ),
        files={name: sha256(folder / name) for name in HASHED},
    )
