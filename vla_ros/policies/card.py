"""The model card of a policy directory: README.md, whose last part is what evaluation measured."""

from pathlib import Path


CARD = 'README.md'
MEASURED = '<!-- measured by `vla_ros evaluate --card` -->'


def read_measured(folder: Path) -> str:
    """Return what evaluation wrote into the card; '' where there is none."""
    path = folder / CARD
    text = path.read_text(encoding='utf-8') if path.is_file() else ''
    return text.partition(MEASURED)[2].strip()


def write_measured(folder: Path, measured: str) -> None:
    """Replace what evaluation wrote into the card, and nothing else of it."""
    path = folder / CARD
    text = path.read_text(encoding='utf-8') if path.is_file() else f'# {folder.name}\n\n'
    head = text.partition(MEASURED)[0]
    path.write_text(f'{head.rstrip()}\n\n{MEASURED}\n\n{measured.strip()}\n', encoding='utf-8')
