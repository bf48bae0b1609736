import contextlib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.dataset.cdr import CdrError, Reader, Writer, header_stamp
from vla_ros.dataset.jpeg import COMPRESSED_TYPE, compress, decode, encode
from vla_ros.dataset.schema import definition


STAMP = 1_700_000_000_123_456_789


def _smooth(height: int = 48, width: int = 64) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([4 * x % 256, 5 * y % 256, 128 + 0 * x], -1).astype(np.uint8) // 2 + 60


@pytest.mark.parametrize('frame_id', ['', 'c', 'ab', 'abc', 'camera_front', 'caméra'])
def test_two_other_readers_decode_the_compressed_image(messages: Any, frame_id: str) -> None:
    from mcap.records import Schema
    from mcap_ros2.decoder import DecoderFactory

    pixels = _smooth()
    raw = messages.stamped(
        'sensor_msgs/msg/Image', STAMP, frame_id, height=48, width=64, encoding='rgb8',
        step=192, data=pixels.reshape(-1),
    )  # fmt: skip
    stored = compress(raw, 95)
    text = definition(COMPRESSED_TYPE)
    messages.make(COMPRESSED_TYPE)  # registers the type
    first = messages.store.deserialize_cdr(stored, COMPRESSED_TYPE)
    schema = Schema(id=1, data=text.encode(), encoding='ros2msg', name=COMPRESSED_TYPE)
    second = DecoderFactory().decoder_for('cdr', schema)(stored)
    for message in (first, second):
        assert message.header.frame_id == frame_id
        assert message.header.stamp.sec * 10**9 + message.header.stamp.nanosec == STAMP
        assert message.format == 'rgb8; jpeg compressed bgr8'
        image = decode(bytes(message.data))
        assert np.abs(image.astype(int) - pixels).mean() < 4
    # The image is what another JPEG decoder sees, too.
    import cv2

    other = cv2.imdecode(np.frombuffer(bytes(first.data), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(other.astype(int) - pixels).mean() < 4


def test_bgr_grey_and_padded_rows(messages: Any) -> None:
    pixels = _smooth()
    bgr = decode(_payload(messages, messages.image(STAMP, pixels[..., ::-1].copy(), 'bgr8')))
    assert np.abs(bgr.astype(int) - pixels).mean() < 4
    grey = messages.stamped(
        'sensor_msgs/msg/Image', STAMP, height=48, width=64, encoding='mono8', step=64,
        data=pixels[..., 0].reshape(-1),
    )  # fmt: skip
    assert np.abs(decode(_payload(messages, grey))[..., 1].astype(int) - pixels[..., 0]).mean() < 4
    padded = np.zeros((48, 200), np.uint8)
    padded[:, :192] = pixels.reshape(48, 192)
    raw = messages.stamped(
        'sensor_msgs/msg/Image', STAMP, height=48, width=64, encoding='rgb8', step=200,
        data=padded.reshape(-1),
    )  # fmt: skip
    assert np.abs(decode(_payload(messages, raw)).astype(int) - pixels).mean() < 4


@pytest.mark.parametrize(
    'fields',
    [
        {'encoding': '16UC1', 'height': 2, 'width': 2, 'step': 4, 'data': [0] * 8},
        {'encoding': 'rgb8', 'height': 0, 'width': 0, 'step': 0, 'data': []},
        {'encoding': 'rgb8', 'height': 9, 'width': 9, 'step': 27, 'data': [0] * 10},
        {'encoding': 'rgb8', 'height': 2, 'width': 9, 'step': 3, 'data': [0] * 54},
    ],
)
def test_images_that_are_none_are_refused(messages: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(CdrError):
        compress(messages.stamped('sensor_msgs/msg/Image', STAMP, **fields))


@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_only_cdr_errors(data: bytes) -> None:
    for function in (compress, header_stamp):
        with contextlib.suppress(CdrError):
            function(data)


def test_every_prefix_of_an_image_is_refused(messages: Any) -> None:
    raw = messages.image(STAMP, _smooth(4, 4))
    for size in range(len(raw) - 1):
        with pytest.raises(CdrError):
            compress(raw[:size])


def test_stamp_of_a_big_endian_message() -> None:
    assert (
        header_stamp(b'\x00\x00\x00\x00' + b'\x00\x00\x00\x05' + b'\x00\x00\x00\x07')
        == 5 * 10**9 + 7
    )


@given(st.lists(st.one_of(st.text(max_size=9), st.integers(0, 2**32 - 1), st.booleans())))
def test_what_is_written_is_read(values: list[Any]) -> None:
    writer = Writer()
    values = [v.replace('\0', '') if isinstance(v, str) else v for v in values]
    for value in values:
        if isinstance(value, str):
            writer.text(value)
        else:
            writer.number('B' if isinstance(value, bool) else 'I', int(value))
    reader = Reader(writer.message())
    for value in values:
        if isinstance(value, str):
            assert reader.text() == value
        else:
            assert reader.number('B' if isinstance(value, bool) else 'I') == value


def test_small_images_keep_their_colours() -> None:
    image = np.full((96, 96, 3), (190, 170, 150), np.uint8)
    image[40:48, 40:48] = (210, 20, 20)
    assert np.abs(decode(encode(image, 90)).astype(int) - image)[41:47, 41:47].mean() < 8


def _payload(messages: Any, raw: bytes) -> bytes:
    messages.make(COMPRESSED_TYPE)
    return bytes(messages.store.deserialize_cdr(compress(raw, 95), COMPRESSED_TYPE).data)
