//! Names that people give to columns, in the languages that we could look up.
//!
//! A name says more than any cell, but most files of the world have other names: then the first row is compared with the
//! others (`header.rs`) and the cells decide (`profile.rs`).

/// Names of text columns, likeliest first.
pub(super) const TEXT: [&str; 22] = [
    "text",
    "sentence",
    "review",
    "utterance",
    "message",
    "content",
    "body",
    "comment",
    "tweet",
    "query",
    "question",
    "document",
    "premise",
    "headline",
    "title",
    "description",
    "phrase",
    "prompt",
    "input",
    "string",
    "transcript",
    "name",
];

/// Names of label columns, likeliest first.
pub(super) const LABEL: [&str; 23] = [
    "label",
    "class",
    "category",
    "intent",
    "sentiment",
    "target",
    "polarity",
    "topic",
    "language",
    "lang",
    "tag",
    "annotation",
    "rating",
    "stars",
    "quality",
    "choice",
    "verdict",
    "accept",
    "score",
    "output",
    "answer",
    "gender",
    "y",
];

/// Names of columns that repeat like a label and are none.
pub(super) const OTHER: [&str; 43] = [
    "id",
    "idx",
    "index",
    "split",
    "fold",
    "date",
    "time",
    "timestamp",
    "source",
    "user",
    "author",
    "annotator",
    "worker",
    "hash",
    "url",
    "link",
    "session",
    "confidence",
    "lead",
    "count",
    "parse",
    "nr",
    "no",
    "number",
    "nummer",
    "answer_start",
    "status",
    "total",
    "cancelled",
    "prediction",
    "predicted",
    "pred",
    "suggestion",
    "completed",
    "created",
    "updated",
    "modified",
    "submitted",
    "email",
    "reviewer",
    "rater",
    "coder",
    "agent",
];

/// The same in other languages: one column's names beside another's.
const TEXT_ELSEWHERE: [&str; 44] = [
    "nachricht",
    "satz",
    "kommentar",
    "antwort",
    "frage",
    "inhalt",
    "beschreibung",
    "texte",
    "phrase",
    "avis",
    "commentaire",
    "message",
    "texto",
    "frase",
    "mensaje",
    "comentario",
    "oración",
    "reseña",
    "mensagem",
    "comentário",
    "testo",
    "messaggio",
    "recensione",
    "commento",
    "tekst",
    "zin",
    "bericht",
    "zdanie",
    "wiadomość",
    "metin",
    "cümle",
    "yorum",
    "текст",
    "отзыв",
    "сообщение",
    "النص",
    "نص",
    "الجملة",
    "文本",
    "内容",
    "句子",
    "评论",
    "テキスト",
    "텍스트",
];
const LABEL_ELSEWHERE: [&str; 46] = [
    "klasse",
    "kategorie",
    "thema",
    "etikett",
    "stimmung",
    "bezeichnung",
    "étiquette",
    "etiquette",
    "classe",
    "catégorie",
    "categorie",
    "sujet",
    "thème",
    "etiqueta",
    "clase",
    "categoría",
    "categoria",
    "tema",
    "sentimiento",
    "rótulo",
    "etichetta",
    "argomento",
    "sentimento",
    "labels",
    "categorie",
    "onderwerp",
    "klasa",
    "kategoria",
    "etykieta",
    "etiket",
    "sınıf",
    "kategori",
    "метка",
    "класс",
    "категория",
    "тема",
    "التصنيف",
    "تصنيف",
    "الفئة",
    "标签",
    "类别",
    "分类",
    "情感",
    "ラベル",
    "カテゴリ",
    "라벨",
];

/// Names of the two texts of a pair, beside those that differ in a number or a letter only.
pub(super) const PAIRS: [(&str, &str); 10] = [
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("query", "passage"),
    ("query", "document"),
    ("claim", "evidence"),
    ("text", "text_pair"),
    ("sentence", "sentence_pair"),
    ("context", "response"),
    ("question", "passage"),
    ("question", "answer"),
];

/// Bytes of a name: what is longer is a text.
const LONGEST: usize = 120;

/// What the name of a column says of it: 2 for a name of the list, 1 where a word of it is one, 0 for nothing; earlier names
/// of a list a little ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fit {
    pub text: f64,
    pub label: f64,
    pub other: f64,
}

impl Fit {
    pub fn of(name: &str) -> Self {
        if name.len() > LONGEST {
            return Self::default();
        }
        let name = name.trim().to_lowercase();
        let is_flag = ["is_", "has_", "is ", "has "].iter().any(|start| name.starts_with(start));
        Self {
            text: fit(&name, &TEXT).max(fit(&name, &TEXT_ELSEWHERE)),
            label: fit(&name, &LABEL).max(fit(&name, &LABEL_ELSEWHERE)).max(if is_flag { 1.0 } else { 0.0 }),
            other: fit(&name, &OTHER).max(if name.is_empty() || name.starts_with("unnamed:") { 1.0 } else { 0.0 }),
        }
    }

    /// Whether it is the name of a text or of a label.
    pub fn is_known(self) -> bool {
        self.text + self.label > 0.0
    }

    /// Points for being the label.
    pub fn as_label(self) -> f64 {
        50.0 * (self.label - self.text - self.other)
    }

    /// Points for being the text.
    pub fn as_text(self) -> f64 {
        50.0 * (self.text - self.label - self.other)
    }
}

fn fit(name: &str, list: &[&str]) -> f64 {
    let ahead = |place: usize| 1.0 - place as f64 / 100.0;
    if let Some(place) = list.iter().position(|known| *known == name) {
        return 1.0 + ahead(place);
    }
    let bare = |word: &str| word.trim_end_matches(|c: char| c.is_numeric()).to_owned();
    let words: Vec<String> = name.split(|c: char| !c.is_alphanumeric()).map(bare).filter(|word| !word.is_empty()).collect();
    // "name" is a word of many names: alone it says what a column is.
    let known = |known: &&str| *known != "name" && words.iter().any(|word| word == known || word.strip_suffix('s') == Some(known));
    list.iter().position(known).map_or(0.0, ahead)
}

/// Whether two names differ in one number, one letter of `a`/`b` or a word such as `left`/`right` only; `a` is the first of
/// the two: `sentence1` and `sentence2`, `#1 String` and `#2 String`, `text_a` and `text_b`, `text` and `text2`.
pub(super) fn are_twins(a: &str, b: &str) -> bool {
    if a.len().max(b.len()) > LONGEST {
        return false;
    }
    let (a, b) = (pieces(a), pieces(b));
    let ordered = |x: &str, y: &str| {
        let numbers = x.parse::<u32>().ok().zip(y.parse::<u32>().ok());
        numbers.is_some_and(|(x, y)| x.checked_add(1) == Some(y))
            || [("a", "b"), ("left", "right"), ("first", "second"), ("one", "two")].contains(&(x, y))
    };
    if a.len() == b.len() {
        let mut differ = a.iter().zip(&b).filter(|(x, y)| x != y);
        return match (differ.next(), differ.next()) {
            (Some((x, y)), None) => ordered(x, y) || (x.strip_suffix('a').is_some_and(|stem| y.strip_suffix('b') == Some(stem))),
            _ => false,
        };
    }
    // The first one without a mark of its own.
    b.len() == a.len() + 1 && b.starts_with(&a) && ["2", "b"].contains(&b[a.len()].as_str())
}

/// A name as words and numbers, lower-case.
fn pieces(name: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut before = None;
    for c in name.to_lowercase().chars() {
        let kind = if c.is_ascii_digit() { 0 } else { usize::from(!c.is_alphanumeric()) + 1 };
        if kind == 2 {
            before = None;
            continue;
        }
        match pieces.last_mut() {
            Some(last) if before == Some(kind) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        before = Some(kind);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_whole_and_by_their_words_in_several_languages() {
        for name in ["text", "tweet_text", "Review", "comments", "Nachricht", "文本", "Текст", "النص", "data.text"] {
            let fit = Fit::of(name);
            assert!(fit.as_text() > 0.0 && fit.is_known(), "{name}");
        }
        for name in ["label", "gold_label", "Kategorie", "类别", "is_duplicate", "label.name", "étiquette", "labels"] {
            assert!(Fit::of(name).as_label() > 0.0, "{name}: {:?}", Fit::of(name));
        }
        for name in ["", "id", "user_id", "Unnamed: 0", "_task_hash"] {
            let fit = Fit::of(name);
            assert!(fit.as_label() < 0.0 && fit.as_text() < 0.0, "{name}");
        }
        assert!(Fit::of("text").as_text() > Fit::of("full text").as_text());
        assert!(!Fit::of("context").is_known() && !Fit::of("labelling").is_known());
    }

    #[test]
    fn twins_differ_in_one_mark_wherever_it_stands() {
        for (a, b) in [
            ("sentence1", "sentence2"),
            ("#1 String", "#2 String"),
            ("text_a", "text_b"),
            ("q1_text", "q2_text"),
            ("text", "text2"),
            ("textA", "textB"),
            ("left text", "right text"),
            ("sentence", "sentence_b"),
        ] {
            assert!(are_twins(a, b) && !are_twins(b, a), "{a}, {b}");
        }
        for (a, b) in [("text", "label"), ("sentence1", "sentence3"), ("#1 ID", "#2 String"), ("a", "a"), ("text", "text_fr")] {
            assert!(!are_twins(a, b), "{a}, {b}");
        }
    }
}
