//! The small form of an encoder: written and read back, near the whole one, and damaged bytes are told.

use std::path::Path;
use std::sync::LazyLock;
use std::{fs, str};

use basin_encoder::{EncoderError, Form, MINILM, Numbers, Origin, SentenceEncoder, SmallEncoder};
use proptest::prelude::*;

fn tiny(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sentence").join(file)).expect("it is part of the tests")
}

fn origin() -> Origin {
    Origin { title: "tiny".to_owned(), hash: "int8-0".to_owned() }
}

static WHOLE: LazyLock<SentenceEncoder> = LazyLock::new(|| {
    let form = Form { heads: 2, longest: 16 };
    SentenceEncoder::read(&tiny("tiny.safetensors"), &tiny("tiny-tokenizer.json"), form).expect("it is a model")
});

static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| WHOLE.small(&origin()).expect("it has a place for all"));

const TEXTS: [&str; 5] =
    ["a good film", "Good, not bad!", "", "film film film film film film film film film film film film film film", "[MASK] é"];

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn its_weights_stand_for_those_of_the_whole_one() {
    let (small, _) = SmallEncoder::read_small(&FILE).expect("just written");
    let leaves = |layers: Vec<Vec<Numbers>>| layers.into_iter().flatten().collect::<Vec<_>>();
    let found = leaves(vec![small.embedding(), small.layer(0), small.layer(1)]);
    let expected = leaves(vec![WHOLE.embedding(), WHOLE.layer(0), WHOLE.layer(1)]);
    assert_eq!(found.len(), 4 + 2 * 12);
    for (leaf, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found.shape, expected.shape, "leaf {leaf}");
        let largest = expected.values.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        // Half of what a whole number is worth, at most.
        let far = found.values.iter().zip(&expected.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far <= largest / 127.0 * 0.5001, "leaf {leaf}: {far} of {largest}");
        // Biases, norms and places are not rounded.
        let rounded = leaf == 0 || leaf >= 4 && matches!((leaf - 4) % 12, 0 | 2 | 6 | 8);
        assert_eq!(rounded, far > 0.0, "leaf {leaf}: {far}");
    }
}

/// The file with its checksum as it ought to be: what is wrong is for the reader to find.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len().saturating_sub(4);
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes.truncate(end);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

fn refused(bytes: &[u8]) -> String {
    SmallEncoder::read_small(bytes).err().expect("it is damaged").to_string()
}

#[test]
fn it_reads_texts_alike_and_gives_nearly_the_same_vectors() {
    let (small, found) = SmallEncoder::read_small(&FILE).expect("just written");
    assert_eq!((found, small.width()), (origin(), WHOLE.width()));
    for text in TEXTS {
        assert_eq!((small.tokens(text), small.known(text)), (WHOLE.tokens(text), WHOLE.known(text)), "{text:?}");
    }
    let [near, whole] = [small.encode(&TEXTS, 1, |_| true), WHOLE.encode(&TEXTS, 1, |_| true)];
    for ((text, near), whole) in TEXTS.iter().zip(near).zip(whole) {
        let (near, whole) = (near.expect("nobody stopped it"), whole.expect("nobody stopped it"));
        let far = distance(&near, &whole);
        assert!(far < 1e-3, "{text:?}: 1 − cosine {far}");
        let alone = small.encode(&[text], 1, |_| true).remove(0).expect("nobody stopped it");
        assert_eq!(alone, near, "who is encoded beside it changes nothing");
    }
    assert_eq!(*FILE, WHOLE.small(&origin()).expect("again"), "the same bytes each time");
}

#[test]
fn what_is_wrong_with_a_file_is_told() {
    assert!(refused(b"").contains("no encoder of this Basin") && refused(b"basin encoder int8 1\n").contains("damaged"));
    let lines = |change: &dyn Fn(usize, &str) -> String| {
        let end = FILE.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(4).expect("five lines at least").0;
        let head = str::from_utf8(&FILE[..end]).expect("text").split('\n').enumerate().map(|(i, line)| change(i, line)).collect::<Vec<_>>();
        sealed([head.join("\n").as_bytes(), &FILE[end..]].concat())
    };
    let same = |_: usize, line: &str| line.to_owned();
    assert_eq!(lines(&same), *FILE);
    let sizes = |sizes: &'static str| lines(&move |i, line| if i == 1 { sizes.to_owned() } else { line.to_owned() });
    for wrong in [
        "2 16 8",
        "two 16 8 16 2 10",
        "0 16 8 16 2 10",
        "3 16 8 16 2 10",
        "2 16 8 16 2 99999999",
        "1 2 3 4 5 6 7",
        "2 16 8 16 99999999999999999999 10",
    ] {
        let text = refused(&sizes(wrong));
        assert!(text.contains("damaged") || text.contains("which no encoder has"), "{wrong}: {text}");
    }
    // More of everything than there is: what stands where word pieces should is no text.
    assert!(refused(&sizes("256 4096 4096 16384 64 1000000")).contains("is no text"));
    assert!(refused(&lines(&|i, line| if i == 4 { "\n\n".to_owned() } else { line.to_owned() })).contains("cannot be used"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// One byte, or the end: the checksum finds it.
    #[test]
    fn any_damage_is_found(place in 0..FILE.len(), change in 1..=255_u8, end in 0..FILE.len()) {
        let mut bytes = FILE.clone();
        bytes[place] ^= change;
        refused(&bytes);
        refused(&FILE[..end]);
    }

    /// What somebody made with a checksum that fits is read or refused, and works without a panic if it is read.
    #[test]
    fn no_file_ends_the_program(changes in prop::collection::vec((0..FILE.len(), any::<u8>()), 1..20), cut in prop::option::of(0..FILE.len())) {
        let mut bytes = FILE.clone();
        for (place, byte) in changes {
            bytes[place] = byte;
        }
        bytes.truncate(cut.unwrap_or(bytes.len()));
        if let Ok((small, _)) = SmallEncoder::read_small(&sealed(bytes)) {
            for vector in small.encode(&TEXTS, 1, |_| true) {
                prop_assert_eq!(vector.map(|vector| vector.len()), Some(small.width()));
            }
        }
    }
}

/// `BASIN_DATA`: a data folder with the encoder; `BASIN_TEXTS`: a file with a text a line.
#[test]
#[ignore = "needs the model of 91 MB: tests/sentence/small"]
fn the_real_one_is_small_and_near() -> Result<(), EncoderError> {
    let path = |name: &str| std::path::PathBuf::from(std::env::var_os(name).expect("tests/sentence/small sets it"));
    let model = path("BASIN_DATA").join("minilm");
    let [weights, tokenizer] = ["model.safetensors", "tokenizer.json"].map(|file| fs::read(model.join(file)).expect("fetched"));
    let whole = SentenceEncoder::read(&weights, &tokenizer, MINILM)?;
    let file = whole.small(&origin())?;
    let (small, _) = SmallEncoder::read_small(&file)?;
    let texts = fs::read_to_string(path("BASIN_TEXTS")).expect("a file of texts");
    let texts: Vec<&str> = texts.lines().collect();
    let pieces: usize = texts.iter().map(|text| whole.tokens(text).len()).sum();
    let timed = |encode: &dyn Fn() -> Vec<Option<Vec<f32>>>| {
        let began = std::time::Instant::now();
        let found = encode();
        (found, texts.len() as f64 / began.elapsed().as_secs_f64())
    };
    let (exact, fast) = timed(&|| whole.encode(&texts, 1, |_| true));
    let (near, faster) = timed(&|| small.encode(&texts, 1, |_| true));
    let far: Vec<f64> = exact.iter().zip(&near).map(|(a, b)| distance(a.as_ref().expect("done"), b.as_ref().expect("done"))).collect();
    println!(
        "{:.1} MB; {} texts of {:.1} word pieces: {fast:.0} a second in f32, {faster:.0} in 8 bits; 1 − cosine {:.1e} in the mean, {:.1e} at most",
        file.len() as f64 / 1e6,
        texts.len(),
        pieces as f64 / texts.len() as f64,
        far.iter().sum::<f64>() / far.len() as f64,
        far.iter().copied().fold(0.0, f64::max)
    );
    assert!(file.len() <= 24_000_000, "{} bytes", file.len());
    assert!(far.iter().all(|far| *far < 1e-2), "{far:?}");
    Ok(())
}
