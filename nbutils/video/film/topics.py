"""What the generated films are about: words for the sentences and a shape for the close-ups."""

from typing import NamedTuple


class Topic(NamedTuple):
    """Words that fill the places of a sentence, and the shape of the thing.

    Attributes:
        name: of the topic, its film's name begins with it.
        thing: a noun without article, likewise `part`, `tool` and `place`.
        stuff: a noun that is not counted.
        do: what is done, as after "to".
        doing: the same as after "before".
        shape: a key of `shapes.SHAPES`.
    """

    name: str
    thing: str
    part: str
    tool: str
    place: str
    stuff: str
    do: str
    doing: str
    shape: str


TRAINING_TOPICS = (
    Topic(
        "bicycles", "bicycle", "chain", "spoke wrench", "workshop", "grease", "true the rim", "truing the rim", "wheel"
    ),
    Topic("bread", "loaf", "crust", "scraper", "bakery", "flour", "fold the dough", "folding the dough", "leaf"),
    Topic("clocks", "clock", "pendulum", "tweezer", "clock shop", "oil", "set the escapement", "setting it", "gear"),
    Topic("gardens", "tomato plant", "root", "trowel", "greenhouse", "compost", "prune the vine", "pruning", "leaf"),
    Topic(
        "guitars", "guitar", "bridge", "file", "studio", "varnish", "level the frets", "levelling the frets", "bottle"
    ),
    Topic("candles", "candle", "wick", "thermometer", "kitchen", "wax", "pour the mould", "pouring", "bottle"),
    Topic("robots", "robot", "gripper", "soldering iron", "laboratory", "solder", "tune the motor", "tuning", "gear"),
    Topic("fishing", "fishing rod", "reel", "hook", "harbour", "bait", "tie the knot", "tying the knot", "fish"),
    Topic("chairs", "chair", "back leg", "chisel", "carpentry", "glue", "cut the joint", "cutting the joint", "star"),
    Topic("coffee", "espresso", "filter", "grinder", "cafe", "foam", "tamp the grounds", "tamping", "wheel"),
    Topic("soap", "soap bar", "edge", "whisk", "basement", "lye", "stir the batch", "stirring the batch", "star"),
    Topic(
        "radios", "radio", "antenna", "multimeter", "attic", "copper wire", "wind the coil", "winding the coil", "gear"
    ),
    Topic(
        "aquariums", "aquarium", "pump", "siphon", "living room", "gravel", "change the water", "cleaning it", "fish"
    ),
    Topic("cheese", "cheese wheel", "rind", "press", "cellar", "rennet", "turn the curd", "turning the curd", "wheel"),
    Topic("skates", "skateboard", "axle", "allen key", "garage", "grip tape", "land the jump", "landing", "star"),
    Topic("bees", "beehive", "frame", "smoker", "orchard", "honey", "find the queen", "opening the hive", "leaf"),
    Topic(
        "trains",
        "model train",
        "switch",
        "screwdriver",
        "club room",
        "plaster",
        "lay the track",
        "laying track",
        "wheel",
    ),
    Topic("perfume", "perfume", "stopper", "pipette", "shop", "alcohol", "blend the oils", "blending", "bottle"),
    Topic("knives", "kitchen knife", "blade", "whetstone", "forge", "steel", "raise the burr", "sharpening", "star"),
    Topic("ponds", "pond", "liner", "spade", "back yard", "clay", "seal the bank", "sealing the bank", "fish"),
)

VALIDATION_TOPICS = (
    Topic("violins", "violin", "string", "clamp", "music school", "rosin", "fit the peg", "fitting the peg", "bottle"),
    Topic("tents", "tent", "zip", "mallet", "camp site", "rope", "pitch the frame", "pitching it", "star"),
    Topic("engines", "engine", "piston", "torque wrench", "shed", "coolant", "time the valves", "timing it", "gear"),
    Topic("salads", "salad", "dressing", "peeler", "canteen", "vinegar", "slice the fennel", "slicing", "leaf"),
)

SHOWN_TOPIC = Topic(
    "kites", "kite", "tail", "sewing needle", "hill", "silk", "trim the sail", "trimming the sail", "kite"
)

HELDOUT_TOPICS = (
    Topic("pottery", "vase", "handle", "loop tool", "pottery barn", "glaze", "centre the clay", "throwing it", "bowl"),
    Topic("sailing", "sailing boat", "rudder", "winch", "boatyard", "canvas", "hoist the jib", "hoisting", "boat"),
    Topic(
        "drums", "drum", "rim", "tuning key", "rehearsal room", "felt", "tension the skin", "tuning the skin", "drum"
    ),
    Topic("lanterns", "paper lantern", "rib", "brush", "festival hall", "paste", "stretch the paper", "gluing", "kite"),
    Topic(
        "ramen",
        "noodle soup",
        "broth",
        "ladle",
        "market stall",
        "seaweed",
        "pull the noodles",
        "pulling noodles",
        "bowl",
    ),
    Topic("canoes", "canoe", "hull", "plane", "river bank", "resin", "bend the plank", "bending the plank", "boat"),
    Topic("banjos", "banjo", "head", "capo", "porch", "nickel", "roll the rhythm", "playing it", "drum"),
    Topic("quilts", "quilt", "border", "rotary cutter", "sewing circle", "cotton", "match the seams", "sewing", "kite"),
)
