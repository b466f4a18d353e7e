"""Phrases in the clipped language of referring games, and what they say of place."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_zsris.method.constructions import Scanner
from napari_zsris.method.expression import RelationKind
from napari_zsris.method.language import Language
from napari_zsris.method.words import Words

# phrase | relations: kind, #rank, (targets), "not" where denied | what the object looks like
TABLE = """
left zebra | left | zebra
zebra on the left | left | zebra
zebra to the left | left | zebra
zebra, left | left | zebra
left | left |
the left one | left |
one on left | left |
the one on the left side | left |
left side zebra | left | zebra
leftmost zebra | left#1 | zebra
left-most zebra | left#1 | zebra
left most zebra | left#1 | zebra
girl far left | left#1 | girl
far left girl | left#1 | girl
girl on the very far left | left#1 | girl
girl all the way to the left | left#1 | girl
furthest left | left#1 |
farthest cow to the right | behind#1, right | cow
right side of picture | right |
lady on right side of pic | right | lady
lady in the right half of the photo | right | lady
boat, rt side | right | boat
lft truck | left | truck
truck on r | right | truck
dude on our left | left | dude
car on viewer's right | right | car
lower left corner | below, left |
bottom right donut | below, right | donut
donut in the upper left hand corner | above, left | donut
top-right muffin | above, right | muffin
top middle muffin | above, middle | muffin
top pizza slice | above | pizza slice
pizza slice at the top | above | pizza slice
the slice near the bottom | below | the slice
highest shelf | above#1 | shelf
top row, third from left | above, left#3 |
middle person | middle | person
person in the middle | middle | person
center dish | middle | dish
guy in centre | middle | guy
front cow | front | cow
cow in front | front | cow
woman in the foreground | front | woman
guy closest to us | front#1 | guy
chair closest to camera | front#1 | chair
chair nearest the viewer | front#1 | chair
closest chair | front#1 | chair
close up giraffe | front | giraffe
child in front of the camera | front | child
horse in back | behind | horse
tent in the background | behind | tent
back left seat | behind, left | seat
guy way in the back | behind#1 | guy
ship in the distance | behind | ship
farthest sheep | behind#1 | sheep
sheep furthest from us | behind#1 | sheep
dog far away | behind | dog
plane behind | behind | plane
biggest bear | bigger#1 | bear
larger bear | bigger | bear
big bear | bigger | big bear
smallest sheep | smaller#1 | sheep
tallest man on right | taller#1, right | man
shortest player | shorter#1 | player
smaller of the two | smaller |
bigger than the other | bigger |
second from left | left#2 |
2nd from right | right#2 |
second bike from the right | right#2 | bike
third umbrella in from the left | left#3 | umbrella
4th surfer from right | right#4 | surfer
second row from bottom | below#2 |
first car on left | left#1 | car
2nd person on the right | right#2 | person
3rd to the left | left#3 |
second left donut | left#2 | donut
the third kite | left#3 | the kite
last skier | right#1 | skier
second largest bowl | bigger#2 | bowl
third closest to us | front#3 |
2 from left | left#2 |
man left of the tree | left(the tree) | man
man to the right of the lady in green | right(the lady in green) | man
on the left of the clock | left(the clock) |
bike on the left side of the bus | left(the bus) | bike
cup above plate | above(plate) | cup
lamp over the couch | above(the couch) | lamp
cat on top of the car | above(the car) | cat
dog under the table | below(the table) | dog
bowl below the shelf on right | below(the shelf), right | bowl
girl in front of the bus | front(the bus) | girl
car right behind the truck | behind(the truck) | car
bench in back of the fence | behind(the fence) | bench
chair next to bed | near(bed) | chair
boy right next to the dog | near(the dog) | boy
girl beside boy with hat | near(boy with hat) | girl
vase by the window | near(the window) | vase
boat nearest the dock | near#1(the dock) | boat
boat closest to the dock | near#1(the dock) | boat
horse furthest from the barn | far#1(the barn) | horse
kitten inside the box | inside(the box) | kitten
apple in the bowl | inside(the bowl) | apple
cup next to the apple in the bowl | near(the apple in the bowl) | cup
cup next to the apple in front | near(the apple), front | cup
spoon between the plate and the glass | between(the plate, the glass) | spoon
kid in between two women | between(two women) | kid
one between the others | middle |
elephant bigger than the calf | bigger(the calf) | elephant
person under the left umbrella | below(the umbrella) | person
pizza behind the top one | behind | pizza
bear in front of the others | front | bear
woman next to her | | woman next to her
man behind him | behind | man
man right of her | right | man
dog behind her bike | behind(her bike) | dog
not the left one | not left |
the bus not in front | not front | the bus
bear that is not on the right | not right | bear
any cup except the right one | not right | any cup one
man in red shirt on left with hat | left | man in red shirt with hat
person on right wearing blue | right | person wearing blue
left half of sandwich | left | sandwich
right side of the pizza | right | the pizza
top of train | above | train
left hand | left | hand
"""

NO_PLACE = """
man who left
guy that just left the bench
suitcase left alone
bag left on the floor
man with left hand raised
his right arm
woman holding racket in her right hand
kid with right leg up
cow facing left
man looking to the right
bus turning left
guy walking right
boy with his back to us
cat lying on its back
left handed batter
girl in black top
woman in pink tank top
lady wearing a striped top
table top
man in top hat
middle aged man
third baseman
woman with big hair
girl with short hair
guy in long sleeves and small hat
man by himself
person looking at the camera
bike back wheel
guy in red
player number 2
right now
"""


def rows():
    lines = [line for line in TABLE.strip().splitlines() if line]
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


def written(relation):
    denied = "not " if relation.negated else ""
    rank = f"#{relation.rank}" if relation.rank else ""
    targets = f"({', '.join(relation.targets)})" if relation.targets else ""
    return f"{denied}{relation.kind}{rank}{targets}"


@pytest.fixture(scope="module")
def language():
    return Language()


@pytest.mark.parametrize(("phrase", "relations", "appearance"), rows())
def test_what_is_said_of_place(language, phrase, relations, appearance):
    expression = language.parse(phrase)
    assert ", ".join(written(each) for each in expression.relations) == relations
    assert expression.appearance == appearance


@pytest.mark.parametrize("phrase", NO_PLACE.strip().splitlines())
def test_words_of_place_that_place_nothing(language, phrase):
    expression = language.parse(phrase)
    assert expression.relations == ()
    assert expression.appearance == phrase.replace("'", " '")


@pytest.mark.parametrize(
    ("phrase", "excluded", "appearance"),
    [
        ("man not in red", "red", "man"),
        ("woman without a hat", "hat", "woman"),
        ("guy with no shirt on left", "shirt", "guy"),
        ("player who isn't wearing a helmet", "helmet", "player"),
        ("kid w/o glasses", "glasses", "kid"),
        ("bus that is not red", "red", "bus"),
        ("zebra not drinking", "drinking", "zebra"),
        ("red car, not the taxi", "taxi", "red car"),
    ],
)
def test_what_is_denied(language, phrase, excluded, appearance):
    expression = language.parse(phrase)
    assert expression.excluded == (excluded,)
    assert expression.appearance == appearance


def test_a_number_is_no_denial(language):
    assert language.parse("player no 5").excluded == ()


def test_targets_are_among_the_other_noun_phrases_and_places_are_not(language):
    expression = language.parse("the dog behind the red car on the left side of the picture")
    assert expression.noun_phrase == "the dog"
    assert expression.other_noun_phrases == ("the red car",)


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("right dog", "dog"),
        ("the black dog on the right", "the black dog"),
        ("bottom right donut", "donut"),
        ("white shirt upper right", "white shirt"),
        ("skater at the bottom left", "skater"),
        ("second from left", ""),
        ("the left one", ""),
        ("the one on the left in red", "the one in red"),
    ],
)
def test_the_name_says_nothing_of_place(language, phrase, name):
    assert language.parse(phrase).name == name


def test_pronouns_are_no_noun_phrases(language):
    assert language.parse("the dog next to her").other_noun_phrases == ()


MIRROR = {"left": "right", "right": "left"}
OPPOSITE = {
    RelationKind.LEFT: RelationKind.RIGHT,
    RelationKind.RIGHT: RelationKind.LEFT,
}
SIDED = [phrase for phrase, _, _ in rows() if re.search(r"\b(left|right)", phrase)]


@pytest.mark.parametrize("phrase", [p for p in SIDED if "right behind" not in p])
def test_a_phrase_in_the_mirror(language, phrase):
    mirrored = re.sub(r"left|right(?! next)", lambda side: MIRROR[side.group()], phrase)
    seen = language.parse(mirrored).relations
    expected = language.parse(phrase).relations
    assert [each.kind for each in seen] == [OPPOSITE.get(each.kind, each.kind) for each in expected]
    assert [each.rank for each in seen] == [each.rank for each in expected]


VOCABULARY = sorted({word for phrase, _, _ in rows() for word in phrase.split()})


@given(st.lists(st.sampled_from(VOCABULARY), max_size=14))
@settings(max_examples=200)
def test_any_jumble_of_such_words_is_read(language, words):
    expression = language.parse(" ".join(["zebra", *words]))
    for relation in expression.relations:
        assert len(relation.targets) <= (2 if relation.kind is RelationKind.BETWEEN else 1)
        assert all(target.strip() for target in relation.targets)
        assert relation.rank is None or relation.rank >= 1


def test_a_place_is_not_lost_on_a_long_phrase(language):
    phrase = "a man in a red shirt with a hat and a bag " * 20 + "on the far left"
    (relation,) = language.parse(phrase).relations
    assert written(relation) == "left#1"


@pytest.mark.parametrize(
    "words", ["in pot ", "not ", "far ", "behind the man with ", "on top of ", "first a b c d "]
)
def test_no_phrase_takes_long(language, words):
    """Each word is looked at a bounded number of times: doubling a phrase doubles the work."""
    phrase = "dog " + words * (900 // len(words))
    looks = []
    scanner = Scanner(Words(language._pipeline(phrase)))
    construction = scanner._construction
    scanner._construction = lambda position: looks.append(position) or construction(position)
    list(scanner)
    assert len(looks) <= 3 * len(phrase.split())
