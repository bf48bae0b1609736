"""LimbTopics: what the control node offers of one arm, beside its reports."""

from vla_ros.data import ExecutionStatus
from vla_ros.nodes.base import StageNode
from vla_ros.nodes.driver import Driver
from vla_ros.nodes.gains import LawParameters
from vla_ros.nodes.targets import TargetTopics
from vla_ros.pipeline.limb_link import LimbLink
from vla_ros.robots.spec import RobotSpec


class LimbTopics:
    """Its targets, the parameters of its law and, of a real robot, its driver."""

    def __init__(
        self,
        node: StageNode,
        spec: RobotSpec,
        arm: LimbLink,
        name: str,
        law: str,
        driven: bool,
    ) -> None:
        """Subscribe, advertise and declare on `node`.

        Args:
            node: the control node.
            spec: of the arm.
            arm: its side of the control process.
            name: of the limb; '' is an only one.
            law: preset in config/control/ that it begins with; empty: that of the arm.
            driven: whether the robot's own driver moves it.
        """
        self._targets = TargetTopics(node, spec, arm, name)
        self._gains = LawParameters(node, spec, arm, law or spec.law, name)
        self._driver = Driver(node, spec, arm) if driven else None

    def amend(self, status: ExecutionStatus) -> ExecutionStatus:
        """Return the status with the targets that were refused here."""
        return self._targets.amend(status)

    def destroy(self) -> None:
        """Take the parameters down; the topics end with the node's others."""
        self._gains.destroy()
