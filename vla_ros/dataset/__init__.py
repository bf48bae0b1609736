"""Episodes to MCAP bags, and bags to series, videos and timelines.

A node builds one `BagWriter` per episode (`record.bag` tells how) and `recover_folder` at start.
"""

from vla_ros.dataset.bag import BagWriter, RecordError, Topic
from vla_ros.dataset.record_config import RecordConfig, load_record_config
from vla_ros.dataset.recover import recover_folder
from vla_ros.dataset.topics import offered_qos


__all__ = [
    'BagWriter',
    'RecordConfig',
    'RecordError',
    'Topic',
    'load_record_config',
    'offered_qos',
    'recover_folder',
]
