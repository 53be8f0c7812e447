//! How a claim is written, and read.
//!
//! ```text
//! claim   = part { "and" part }
//! part    = sum relation sum { relation sum }            0.5 < sam.cos < 1
//!         | "verdict(" lane "," lane ")" "=" word         verdict(sam, sgd) = higher
//! sum     = product { ("+" | "-") product }
//! product = atom { ("*" | "/") atom }
//! atom    = number [ "%" ] | "(" sum ")" | lane "." fact [ "at" number "%" | "at" "loss" "of" lane ]
//! ```

use std::fmt;

use super::claim::{Claim, Operator, Part, Relation, Term, Word};
use super::facts::{Fact, WORDS, When};

/// Characters of a claim at most.
const LONGEST: usize = 400;

/// Why a text is no claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimError {
    /// The character, from 1.
    pub column: usize,
    /// What is wrong, and what to write.
    pub text: String,
}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.text)
    }
}

const VERDICTS: [(&str, Word); 4] = [("higher", Word::Higher), ("lower", Word::Lower), ("none", Word::None), ("too_few", Word::TooFew)];

impl Claim {
    /// Reads a claim about lanes of these names.
    ///
    /// # Errors
    /// The first place that is no claim.
    pub fn parse(text: &str, lanes: &[String]) -> Result<Self, ClaimError> {
        if text.chars().count() > LONGEST {
            return Err(ClaimError { column: LONGEST, text: format!("a claim has {LONGEST} characters at most: split the step") });
        }
        let mut reader = Reader { tokens: tokens(text)?, next: 0, lanes, end: text.chars().count() + 1 };
        let mut parts = vec![reader.part()?];
        while reader.takes("and") {
            parts.push(reader.part()?);
        }
        if reader.peek().is_some() {
            return Err(reader.error("this goes on where a claim ends: write `and` between two conditions"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Sign(&'static str),
}

/// Longer signs first.
const SIGNS: [(&str, &str); 17] = [
    ("<=", "<="),
    (">=", ">="),
    ("≤", "<="),
    ("≥", ">="),
    ("<", "<"),
    (">", ">"),
    ("=", "="),
    ("+", "+"),
    ("-", "-"),
    ("−", "-"),
    ("*", "*"),
    ("·", "*"),
    ("/", "/"),
    ("(", "("),
    (")", ")"),
    (".", "."),
    ("%", "%"),
];

/// The tokens with their columns. A word goes on over a hyphen that stands between letters: `per-instance`.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ClaimError> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut i) = (Vec::new(), 0);
    while let Some(&first) = chars.get(i) {
        let column = i + 1;
        let run = |from: usize, goes_on: &dyn Fn(usize, char) -> bool| {
            (from..chars.len()).find(|&i| !goes_on(i, chars[i])).unwrap_or(chars.len())
        };
        if first.is_whitespace() {
            i += 1;
        } else if first.is_ascii_digit() {
            let end = run(i, &|_, c| c.is_ascii_digit() || c == '.');
            let word: String = chars[i..end].iter().collect();
            let value = word.parse().map_err(|_| ClaimError { column, text: format!("`{word}` is no number: write one like 0.05") })?;
            tokens.push((column, Token::Number(value)));
            i = end;
        } else if first.is_ascii_alphabetic() {
            let letter = |i: usize| chars.get(i).is_some_and(char::is_ascii_alphabetic);
            let end = run(i, &|i, c| c.is_ascii_alphanumeric() || c == '_' || (c == '-' && letter(i + 1)));
            tokens.push((column, Token::Word(chars[i..end].iter().collect())));
            i = end;
        } else if first == ',' {
            tokens.push((column, Token::Sign(",")));
            i += 1;
        } else {
            let rest: String = chars[i..chars.len().min(i + 2)].iter().collect();
            let (written, sign) = SIGNS.iter().find(|(written, _)| rest.starts_with(written)).ok_or_else(|| ClaimError {
                column,
                text: format!("`{first}` has no meaning in a claim: use lanes, facts, numbers, + - * / and < <= > >= ="),
            })?;
            tokens.push((column, Token::Sign(sign)));
            i += written.chars().count();
        }
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: Vec<(usize, Token)>,
    next: usize,
    lanes: &'a [String],
    end: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    /// Whether the next token is this; then it is taken.
    fn takes(&mut self, what: &str) -> bool {
        let is = match self.peek() {
            Some(Token::Word(word)) => word == what,
            Some(Token::Sign(sign)) => *sign == what,
            _ => false,
        };
        self.next += usize::from(is);
        is
    }

    fn error(&self, text: impl Into<String>) -> ClaimError {
        ClaimError { column: self.tokens.get(self.next).map_or(self.end, |(column, _)| *column), text: text.into() }
    }

    fn expect(&mut self, sign: &str) -> Result<(), ClaimError> {
        if self.takes(sign) { Ok(()) } else { Err(self.error(format!("`{sign}` is missing here"))) }
    }

    fn word(&mut self, what: &str) -> Result<String, ClaimError> {
        match self.peek() {
            Some(Token::Word(word)) => {
                let word = word.clone();
                self.next += 1;
                Ok(word)
            }
            _ => Err(self.error(format!("{what} is missing here"))),
        }
    }

    fn part(&mut self) -> Result<Part, ClaimError> {
        if matches!(self.peek(), Some(Token::Word(word)) if word == "verdict") {
            self.next += 1;
            self.expect("(")?;
            let lane = self.lane()?;
            self.expect(",")?;
            let reference = self.lane()?;
            self.expect(")")?;
            self.expect("=")?;
            let names = [lane, reference].map(|lane| self.lanes[lane].clone());
            let at = self.next;
            let found = self.word("higher, lower, none or too_few")?;
            let word = VERDICTS.iter().find(|(word, _)| *word == found).map(|(_, word)| *word);
            self.next = if word.is_some() { self.next } else { at };
            let word = word.ok_or_else(|| self.error(format!("`{found}` is no verdict: use higher, lower, none or too_few")))?;
            return Ok(Part::Verdict { lane, reference, names, word });
        }
        let first = self.sum()?;
        let mut rest = Vec::new();
        while let Some(relation) = self.relation() {
            rest.push((relation, self.sum()?));
        }
        if rest.is_empty() {
            return Err(self.error("a comparison is missing here, such as > 0.05"));
        }
        Ok(Part::Chain(first, rest))
    }

    fn relation(&mut self) -> Option<Relation> {
        let relations =
            [("<", Relation::Less), ("<=", Relation::AtMost), (">", Relation::More), (">=", Relation::AtLeast), ("=", Relation::Equal)];
        relations.into_iter().find(|(sign, _)| self.takes(sign)).map(|(_, relation)| relation)
    }

    fn sum(&mut self) -> Result<Term, ClaimError> {
        self.joined(&[("+", Operator::Plus), ("-", Operator::Minus)], |reader| {
            reader.joined(&[("*", Operator::Times), ("/", Operator::Over)], Self::atom)
        })
    }

    fn joined(
        &mut self,
        operators: &[(&str, Operator)],
        inner: impl Fn(&mut Self) -> Result<Term, ClaimError>,
    ) -> Result<Term, ClaimError> {
        let mut term = inner(self)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            term = Term::Of(Box::new(term), *operator, Box::new(inner(self)?));
        }
        Ok(term)
    }

    fn atom(&mut self) -> Result<Term, ClaimError> {
        if self.takes("(") {
            let term = self.sum()?;
            self.expect(")")?;
            return Ok(term);
        }
        if self.takes("-") {
            let zero = Term::Number { value: 0.0, percent: false };
            return match self.atom()? {
                Term::Number { value, percent } => Ok(Term::Number { value: -value, percent }),
                term => Ok(Term::Of(Box::new(zero), Operator::Minus, Box::new(term))),
            };
        }
        if let Some(value) = self.number() {
            let percent = self.takes("%");
            return Ok(Term::Number { value: if percent { value / 100.0 } else { value }, percent });
        }
        let lane = self.lane()?;
        self.expect(".")?;
        let at = self.next;
        let word = self.word("a fact such as test_accuracy")?;
        let Some(fact) = Fact::of(&word) else {
            self.next = at;
            let known = WORDS.map(|(word, _)| word).join(", ");
            let spaces = if word.contains('-') { " (a minus stands between spaces)" } else { "" };
            return Err(self.error(format!("`{word}` is no fact of a lane{spaces}: use one of {known}")));
        };
        let at = self.next;
        let when = self.when()?;
        if when != When::Now && !fact.has_past() {
            self.next = at;
            return Err(self.error(format!("`{word}` is known now only: leave `at …` out")));
        }
        Ok(Term::Fact { lane, fact, when })
    }

    fn when(&mut self) -> Result<When, ClaimError> {
        if !self.takes("at") {
            return Ok(When::Now);
        }
        if let Some(value) = self.number() {
            self.expect("%")?;
            if value > 100.0 {
                self.next -= 1;
                return Err(self.error("a run has 100 %"));
            }
            return Ok(When::Share(value / 100.0));
        }
        if !(self.takes("loss") && self.takes("of")) {
            return Err(self.error("write `at 50 %` of the run, or `at loss of LANE`"));
        }
        Ok(When::LossOf(self.lane()?))
    }

    fn number(&mut self) -> Option<f64> {
        let Some(Token::Number(value)) = self.peek() else { return None };
        let value = *value;
        self.next += 1;
        Some(value)
    }

    fn lane(&mut self) -> Result<usize, ClaimError> {
        let at = self.next;
        let word = self.word("a lane or a number")?;
        self.lanes.iter().position(|lane| *lane == word).ok_or_else(|| {
            self.next = at;
            self.error(format!("there is no lane `{word}` in this experiment: use one of {}", self.lanes.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use basin_train::random::{Purpose, below, stream};

    use super::super::claim::tests::{names, state};
    use super::*;

    #[test]
    fn what_is_no_claim_is_told_with_its_column() {
        for (text, column, told) in [
            ("sgd.test_accuracy", 18, "a comparison is missing here"),
            ("sgd.test_accuracy >", 20, "a lane or a number is missing here"),
            ("sgm.test_accuracy > 1", 1, "there is no lane `sgm` in this experiment: use one of sgd, sam"),
            ("sgd.accuracy > 1", 5, "`accuracy` is no fact of a lane: use one of test_accuracy"),
            ("sgd.gap-sam.gap > 0", 5, "`gap-sam` is no fact of a lane (a minus stands between spaces)"),
            ("sgd.gap > 1.2.3", 11, "`1.2.3` is no number"),
            ("sgd.gap > 1 or 2", 13, "this goes on where a claim ends"),
            ("sgd.gap # 1", 9, "`#` has no meaning in a claim"),
            ("(sgd.gap > 1", 10, "`)` is missing here"),
            ("sgd.best_at at 50 % > 0", 13, "`best_at` is known now only"),
            ("sgd.gap at noon > 0", 12, "write `at 50 %` of the run, or `at loss of LANE`"),
            ("verdict(sgd, sam) = better", 21, "`better` is no verdict: use higher, lower, none or too_few"),
            ("", 1, "a lane or a number is missing here"),
        ] {
            let error = Claim::parse(text, &names()).expect_err(text);
            assert_eq!(error.column, column, "{text}: {error}");
            assert!(error.text.starts_with(told), "{text}: {error}");
        }
    }

    #[test]
    fn no_text_makes_the_reader_of_claims_fall_over() {
        let (state, mut dice) = (state(), stream(11, Purpose::Noise));
        let mut below = |bound: usize| below(&mut dice, bound);
        let pieces = [
            "sgd",
            "sam",
            ".",
            "gap",
            "test_accuracy",
            "best_at",
            " at ",
            "50",
            "%",
            "loss",
            " of ",
            "(",
            ")",
            "+",
            "-",
            "*",
            "/",
            "<",
            ">=",
            "=",
            " and ",
            "verdict(sgd, sam) = ",
            "higher",
            "sgd.gap",
            "sam.test_accuracy at 50 %",
            " > 1",
            " < 2",
            ",",
            "0",
            "1e9",
            "λ",
            " ",
            ".5",
            "99999999999999999999",
        ];
        let mut read = 0;
        for _ in 0..100_000 {
            let soup: String = (0..=below(9)).map(|_| pieces[below(pieces.len())]).collect();
            if let Ok(claim) = Claim::parse(&soup, &names()) {
                let _ = claim.outcome(&state.run);
                read += 1;
            }
        }
        assert!(read > 50, "{read} of them are claims: the pieces fit together at times");
        assert!(Claim::parse(&"(".repeat(100_000), &names()).is_err());
        assert!(Claim::parse(&"(".repeat(400), &names()).is_err());
    }
}
