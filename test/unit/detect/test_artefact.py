import base64
import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
import pytest

from vla_ros.detect import Artefact, ArtefactError, load_artefact, save_artefact
from vla_ros.detect.artefact import digest
from vla_ros.detect.calibrate import Calibration


@pytest.fixture
def path(calibration: Calibration, tmp_path: Path) -> Path:
    file = tmp_path / 'policy' / 'calibration.json'
    save_artefact(file, calibration.artefact)
    return file


def _edit(path: Path, change, rehash: bool = False) -> Path:
    tree = json.loads(path.read_text())
    change(tree)
    if rehash:
        from vla_ros.core import config

        tree['hash'] = digest(config.build(Artefact, tree))
    path.write_text(json.dumps(tree))
    return path


def test_what_is_saved_is_what_is_loaded(calibration: Calibration, path: Path) -> None:
    loaded = load_artefact(path)
    assert loaded == calibration.artefact
    assert len(loaded.hash) == 64
    assert not list(path.parent.glob('*.part'))


def test_the_same_rollouts_give_the_same_file(calibration: Calibration, tmp_path: Path) -> None:
    save_artefact(tmp_path / 'a', calibration.artefact)
    save_artefact(tmp_path / 'b', calibration.artefact)
    assert (tmp_path / 'a').read_bytes() == (tmp_path / 'b').read_bytes()


@pytest.mark.parametrize('share', [0.0, 0.3, 0.7, 0.99])
def test_truncated_files_are_refused(path: Path, share: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(ArtefactError, match='calibration.json'):
        load_artefact(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.9999), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(
    calibration: Calibration, path: Path, place: float, bit: int
) -> None:
    save_artefact(path, calibration.artefact)
    raw = bytearray(path.read_bytes())
    raw[int(place * len(raw))] ^= 1 << bit
    path.write_bytes(raw)
    try:
        loaded = load_artefact(path)
    except ArtefactError:
        return
    assert loaded == calibration.artefact  # e.g. a space that became a tab


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match='nowhere'):
        load_artefact(tmp_path / 'nowhere.json')


def test_unknown_key_is_named(path: Path) -> None:
    with pytest.raises(ArtefactError, match="unknown key 'extra'"):
        load_artefact(_edit(path, lambda t: t.update(extra=1)))


def test_edited_values_are_noticed(path: Path) -> None:
    with pytest.raises(ArtefactError, match='do not match'):
        load_artefact(_edit(path, lambda t: t['maxima']['put'].append(-5.0)))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda t: t.update(format='other'), 'format'),
        (lambda t: t.update(alpha='0.1'), 'alpha'),
        (lambda t: t.update(alpha=2), 'alpha'),
        (lambda t: t['maxima'].update(put=['x']), 'maxima.put'),
        (lambda t: t['maxima'].update(put=[float('nan')]), 'maxima.put'),
        (lambda t: t['scores'][0].update(name='vibes'), 'vibes'),
        (lambda t: t['scores'][0].update(std=0), 'std'),
        (lambda t: t['scores'].pop(), 'scores'),
        (lambda t: t.update(policy='ab'), 'policy'),
        (lambda t: t.pop('robot'), 'robot'),
    ],
)
def test_wrong_fields_are_named(path: Path, change, message: str) -> None:
    with pytest.raises(ArtefactError, match=message):
        load_artefact(_edit(path, change))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda a: a.update(base64='%%%'), 'base64'),
        (lambda a: a.update(base64='AAAA'), 'fill the shape'),
        (lambda a: a.update(shape=[-2, -6]), 'negative'),
        (
            lambda a: a.update(shape=[1], base64=base64.b64encode(b'\0\0\xc0\x7f').decode()),
            'non-finite',
        ),
        (lambda a: a.update(shape=[0], base64=''), 'mahalanobis'),
    ],
)
def test_damaged_arrays_are_named_even_with_a_good_hash(path: Path, change, message: str) -> None:
    def edit(tree: dict) -> None:
        change(tree['scores'][1]['parameters']['mean'])

    with pytest.raises(ArtefactError, match=message):
        load_artefact(_edit(path, edit, rehash=True))


def test_not_an_object(path: Path) -> None:
    path.write_text('[1, 2]')
    with pytest.raises(ArtefactError, match='mapping'):
        load_artefact(path)
    path.write_bytes(b'\xff\xfe')
    with pytest.raises(ArtefactError, match='cannot be read'):
        load_artefact(path)
