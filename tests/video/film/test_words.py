import string
from itertools import combinations

import pytest

from nbutils.video.film import sentences
from nbutils.video.film.films import SHOWN, heldout_orders, training_orders, validation_orders
from nbutils.video.film.topics import HELDOUT_TOPICS, SHOWN_TOPIC, TRAINING_TOPICS, VALIDATION_TOPICS, Topic

POOLS = (
    sentences.PAYING_OFF,
    sentences.ORDINARY,
    sentences.UNSEEN_PAYING_OFF,
    sentences.UNSEEN_ORDINARY,
)


def test_sets_of_films_share_no_topic_and_no_thing():
    sets = (TRAINING_TOPICS, VALIDATION_TOPICS, HELDOUT_TOPICS, (SHOWN_TOPIC,))
    for one, other in combinations(sets, 2):
        for field in ("name", "thing"):
            assert not {getattr(topic, field) for topic in one} & {getattr(topic, field) for topic in other}


def test_films_that_no_training_has_seen_show_other_shapes():
    seen = {topic.shape for topic in (*TRAINING_TOPICS, *VALIDATION_TOPICS)}
    assert not seen & {topic.shape for topic in (*HELDOUT_TOPICS, SHOWN_TOPIC)}


def test_orders_have_names_and_numbers_of_their_own():
    orders = [*training_orders(), *validation_orders(), *heldout_orders(), SHOWN]
    assert len({order.name for order in orders}) == len({order.number for order in orders}) == len(orders)
    assert all(order.unseen == (order.topic in (*HELDOUT_TOPICS, SHOWN_TOPIC)) for order in orders)


def test_no_sentence_is_in_two_pools_and_all_have_places_that_a_topic_fills():
    together = [sentence for pool in POOLS for sentence in pool]
    assert len(set(together)) == len(together)
    named = {name for text in together for _, name, _, _ in string.Formatter().parse(text) if name}
    assert named <= set(Topic._fields)
    assert min(map(len, POOLS[:2])) >= 40


@pytest.mark.parametrize("pools", [POOLS[:2], POOLS[2:]])
def test_both_kinds_name_the_topic_about_as_often(pools):
    shares = [sum("{" in sentence for sentence in pool) / len(pool) for pool in pools]
    assert max(shares) < 1.6 * min(shares)
