"""PocketReasoner: the embedded default, a small ONNX net on one CPU thread; kind `pocket`."""

from dataclasses import dataclass

import numpy as np

from vla_ros.core.config import require
from vla_ros.core.data import SECOND, Observation
from vla_ros.policies import EpisodeInfo, Policy, PolicyError, Thought
from vla_ros.policies.features import VectorReader
from vla_ros.policies.onnx_session import Session, image_shapes
from vla_ros.robots.robot import Robot
from vla_ros.tabletop.language import FAMILIES, Vocabulary, check_families
from vla_ros.tabletop.pocket.grounding import check_text, explain


_AVERAGED = 3  # inferences whose p_grounded is averaged before an instruction is accepted


@dataclass(frozen=True)
class ReasonerOptions:
    """What `reasoner:` of a policy.yaml of this kind says."""

    families: tuple[str, ...]  # of tasks that it was trained for, in the order of its classes
    p_grounded_min: float  # below it the instruction is refused
    # s that the robot may look around for what it is asked for before it refuses; 0: it cannot.
    search_time: float = 0.0

    def __post_init__(self) -> None:
        require(bool(self.families), 'families: expected one or more')
        check_families(self.families, 'families')
        require(0 <= self.p_grounded_min <= 1, 'p_grounded_min must lie in 0..1')
        require(0 <= self.search_time <= 60, 'search_time: expected 0..60 s')


class PocketReasoner:
    """Runs `reasoner.onnx`; remembers what it decided about the instruction of an episode."""

    def __init__(self, policy: Policy, robot: Robot) -> None:
        """Load the net and the vocabulary.

        Raises:
            PolicyError: the net or the vocabulary does not fit the policy.
            ValueError: the robot lacks what the net is told.
        """
        spec = policy.spec
        self.options = options = policy.options('reasoner', ReasonerOptions)
        latent = spec.features.latent
        if latent is None or 'state' not in spec.features.vectors:
            raise PolicyError(f'{policy.path}: features: expected a latent and vectors.state')
        self.model, self.features = spec.model, spec.features
        spec.features.check(robot)
        self._state = VectorReader(robot, spec.features.vectors['state'])
        try:
            self.vocabulary = Vocabulary.load(policy.file('vocabulary.json'))
        except ValueError as error:
            raise PolicyError(str(error)) from error
        self._session = Session(
            policy.file('reasoner.onnx'),
            {**image_shapes(spec.features), 'tokens': (1, self.vocabulary.length)},
            {
                'latent': (1, latent.tokens, latent.width),
                'p_grounded': (1,),
                'positions': (1, 2, 3),
                'family': (1, len(options.families)),
                **({'p_understood': (1,)} if options.search_time else {}),
            },
        )
        self.reset(EpisodeInfo('', ''))

    def reset(self, episode: EpisodeInfo) -> None:
        """Forget what was seen and decided."""
        self._since: int | None = None  # ns, of the first look
        self._seen: list[float] = []
        self._accepted = False

    def reason(self, observation: Observation, episode: EpisodeInfo) -> Thought:
        """Return what came of one look; see `Reasoner`.

        The decision to accept is made once for an episode's instruction, before the arm moves;
        later the arm may hide what was seen. Where the robot can look around, an instruction that
        is understood is refused only after it has.
        """
        instruction, families = episode.instruction, self.options.families
        refusal = check_text(instruction, self.vocabulary, families)
        if refusal:
            return Thought(verdict='refuse', reason=refusal, scores={'grounded': 0.0})
        result = self._look(observation, instruction)
        p_grounded = float(result['p_grounded'][0])
        if not np.isfinite(result['latent']).all() or not np.isfinite(p_grounded):
            raise ValueError('the reasoner returned numbers that are not finite')
        mean = self._decide(p_grounded, observation.stamp)
        data, scores = result['latent'][0], {'grounded': mean}
        family = families[int(np.argmax(result['family'][0]))]
        if not (self._accepted or self._searches(result, observation.stamp)):
            reason = explain(instruction, self.vocabulary, families)
            return Thought(data, task=family, verdict='refuse', reason=reason, scores=scores)
        subgoal = _subgoal(family, result['positions'][0])
        return Thought(data, subgoal, task=family, scores=scores)

    def close(self) -> None:
        """Do nothing: the session goes with its last reference."""

    def _look(self, observation: Observation, instruction: str) -> dict[str, np.ndarray]:
        images = self.features.pictures(observation)
        inputs: dict[str, np.ndarray] = {name: image[None] for name, image in images.items()}
        inputs['tokens'] = self.vocabulary.encode(instruction)[None]
        if 'state' in self._session.inputs:
            inputs['state'] = self._state(observation.state).astype(np.float32)[None]
        return self._session.run(**inputs)

    def _searches(self, result: dict[str, np.ndarray], now: int) -> bool:
        """Whether the robot may still look around for what it has understood."""
        if not self.options.search_time or self._since is None:
            return False
        understood = float(result['p_understood'][0]) >= self.options.p_grounded_min
        return understood and (now - self._since) / SECOND < self.options.search_time

    def _decide(self, p_grounded: float, now: int) -> float:
        """Take in one more look and return the mean of the first (or, refused, newest) ones."""
        if self._since is None:
            self._since = now
        if not self._accepted or len(self._seen) < _AVERAGED:
            self._seen = [*self._seen, p_grounded][-_AVERAGED:]
        mean = float(np.mean(self._seen))
        self._accepted = self._accepted or mean >= self.options.p_grounded_min
        return mean


def make_reasoner(policy: Policy, robot: Robot) -> PocketReasoner:
    """Build the reasoner of kind `pocket`; see `PocketReasoner`."""
    return PocketReasoner(policy, robot)


def _subgoal(family: str, positions: np.ndarray) -> str:
    places = [f'({x:.2f}, {y:.2f})' for x, y, _ in positions]
    aims = FAMILIES[family].targets != ('',)
    return f'{family}: object at {places[0]}' + (f', goal at {places[1]}' if aims else '')
