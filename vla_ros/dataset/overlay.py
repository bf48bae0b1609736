"""The frame of a video: two pictures side by side, what was asked above, how it goes below."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
import math
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image as Pil
from PIL import ImageDraw, ImageFont

from vla_ros.core.data import Image, Mode
from vla_ros.dataset.palette import MODES, RED, SKY


WIDTH, HEIGHT = 1280, 720  # px, even as h264 wants
_MARGIN, _HEADER, _FOOTER = 24, 84, 96
_BACK, _PANEL, _TEXT, _DIM = '#11161b', '#1c242b', '#f3f6f8', '#98a5b0'


@dataclass(frozen=True)
class Caption:
    """What is written around the pictures at one instant."""

    instruction: str = ''
    counter: str = ''  # e.g. '2 / 6'
    seconds: float = 0.0  # since the episode began
    progress: float = 0.0  # 0..1 of the episode
    mode: Mode = Mode.IDLE
    cause: str = ''
    p_value: float = math.nan
    alpha: float = math.nan
    alarm: bool = False
    latent_age: float = math.nan  # s
    subgoal: str = ''


@cache
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    # matplotlib ships this font, so the pictures look the same on every machine.
    name = 'DejaVuSans-Bold.ttf' if bold else 'DejaVuSans.ttf'
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / 'fonts' / 'ttf' / name), size)


@cache
def _mask(width: int, height: int) -> Pil.Image:
    """Rounded corners, drawn at four times the size and shrunk to be smooth."""
    big = Pil.new('L', (width * 4, height * 4), 0)
    ImageDraw.Draw(big).rounded_rectangle((0, 0, width * 4 - 1, height * 4 - 1), 48, fill=255)
    return big.resize((width, height), Pil.Resampling.LANCZOS)


def compose(pictures: Mapping[str, Image | None], caption: Caption) -> Image:
    """Return one frame (HEIGHT, WIDTH, 3).

    Args:
        pictures: by camera name, any size; None where nothing was seen yet.
        caption: what to write.
    """
    canvas = Pil.new('RGB', (WIDTH, HEIGHT), _BACK)
    draw = ImageDraw.Draw(canvas)
    _header(draw, caption)
    count = max(len(pictures), 1)
    width = (WIDTH - _MARGIN * (count + 1)) // count
    height = HEIGHT - _HEADER - _FOOTER
    for i, (name, picture) in enumerate(pictures.items()):
        left = _MARGIN + i * (width + _MARGIN)
        _picture(canvas, draw, name, picture, (left, _HEADER, width, height))
    _footer(draw, caption)
    return np.asarray(canvas)


def _one_line(text: str) -> str:
    """Return the start of `text` without line breaks; people and models write anything."""
    return ' '.join(text[:1000].split())[:200]


def _width(text: str, size: int, bold: bool = False) -> float:
    return _font(size, bold).getlength(text)


@lru_cache(maxsize=256)
def _cut(text: str, size: int, limit: int, bold: bool = False) -> str:
    """Return `text`, shortened with an ellipsis when it is wider than `limit` px."""
    if _width(text, size, bold) <= limit:
        return text
    while text and _width(text + '\u2026', size, bold) > limit:
        text = text[:-1]
    return text + '\u2026'


def _header(draw: ImageDraw.ImageDraw, caption: Caption) -> None:
    limit = WIDTH - 2 * _MARGIN - 110
    text = _one_line(caption.instruction) or 'waiting for an instruction'
    sizes = (size for size in (32, 28, 24, 20, 18) if _width(text, size, True) <= limit)
    size = next(sizes, 18)
    text = _cut(text, size, limit, True)
    middle = _HEADER // 2 + 1
    colour = _TEXT if caption.instruction else _DIM
    draw.text((_MARGIN, middle), text, colour, _font(size, True), 'lm')
    draw.text((WIDTH - _MARGIN, middle), caption.counter, _DIM, _font(24), 'rm')


def _picture(
    canvas: Pil.Image,
    draw: ImageDraw.ImageDraw,
    name: str,
    picture: Image | None,
    box: tuple[int, int, int, int],
) -> None:
    left, top, width, height = box
    if picture is None:
        scaled = Pil.new('RGB', (height, height), _PANEL)
    else:
        factor = min(width / picture.shape[1], height / picture.shape[0])
        target = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
        smooth = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
        scaled = Pil.fromarray(cv2.resize(picture, target, interpolation=smooth))
    x = left + (width - scaled.width) // 2
    y = top + (height - scaled.height) // 2
    canvas.paste(scaled, (x, y), _mask(*scaled.size))
    label = _font(16)
    length = draw.textlength(name, label)
    tag = (x + 12, y + 12, x + 28 + length, y + 40)
    draw.rounded_rectangle(tag, 8, fill=_BACK)
    draw.text((x + 20, y + 26), name, _TEXT, label, 'lm')


def _footer(draw: ImageDraw.ImageDraw, caption: Caption) -> None:
    middle = HEIGHT - _FOOTER // 2 - 4
    right = _chip(draw, _MARGIN, middle, caption.mode)
    note = caption.cause if caption.mode in (Mode.HOLD, Mode.STOP) else caption.subgoal
    note = _cut(_one_line(note), 18, 760 - right - 20)
    draw.text((right + 18, middle), note, _DIM, _font(18), 'lm')
    _value(draw, 780, middle, 'latent age', _number(caption.latent_age, ' s'))
    shown = _number(caption.p_value, '')
    _value(draw, 930, middle, 'p-value', shown, RED if caption.alarm else _TEXT)
    _bar(draw, (1040, middle + 6, 1150, middle + 16), caption)
    _value(draw, 1180, middle, 'time', f'{caption.seconds:.1f} s')
    y = HEIGHT - 6
    draw.rectangle((0, y, WIDTH, HEIGHT), fill=_PANEL)
    draw.rectangle((0, y, round(WIDTH * caption.progress), HEIGHT), fill=MODES[caption.mode])


def _chip(draw: ImageDraw.ImageDraw, x: int, middle: int, mode: Mode) -> int:
    font = _font(20, True)
    width = round(draw.textlength(mode.name, font)) + 32
    draw.rounded_rectangle((x, middle - 20, x + width, middle + 20), 20, fill=MODES[mode])
    draw.text((x + width / 2, middle), mode.name, '#ffffff', font, 'mm')
    return x + width


def _value(
    draw: ImageDraw.ImageDraw, x: int, middle: int, name: str, value: str, colour: str = _TEXT
) -> None:
    draw.text((x, middle - 14), name, _DIM, _font(15), 'lm')
    draw.text((x, middle + 11), value, colour, _font(24), 'lm')


def _number(value: float, unit: str) -> str:
    return f'{value:.2f}{unit}' if math.isfinite(value) else '\u2013'


def _bar(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], caption: Caption) -> None:
    """Draw p as a bar, with a tick at alpha."""
    left, top, right, bottom = box
    draw.rounded_rectangle(box, 5, fill='#2b353e')
    if math.isfinite(caption.p_value):
        end = left + max(round((right - left) * min(caption.p_value, 1.0)), 8)
        draw.rounded_rectangle((left, top, end, bottom), 5, fill=RED if caption.alarm else SKY)
    if math.isfinite(caption.alpha):
        x = left + (right - left) * caption.alpha
        draw.line((x, top - 5, x, bottom + 5), fill=_TEXT, width=2)
