"""The wordings that training sees: templates, and what people say around them."""

from vla_ros.tabletop.language.wording import bodies, one_arm, two_arms


PREFIXES = (
    *('', '', '', '', 'please', 'hey robot,', 'robot,', 'now', 'ok,', 'could you', 'can you'),
    *('i want you to', 'i would like you to', 'would you', 'now please', 'next,', 'go and'),
    *('your task is to', 'your job:', 'try to', 'kindly', 'lets', 'you should', 'time to'),
    *('the (task|goal|job) is to', 'we need you to', 'first of all,', 'just', 'carefully'),
    *('(hello|hi), (please|can you|could you)', 'as a next step,', 'would you mind to'),
)
SUFFIXES = (
    *('', '', '', '', '', 'please', 'now', 'for me', 'thanks', 'carefully', 'right away'),
    *('if you can', 'and then stop', 'from the table', 'with the gripper', 'thank you'),
    *('gently', 'slowly', 'as fast as you can', 'will you', 'when you are ready', 'at once'),
    *('and let go', 'and wait', 'without touching anything else', 'with care', 'robot'),
)
TEMPLATES = one_arm.TEMPLATES | two_arms.TEMPLATES | bodies.TEMPLATES
NEGATIONS = (
    '(do not|dont|never) {command}',
    '(leave|let) {object} (alone|where it is|be)',
    'stop (|moving|it|everything)',
)
