"""Requests, wordings, vocabulary and training text."""

import numpy as np
import pytest

from vla_ros.language import COLOURS, FAMILIES, Request, Vocabulary, fill, render, requests
from vla_ros.language.corpus import (
    BAD_TARGET,
    CONCEPTS,
    NO_OBJECT,
    NO_TARGET,
    classes,
    negative,
    positive,
    sample_texts,
)
from vla_ros.language.grammar import templates
from vla_ros.language.vocabulary import split_words, training_vocabulary


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
    vocabulary = training_vocabulary()
    rng = np.random.default_rng(0)
    texts = [render(r, rng, split) for r in requests() for split in ('train', 'heldout')]
    assert max(len(split_words(text)) for text in texts * 3) <= vocabulary.length
    assert not vocabulary.unknown('put the red cube in the bowl')


@pytest.mark.parametrize(
    'arguments',
    [('lift', 'red'), ('pick', 'teal'), ('put', 'red', 'zone'), ('stack', 'red', 'red')],
)
def test_impossible_requests_are_named(arguments):
    with pytest.raises(ValueError, match='not in|not one of|itself'):
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
    vocabulary = training_vocabulary()
    vocabulary.save(tmp_path / 'v.json')
    assert Vocabulary.load(tmp_path / 'v.json') == vocabulary
    (tmp_path / 'v.json').write_text('{"words": 3}')
    with pytest.raises(ValueError, match=r'v\.json'):
        Vocabulary.load(tmp_path / 'v.json')


def test_case_and_punctuation_do_not_matter():
    vocabulary = training_vocabulary()
    a = vocabulary.encode('Please, PUT the Red cube in the bowl!!')
    assert (a == vocabulary.encode('please put the red cube in the bowl')).all()


def test_training_text_means_what_it_says():
    rng = np.random.default_rng(0)
    for request in requests():
        words = positive(request, rng)
        assert classes(request)[0] < NO_OBJECT
        assert words
    for _ in range(200):
        _, object_class, target_class = negative(rng)
        assert object_class == NO_OBJECT or target_class == BAD_TARGET


def test_texts_are_the_same_for_the_same_seed():
    vocabulary = training_vocabulary()
    a = sample_texts(vocabulary, 50, np.random.default_rng(3))
    b = sample_texts(vocabulary, 50, np.random.default_rng(3))
    assert (a.tokens == b.tokens).all()
    assert ((a.family >= -1) & (a.family < len(FAMILIES))).all()
    assert NO_TARGET == len(CONCEPTS) == len(COLOURS) + 2
