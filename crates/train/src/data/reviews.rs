//! Generated product reviews, two classes: as many as one wants, at no cost of download.
//!
//! The sentences are put together from the parts below by seeded draws; nobody ever wrote them, and the
//! user interface says so. The label is the verdict of the whole: a review can praise one thing and still
//! be negative, and it can deny the opposite ("no complaints", "not worth the money"), so single words
//! mislead and a bag of words does not reach 100 %.
//! Elsewhere: split and label noise (`dataset.rs`).

use rand_chacha::ChaCha8Rng;

use super::examples::Labelled;
use crate::random::{Purpose, below, shuffle, stream};

/// Whether a part is for or against what is reviewed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Opinion {
    For,
    Against,
}

use Opinion::{Against, For};

impl Opinion {
    pub(super) fn opposite(self) -> Self {
        match self {
            For => Against,
            Against => For,
        }
    }

    /// The half of a pair of lists that speaks for this verdict.
    pub(super) fn of<T>(self, (good, bad): (T, T)) -> T {
        match self {
            For => good,
            Against => bad,
        }
    }
}

/// What is reviewed.
struct Product {
    name: &'static str,
    aspects: [Aspect; 4],
}

/// A part or quality of a product, with what can be said of it.
struct Aspect {
    /// With its article, as the subject of a sentence.
    subject: &'static str,
    /// "is" or "are".
    be: &'static str,
    good: [&'static str; 4],
    bad: [&'static str; 4],
}

/// Makes `examples` reviews, half of them positive, in random order.
pub(crate) fn generate(examples: usize, seed: u64) -> Vec<Labelled> {
    let mut rng = stream(seed, Purpose::Reviews);
    let mut verdicts: Vec<Opinion> = (0..examples).map(|place| if place < examples / 2 { For } else { Against }).collect();
    shuffle(&mut rng, &mut verdicts);
    let review = |(place, verdict)| Labelled {
        line: place + 1,
        text: Writer { rng: &mut rng }.review(verdict),
        text_b: None,
        label: verdict.of(("positive", "negative")).to_owned(),
    };
    verdicts.into_iter().enumerate().map(review).collect()
}

/// Draws one part after the other.
struct Writer<'a> {
    rng: &'a mut ChaCha8Rng,
}

impl Writer<'_> {
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[below(self.rng, list.len())]
    }

    /// True in `percent` of 100 draws.
    fn chance(&mut self, percent: usize) -> bool {
        below(self.rng, 100) < percent
    }

    /// A review: perhaps an opening, one or two claims of which one may be a contrast, perhaps a closing.
    fn review(&mut self, verdict: Opinion) -> String {
        let product = &PRODUCTS[below(self.rng, PRODUCTS.len())];
        let mut aspects: Vec<&Aspect> = product.aspects.iter().chain(&ANY_PRODUCT).collect();
        shuffle(self.rng, &mut aspects);

        let mut sentences = Vec::new();
        let opens = self.chance(60);
        if opens {
            sentences.push(self.pick(&OPENINGS).replace('@', product.name));
        }
        let claims = 1 + below(self.rng, 2);
        for pair in aspects.chunks_exact(2).take(claims) {
            let claim = if self.chance(40) { self.contrast(pair[0], pair[1], verdict) } else { self.claim(pair[0], verdict) };
            sentences.push(claim);
        }
        // One claim alone would soon be written twice.
        if self.chance(45) || (claims == 1 && !opens) {
            sentences.push(self.pick(verdict.of((&GOOD_CLOSINGS, &BAD_CLOSINGS))).replace('@', product.name));
        }
        let mut text = sentences.iter().map(|sentence| capital(sentence)).collect::<Vec<_>>().join(" ");
        if self.chance(15) {
            text = text.to_lowercase();
        }
        if self.chance(12) && text.ends_with('.') {
            text.pop();
            text.push_str(self.pick(&["!", "!!", "..."]));
        }
        text
    }

    /// "The lid leaks.", "The lid is really disappointing.", "No complaints about the lid."
    fn claim(&mut self, aspect: &Aspect, verdict: Opinion) -> String {
        if self.chance(20) {
            return self.pick(verdict.of((&GOOD_ABOUT, &BAD_ABOUT))).replace('@', aspect.subject);
        }
        self.clause(aspect, verdict) + "."
    }

    /// A main clause about one aspect, without its full stop.
    fn clause(&mut self, aspect: &Aspect, verdict: Opinion) -> String {
        let Aspect { subject, be, good, bad } = aspect;
        match below(self.rng, 10) {
            0..6 => format!("{subject} {}", self.pick(verdict.of((good, bad)))),
            6..9 => format!("{subject} {be} {}{}", self.pick(&INTENSIFIERS), self.pick(verdict.of((&GOOD_WORDS, &BAD_WORDS)))),
            // Denies the opposite: the word alone points the wrong way.
            _ => format!("{subject} {be} {} {}", self.pick(&DENIALS), self.pick(verdict.of((&BAD_WORDS, &GOOD_WORDS)))),
        }
    }

    /// Grants one thing and then decides: the last word counts.
    fn contrast(&mut self, granted: &Aspect, decisive: &Aspect, verdict: Opinion) -> String {
        let granted = self.clause(granted, verdict.opposite());
        let decisive = self.clause(decisive, verdict);
        match below(self.rng, 5) {
            0 => format!("although {granted}, {decisive}."),
            1 => format!("{granted}. Still, {decisive}."),
            2 => format!("{granted}, yet {decisive}, and that matters more."),
            3 => format!("yes, {granted}. But {decisive}."),
            _ => format!("{granted}, but {decisive}."),
        }
    }
}

/// The sentence with a capital at its start.
pub(super) fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

const OPENINGS: [&str; 20] = [
    "I bought this @ last month.",
    "Got the @ as a birthday present.",
    "This is my second @ from this maker.",
    "We have used this @ every day since spring.",
    "Ordered the @ for my parents.",
    "My old @ broke, so I needed a new one.",
    "I compared this @ with three others.",
    "A friend told me to try this @.",
    "The @ arrived on Tuesday.",
    "After four weeks with this @ I can say something about it.",
    "I needed a @ for the holidays.",
    "Picked up this @ on sale.",
    "I had read a lot about this @.",
    "First @ I ever owned.",
    "My daughter chose this @.",
    "We took the @ along on a trip.",
    "Half a year later, a few words on this @.",
    "I use the @ at work.",
    "Replaced a ten year old @ with this one.",
    "I do not write many reviews, but here is one for this @.",
];

const GOOD_CLOSINGS: [&str; 20] = [
    "I would buy it again.",
    "Five stars.",
    "No regrets.",
    "I can only recommend this @.",
    "Worth every cent.",
    "I am not sending this one back.",
    "My neighbour has ordered one too.",
    "Best @ I have had.",
    "I could not be happier.",
    "It does what it promises.",
    "You will not be disappointed.",
    "I do not want to miss it any more.",
    "A safe choice.",
    "All in all a fine @.",
    "Nothing to complain about.",
    "Better than I had feared.",
    "I was wrong to doubt it.",
    "It stays in our house.",
    "Thank you for a @ that just works.",
    "I never had a problem with it.",
];

const BAD_CLOSINGS: [&str; 20] = [
    "I would not buy it again.",
    "One star.",
    "I regret it.",
    "I cannot recommend this @.",
    "Not worth the money.",
    "It goes back to the shop.",
    "Save your money.",
    "Worst @ I have had.",
    "I expected more.",
    "It does not do what it promises.",
    "You will be disappointed.",
    "I went back to my old @.",
    "Look for something else.",
    "All in all a waste of time.",
    "So much for the good reviews.",
    "I wish I had liked it.",
    "I was wrong to trust the pictures.",
    "It now collects dust in the cellar.",
    "A @ should just work, and this one does not.",
    "I never had so much trouble with a @.",
];

const GOOD_ABOUT: [&str; 8] = [
    "No complaints about @.",
    "I have nothing bad to say about @.",
    "I like @ a lot.",
    "Big praise for @.",
    "I was worried about @, without reason.",
    "I am very happy with @.",
    "They really thought about @.",
    "I was pleasantly surprised by @.",
];

const BAD_ABOUT: [&str; 8] = [
    "I have nothing good to say about @.",
    "I expected more from @.",
    "Many complaints about @.",
    "I was promised a lot about @, and none of it is true.",
    "I am not happy with @.",
    "Nobody seems to have thought about @.",
    "I was surprised by @, and not in a good way.",
    "I would like @ to be better.",
];

const GOOD_WORDS: [&str; 14] = [
    "good",
    "great",
    "excellent",
    "impressive",
    "very pleasant",
    "first class",
    "a pleasure",
    "just right",
    "outstanding",
    "lovely",
    "superb",
    "what I hoped for",
    "fantastic",
    "remarkable",
];

const BAD_WORDS: [&str; 14] = [
    "bad",
    "poor",
    "terrible",
    "disappointing",
    "very annoying",
    "second rate",
    "a nuisance",
    "a problem",
    "dreadful",
    "awful",
    "useless",
    "a let-down",
    "hopeless",
    "unacceptable",
];

const INTENSIFIERS: [&str; 8] = ["", "", "", "really ", "simply ", "honestly ", "clearly ", "frankly "];

const DENIALS: [&str; 4] = ["not", "by no means", "anything but", "certainly not"];

/// What can be said of any product.
const ANY_PRODUCT: [Aspect; 4] = [
    Aspect {
        subject: "the price",
        be: "is",
        good: ["is fair", "is lower than elsewhere", "could be higher and I would still pay it", "fits my budget"],
        bad: ["is a joke", "is higher than elsewhere", "went up right after I ordered", "is far too high for what you get"],
    },
    Aspect {
        subject: "the delivery",
        be: "is",
        good: ["took only a day", "came earlier than announced", "was quick and careful", "went without a hitch"],
        bad: ["took three weeks", "came a week late", "was left in the rain", "went to the wrong address twice"],
    },
    Aspect {
        subject: "the customer service",
        be: "is",
        good: ["answered within an hour", "sent a spare part for free", "solved my problem at once", "was friendly and quick"],
        bad: ["never answered", "wanted money for a spare part", "sent me from one number to the next", "hung up on me"],
    },
    Aspect {
        subject: "the manual",
        be: "is",
        good: ["explains everything in two pages", "has clear pictures", "is easy to follow", "answers every question I had"],
        bad: ["explains nothing", "has been translated by a machine", "contradicts itself", "is missing half of its pages"],
    },
];

const PRODUCTS: [Product; 10] = [
    Product {
        name: "kettle",
        aspects: [
            Aspect {
                subject: "the lid",
                be: "is",
                good: ["closes tightly", "opens with one hand", "stays cool", "comes off for cleaning"],
                bad: ["jams every morning", "fell off in the first week", "leaks steam", "gets so hot that you burn yourself"],
            },
            Aspect {
                subject: "the handle",
                be: "is",
                good: ["sits well in the hand", "stays cool", "feels solid", "has the right size"],
                bad: ["wobbles", "gets hot", "came off while I was pouring", "is too small for my hand"],
            },
            Aspect {
                subject: "the heating element",
                be: "is",
                good: ["boils a litre in two minutes", "is quiet", "has no trace of lime so far", "switches off on time"],
                bad: ["takes ages to boil", "roars like a plane", "was full of lime within days", "does not switch off"],
            },
            Aspect {
                subject: "the spout",
                be: "is",
                good: ["pours without a drop on the table", "pours evenly", "is easy to clean", "has a fine filter"],
                bad: ["drips on the table", "spits boiling water", "cannot be cleaned", "has a filter that falls out"],
            },
        ],
    },
    Product {
        name: "headset",
        aspects: [
            Aspect {
                subject: "the sound",
                be: "is",
                good: ["fills the room", "has depth", "stays clear at full volume", "brings out every instrument"],
                bad: ["is thin", "has no bass", "crackles at full volume", "reminds me of a tin can"],
            },
            Aspect {
                subject: "the microphone",
                be: "is",
                good: ["picks up every word", "keeps the street out", "made my calls easy", "folds away neatly"],
                bad: ["picks up nothing but wind", "cuts out after a minute", "made my calls a torment", "broke off"],
            },
            Aspect {
                subject: "the battery",
                be: "is",
                good: ["lasts two days", "charges in half an hour", "has never let me down", "gets me through the week"],
                bad: ["lasts two hours", "takes all night to charge", "died after a month", "is empty before lunch"],
            },
            Aspect {
                subject: "the cushions",
                be: "are",
                good: ["are soft", "fit over my glasses", "stay comfortable for hours", "can be washed"],
                bad: ["press on my ears", "do not fit over my glasses", "peel off", "make me sweat"],
            },
        ],
    },
    Product {
        name: "backpack",
        aspects: [
            Aspect {
                subject: "the straps",
                be: "are",
                good: ["spread the weight", "hold any load", "are padded where it counts", "stay where I set them"],
                bad: ["cut into my shoulders", "tore in the second week", "slip all the time", "are sewn on crooked"],
            },
            Aspect {
                subject: "the zip",
                be: "is",
                good: ["glides", "still runs like new", "closes even when the bag is full", "keeps the rain out"],
                bad: ["jams", "broke on the first trip", "opens by itself", "lets the rain in"],
            },
            Aspect {
                subject: "the main compartment",
                be: "is",
                good: [
                    "takes a laptop and lunch",
                    "swallows more than you think",
                    "has pockets in the right places",
                    "stays dry in a storm",
                ],
                bad: ["is too small for a laptop", "holds less than you think", "has no pockets at all", "was wet inside after a drizzle"],
            },
            Aspect {
                subject: "the fabric",
                be: "is",
                good: ["looks new after a year", "wipes clean", "feels strong", "keeps its colour"],
                bad: ["looks old after a month", "stains at once", "smells of chemicals", "fades in the sun"],
            },
        ],
    },
    Product {
        name: "desk lamp",
        aspects: [
            Aspect {
                subject: "the light",
                be: "is",
                good: ["is warm", "is easy on the eyes", "reaches the whole desk", "can be dimmed without flicker"],
                bad: ["flickers", "hurts my eyes", "reaches half of the desk", "is too dim to read"],
            },
            Aspect {
                subject: "the arm",
                be: "is",
                good: ["stays where I put it", "moves with one finger", "reaches over my screen", "is solid metal"],
                bad: ["sinks down slowly", "squeaks", "is too short", "is cheap plastic"],
            },
            Aspect {
                subject: "the switch",
                be: "is",
                good: ["is where you look for it", "clicks softly", "remembers the last setting", "reacts at once"],
                bad: ["is out of reach", "buzzes", "forgets every setting", "needs three attempts"],
            },
            Aspect {
                subject: "the base",
                be: "is",
                good: ["stands firmly", "takes little room", "has felt underneath", "charges my phone"],
                bad: ["tips over", "takes half of the desk", "scratched the table", "wobbles"],
            },
        ],
    },
    Product {
        name: "coffee grinder",
        aspects: [
            Aspect {
                subject: "the grind",
                be: "is",
                good: ["is even", "suits espresso and filter", "is the same every morning", "smells wonderful"],
                bad: ["is uneven", "is too coarse on every setting", "is different every morning", "smells burnt"],
            },
            Aspect {
                subject: "the motor",
                be: "is",
                good: ["is quiet", "needs ten seconds", "runs smoothly", "handles dark beans with ease"],
                bad: ["wakes the house", "overheats", "stalls on dark beans", "gave up in the third week"],
            },
            Aspect {
                subject: "the hopper",
                be: "is",
                good: ["holds a full bag", "seals well", "rinses clean", "empties to the last bean"],
                bad: ["holds next to nothing", "does not seal", "cracked", "keeps beans stuck in a corner"],
            },
            Aspect {
                subject: "the dial",
                be: "is",
                good: ["clicks into place", "is easy to read", "makes small changes possible", "holds its setting"],
                bad: ["turns by itself", "cannot be read", "jumps from fine to coarse", "came off"],
            },
        ],
    },
    Product {
        name: "phone case",
        aspects: [
            Aspect {
                subject: "the fit",
                be: "is",
                good: ["is snug", "leaves every button free", "is perfect for my model", "has not loosened"],
                bad: ["is loose", "covers the buttons", "is wrong for my model", "loosened within days"],
            },
            Aspect {
                subject: "the surface",
                be: "is",
                good: ["does not slip", "shows no fingerprints", "feels like leather", "has no scratch so far"],
                bad: ["slips out of the hand", "shows every fingerprint", "feels sticky", "was scratched in a day"],
            },
            Aspect {
                subject: "the protection",
                be: "is",
                good: ["saved my screen twice", "survived the stairs", "covers the corners", "gives me peace of mind"],
                bad: ["did not save my screen", "failed at the first fall", "leaves the corners bare", "exists on paper only"],
            },
            Aspect {
                subject: "the colour",
                be: "is",
                good: ["is as in the picture", "does not fade", "gets me compliments", "goes with everything"],
                bad: ["is nothing like the picture", "rubs off", "stained my trousers", "turned yellow"],
            },
        ],
    },
    Product {
        name: "vacuum cleaner",
        aspects: [
            Aspect {
                subject: "the suction",
                be: "is",
                good: ["lifts every crumb", "copes with dog hair", "stays strong to the end", "surprised me on carpets"],
                bad: ["leaves crumbs behind", "fails on dog hair", "fades after a minute", "does nothing on carpets"],
            },
            Aspect {
                subject: "the hose",
                be: "is",
                good: ["bends around corners", "never clogs", "reaches the ceiling", "locks with a click"],
                bad: ["kinks", "clogs every time", "is too short for the stairs", "split at the seam"],
            },
            Aspect {
                subject: "the bin",
                be: "is",
                good: ["empties in one go", "keeps the dust in", "is large enough for the whole flat", "clicks shut"],
                bad: ["spills when opened", "blows dust around", "is full after one room", "does not shut"],
            },
            Aspect {
                subject: "the cord",
                be: "is",
                good: ["reaches every room", "winds itself up", "is tough", "never gets in the way"],
                bad: ["ends in the hallway", "no longer winds up", "frayed", "gets under the wheels"],
            },
        ],
    },
    Product {
        name: "rain jacket",
        aspects: [
            Aspect {
                subject: "the hood",
                be: "is",
                good: ["stays on in the wind", "fits over a helmet", "leaves the view free", "folds into the collar"],
                bad: ["flies off in the wind", "covers my eyes", "is cut for a child", "drips into the collar"],
            },
            Aspect {
                subject: "the seams",
                be: "are",
                good: ["are tight", "kept me dry for hours", "are neatly taped", "look ready for ten winters"],
                bad: ["leak", "let the water in after minutes", "came apart", "scratch at the neck"],
            },
            Aspect {
                subject: "the pockets",
                be: "are",
                good: ["hold a map", "close properly", "are where the hands are", "stay dry inside"],
                bad: ["are sewn shut", "do not close", "sit far too high", "fill with water"],
            },
            Aspect {
                subject: "the cut",
                be: "is",
                good: ["leaves room for a pullover", "looks good in town too", "suits me", "lets me move"],
                bad: ["is too tight for a pullover", "makes a tent of me", "is a size too small", "rides up at every step"],
            },
        ],
    },
    Product {
        name: "keyboard",
        aspects: [
            Aspect {
                subject: "the keys",
                be: "are",
                good: ["have a clear stroke", "are quiet", "lie where I expect them", "still show their letters"],
                bad: ["stick", "clatter", "sit too close together", "lost their letters"],
            },
            Aspect {
                subject: "the connection",
                be: "is",
                good: ["is there at once", "never drops", "switches between two computers", "reaches across the room"],
                bad: ["drops every hour", "takes a minute to wake", "forgets my computer", "swallows letters"],
            },
            Aspect {
                subject: "the layout",
                be: "is",
                good: ["makes sense", "has full arrow keys", "took no time to learn", "spares my wrists"],
                bad: ["makes no sense", "has tiny arrow keys", "took weeks to learn", "hurts my wrists"],
            },
            Aspect {
                subject: "the housing",
                be: "is",
                good: ["does not flex", "survived a cup of tea", "has rubber feet that hold", "wipes clean"],
                bad: ["creaks", "did not survive a cup of tea", "slides about", "has sharp edges"],
            },
        ],
    },
    Product {
        name: "board game",
        aspects: [
            Aspect {
                subject: "the rules",
                be: "are",
                good: ["are learned in minutes", "leave no open questions", "suit children and adults", "have a clever twist"],
                bad: ["take an evening to learn", "leave everything open", "bore children and adults alike", "contradict the box"],
            },
            Aspect {
                subject: "the pieces",
                be: "are",
                good: ["are made of wood", "feel good in the hand", "are all there", "have a place in the box"],
                bad: ["are thin cardboard", "break", "were not all there", "do not fit back into the box"],
            },
            Aspect {
                subject: "the artwork",
                be: "is",
                good: ["invites you in", "is full of jokes", "makes every card different", "was drawn with love"],
                bad: ["puts you off", "is hard to make out", "makes all cards look the same", "looks like an afterthought"],
            },
            Aspect {
                subject: "the game",
                be: "is",
                good: ["stays exciting to the end", "is over in half an hour", "makes everyone laugh", "is different each time"],
                bad: ["is decided after two rounds", "drags on for hours", "ends in quarrels", "is the same each time"],
            },
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn twenty_thousand_are_mostly_distinct() {
        let reviews = generate(20_000, 1);
        let distinct: HashSet<&str> = reviews.iter().map(|review| review.text.as_str()).collect();
        assert!(distinct.len() >= 19_000, "{} of 20,000", distinct.len());
    }

    #[test]
    fn reviews_are_whole_sentences() {
        for Labelled { text, .. } in generate(5000, 3) {
            assert!(text.ends_with(['.', '!']), "{text}");
            assert!(!text.contains("  ") && !text.contains('@') && !text.contains(" ."), "{text}");
            assert!((2..=80).contains(&text.split(' ').count()), "{text}");
        }
    }

    #[test]
    fn words_of_one_verdict_occur_in_both_classes() {
        // A contrast or a denial puts them there; without any, the task would be a look-up.
        let reviews = generate(2000, 1);
        for word in ["excellent", "terrible"] {
            for label in ["positive", "negative"] {
                let found = reviews.iter().any(|review| review.label == label && review.text.contains(word));
                assert!(found, "no {label} review has the word {word}");
            }
        }
    }
}
