"""The wordings that training sees: templates, and what people say around them."""

_GET = '(pick up|grab|lift|take|grasp|fetch|get|raise|pick|collect|seize|hoist|get hold of)'
_PUT = '(put|place|drop|set|lay|move|deposit|bring|carry|toss|put down|throw)'
_INTO = '(in|into|inside|inside of|down into|within|to)'
_PUSH = '(push|slide|shove|nudge|move|bring|drag|shift|sweep|press|pull|get)'
_TO = '(to|into|onto|on|towards|over to|in|all the way to|inside|up to|across to)'
_STACK = '(stack|put|place|set|lay|balance|pile|position|rest|build|drop|move)'
_ON = '(on|onto|on top of|atop|upon|over|on the top of|right on|directly on top of|above)'

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
TEMPLATES = {
    'pick': (
        'pick up {object}',
        f'{_GET} {{object}}',
        f'{_GET} {{object}} (up|off the table|from the table|from the surface|into the air)',
        'take {object} in your (hand|gripper)',
        '{object}: (pick it up|lift it|grab it|take it)',
        '{object} (must|should|has to|needs to) (be lifted|be picked up|go up|come up|be grabbed)',
        'i (need|want|would like) {object} (|up in the air|in the air|lifted|picked up|raised)',
        '(give|hand) me {object}',
        'find {object} and (pick it up|lift it|grab it|raise it|take it)',
        '(hold|keep) {object} (up|in the air|above the table|over the table)',
        'close the gripper on {object} and (lift|raise it|go up)',
        'reach for {object} and (lift it|pick it up)',
        'there is {object}, (pick it up|grab it|lift it)',
        'only {object} (should be|is to be) (lifted|picked up|taken)',
        '{object} (please|now|next)',
        '{object}',
        'lift up {object} so that it (leaves|does not touch) the table',
        '(locate|look for|go to|see) {object}, then (grasp|lift|take|pick up) it',
        '(make|let|have) {object} (rise|go up|come up|leave the table|come off the table|float)',
        f'{_GET} {{object}} (|well|tightly) and (bring|move|carry|pull|get|take) it'
        ' (up|upward|higher|with you|to me|away)',
        '(take|get|remove|bring|carry) {object} (away|off|) from (where it is|its place|there)',
        '(take|get|remove|bring) {object} (off|from) the (table|surface|ground|desk)',
        '(bring|move|carry|pull) {object} (up|upward|higher|into the air)',
    ),
    'put': (
        'put {object} in {target}',
        f'{_PUT} {{object}} {_INTO} {{target}}',
        f'{_GET} {{object}} and {_PUT} it {_INTO} {{target}}',
        f'{_INTO} {{target}} (goes|with) {{object}}',
        '{object} (belongs|goes|should go|must go|has to go|is to go) (in|into|inside) {target}',
        '{object} (in|into|inside) {target}',
        f'{_GET} {{object}}, then {_PUT} it {_INTO} {{target}}',
        '(fill|load) {target} with {object}',
        '{target} (needs|wants|is missing|should get|should hold|must contain) {object}',
        'i (want|need) {object} (in|inside|to be in) {target}',
        f'{_PUT} into {{target}} {{object}}',
        'find {target} and (drop|put|place) {object} (there|inside|in it|into it)',
        'use {target} (for|to store|to hold) {object}',
        '{object} is for {target}',
        '(store|keep) {object} in {target}',
        'open the gripper (over|above) {target} once you hold {object}',
        'let {object} (fall|drop|go) into {target}',
        'move {object} from the table (to|into) {target}',
        'there is {object}, (put|drop|place) it (in|into) {target}',
        '{target}: put {object} (in|there|inside)',
        'lift {object} (over|above|to) {target} and (release it|let it go|open the gripper)',
        'add {object} to {target}',
    ),
    'push': (
        'push {object} into {target}',
        f'{_PUSH} {{object}} {_TO} {{target}}',
        f'{_PUSH} {{object}} (along|over|across) the table {_TO} {{target}}',
        f'{_TO} {{target}} (goes|with) {{object}}',
        '{object} (belongs|goes|should go|must go|has to go) (in|into|on|onto|to) {target}',
        '{object} (to|into|onto|on) {target}',
        '{target} (needs|wants|is missing|should get|is where i want) {object}',
        'i (want|need) {object} (in|on|to be in|to be on|pushed to|moved to) {target}',
        'without lifting it, (slide|push|move) {object} (to|into|onto) {target}',
        '(slide|push) {object} until it (is|sits|stops) (in|on|inside) {target}',
        'close the gripper and (push|slide|shove) {object} (to|into) {target}',
        'move to {target} {object}',
        'there is {object}, (push|slide|move|shove) it (to|into|onto) {target}',
        '{target}: (push|slide|move) {object} (there|onto it|into it)',
        '(shove|push|nudge) {object} so that it (reaches|is in|gets to|ends on) {target}',
        'put {object} (in|on|onto|into) {target}',
        'place {object} (in|on|onto|into) {target}',
        'find {target} and (push|move|slide|bring) {object} (there|to it|onto it)',
        'the place for {object} is {target}',
        'with the fingers closed, (push|slide|move) {object} (over|on|) to {target}',
    ),
    'stack': (
        'stack {object} on {target}',
        f'{_STACK} {{object}} {_ON} {{target}}',
        f'{_GET} {{object}} and {_STACK} it {_ON} {{target}}',
        f'{_GET} {{object}}, then {_STACK} it {_ON} {{target}}',
        f'{{object}} (belongs|goes|should (go|be|sit)|must go|has to sit) {_ON} {{target}}',
        f'{{object}} {_ON} {{target}}',
        f'{_ON} {{target}} (goes|place|put|stack|comes|belongs) {{object}}',
        f'{_STACK} {_ON} {{target}} {{object}}',
        '(use|take) {target} as (the base|a base|the bottom|support) (for|and put on it) {object}',
        '(make|build) a (tower|stack|pile) with {target} (below|at the bottom|under) and {object}'
        ' (above|on top|over it)',
        '(make|build) a (tower|stack|pile) with {object} (above|on top|over) and {target}'
        ' (below|at the bottom|under it)',
        '(make|build) a (tower|stack|pile) of {object} on {target}',
        '{target} (should|must) (carry|support|hold|bear|be under|be below|be beneath) {object}',
        '{target} (goes|belongs|should be) (under|below|beneath|underneath) {object}',
        f'i (want|need) {{object}} {_ON} {{target}}',
        f'let {{object}} (stand|sit|rest|lie) {_ON} {{target}}',
        'lift {object} and (release it|set it down|lower it|put it) (on|over|onto) {target}',
        'the top of {target} is the place for {object}',
        '{object} (on top|above|up), {target} (below|at the bottom|under it|down)',
        '{target} (below|at the bottom|under), {object} (on top|above|over it)',
        'put {target} under {object} by moving {object} (on top|above it)',
        'there is {target}, put {object} (on it|on top|on top of it)',
        'find {target} and (put|place|stack|set) {object} (on it|on top of it|on top|onto it)',
    ),
}
NEGATIONS = (
    '(do not|dont|never) {command}',
    '(leave|let) {object} (alone|where it is|be)',
    'stop (|moving|it|everything)',
)
