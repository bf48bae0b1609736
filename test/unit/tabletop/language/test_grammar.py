"""Requests, wordings, vocabulary and training text."""

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from vla_ros.core.paths import share_dir
from vla_ros.tabletop.language import (
    COLOURS,
    FAMILIES,
    Request,
    Vocabulary,
    fill,
    render,
    requests,
)
from vla_ros.tabletop.language.corpus import (
    ARM_CLASSES,
    BAD_TARGET,
    CONCEPTS,
    NO_ARM,
    NO_OBJECT,
    NO_TARGET,
    arm_class,
    classes,
    negative,
    positive,
    sample_texts,
)
from vla_ros.tabletop.language.families import ARMS, KINDS, armed, check_families, goals, kinds
from vla_ros.tabletop.language.grammar import expand, templates
from vla_ros.tabletop.language.vocabulary import split_words, training_vocabulary


EVERY = tuple(FAMILIES)
CUBES = ('pick', 'put', 'push', 'stack')


@pytest.mark.parametrize('family', FAMILIES)
@pytest.mark.parametrize('split', ['plain', 'train', 'heldout'])
def test_every_wording_renders_without_leftovers(family, split):
    rng = np.random.default_rng(0)
    for request in requests(family):
        for _ in range(40):
            text = render(request, rng, split)
            assert not set('{}()|') & set(text), text
            assert '  ' not in text
            assert ' the the ' not in f' {text} '


@pytest.mark.parametrize('family', FAMILIES)
def test_splits_share_no_template(family):
    assert not set(templates(family, 'train')) & set(templates(family, 'heldout'))


def test_every_wording_fits_the_vocabulary():
    vocabulary = training_vocabulary(EVERY)
    rng = np.random.default_rng(0)
    texts = [render(r, rng, split) for r in requests(*EVERY) for split in ('train', 'heldout')]
    assert max(len(split_words(text)) for text in texts * 3) <= vocabulary.length
    assert not vocabulary.unknown('put the red cube in the bowl')


@pytest.mark.parametrize(
    'arguments',
    [
        *[('juggle', 'red'), ('pick', 'teal'), ('put', 'red', 'zone'), ('stack', 'red', 'red')],
        *[('press', 'red', 'bowl'), ('wipe', 'teal'), ('pick', 'red', '', 'left')],
        *[('place', 'red', 'bowl'), ('handover', 'red'), ('lift', 'red', '', 'right')],
        *[('reach', 'red'), ('hoist', 'red', '', 'left'), ('fetch', 'red', 'bowl')],
    ],
)
def test_impossible_requests_are_named(arguments):
    with pytest.raises(ValueError, match='not in|not one of|its own target'):
        Request(*arguments)


def test_fill_adds_an_article_where_there_is_none():
    request = Request('put', 'red', 'bowl')
    assert fill('put {object} in {target}', request, None) == 'put the red cube in the bowl'
    assert fill('Put that {object} in my {target}!', request, None) == (
        'Put that red cube in my bowl!'
    )


@pytest.mark.parametrize(
    'template', ['put {object}', 'put it in {target}', '{object} {target} {x}']
)
def test_templates_with_wrong_placeholders_are_refused(template):
    with pytest.raises(ValueError, match='template'):
        fill(template, Request('put', 'red', 'bowl'), None)


def test_vocabulary_survives_a_file_and_names_a_bad_one(tmp_path):
    vocabulary = training_vocabulary(EVERY)
    vocabulary.save(tmp_path / 'v.json')
    assert Vocabulary.load(tmp_path / 'v.json') == vocabulary
    (tmp_path / 'v.json').write_text('{"words": 3}')
    with pytest.raises(ValueError, match=r'v\.json'):
        Vocabulary.load(tmp_path / 'v.json')


def test_case_and_punctuation_do_not_matter():
    vocabulary = training_vocabulary(EVERY)
    a = vocabulary.encode('Please, PUT the Red cube in the bowl!!')
    assert (a == vocabulary.encode('please put the red cube in the bowl')).all()


def test_training_text_means_what_it_says():
    rng = np.random.default_rng(0)
    for request in requests(*EVERY):
        words = positive(request, rng, EVERY)
        assert classes(request)[0] < NO_OBJECT
        assert words
    for _ in range(200):
        _, object_class, target_class, arm = negative(rng, EVERY)
        assert object_class == NO_OBJECT or target_class == BAD_TARGET or arm == NO_ARM


def test_texts_are_the_same_for_the_same_seed():
    vocabulary = training_vocabulary(EVERY)
    a = sample_texts(vocabulary, 50, np.random.default_rng(3), EVERY)
    b = sample_texts(vocabulary, 50, np.random.default_rng(3), EVERY)
    assert (a.tokens == b.tokens).all()
    assert ((a.family >= -1) & (a.family < len(FAMILIES))).all()
    assert NO_TARGET == len(CONCEPTS) == len(COLOURS) + 2


some = st.lists(st.sampled_from(EVERY), min_size=1, max_size=4, unique=True).map(tuple)


@given(some, st.integers(0, 2**32 - 1))
def test_texts_are_labelled_by_what_they_ask_for(families, seed):
    vocabulary = training_vocabulary(families)
    texts = sample_texts(vocabulary, 30, np.random.default_rng(seed), families)
    means = texts.family >= 0
    nothing = (texts.object == NO_OBJECT) | (texts.target == BAD_TARGET)
    assert not (nothing & means).any()
    if not armed(families):
        assert (nothing | means).all() and (texts.arm <= NO_ARM).all()
    arms = [FAMILIES[families[i]].arms for i in texts.family[means]]
    for arm, allowed in zip(texts.arm[means], arms, strict=True):
        assert ARM_CLASSES[arm] in allowed
    # What says what is wanted and still means nothing lacks its arm.
    assert (texts.arm[~nothing & ~means] == NO_ARM).all()
    targets = [FAMILIES[families[i]].targets for i in texts.family[means]]
    for target, allowed in zip(texts.target[means], targets, strict=True):
        assert ('' if target == NO_TARGET else CONCEPTS[target]) in allowed


@given(some)
def test_a_vocabulary_has_the_words_of_its_families_and_no_others(families):
    vocabulary = training_vocabulary(families)
    rng = np.random.default_rng(0)
    for request in requests(*families):
        assert not vocabulary.unknown(render(request, rng, 'train'))
    absent = set(KINDS) - set(kinds(families))
    assert absent <= set(vocabulary.unknown(' '.join(absent)))
    assert ('bowl' in vocabulary.ids) == ('bowl' in goals(families))


def test_the_shipped_policy_still_has_its_words():
    shipped = Vocabulary.load(share_dir() / 'policies' / 'franka' / 'pocket' / 'vocabulary.json')
    assert training_vocabulary(CUBES) == shipped


def test_where_the_noun_says_what_to_do_it_is_never_left_out():
    rng = np.random.default_rng(0)
    for _ in range(300):
        words = positive(Request('wipe', 'red'), rng, ('pick', 'wipe'))
        assert set(words) & {'line', 'stripe', 'mark', 'streak', 'stroke'}


def test_families_without_a_target_have_meaningless_texts_too():
    rng = np.random.default_rng(0)
    kinds_of = {negative(rng, ('press',))[1:] for _ in range(300)}
    assert kinds_of == {(NO_OBJECT, NO_TARGET, NO_ARM), (NO_OBJECT, BAD_TARGET, -1)}


@given(st.sampled_from(requests(*EVERY)))
def test_a_request_reads_its_own_text(request):
    assert Request.parse(request.text) == request
    dashes = ' -' * (4 - len(request.text.split()))
    assert Request.parse(f'  {request.text}{dashes}') == request


@pytest.mark.parametrize('text', ['', 'pick', 'juggle red', 'pick red bowl', 'put red - - -'])
def test_a_text_that_is_no_request_is_refused(text):
    with pytest.raises(ValueError, match='expected|not one of|not in'):
        Request.parse(text)


@pytest.mark.parametrize(
    ('names', 'message'), [(['pick', 'juggle'], 'juggle.* is not one of'), (['put'] * 2, 'twice')]
)
def test_wrong_families_are_named(names, message):
    with pytest.raises(ValueError, match=f'^tasks: .*{message}'):
        check_families(names, 'tasks')


def test_requests_of_no_family_are_a_mistake():
    with pytest.raises(ValueError, match='expected the name'):
        requests()


def test_the_words_of_a_held_out_wording_are_not_all_known():
    for family in EVERY:
        vocabulary, rng = training_vocabulary((family,)), np.random.default_rng(0)
        texts = [render(Request(*r), rng, 'heldout') for r in _first(family)]
        assert any(vocabulary.unknown(text) for text in texts)


def _first(family):
    request = requests(family)[0]
    return [(request.family, request.object, request.target, request.arm)] * 20


NEEDING = armed(EVERY)
request_with_arm = st.sampled_from(requests(*NEEDING))
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize('family', NEEDING)
@pytest.mark.parametrize('split', ['train', 'heldout'])
def test_the_arm_is_named_in_every_wording_and_the_other_only_to_tell_them_apart(family, split):
    rng = np.random.default_rng(1)
    for request in requests(family):
        assert {request.arm, request.other} == set(ARMS)
        for template in templates(family, split):
            text = fill(expand(template, rng), request, rng)
            both = request.other in split_words(text)
            assert request.arm in split_words(text) and both == ('{other}' in template)


@pytest.mark.parametrize(('split', 'share'), [('train', 0.35), ('heldout', 0.35)])
def test_many_handovers_name_both_arms(split, share):
    every = templates('handover', split)
    assert sum('{other}' in template for template in every) >= share * len(every)


def test_from_the_left_to_the_right_means_the_right():
    request = Request('handover', 'red', '', 'right')
    texts = {
        fill(expand(template, np.random.default_rng(seed)), request, None)
        for template in templates('handover', 'train')
        for seed in range(20)
    }
    assert any('the red cube from the left to the right arm' in text for text in texts)
    assert not any('from the right' in text or 'to the left' in text for text in texts)


@given(request_with_arm, seeds)
def test_noise_leaves_the_words_that_tell_the_arms_apart(request, seed):
    vocabulary = training_vocabulary(NEEDING)
    words = positive(request, np.random.default_rng(seed), NEEDING)
    kept = [word for word in words[: vocabulary.length] if word != 'the']
    assert request.arm in kept
    before = dict(zip(kept[1:], kept, strict=False))  # the word before each, the last time
    if request.other not in [w for w, after in zip(kept, [*kept[1:], ''], strict=True)
                             if after != 'away']:  # fmt: skip
        return
    if request.family == 'handover':
        told = {(request.arm, 'to'), (request.other, 'from')} & set(before.items())
        begins = kept.index(request.other) < kept.index(request.arm)
        assert told or begins
    else:
        assert 'not' in kept


@given(seeds)
def test_right_away_is_never_a_lone_right(seed):
    rng = np.random.default_rng(seed)
    for request in (Request('lift', 'red'), Request('place', 'red', 'bowl', 'left')):
        words = positive(request, rng, ('place', 'lift'))
        if not set(words) & {'not', 'dont'}:
            rights = [i for i, word in enumerate(words) if word == 'right']
            assert all(words[i + 1 : i + 2] == ['away'] for i in rights)


@given(request_with_arm, seeds)
def test_a_text_without_its_arm_names_none(request, seed):
    rng = np.random.default_rng(seed)
    families = (request.family,)
    found = [negative(rng, families) for _ in range(60)]
    lacking = [
        words for words, thing, target, arm in found
        if arm == NO_ARM and thing != NO_OBJECT and target != BAD_TARGET
    ]  # fmt: skip
    assert lacking
    for words in lacking:
        following = [*words[1:], '']
        named = [w for w, after in zip(words, following, strict=True) if after != 'away']
        assert not set(named) & set(ARMS)


def test_every_class_of_arm_is_learned_from():
    families = ('place', 'handover', 'lift')
    texts = sample_texts(training_vocabulary(families), 3000, np.random.default_rng(0), families)
    means = texts.family >= 0
    assert {*texts.arm[means]} == {0, 1, 2}
    lift = families.index('lift')
    assert (texts.arm[means & (texts.family == lift)] == NO_ARM).all()
    assert (texts.arm[means & (texts.family != lift)] > NO_ARM).all()
    whole = (texts.object != NO_OBJECT) & (texts.target != BAD_TARGET)
    assert 0.1 < (whole & ~means).sum() / (~means).sum() < 0.2
    assert (texts.arm[~means] == -1).any() and (texts.arm[~means] > NO_ARM).any()


def test_the_arm_class_of_a_request():
    assert arm_class(Request('lift', 'red')) == NO_ARM
    assert ARM_CLASSES[arm_class(Request('place', 'red', 'bowl', 'right'))] == 'right'


def test_plain_texts_for_several_limbs():
    rng = np.random.default_rng(0)
    for request, text in (
        (
            Request('place', 'red', 'bowl', 'left'),
            'put the red cube in the bowl with the left arm',
        ),
        (Request('handover', 'blue', '', 'right'), 'hand the blue cube over to the right arm'),
        (Request('lift', 'green'), 'lift the green bar with both arms'),
        (
            Request('reach', 'red', '', 'left'),
            'look at the red cube and reach for it with the left hand',
        ),
        (Request('hoist', 'blue'), 'lift the blue crate with both hands'),
        (Request('fetch', 'red'), 'drive to the table and pick up the red cube'),
    ):
        assert render(request, rng, 'plain') == text
        assert Request.parse(request.text) == request
