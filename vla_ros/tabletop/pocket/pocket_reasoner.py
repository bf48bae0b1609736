"""PocketReasoner: the embedded default, a small ONNX net on one CPU thread."""

from collections.abc import Callable
import time

import numpy as np

from vla_ros.core.data import SECOND, Latent, Observation
from vla_ros.policies import Policy, PolicyError
from vla_ros.policies.onnx_session import Session, camera_inputs
from vla_ros.tabletop.language import FAMILIES, Vocabulary
from vla_ros.tabletop.pocket.grounding import check_text, explain


_AVERAGED = 3  # inferences whose p_grounded is averaged before an instruction is accepted


class PocketReasoner:
    """Runs `reasoner.onnx`; remembers what it decided about the instruction of an episode."""

    def __init__(self, policy: Policy, clock: Callable[[], int] = time.time_ns) -> None:
        """Load the net and the vocabulary.

        Args:
            policy: a checked policy directory.
            clock: ns, for the inference times.

        Raises:
            PolicyError: the net or the vocabulary does not fit the policy.
        """
        spec = policy.spec
        try:
            self.vocabulary = Vocabulary.load(policy.file('vocabulary.json'))
        except ValueError as error:
            raise PolicyError(str(error)) from error
        size, width = spec.image_size, spec.latent_width
        image = (1, size, size, 3)
        self._session = Session(
            policy.file('reasoner.onnx'),
            {**dict.fromkeys(spec.cameras, image), 'tokens': (1, self.vocabulary.length)},
            {
                'latent': (1, spec.latent_tokens, width),
                'p_grounded': (1,),
                'positions': (1, 2, 3),
                'family': (1, len(spec.families)),
                **({'p_understood': (1,)} if spec.search_time else {}),
            },
        )
        self.spec = spec
        self._clock = clock
        self._asked, self._since = ('', ''), 0
        self._seen: list[float] = []
        self._accepted = False

    def reason(
        self, observation: Observation, instruction: str, episode_id: str, seq: int
    ) -> Latent:
        """Return the latent of one look; see `Reasoner`.

        The decision to accept is made once for an episode's instruction, before the arm moves;
        later the arm may hide what was seen. Where the robot can look around, an instruction that
        is understood is refused only after it has.
        """
        start = self._clock()
        families = self.spec.families
        refusal = check_text(instruction, self.vocabulary, families)
        if refusal:
            data = np.zeros((self.spec.latent_tokens, self.spec.latent_width), np.float32)
            return self._latent(
                observation, instruction, episode_id, seq, start, data, 0.0, '', '', refusal
            )
        inputs = camera_inputs(self.spec, observation)
        inputs['tokens'] = self.vocabulary.encode(instruction)[None]
        if 'state' in self._session.inputs:
            inputs['state'] = observation.state.vector().astype(np.float32)[None]
        result = self._session.run(**inputs)
        p_grounded = float(result['p_grounded'][0])
        if not np.isfinite(result['latent']).all() or not np.isfinite(p_grounded):
            raise ValueError('the reasoner returned numbers that are not finite')
        mean = self._decide(episode_id, instruction, p_grounded, observation.stamp)
        acts = self._accepted or self._looks(result, observation.stamp)
        refusal = '' if acts else explain(instruction, self.vocabulary, families)
        family = families[int(np.argmax(result['family'][0]))]
        subgoal = '' if refusal else _subgoal(family, result['positions'][0])
        data = result['latent'][0]
        return self._latent(
            observation, instruction, episode_id, seq, start, data, mean, subgoal, family, refusal
        )

    def _looks(self, result: dict[str, np.ndarray], now: int) -> bool:
        """Whether the robot may still look around for what it has understood."""
        if not self.spec.search_time:
            return False
        understood = float(result['p_understood'][0]) >= self.spec.p_grounded_min
        return understood and (now - self._since) / SECOND < self.spec.search_time

    def _decide(self, episode_id: str, instruction: str, p_grounded: float, now: int) -> float:
        """Take in one more look and return the mean of the first (or, refused, newest) ones."""
        if self._asked != (episode_id, instruction):
            self._asked, self._since = (episode_id, instruction), now
            self._seen, self._accepted = [], False
        if not self._accepted or len(self._seen) < _AVERAGED:
            self._seen = [*self._seen, p_grounded][-_AVERAGED:]
        mean = float(np.mean(self._seen))
        self._accepted = self._accepted or mean >= self.spec.p_grounded_min
        return mean

    def _latent(
        self,
        observation: Observation,
        instruction: str,
        episode_id: str,
        seq: int,
        start: int,
        data: np.ndarray,
        p_grounded: float,
        subgoal: str,
        task: str,
        refusal: str,
    ) -> Latent:
        return Latent(
            stamp=observation.stamp,
            seq=seq,
            episode_id=episode_id,
            model=self.spec.model,
            instruction=instruction,
            subgoal=subgoal,
            inference_start=start,
            inference_end=self._clock(),
            valid_for=self.spec.latent_valid_for,
            data=data,
            p_grounded=p_grounded,
            refusal=refusal,
            task=task,
        )


def _subgoal(family: str, positions: np.ndarray) -> str:
    places = [f'({x:.2f}, {y:.2f})' for x, y, _ in positions]
    aims = FAMILIES[family].targets != ('',)
    return f'{family}: object at {places[0]}' + (f', goal at {places[1]}' if aims else '')
