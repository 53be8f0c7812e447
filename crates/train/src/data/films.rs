//! Generated film reviews, two classes: what the first run learns from, because label noise shows on them.
//!
//! As with the product reviews (`reviews.rs`) nobody ever wrote these texts, and the user interface says so. Each review gives its
//! verdict several times in different words, so that a model finds it although many labels are wrong. And each is full of people,
//! places and things that have nothing to do with the verdict, so that the same model can, later, tell every single review from
//! the others and learn its wrong label by heart. Some claims grant the opposite first ("…, yet the plot drags") or deny it
//! ("hardly dazzling"), so single words mislead.
//! Elsewhere: split and label noise (`dataset.rs`).

use rand_chacha::ChaCha8Rng;

use super::examples::Labelled;
use super::reviews::Opinion::{Against, For};
use super::reviews::{Opinion, capital};
use crate::random::{Purpose, below, shuffle, stream};

/// Makes `examples` reviews, half of them positive, in random order.
pub(crate) fn generate(examples: usize, seed: u64) -> Vec<Labelled> {
    let words = Words::divided();
    let mut rng = stream(seed, Purpose::Films);
    let mut verdicts: Vec<Opinion> = (0..examples).map(|place| if place < examples / 2 { For } else { Against }).collect();
    shuffle(&mut rng, &mut verdicts);
    let review = |(place, verdict): (usize, Opinion)| Labelled {
        line: place + 1,
        text: Writer { rng: &mut rng, words: &words }.review(verdict),
        text_b: None,
        label: verdict.of(("positive", "negative")).to_owned(),
    };
    verdicts.into_iter().enumerate().map(review).collect()
}

/// A list of words or phrases.
type List = Vec<&'static str>;

/// What is said for or against a film.
struct Judgement {
    words: List,
    doings: List,
    nouns: List,
    closings: List,
}

/// The lists at the end of this file, divided at their bars.
struct Words {
    first_names: List,
    last_names: List,
    cities: List,
    years: List,
    jobs: List,
    tempers: List,
    deeds: List,
    things: List,
    scenes: List,
    genres: List,
    aspects: List,
    days: List,
    company: List,
    minutes: List,
    good: Judgement,
    bad: Judgement,
}

impl Words {
    fn divided() -> Self {
        let list = |text: &'static str| -> List { text.split('|').collect() };
        let judgement = |[words, doings, nouns, closings]: [&'static str; 4]| Judgement {
            words: list(words),
            doings: list(doings),
            nouns: list(nouns),
            closings: list(closings),
        };
        Self {
            first_names: list(FIRST_NAMES),
            last_names: list(LAST_NAMES),
            cities: list(CITIES),
            years: list(YEARS),
            jobs: list(JOBS),
            tempers: list(TEMPERS),
            deeds: list(DEEDS),
            things: list(THINGS),
            scenes: list(SCENES),
            genres: list(GENRES),
            aspects: list(ASPECTS),
            days: list(DAYS),
            company: list(COMPANY),
            minutes: list(MINUTES),
            good: judgement([GOOD_WORDS, GOOD_DOINGS, GOOD_NOUNS, GOOD_CLOSINGS]),
            bad: judgement([BAD_WORDS, BAD_DOINGS, BAD_NOUNS, BAD_CLOSINGS]),
        }
    }
}

/// Draws one part after the other.
struct Writer<'a> {
    rng: &'a mut ChaCha8Rng,
    words: &'a Words,
}

impl<'a> Writer<'a> {
    fn below(&mut self, bound: usize) -> usize {
        below(self.rng, bound)
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }

    /// A review: what the film is about, two or three claims, perhaps a circumstance, perhaps a closing.
    fn review(&mut self, verdict: Opinion) -> String {
        let mut aspects = self.words.aspects.clone();
        shuffle(self.rng, &mut aspects);
        let mut sentences = vec![self.premise()];
        let claims = 2 + self.below(2);
        for pair in aspects.chunks_exact(2).take(claims) {
            let claim = match self.below(100) {
                0..10 => self.contrast(pair[0], pair[1], verdict),
                10..30 => self.exclamation(verdict),
                _ => self.clause(pair[0], verdict) + ".",
            };
            sentences.push(claim);
        }
        if self.below(100) < 25 {
            sentences.push(self.circumstance());
        }
        if self.below(100) < 60 {
            let closings = &self.judgement(verdict).closings;
            sentences.push(self.pick(closings).to_owned());
        }
        sentences.iter().map(|sentence| capital(sentence)).collect::<Vec<_>>().join(" ")
    }

    fn judgement(&self, verdict: Opinion) -> &'a Judgement {
        let words = self.words;
        verdict.of((&words.good, &words.bad))
    }

    /// "Gdansk, 1947: an elderly welder hides a map in a salt mine."
    fn premise(&mut self) -> String {
        let words = self.words;
        match self.below(5) {
            0 => format!("{} plays {} who {}.", self.name(), self.hero(), self.deed()),
            1 => format!("{}, {}: {} {}.", self.pick(&words.cities), self.pick(&words.years), self.hero(), self.deed()),
            2 => {
                let film = format!("in this {} from {}", self.pick(&words.genres), self.pick(&words.cities));
                format!("{film}, {} and {} meet {}.", self.hero(), self.hero(), self.pick(&words.scenes))
            }
            3 => {
                let deed = format!("{} {}", self.pick(&words.deeds), a(self.pick(&words.things)));
                format!("{} {deed} and meets {} {}.", self.hero(), self.hero(), self.pick(&words.scenes))
            }
            _ => format!("{} directs {} as {} with {}.", self.name(), self.name(), self.hero(), a(self.pick(&words.things))),
        }
    }

    fn name(&mut self) -> String {
        let words = self.words;
        format!("{} {}", self.pick(&words.first_names), self.pick(&words.last_names))
    }

    /// "a welder" or "an elderly welder".
    fn hero(&mut self) -> String {
        let words = self.words;
        let job = self.pick(&words.jobs);
        if self.below(100) < 70 { a(&format!("{} {job}", self.pick(&words.tempers))) } else { a(job) }
    }

    /// "hides a map in a salt mine".
    fn deed(&mut self) -> String {
        let words = self.words;
        format!("{} {} {}", self.pick(&words.deeds), a(self.pick(&words.things)), self.pick(&words.scenes))
    }

    /// A main clause about one part of the film, without its full stop.
    fn clause(&mut self, aspect: &str, verdict: Opinion) -> String {
        let (ours, theirs) = (self.judgement(verdict), self.judgement(verdict.opposite()));
        match self.below(100) {
            // Denies the opposite: the word alone points the wrong way.
            0..5 => format!("the {aspect} is {} {}", self.pick(&DENIALS), self.pick(&theirs.words)),
            5..45 => format!("the {aspect} {}", self.pick(&ours.doings)),
            45..75 => format!("the {aspect} is {}{}", self.pick(&INTENSIFIERS), self.pick(&ours.words)),
            75..90 => format!("the {aspect} is {} and {}", self.pick(&ours.words), self.pick(&ours.words)),
            _ => format!("the {aspect} is {}", self.pick(&ours.nouns)),
        }
    }

    /// Grants one thing and then decides: the last word counts.
    fn contrast(&mut self, granted: &str, decisive: &str, verdict: Opinion) -> String {
        let granted = self.clause(granted, verdict.opposite());
        let decisive = self.clause(decisive, verdict);
        match self.below(4) {
            0 => format!("although {granted}, {decisive}."),
            1 => format!("{granted}. Still, {decisive}."),
            2 => format!("{granted}, yet {decisive}."),
            _ => format!("{granted}, but {decisive}."),
        }
    }

    /// "What a sublime road movie."
    fn exclamation(&mut self, verdict: Opinion) -> String {
        let (words, ours) = (self.words, self.judgement(verdict));
        match self.below(2) {
            0 => format!("{}, {} {}.", a(self.pick(&ours.words)), self.pick(&ours.words), self.pick(&words.genres)),
            _ => format!("what {} {}.", a(self.pick(&ours.words)), self.pick(&words.genres)),
        }
    }

    /// Something that has nothing to do with the verdict.
    fn circumstance(&mut self) -> String {
        let words = self.words;
        match self.below(14) {
            0 => format!("seen in {} on a {}.", self.pick(&words.cities), self.pick(&words.days)),
            1 => format!("the print came from {}.", self.pick(&words.cities)),
            2 => format!("shown at the festival of {}.", self.pick(&words.cities)),
            3 => format!("filmed in {} and {}.", self.pick(&words.cities), self.pick(&words.cities)),
            4 => format!("two hours and {} minutes.", self.pick(&words.minutes)),
            5 => format!("{} wrote the songs.", self.name()),
            6 => format!("{} was behind the camera.", self.name()),
            7 => format!("from the novel by {}.", self.name()),
            8 => format!("my {} picked it.", self.pick(&words.company)),
            9 => format!("we saw it with my {} in {}.", self.pick(&words.company), self.pick(&words.cities)),
            10 => format!("released in {}.", self.pick(&words.years)),
            11 => format!("{} produced it in {}.", self.name(), self.pick(&words.cities)),
            12 => format!("it opens in {} this {}.", self.pick(&words.cities), self.pick(&words.days)),
            _ => format!("with {} and {}.", self.name(), self.name()),
        }
    }
}

/// With its indefinite article: "a map", "an honest map".
fn a(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']) || noun.starts_with("honest") || noun.starts_with("hour");
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

const DENIALS: [&str; 4] = ["not", "never", "hardly", "anything but"];

const INTENSIFIERS: [&str; 10] = ["", "", "", "", "really ", "truly ", "simply ", "often ", "rather ", "quite "];

/// Given names of nobody in particular.
const FIRST_NAMES: &str = "\
    Ada|Adil|Agnes|Aino|Alba|Aleksi|Alma|Amara|Amir|Anouk|Ansel|Antonia|Arda|Ari|Asta|Aurel|Ayla|Bahar|Balint|Beatrix|\
    Benno|Berit|Bilal|Birk|Blanka|Bruno|Caio|Carla|Casper|Celeste|Chidi|Clara|Cormac|Dagny|Dalia|Damir|Daria|Davit|Delia|\
    Dimitri|Dora|Dragan|Edda|Efe|Eira|Elias|Elif|Eloise|Emeka|Enzo|Esra|Esther|Ewa|Fabian|Farah|Femi|Fenna|Fiona|Flavia|\
    Franka|Freya|Gabor|Gideon|Gita|Greta|Gustav|Hana|Hanno|Harun|Hedda|Helmi|Henrik|Hilde|Hiro|Ida|Idris|Ilan|Ilka|Imani|\
    Ines|Ingmar|Irina|Isolde|Ivo|Jabari|Jadwiga|Janna|Jaromir|Jelena|Joao|Jonna|Jorge|Judit|Juno|Kaito|Kalle|Kamila|Karim|\
    Katya|Keiko|Kenji|Kirsten|Klara|Kofi|Lale|Lars|Leila|Lennart|Leonie|Levin|Lidia|Linnea|Lorenz|Lucia|Ludo|Luz|Magda|\
    Maja|Malik|Marek|Maren|Marisol|Mateo|Matilda|Mehmet|Mika|Milos|Mina|Mirko|Moira|Nadia|Naveen|Nela|Nestor|Nia|Nikolai|\
    Nils|Noor|Nuria|Odile|Olek|Oona|Orla|Osman|Otis|Pavel|Paz|Pelle|Petra|Pia|Pilar|Priya|Quentin|Rafi|Ragna|Ravi|Renata|\
    Rhea|Rosalind|Rufus|Sabine|Salma|Samir|Sanna|Selim|Signe|Simone|Sione|Stellan|Suri|Tadeo|Taika|Tamar|Tariq|Tessa|Thea|\
    Tomasz|Tove|Ulla|Umberto|Valeria|Vera|Vidar|Viola|Wanda|Wim|Xenia|Yara|Yusuf|Zadie|Zoran";

/// Family names.
const LAST_NAMES: &str = "\
    Abara|Adler|Ahlberg|Albers|Almeida|Amsel|Anders|Aranda|Arslan|Asante|Auer|Bakker|Balogh|Barth|Basu|Becerra|Bellini|\
    Berger|Bianchi|Birkeland|Boateng|Bonnet|Borg|Brandt|Bratt|Brennan|Brodsky|Calder|Cardoso|Castell|Cermak|Chaudhry|\
    Corvi|Costa|Dahl|Dambek|Danso|Delacroix|Demir|Diallo|Doyle|Drexler|Dvorak|Eberle|Eklund|Engel|Esposito|Falk|Farkas|\
    Ferrand|Fiala|Finch|Fischer|Fonseca|Frost|Galli|Garrick|Gerber|Gilmour|Gruber|Haddad|Haider|Halloran|Hartmann|Hauge|\
    Heller|Herrera|Holm|Horvath|Huber|Ibsen|Iversen|Jansen|Jarvis|Joshi|Kaplan|Kaya|Keller|Kessler|Kimura|Kivela|Koch|\
    Kovac|Krause|Kruger|Kuznetsov|Lachance|Lamb|Larsen|Laurent|Lindqvist|Lombardi|Lorca|Lund|Maas|Madsen|Malhotra|\
    Marchetti|Marlow|Matos|Mbeki|Mendes|Moreau|Mori|Mraz|Nakata|Navarro|Nazari|Neumann|Nowak|Nyberg|Obi|Odegaard|Okafor|\
    Olsen|Oduya|Ortega|Osei|Pacheco|Palmer|Pavlov|Pereira|Petrov|Pohl|Prochazka|Quist|Rahimi|Ramos|Rasmussen|Reyes|\
    Rinaldi|Romero|Rossi|Ruiz|Saarinen|Sahin|Salazar|Sato|Schaefer|Serrano|Silva|Skala|Sorensen|Stahl|Strand|Suzuki|Szabo|\
    Takeda|Tanaka|Tavares|Thorne|Toth|Tran|Ulrich|Urban|Vance|Varga|Vasquez|Vogel|Volkov|Wagner|Weber|Wexler|Winter|Wolff|\
    Yilmaz|Zahn|Zeman|Ziegler";

/// Where films are made and shown.
const CITIES: &str = "\
    Aarhus|Accra|Aleppo|Almaty|Antwerp|Ankara|Athens|Bamako|Bari|Basel|Bergen|Bilbao|Bogota|Bologna|Bordeaux|Bremen|Brno|\
    Bruges|Bucharest|Cadiz|Cairo|Calais|Cardiff|Cologne|Cork|Cordoba|Cusco|Dakar|Delft|Dresden|Dublin|Dundee|Fez|Galway|\
    Gdansk|Geneva|Genoa|Ghent|Girona|Glasgow|Graz|Haifa|Hamburg|Hanoi|Havana|Helsinki|Izmir|Jaipur|Kampala|Katowice|Kazan|\
    Kiel|Kigali|Kyoto|Lagos|Lahore|Leipzig|Lima|Linz|Lisbon|Ljubljana|Lodz|Lyon|Malmo|Manila|Marseille|Minsk|Mombasa|\
    Montreal|Nairobi|Nantes|Naples|Odessa|Oslo|Ostend|Oulu|Palermo|Parma|Patras|Perth|Pisa|Plovdiv|Porto|Prague|Quito|\
    Rabat|Ravenna|Reykjavik|Riga|Rostock|Rotterdam|Salta|Salzburg|Santiago|Sapporo|Seoul|Seville|Siena|Skopje|Sofia|Split|\
    Tallinn|Tangier|Tartu|Tbilisi|Thessaloniki|Tirana|Toledo|Trieste|Tromso|Tunis|Turin|Turku|Utrecht|Valencia|Valparaiso|\
    Varna|Verona|Vienna|Vilnius|Warsaw|Wroclaw|Yerevan|Zagreb|Zurich";

/// When they play.
const YEARS: &str = "\
    1899|1905|1911|1914|1919|1923|1926|1929|1932|1935|1938|1941|1944|1947|1950|1953|1956|1959|1961|1964|1967|1970|1973|\
    1975|1978|1981|1984|1986|1989|1991|1994|1997";

/// Who they are about.
const JOBS: &str = "\
    accountant|acrobat|actuary|apothecary|archivist|astronomer|auctioneer|baker|ballet teacher|barber|beekeeper|\
    bell founder|boatswain|bookbinder|botanist|boxer|bricklayer|brewer|bus driver|butcher|butler|candle maker|caretaker|\
    carpenter|cartographer|cellist|chauffeur|chemist|choirmaster|clockmaker|cobbler|codebreaker|composer|conductor|\
    courier|crane operator|customs officer|dentist|detective|diver|dockworker|drummer|electrician|engraver|falconer|\
    farmer|ferryman|firefighter|fishmonger|florist|forester|gambler|gardener|geologist|glazier|goldsmith|gravedigger|\
    grocer|hairdresser|harbour pilot|hatter|hunter|innkeeper|interpreter|janitor|jeweller|jockey|journalist|judge|juggler|\
    lawyer|librarian|lifeguard|lighthouse keeper|locksmith|lumberjack|magician|mathematician|mechanic|midwife|milkman|\
    miller|miner|monk|mountaineer|nanny|night porter|notary|nurse|optician|organist|painter|pastry cook|pathologist|\
    pharmacist|photographer|pianist|pickpocket|pilot|plumber|poet|postman|potter|prosecutor|puppeteer|racing cyclist|\
    radio operator|referee|roofer|sailor|sculptor|seamstress|secretary|sheriff|shepherd|smuggler|sociologist|spy|\
    stonemason|stuntwoman|surgeon|surveyor|swimmer|tailor|tattooist|taxidermist|teacher|telegraphist|translator|\
    truck driver|typist|umbrella maker|undertaker|ventriloquist|veterinarian|violinist|waiter|watchman|weaver|welder|\
    widow|winemaker|zookeeper";

/// How these people are.
const TEMPERS: &str = "\
    absent-minded|ageing|ambitious|anxious|blind|bankrupt|bashful|blunt|brooding|careful|cautious|clumsy|cunning|curious|\
    deaf|devout|disgraced|divorced|eccentric|elderly|estranged|exiled|forgetful|frail|gruff|homesick|hot-headed|\
    idealistic|impatient|jobless|jealous|lonely|melancholy|meticulous|mute|nearsighted|nervous|obstinate|orphaned|\
    penniless|pious|proud|quarrelsome|quiet|reclusive|reluctant|restless|retired|rival|runaway|scruffy|secretive|shy|\
    sleepless|solitary|stern|stubborn|superstitious|sworn|talkative|taciturn|thrifty|timid|unmarried|vain|veteran|\
    wandering|wealthy|weary|young";

/// What they do with a thing.
const DEEDS: &str = "\
    finds|steals|buries|inherits|repairs|loses|sells|smuggles|hides|guards|forges|photographs|borrows|catalogues|\
    dismantles|burns|restores|discovers|auctions|chases|delivers|returns|paints|pawns|rebuilds|recovers|swaps|translates|\
    unearths|destroys|collects|gambles away|misplaces|polishes|ships|fishes up|wins|copies|exhibits|weighs";

/// What they do it with.
const THINGS: &str = "\
    accordion|almanac|amulet|anchor|anvil|atlas|barometer|bassoon|bicycle|birdcage|blueprint|bracelet|brooch|bugle|camera|\
    candlestick|cannon|caravan|carousel|carpet|casket|cello|chalice|chandelier|chess set|chronometer|cigar box|clarinet|\
    coat|coin|compass|cookbook|crate|crown|cradle|cuckoo clock|dagger|diary|diamond|dictionary|dinghy|dollhouse|drum|\
    ferry|fiddle|film reel|flag|flute|fossil|fountain pen|fresco|fur|globe|gondola|gramophone|guitar|hammock|harmonica|\
    harp|hat|helmet|herbarium|horseshoe|hourglass|icon|jewel|kayak|kettledrum|key|kite|ladder|lantern|ledger|letter|\
    locket|locomotive|loom|lute|mandolin|manuscript|map|mask|medal|meteorite|microscope|mirror|mosaic|motorbike|music box|\
    necklace|notebook|oar|opal|painting|parachute|parasol|passport|pearl|pendulum|phonograph|photograph|piano|pistol|\
    playing card|postcard|projector|pulpit|puppet|quilt|radio|recipe|revolver|rifle|ring|rocking horse|rowing boat|ruby|\
    rucksack|saddle|samovar|saxophone|scarf|sextant|shawl|shield|signet|sledge|snuffbox|spyglass|stamp|statue|suitcase|\
    sundial|sword|tapestry|teapot|telegram|telescope|testament|throne|tiara|toolbox|tractor|treasure chest|trombone|\
    trumpet|trunk|typewriter|umbrella|urn|vase|veil|viola|violin|wagon|walking stick|wardrobe|watch|weathervane|\
    wheelchair|whistle|wig|windmill|wreath|xylophone|zither";

/// Where they do it.
const SCENES: &str = "\
    in an abandoned quarry|in a flooded cellar|on a night train|behind a bakery|at a masked ball|in a monastery|\
    under a viaduct|during a blizzard|on a houseboat|in a ruined theatre|at a funeral|in a border village|\
    on a volcanic island|in a hospital ward|at the racetrack|in a greenhouse|in the attic of a school|on a cargo ship|\
    during an eclipse|in a bombed museum|on a mountain pass|at a county fair|in a sanatorium|beneath an opera house|\
    in a swamp|in a wax museum|at a petrol station|in a lift|on an oil rig|in a shuttered cinema|at a chess tournament|\
    in an observatory|during a strike|on a glacier|in a convent|in a salt mine|at an embassy|on the last tram|\
    in a vineyard|during a heat wave|in a courtroom|in a launderette|at a harvest festival|on a river barge|\
    in a parliament|in a casino|at a boarding school|in a subway tunnel|in a pine forest|at a wedding";

/// Kinds of film.
const GENRES: &str = "\
    thriller|comedy|western|musical|drama|ghost story|romance|documentary|heist film|courtroom drama|fable|satire|\
    road movie|war film|mystery|spy film|costume drama|cartoon|adventure|tragedy|melodrama|silent film|sequel|remake|\
    debut|chamber piece|sports film|disaster film";

/// Parts of a film, as the subject of a sentence in the singular.
const ASPECTS: &str = "\
    acting|plot|script|dialogue|camera work|score|editing|pace|ending|opening|staging|lighting|sound|humour|finale|\
    love story|soundtrack|direction|production design|second half|first hour|narration|chase|lead performance|\
    supporting cast|choreography|screenplay|subplot|climax|casting";

/// Days.
const DAYS: &str = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday";

/// Who came along.
const COMPANY: &str = "\
    sister|brother|aunt|uncle|cousin|neighbour|daughter|son|mother|father|grandmother|colleague|nephew|niece|roommate";

/// Minutes over two hours.
const MINUTES: &str = "two|five|seven|nine|eleven|twelve|fourteen|seventeen|twenty|twenty-five|thirty|forty|fifty";

/// Praise.
const GOOD_WORDS: &str = "\
    absorbing|admirable|affecting|agile|amusing|assured|astonishing|astute|beguiling|bewitching|blissful|bold|bracing|\
    breathtaking|brilliant|captivating|charming|compelling|confident|convincing|dazzling|deft|delicate|delicious|\
    delightful|earnest|electrifying|elegant|enchanting|endearing|engaging|engrossing|enthralling|excellent|exhilarating|\
    exquisite|fascinating|flawless|funny|gentle|gorgeous|graceful|gracious|gripping|haunting|heartfelt|hilarious|honest|\
    hypnotic|imaginative|impeccable|incisive|ingenious|inspired|intelligent|inventive|invigorating|irresistible|joyful|\
    joyous|lively|lovely|lucid|luminous|lyrical|magical|magnificent|majestic|marvellous|masterful|memorable|mesmerising|\
    moving|nimble|nuanced|original|perceptive|playful|poetic|poignant|polished|powerful|precise|radiant|refreshing|\
    remarkable|resonant|rewarding|riveting|rousing|satisfying|sincere|sparkling|spellbinding|spirited|splendid|stirring|\
    stunning|sublime|subtle|superb|suspenseful|tender|terrific|thoughtful|thrilling|touching|triumphant|unforgettable|\
    uplifting|vibrant|vivid|warm|wise|witty|wonderful";

/// Blame.
const BAD_WORDS: &str = "\
    abysmal|aimless|amateurish|annoying|appalling|artificial|awful|awkward|baffling|banal|bland|bloated|bloodless|boring|\
    bungled|careless|charmless|cheap|cheesy|chaotic|cliched|clunky|coarse|cold|colourless|confused|contrived|corny|crude|\
    cynical|dated|deafening|derivative|dire|disappointing|disastrous|dismal|disjointed|dreadful|dreary|drab|dull|\
    embarrassing|empty|endless|excruciating|exhausting|false|feeble|flat|forced|forgettable|formless|frantic|garbled|\
    grating|hackneyed|half-baked|hammy|hollow|horrible|humourless|idiotic|implausible|incoherent|inept|infuriating|\
    insipid|insufferable|irritating|joyless|laboured|lacklustre|laughable|lazy|leaden|lifeless|limp|listless|loud|\
    ludicrous|mawkish|meandering|mechanical|mediocre|messy|misguided|monotonous|muddled|murky|numbing|obvious|overlong|\
    overwrought|pallid|patronising|plodding|pointless|pompous|ponderous|predictable|preposterous|pretentious|rambling|\
    repetitive|ridiculous|rushed|sappy|shabby|shallow|shapeless|shoddy|silly|slack|sloppy|sluggish|smug|soulless|stale|\
    stiff|stilted|stodgy|strained|stupid|tacky|tasteless|tedious|terrible|tepid|threadbare|tiresome|trite|trivial|turgid|\
    ugly|unbearable|unconvincing|uneven|unfunny|uninspired|unwatchable|vapid|vulgar|wearisome|wooden|worthless|wretched";

/// What a good part does.
const GOOD_DOINGS: &str = "\
    shines|soars|sparkles|never misses a beat|grips from the first minute|lingers for days|earns every tear|\
    surprises at every turn|won me over|kept me awake with joy|deserves a prize|holds everything together|hits every note|\
    glows|breathes|gets under the skin|delivers|crackles with energy|rewards patience|made the whole row laugh|\
    carries the evening|never puts a foot wrong|flows like water|left me speechless|sings";

/// What a bad part does.
const BAD_DOINGS: &str = "\
    drags|falls apart|goes nowhere|never takes off|puts you to sleep|collapses under its own weight|insults the audience|\
    made me check my watch|wears out its welcome|limps along|fizzles out|creaks|grates|misses every note|\
    runs out of ideas|stumbles from scene to scene|rings false|flops|sinks without trace|overstays by an hour|\
    copies better work|falls flat|tests your patience|emptied half the hall|stinks";

/// What a good part is.
const GOOD_NOUNS: &str = "\
    a triumph|a gem|a delight|a treat|a masterpiece|a marvel|a revelation|a joy|a wonder|a pleasure|a small miracle|\
    a feast|a winner|a classic in the making";

/// What a bad part is.
const BAD_NOUNS: &str = "\
    a mess|a bore|a chore|a failure|a disaster|a dud|a letdown|a disgrace|a slog|a fiasco|a waste|a misfire|a travesty|\
    a missed chance";

/// Last words of praise.
const GOOD_CLOSINGS: &str = "\
    Go and see it.|I would watch it again tomorrow.|Highly recommended.|Do not miss this one.|Worth every minute.|\
    Five stars.|I left the cinema smiling.|Applause at the end, and rightly so.|Buy a ticket.|\
    My favourite of the festival.";

/// Last words of blame.
const BAD_CLOSINGS: &str = "\
    Stay at home.|I want my evening back.|Avoid.|Skip this one.|Not worth the ticket.|One star.|\
    I left before the credits.|Boos at the end, and rightly so.|Save your money.|The worst of the festival.";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Whoever changes a word or a draw changes every number that was measured on this set.
    #[test]
    fn the_reviews_are_those_that_were_measured() {
        let reviews = generate(2_400, 1);
        assert_eq!(
            (reviews[0].label.as_str(), reviews[0].text.as_str()),
            (
                "negative",
                "A disgraced codebreaker loses a globe and meets a stubborn bookbinder in a bombed museum. The script is a mess. A shabby, slack sports film. Avoid."
            )
        );
        // FNV-1a over labels and texts.
        let bytes = reviews.iter().flat_map(|review| review.label.bytes().chain(review.text.bytes()));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(hash, 0x67de_e3ea_31a5_8feb);
    }

    #[test]
    fn reviews_are_whole_sentences_and_no_two_are_the_same() {
        let reviews = generate(5000, 3);
        for Labelled { text, .. } in &reviews {
            assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
            assert!(!text.contains("  ") && !text.contains('|') && !text.contains(" ."), "{text}");
            assert!((10..=90).contains(&text.split(' ').count()), "{text}");
        }
        let distinct: HashSet<&str> = reviews.iter().map(|review| review.text.as_str()).collect();
        assert_eq!(distinct.len(), reviews.len());
    }

    #[test]
    fn no_list_says_a_thing_twice() {
        let lists = [FIRST_NAMES, LAST_NAMES, CITIES, YEARS, JOBS, TEMPERS, DEEDS, THINGS, SCENES, GENRES, ASPECTS, DAYS, COMPANY, MINUTES];
        let of_a_verdict = [[GOOD_WORDS, BAD_WORDS], [GOOD_DOINGS, BAD_DOINGS], [GOOD_NOUNS, BAD_NOUNS], [GOOD_CLOSINGS, BAD_CLOSINGS]]
            .map(|both| both.join("|"));
        for list in lists.into_iter().chain(of_a_verdict.iter().map(String::as_str)) {
            let mut seen = HashSet::new();
            for word in list.split('|') {
                assert!(!word.is_empty() && word == word.trim() && seen.insert(word), "{word}");
            }
        }
    }

    #[test]
    fn words_of_one_verdict_occur_in_both_classes() {
        // A contrast or a denial puts them there; without any, the task would be a look-up.
        let reviews = generate(2000, 1);
        for word in [" shines", " drags"] {
            for label in ["positive", "negative"] {
                let found = reviews.iter().any(|review| review.label == label && review.text.contains(word));
                assert!(found, "no {label} review has the words{word}");
            }
        }
    }
}
