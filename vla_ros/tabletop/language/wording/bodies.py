"""What a body may be asked to do."""

from vla_ros.tabletop.language.wording.words import BOTH, BY, GET, HAND, RAISE


_LOOK = '(look at|look for|find|watch|see|locate|turn to|face)'
_REACH = '(reach for|reach to|reach out for|reach out to|go to|move to|stretch out to|point at)'
_DRIVE = '(drive|go|roll|move|walk|come|travel|head)'
_THERE = '(to the table|up to the table|over to the table|towards the table|closer to the table)'

TEMPLATES = {
    'reach': (
        'look at {object} and reach for it with {arm} hand',
        f'{_LOOK} {{object}} (and|, then) {_REACH} it {BY} {{arm}} {HAND}',
        f'{_REACH} {{object}} {BY} {{arm}} {HAND}',
        f'{BY} {{arm}} {HAND}, {_REACH} {{object}}',
        f'{{arm}} {HAND}: {_REACH} {{object}}',
        f'{{arm}} {HAND} (to|over|above|near|next to|at|by) {{object}}',
        f'use {{arm}} {HAND} to {_REACH} {{object}}',
        f'(hold|keep|put|bring|move) {{arm}} {HAND} (over|above|near|close to|at) {{object}}',
        f'{{arm}} {HAND} (should|must|is to|has to) {_REACH} {{object}}',
        f'{{object}}: (look at it|see it|find it) and {_REACH} it {BY} {{arm}} {HAND}',
        f'i (want|need) {{arm}} {HAND} (at|near|over|above|by) {{object}}',
        '(stretch|extend) {arm} arm (to|towards|out to|over to) {object}',
        f'(get|come|go) (near|close to|over) {{object}} {BY} {{arm}} {HAND}',
        f'{_LOOK} {{object}} and (bring|move|hold) {{arm}} {HAND} (to|over|near) it',
        f'(turn|keep) your (head|eyes) to {{object}} and {_REACH} it {BY} {{arm}} {HAND}',
        f'without (taking|lifting) it, {_REACH} {{object}} {BY} {{arm}} {HAND}',
    ),
    'hoist': (
        'lift {object} with both hands',
        f'{RAISE} {{object}} {BOTH} (arms|hands|grippers)',
        f'{BOTH} (arms|hands|grippers), {RAISE} {{object}}',
        'use both (arms|hands|grippers) to (lift|raise|pick up|hold up) {object}',
        f'{RAISE} {{object}}',
        f'{RAISE} {{object}} (off the table|from the table|into the air|by both sides)',
        '(take|grab|grasp|hold) {object} (at|by) both sides and (lift|raise) it',
        '(take|get|hold) {object} between both (hands|arms) and (lift|raise) it (|up|level)',
        '(take|grab|grasp) both sides of {object} and (lift|raise) (it|them) together',
        'both (arms|hands) (should|must) (lift|raise|pick up) {object} (|together|at once)',
        '{object} (must|should|has to|needs to) (be lifted|be raised|go up|come up|be carried)',
        'i (need|want|would like) {object} (lifted|raised|up in the air|held up|carried)',
        '(lift|raise) {object} (level|evenly|straight up|without tilting it|without spilling)',
        '{object}: (lift it|raise it|take it up) (|with both arms|with both hands)',
        '(make|let|have) {object} (rise|go up|leave the table)',
        '(find|there is) {object}, (lift it|raise it|pick it up) (|with both hands)',
        '{object} (please|now|next)',
        '{object}',
    ),
    'fetch': (
        'drive to the table and pick up {object}',
        f'{_DRIVE} {_THERE} (and|, then) {GET} {{object}}',
        f'{_DRIVE} {_THERE} (for|to get|to fetch|to pick up) {{object}}',
        f'{GET} {{object}} (after|once) you (have driven|have come|are) (up|) to the table',
        f'(approach|go near) the table and {GET} {{object}}',
        f'first {_DRIVE} {_THERE}, then {GET} {{object}}',
        f'{_DRIVE} (closer|nearer|there|over|up) and {GET} {{object}}',
        f'{{object}} is on the table, {_DRIVE} (there|up|over) and {GET} it',
        f'(fetch|get|bring) {{object}} from the table over there, {_DRIVE} up to it',
        f'i (want|need) {{object}} from the table, so {_DRIVE} (there|up|over) and {GET} it',
        f'{{object}}: {_DRIVE} (to the table|up to it|there) and {GET} it',
        f'(find|look for|locate|see) {{object}}, {_DRIVE} (to it|there|up) and {GET} it',
        f'from where you (are|stand), {_DRIVE} {_THERE} and {GET} {{object}}',
        f'the table is (ahead|in front of you), {_DRIVE} (there|up) and {GET} {{object}}',
        f'{_DRIVE} forward (|to the table) and {GET} {{object}}',
    ),
}
