"""The stand-in driver as the tests meet it: started, asked, watched, ended."""

import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

from environments import environment_in
from std_msgs.msg import String
import yaml

from vla_ros.core.paths import config_file
from vla_ros.ros import qos


REPORT = qos.Topic('standin/report', String, qos.COMMAND)
COMMAND = qos.Topic('standin/command', String, qos.COMMAND)


def start_standin(domain, **settings):
    """Start the process; it ends with this one."""
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), os.environ.get('PYTHONPATH', '')])
    environment = environment_in(domain, orphan=False) | {'PYTHONPATH': path}
    environment |= {'OMP_NUM_THREADS': '1', 'OPENBLAS_NUM_THREADS': '1'}
    command = [sys.executable, str(here / 'standin_driver.py'), json.dumps(settings)]
    # A session of its own, as a driver has it: niceness counts only within one.
    return subprocess.Popen(command, env=environment, start_new_session=True)


def end_standin(process, timeout=10.0):
    """End the process; one that does not end by itself says where it is, and is killed.

    Raises:
        subprocess.TimeoutExpired: it had to be killed.
    """
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        raise
    finally:
        process.kill()
        process.wait()


def report_of(messages):
    """Return the newest report."""
    return json.loads(messages[-1].data)


def variant(folder, robot='franka', law='', camera_rate=0.0, **driver):
    """Write a robot's YAML with other drivers; return its path."""
    tree = yaml.safe_load(config_file('robots', robot).read_text())
    for limb in tree.get('limbs', [tree]):
        limb['driver'] |= driver
    if law:
        tree['law'] = law
    if camera_rate:
        tree['cameras'] = [camera | {'rate': camera_rate} for camera in tree['cameras']]
    path = folder / f'{robot}.yaml'
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return str(path)
