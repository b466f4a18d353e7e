"""The constructions that place an object, as regular expressions over canonical words.

A phrase is read as its words in the spelling of `SPELLINGS`, with one blank before the first and
after each, so that "zebra on the left" is matched as " zebra on the left ".
"""

from __future__ import annotations

import re
from types import MappingProxyType

from napari_zsris.method.lexicon import PREPOSITIONS, SIDES, SIZES, any_of

__all__ = ["DETERMINERS", "EXCLUSION_END", "EXTENSION", "NEGATION", "OTHERS", "RULES"]

_ARTICLE = any_of("the, a, an, this, that, our, your, my, viewer 's, camera 's, camera")
_BODY = any_of(
    "hand, hands, arm, arms, leg, legs, foot, feet, eye, eyes, ear, ears, wing, wings, shoulder,"
    "knee, wrist, elbow, thumb, cheek, ankle, hip, paw, paws, shoe, shoes, sock, sleeve, glove,"
    "horn, tusk, hoof, finger, fingers, tire, wheel, wheels, headlight, pocket, tooth, teeth"
)
_CLOTHING = any_of(
    "red, blue, green, yellow, black, white, gray, grey, brown, pink, purple, orange, tan, beige,"
    "striped, plaid, floral, colored, maroon, teal, navy, dark, light, tank, crop, halter, tube,"
    "pajama, bikini, swimsuit"
)
_CONTAINER = any_of(
    "bowl, box, basket, bag, car, truck, boat, bus, cup, glass, pan, pot, vase, sink, crib, cage,"
    "mirror, case, suitcase, container, jar, bucket, stroller, cart, trunk, drawer, oven, fridge,"
    "tub, bathtub, cabinet, train, van, tent, crate, tray"
)
_ENDED = "(?=$|of |on |in |at |to |with |that |who |and |, )"
_FAR = any_of("far, very, extreme, furthest, all the way, way, most, closest")
_FRAME = (
    "(?:(?:the |this |a )?"
    f"{any_of('picture, group, bunch, row, line, page, room, pile, stack, middle')}|us |me |you )"
    f"{_ENDED}"
)
_LEAD = any_of("on, at, in, to, toward, towards, from, near, along, by, over, up, down")
_NUMBER = any_of("two, three, four, five, 2, 3, 4, 5")
_OTHERS = (
    f"(?:(?:the |all |all the )?{any_of('other, others, rest, other one, other ones, two, three')}"
    f"|everyone |everything |both |all |each other |him |her |it |them ){_ENDED}"
)
_PLACE = any_of(
    "side, sides, corner, part, half, edge, end, section, area, portion, row, third, quarter,"
    "region, column, most, hand side, hand corner, most side, most corner"
)
_RANK = any_of("first, second, third, fourth, fifth, sixth, seventh, eighth, last")
_SIDE = any_of(SIDES)
_SUPERLATIVE = any_of("biggest, smallest, tallest, shortest, longest, closest, furthest")
_TURNING = (
    "(?:fac|look|lean|point|head|walk|runn?|mov|go|turn|star|tilt|bend|swing|gaz|glanc|reach|aim|"
    "ski|skat|rid|driv)(?:ing|ed|s|es|e)? "
)
_VIEWER = any_of("us, me, you, camera, the camera, picture, the picture, my view, your view")
_WHERE_TO = any_of("left, right, back, front, down, up, away, backwards, forward, middle")

# Before "left" or "right" these words make it a location, whatever follows.
_NOT_PLACED = "".join(
    f"(?<! {word} )"
    for word in ("on", "the", "to", "at", "far", "top", "bottom", "front", "back", "middle", "from")
)

_IGNORED = (
    # where somebody looks or goes
    rf"{_TURNING}(?:to |toward |towards |away )?(?:{_ARTICLE}|his |her |its )?{_WHERE_TO}(?:from )?"
    r"(?!of |side of |hand |most |row )"
    rf"|{_TURNING}(?:right |directly |straight )?(?:at |toward |towards |away from ){_ARTICLE}?\S+ "
    r"|(?:laying|lying|sitting|leaning|pulled|slicked|tied|held|bent|arched|holding) back "
    r"(?!left |right |row |of )"
    # parts of a body or a vehicle, and what belongs to somebody
    rf"|(?<!^ )(?<!^ the )(?<!^ a )(?:left |right |front |back |top |bottom |hind ){_BODY}"
    r"(?!side |corner )"
    r"|(?:his|her|its|their|'s) (?:left|right|front|back|top|bottom|middle) "
    r"|(?:left|right) (?:handed|hander|footed) "
    r"|with (?:his |her |their |its )?backs? |backs? (?:is |are )?(?:turned |facing )"
    rf"|backs? (?:is |are )?(?:to |towards? |at ){_ARTICLE}?(?:us|me|you|camera|picture) "
    r"|back of (?:his |her |the |a |\S+ 's )?(?:head|chair|shirt|jacket) |back (?:pack|yard) "
    # "left" as a verb, "right" in idioms
    r"|(?:who|which|has|have|had|he|she|they|just|already|was|were|being|been) left "
    r"(?!of |most |side |hand |one )"
    r"|left (?:alone|open|out|over|unattended|overs) |left behind $"
    rf"|(?<!^ ){_NOT_PLACED}left (?:on|at) (?:the|a|an) (?!{_SIDE}|far |very )"
    r"|right (?:angle|way|size|now|there|here) "
    # clothes, compounds, idioms
    rf"|{_CLOTHING}(?:top|tops|bottom|bottoms) (?!left |right |of |row |corner |half )"
    r"|(?:in|wearing) (?:a |an |her |his )?(?!the |very |far )\S+ tops? (?!left |right |of |row )"
    r"|(?:table|counter|stove|tree|mountain|desk) tops? (?!left |right )"
    r"|(?:in |wearing |with )?(?:a |the )?top hats? "
    r"|middle (?:aged|finger|age) |(?:shopping|entertainment|media|tv) middle "
    r"|(?:first|second|third) (?:base|baseman|class|floor|story|grade) "
    r"|by (?:him|her|it|them)(?:self|selves) |by the way |side by side |all over "
    r"|over (?:there|here|it) |(?:leaning|bent|bending|draped|hunched) over |under armou?r "
    r"|(?:big|small|short|long|little|tall) (?:hair|haired|sleeves?|sleeved|shorts?|skirt) "
)

_PATTERNS = {
    # words of place that place nothing: they stay part of what the object looks like
    "ignored": _IGNORED,
    # "right behind": says how near, not where
    "emphasis": (
        rf"{_NOT_PLACED}(?:right|directly|just|immediately) "
        rf"(?={any_of(PREPOSITIONS)}|in front |in the middle |in middle |at |up |across |outside )"
        r"|slightly (?=to |left |right |off )|over (?=by |in |on |at |near |to )"
    ),
    # "third zebra from the left", "second bus in from right"
    "ordinal_from": (
        rf"{_ARTICLE}?(?P<rank>{_RANK}|{_NUMBER}(?=in |over |from ))"
        rf"(?P<kept>(?:(?!, |{_RANK})\S+ ){{0,5}}?)(?:in |over |up |down |counting |starting )*"
        rf"from {_ARTICLE}?{_FAR}*(?P<sides>{_SIDE}){_PLACE}?(?:of {_FRAME})?"
    ),
    # "second biggest", "second closest to us"
    "ordinal_size": rf"{_ARTICLE}?(?P<rank>{_RANK})(?P<size>{_SUPERLATIVE})(?:to {_VIEWER})?",
    # "second person on the left", "2nd to left"
    "ordinal_on": (
        rf"{_ARTICLE}?(?P<rank>{_RANK})(?P<kept>(?:(?!, |row )\S+ ){{0,3}}?)"
        rf"(?:(?:on |to |at |in ){_ARTICLE}?)?{_FAR}?(?P<sides>{_SIDE}){_PLACE}?"
        rf"(?:of {_FRAME})?(?!of )"
    ),
    # "the second zebra": in reading order
    "ordinal": rf"(?:(?<=^ )|(?<=^ the ))(?P<rank>{_RANK})(?!row |shelf |column |.* {_SIDE})",
    # how near to who looks at the photo
    "toward_viewer": (
        rf"(?:(?P<most>closest )|closer |close |near )(?:in |up )?(?:to |by )?{_VIEWER}"
        rf"|(?:(?:in |the )?front |infront )of {_VIEWER}"
    ),
    "from_viewer": (
        r"(?:(?P<most>furthest )|further |far |away )(?:away |back |out )?"
        rf"from {_VIEWER}"
    ),
    # "closest to the left", "near the top"
    "near_side": (
        rf"(?:(?P<most>closest )|closer |close |near )(?:to )?{_ARTICLE}?"
        rf"(?P<sides>{_SIDE}){_PLACE}?(?:of {_FRAME})?"
    ),
    # "to the left of the tree"
    "side_of": (
        rf"(?P<lead>{_LEAD}{_ARTICLE}?)?{_FAR}?(?:immediate |direct )?(?P<sides>left |right )"
        rf"(?P<place>{_PLACE})?(?:of |from )(?!{_FRAME}|{_OTHERS})"
    ),
    # "in front of the tree", "bigger than the dog", "in the bowl"
    "preposition": rf"(?P<preposition>{any_of(PREPOSITIONS)})",
    "contained": rf"in (?=(?:the |a |an |his |her )?(?:\S+ ){{0,2}}?{_CONTAINER})",
    # "on the far left of the picture", "bottom right", "in the back row"
    "sides": (
        rf"(?P<far>{_FAR})?(?P<lead>{_LEAD}{{1,2}})?{_ARTICLE}?(?P<very>{_FAR})*"
        rf"(?P<sides>{_SIDE}(?:(?:and |, )?{_SIDE})*)(?P<place>{_PLACE})?"
        rf"(?:of (?:{_FRAME}|{_OTHERS}))?"
    ),
    # "closest zebra", "furthest away"
    "nearest": r"(?:(?P<most>closest )|closer |close up |up close )(?:in |to )?",
    "farthest": (
        r"(?:in the )?(?:(?P<most>furthest )|further |far |distant )"
        r"(?:away |back |out |off )*(?:side |end )?"
    ),
    # "biggest elephant", "smaller of the two"
    "size": rf"(?P<size>{any_of(SIZES)})(?:of {_OTHERS})?",
}

RULES = MappingProxyType({name: re.compile(pattern) for name, pattern in _PATTERNS.items()})
"""The constructions by name, in the order in which they are tried at each word."""

NEGATION = re.compile(
    r"(?:(?:is |are |was |do |does |has |have |can |ca |wo )?"
    r"(?:not |without |never |minus |except )"
    r"|(?:(?<= with )|(?<= has )|(?<=^ ))no |no (?=\S+ $))(?!\d)"
    rf"{any_of('the, one, a, an, any, guy, man, person, standing, sitting')}*"
    rf"(?P<wearing>{any_of('in, wearing, with, holding, having, a, an, the, any, his, her')}*)"
)
"""A denial, up to what it denies; a location that it denies may start with group `wearing`."""

EXCLUSION_END = re.compile(any_of(r",, \., and, but, or, who, that, with, on, standing, sitting"))
"""Where what is denied ends."""

OTHERS = re.compile(_OTHERS)
"""Who has no looks to be found by: "the others", "him"."""

DETERMINERS = re.compile(
    any_of("the, a, an, this, that, his, her, its, their, our, your, my, some, two, both, all")
)
EXTENSION = re.compile(any_of("of, in, with, wearing, holding"))
"""What continues a noun phrase: "the woman in red"."""
