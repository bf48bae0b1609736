"""ONNX Runtime sessions that leave the other core alone."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import onnxruntime

from vla_ros.policies.directory import PolicyError
from vla_ros.policies.features import Features


Shape = tuple[int | str, ...]  # a dimension that is free is a name


class Session:
    """One ONNX net with known inputs and outputs, run by one thread that never spins.

    Attributes:
        inputs, outputs: shapes of all that it takes and gives, by name.
    """

    def __init__(self, path: Path, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]):
        """Load the net.

        Raises:
            PolicyError: not an ONNX net, or its inputs or outputs are not the expected ones.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=['CPUExecutionProvider']
            )
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise PolicyError(f'{path}: cannot be loaded: {error}') from error
        self.inputs: Mapping[str, Shape] = _shapes(self._session.get_inputs())
        self.outputs: Mapping[str, Shape] = _shapes(self._session.get_outputs())
        _compare(path, 'inputs', inputs, self.inputs)
        _compare(path, 'outputs', outputs, self.outputs)

    def run(self, **inputs: NDArray) -> dict[str, NDArray[np.float32]]:
        """Return the outputs by name."""
        return dict(zip(self.outputs, self._session.run(None, inputs), strict=True))


def _shapes(items: list) -> dict[str, Shape]:
    return {item.name: tuple(item.shape) for item in items}


def _compare(
    path: Path, kind: str, expected: Mapping[str, Shape], shapes: Mapping[str, Shape]
) -> None:
    for name, shape in expected.items():
        if name not in shapes:
            raise PolicyError(f'{path}: {kind}: {name!r} is missing; found {sorted(shapes)}')
        # A dimension that is free, there or here, is a name.
        pairs = zip(shape, shapes[name], strict=False)
        known = [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]
        if len(shape) != len(shapes[name]) or any(a != b for a, b in known):
            raise PolicyError(f'{path}: {name}: expected shape {shape}, found {shapes[name]}')


def image_shapes(features: Features) -> dict[str, Shape]:
    """Return the shapes (1, H, W, 3) of the pictures as nets take them, by key."""
    return {key: (1, *features.picture_shape(key)) for key in features.images}
