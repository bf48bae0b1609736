"""The pages of the documentation: short lines, and links that lead somewhere."""

from pathlib import Path
import re

import pytest


ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').glob('*.md'))]
LONGEST_LINE = 120


def anchor_of(heading):
    """Return what GitHub makes of a heading for links."""
    kept = re.sub(r'[^\w\- ]', '', heading.strip().lower())
    return kept.replace(' ', '-')


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_lines_are_short(page):
    """A row of a table, an indented command and a line that is one piece of code may be long."""
    long = [
        f'{page.name}:{number} has {len(line)} characters'
        for number, line in enumerate(page.read_text().splitlines(), start=1)
        if len(line) > LONGEST_LINE
        and not line.startswith(('|', '    '))
        and not re.fullmatch(r'`[^`]*`\.?', line.strip())
    ]
    assert not long, '\n'.join(long)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_links_lead_to_a_file_and_a_heading(page):
    wrong = []
    for target in re.findall(r'\]\(([^)\s]+)\)', page.read_text()):
        if '://' in target:
            continue
        name, _, anchor = target.partition('#')
        path = page.parent / name if name else page
        if not path.exists():
            wrong.append(f'{target}: there is no {name}')
        elif anchor:
            headings = re.findall(r'^#+ (.+)$', path.read_text(), flags=re.M)
            if anchor not in {anchor_of(heading) for heading in headings}:
                wrong.append(f'{target}: {path.name} has no such heading')
    assert not wrong, '\n'.join(wrong)
