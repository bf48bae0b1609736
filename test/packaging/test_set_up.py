"""Set-up runs only what is due, and names the Debian package when something is missing."""

from pathlib import Path
import sys

import pytest


TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture
def tools(monkeypatch):
    """Return set-up's modules, which are scripts and no package."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import setup_env
    import system_packages

    return setup_env, system_packages


@pytest.fixture
def no_apt(tools, monkeypatch):
    """Take away the permission to install, and return what checks the system."""
    system = tools[1]
    monkeypatch.setattr(system, '_privileges', lambda: None)
    return system


def test_a_missing_venv_module_is_named(no_apt, monkeypatch):
    monkeypatch.setattr(no_apt.importlib.util, 'find_spec', lambda name: None)
    package = f'python{sys.version_info.major}.{sys.version_info.minor}-venv'
    with pytest.raises(no_apt.SetupError, match=package):
        no_apt.ensure_venv_module()


def test_a_missing_compiler_is_named(no_apt, monkeypatch):
    monkeypatch.setattr(no_apt.shutil, 'which', lambda name: None)
    with pytest.raises(no_apt.SetupError, match=r'apt-get install .*g\+\+'):
        no_apt.ensure_compiler()


def test_a_missing_gl_library_is_named(no_apt, monkeypatch):
    monkeypatch.setattr(no_apt, 'rendering_backend', lambda python: None)
    with pytest.raises(no_apt.SetupError, match='libegl1 libgl1-mesa-dri'):
        no_apt.ensure_rendering(Path(sys.executable))


def test_this_machine_renders(tools):
    assert tools[1].rendering_backend(Path(sys.executable)) in ('egl', 'osmesa')


def test_a_step_runs_again_only_when_its_inputs_change(tools, monkeypatch, tmp_path):
    setup = tools[0]
    monkeypatch.setattr(setup, 'ROOT', tmp_path)
    monkeypatch.setattr(setup, 'STAMPS', tmp_path / 'stamps')
    source = tmp_path / 'source'
    source.write_text('a')
    runs = []

    def run():
        setup.step('name', 'text', [source], lambda: runs.append(1))

    run()
    run()
    assert len(runs) == 1
    source.write_text('b')
    run()
    assert len(runs) == 2


def test_a_step_that_fails_runs_again(tools, monkeypatch, tmp_path):
    setup = tools[0]
    monkeypatch.setattr(setup, 'STAMPS', tmp_path / 'stamps')

    def fail():
        raise setup.SetupError('no network')

    with pytest.raises(setup.SetupError):
        setup.step('name', 'text', [], fail)
    runs = []
    setup.step('name', 'text', [], lambda: runs.append(1))
    assert runs
