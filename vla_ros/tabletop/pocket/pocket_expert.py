"""PocketExpert: the embedded default, a small ONNX net on one CPU thread."""

from collections.abc import Callable
import time

import numpy as np

from vla_ros.core.data import SECOND, ActionChunk, Latent, Observation
from vla_ros.policies import Policy
from vla_ros.policies.onnx_session import Session, camera_inputs
from vla_ros.tabletop.pocket.decoders import Decoder, decoder


class PocketExpert:
    """Runs `expert.onnx`."""

    def __init__(
        self,
        policy: Policy,
        decoder_name: str = 'l1',
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Load the net.

        Args:
            policy: a checked policy directory.
            decoder_name: how the net's output becomes actions, a name in `DECODERS`.
            clock: ns, for the inference times.

        Raises:
            PolicyError: the net does not fit the policy.
            KeyError: no such decoder.
        """
        spec = policy.spec
        image = (1, spec.image_size, spec.image_size, 3)
        self._session = Session(
            policy.file('expert.onnx'),
            {
                **dict.fromkeys(spec.cameras, image),
                'state': (1, 2 * len(spec.channels)),
                'latent': (1, spec.latent_tokens, spec.latent_width),
                'age': (1,),
            },
            {
                'actions': (1, spec.horizon, spec.parts[-1].relative.stop),
                'feature': (1, spec.feature_width),
                'positions': (1, 2, 3),
            },
        )
        self.spec = spec
        self._decoder: Decoder = decoder(decoder_name)
        self._clock = clock

    def act(self, observation: Observation, latent: Latent, seq: int) -> ActionChunk:
        """Return the chunk for an observation; see `Expert`."""
        start = self._clock()
        spec = self.spec
        images = camera_inputs(spec, observation)
        state = observation.state.vector()
        _check(spec.model, (spec.latent_tokens, spec.latent_width), state, latent)
        age = max(0.0, (observation.stamp - latent.stamp) / SECOND)
        result = self._session.run(
            state=state.astype(np.float32)[None],
            latent=latent.data[None],
            age=np.array([age], np.float32),
            **images,
        )
        actions = self._decoder(result, state, spec)
        if not np.isfinite(actions).all():
            raise ValueError('the expert returned actions that are not finite')
        return ActionChunk(
            stamp=observation.stamp,
            seq=seq,
            latent_seq=latent.seq,
            latent_age=age,
            robot=spec.robot,
            model=spec.model,
            channels=spec.channels,
            representation=spec.representation,
            dt=spec.dt,
            actions=actions,
            inference_start=start,
            inference_end=self._clock(),
            valid_for=spec.chunk_valid_for,
            feature=result['feature'][0],
        )


def _check(model: str, shape: tuple[int, int], state: np.ndarray, latent: Latent) -> None:
    if not np.isfinite(state).all():
        raise ValueError('observation.state is not finite')
    if latent.model != model:
        raise ValueError(f'latent of {latent.model!r}; expected one of {model!r}')
    if latent.data.shape != shape:
        raise ValueError(f'latent: expected shape {shape}, got {latent.data.shape}')
    if not np.isfinite(latent.data).all():
        raise ValueError('latent is not finite')
    if latent.refusal:
        raise ValueError(f'the instruction was refused: {latent.refusal}')
