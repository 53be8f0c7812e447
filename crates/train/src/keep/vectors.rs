//! Vectors of texts, beside the runs of a page: whoever comes back to it does not wait for the same texts again.
//!
//! They are in files `vectors.N.MARK`: N grows, so that the oldest are known, and MARK says of which encoder. Each writer has files of its
//! own, and none is changed once it is whole: where two tabs write at once some vectors are kept twice or not at all, and that is the
//! worst. They are worth the time that they took and no more: nobody is told where they cannot be kept, and runs come first where there
//! is little room.

use std::collections::{HashMap, HashSet};

use super::place::Keep;
use super::vector_form::{Key, VectorForm};
use crate::data::encoder::Vector;

/// Bytes that all of them may take, and the share of what runs may take that they may.
const MOST_BYTES: u64 = 64_000_000;
const SHARE: u64 = 8;

/// Bytes of a file: as much is read at once.
const FILE_BYTES: u64 = 4_000_000;

/// Fewer texts are encoded sooner than all that is kept has been read.
const WORTH_READING: usize = 32;

/// The keys of texts, in their order, and the vectors that are kept of some of them.
pub(crate) type Recalled = (Vec<Key>, HashMap<Key, Vector>);

/// What is kept of these texts; none where none would be.
pub(super) async fn recall<K: Keep>(place: &mut K, form: &VectorForm, texts: &[&str]) -> Option<Recalled> {
    if texts.len() < WORTH_READING || most_files(place) == 0 {
        return None;
    }
    let keys = place.keys(texts).await?;
    let mut wanted: HashSet<Key> = keys.iter().copied().collect();
    let mut found = HashMap::new();
    // The latest first: whoever comes back wants those of last time.
    for (_, name) in files(place).await.iter().rev().filter(|(_, name)| is_of(name, form)) {
        if wanted.is_empty() {
            break;
        }
        let Ok(file) = place.read(name).await else { continue };
        match form.records_of(&file) {
            Some(records) => found.extend(form.vectors(records, &wanted)),
            // It is of no use, and takes the room of one that would be. If it cannot be removed, it will go as the oldest.
            None => _ = place.remove(name).await,
        }
        wanted.retain(|key| !found.contains_key(key));
    }
    Some((keys, found))
}

/// Keeps vectors, as far as that can be done.
pub(super) async fn keep<K: Keep>(place: &mut K, form: &VectorForm, vectors: &[(Key, Vector)]) {
    let most = most_files(place);
    if vectors.is_empty() || most == 0 {
        return;
    }
    let mut files = files(place).await;
    let most_records = form.records_in(FILE_BYTES as usize);
    // Where the last file has room, one with its vectors and these takes its place: many small ones would drive out more than they hold.
    let last = files.iter().rev().find(|(_, name)| is_of(name, form)).cloned();
    let before = match &last {
        Some((_, name)) => place.read(name).await.unwrap_or_default(),
        None => Vec::new(),
    };
    // One that cannot be read may be another tab's, which is just being written.
    let before = form.records_of(&before).filter(|records| records.len() < most_records);
    let (mut replaced, before) = before.map_or((None, &[][..]), |records| (last, records));
    let records = [before, &form.to_records(vectors)].concat();
    // The time, so that another tab that writes now takes other numbers.
    let mut number = ((place.now() * 1e3) as u64).max(files.last().map_or(0, |(number, _)| number.saturating_add(1)));
    for piece in records.chunks(most_records) {
        let name = format!("vectors.{number}.{}", form.mark());
        if place.write(&name, &form.file(&[piece])).await.is_err() {
            // What of it has been written is nobody's.
            let _ = place.remove(&name).await;
            replaced = None;
            break;
        }
        files.push((number, name));
        number = number.saturating_add(1);
    }
    if let Some(replaced) = replaced {
        let _ = place.remove(&replaced.1).await;
        files.retain(|file| *file != replaced);
    }
    for (_, name) in &files[..files.len().saturating_sub(most)] {
        let _ = place.remove(name).await;
    }
}

/// Makes room: the oldest ones go, of whichever encoder. False where there are none, or they cannot be removed.
pub(super) async fn forget_oldest<K: Keep>(place: &mut K) -> bool {
    match files(place).await.first() {
        Some((_, name)) => place.remove(name).await.is_ok(),
        None => false,
    }
}

/// Number and name of the files that are there, of all encoders, the oldest first.
async fn files<K: Keep>(place: &mut K) -> Vec<(u64, String)> {
    let numbered = |name: String| {
        let number = name.strip_prefix("vectors.")?.split('.').next()?.parse().ok()?;
        Some((number, name))
    };
    let mut files: Vec<(u64, String)> = place.names().await.unwrap_or_default().into_iter().filter_map(numbered).collect();
    files.sort_unstable();
    files
}

fn is_of(name: &str, form: &VectorForm) -> bool {
    name.rsplit('.').next() == Some(&form.mark())
}

fn most_files<K: Keep>(place: &K) -> usize {
    ((place.space() / SHARE).min(MOST_BYTES) / FILE_BYTES) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ops::Range;

    use pollster::block_on;

    use super::*;
    use crate::keep::NotWritten;

    /// Files in memory.
    #[derive(Clone)]
    struct Shelf {
        files: BTreeMap<String, Vec<u8>>,
        space: u64,
        now: f64,
        /// Bytes of a file of which it writes a half, and no more.
        full: usize,
        reads: usize,
    }

    /// One with room for so many files.
    fn shelf(files: u64) -> Shelf {
        Shelf { files: BTreeMap::new(), space: files * FILE_BYTES * SHARE, now: 1.8e9, full: usize::MAX, reads: 0 }
    }

    impl Keep for Shelf {
        async fn names(&mut self) -> Result<Vec<String>, String> {
            Ok(self.files.keys().cloned().chain(["3.about", "sweeps.a", "vectors", "vectors.x.y"].map(str::to_owned)).collect())
        }

        async fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
            self.reads += 1;
            self.files.get(name).cloned().ok_or_else(|| "it is not there".to_owned())
        }

        async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
            let full = bytes.len() > self.full;
            self.files.insert(name.to_owned(), if full { &bytes[..bytes.len() / 2] } else { bytes }.to_vec());
            if full { Err(NotWritten::Full("it is full".to_owned())) } else { Ok(()) }
        }

        async fn remove(&mut self, name: &str) -> Result<(), String> {
            self.files.remove(name);
            Ok(())
        }

        async fn claim(&mut self, _run: u64, _patience: f64) -> Result<bool, String> {
            Ok(true)
        }

        fn release(&mut self, _run: u64) {}

        fn space(&self) -> u64 {
            self.space
        }

        fn now(&self) -> f64 {
            self.now
        }

        async fn keys(&mut self, texts: &[&str]) -> Option<Vec<Key>> {
            Some(texts.iter().map(|text| key(text.parse().expect("texts are numbers here"))).collect())
        }
    }

    fn key(text: u128) -> Key {
        text.to_le_bytes()
    }

    /// Of the texts with these numbers.
    fn vectors(texts: Range<u128>, width: usize) -> Vec<(Key, Vector)> {
        texts.map(|text| (key(text), vec![text as f32; width].into())).collect()
    }

    /// Numbers of those of a hundred texts whose vectors are kept; each vector is the right one.
    fn kept(shelf: &mut Shelf, form: &VectorForm) -> Vec<u128> {
        let texts: Vec<String> = (0..100).map(|text: u128| text.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (keys, found) = block_on(recall(shelf, form, &texts)).expect("there is a place");
        assert_eq!(keys, (0..100).map(key).collect::<Vec<_>>());
        let mut numbers: Vec<u128> = found.keys().map(|key| u128::from_le_bytes(*key)).collect();
        numbers.sort_unstable();
        assert!(numbers.iter().all(|number| found[&key(*number)].iter().all(|x| x.to_bits() == (*number as f32).to_bits())));
        numbers
    }

    /// A width of which nine vectors are in a file.
    const WIDE: usize = 100_000;

    #[test]
    fn what_is_kept_is_found_again_and_small_pieces_come_into_one_file() {
        let (mut shelf, form) = (shelf(16), VectorForm::new("abc", 3));
        assert_eq!(kept(&mut shelf, &form), Vec::<u128>::new());
        for first in [0, 10, 20] {
            block_on(keep(&mut shelf, &form, &vectors(first..first + 10, 3)));
        }
        assert_eq!(shelf.files.keys().collect::<Vec<_>>(), [&format!("vectors.1800000000002.{}", form.mark())]);
        assert_eq!(kept(&mut shelf, &form), (0..30).collect::<Vec<_>>());
        block_on(keep(&mut shelf, &form, &[]));
        assert_eq!(shelf.files.len(), 1);
        let reads = shelf.reads;
        assert!(block_on(recall(&mut shelf, &form, &["1", "2"])).is_none() && shelf.reads == reads, "two are encoded sooner");
    }

    #[test]
    fn the_oldest_go_and_of_those_that_are_left_no_more_is_read_than_is_wanted() {
        let (mut shelf, form) = (shelf(2), VectorForm::new("abc", WIDE));
        // Nine, nine and two; then the two and five others.
        block_on(keep(&mut shelf, &form, &vectors(0..20, WIDE)));
        assert_eq!((kept(&mut shelf, &form), shelf.files.len()), ((9..20).collect(), 2));
        block_on(keep(&mut shelf, &form, &vectors(20..25, WIDE)));
        assert_eq!((kept(&mut shelf, &form), shelf.files.len()), ((9..25).collect(), 2));
        assert!(shelf.files.values().map(Vec::len).sum::<usize>() as u64 <= 2 * FILE_BYTES);
        // A clock that was set back makes none older.
        shelf.now = 0.0;
        block_on(keep(&mut shelf, &form, &vectors(25..30, WIDE)));
        assert_eq!(kept(&mut shelf, &form), (18..30).collect::<Vec<_>>());
        let reads = shelf.reads;
        let last: Vec<&str> = ["29", "28", "27"].into_iter().cycle().take(WORTH_READING).collect();
        assert_eq!(block_on(recall(&mut shelf, &form, &last)).expect("there is a place").1.len(), 3);
        assert_eq!(shelf.reads, reads + 1);
    }

    #[test]
    fn a_damaged_file_is_left_out_and_removed_and_the_next_one_is_whole() {
        for length in [0, 10, FILE_BYTES as usize / 2] {
            let (mut shelf, form) = (shelf(3), VectorForm::new("abc", WIDE));
            block_on(keep(&mut shelf, &form, &vectors(0..20, WIDE)));
            shelf.files.values_mut().nth(1).expect("three of them").truncate(length);
            assert_eq!((kept(&mut shelf, &form), shelf.files.len()), ((0..9).chain(18..20).collect(), 2), "{length}");
            block_on(keep(&mut shelf, &form, &vectors(9..18, WIDE)));
            assert_eq!(kept(&mut shelf, &form), (0..20).collect::<Vec<_>>());
            // The last one, which nobody has read since, and which takes the place of the oldest until somebody does.
            let last = shelf.files.values_mut().last().expect("three of them");
            last.truncate(length.min(last.len() - 1));
            block_on(keep(&mut shelf, &form, &vectors(20..22, WIDE)));
            assert_eq!(kept(&mut shelf, &form), (9..16).chain(18..22).collect::<Vec<_>>(), "{length}");
            assert!(shelf.files.values().all(|file| form.records_of(file).is_some()), "{length}");
        }
    }

    #[test]
    fn another_encoder_finds_nothing_reads_nothing_and_drives_out_the_oldest() {
        let (mut shelf, form, other) = (shelf(2), VectorForm::new("abc", WIDE), VectorForm::new("abd", WIDE));
        block_on(keep(&mut shelf, &form, &vectors(0..18, WIDE)));
        let reads = shelf.reads;
        assert_eq!((kept(&mut shelf, &other), shelf.reads), (Vec::new(), reads));
        block_on(keep(&mut shelf, &other, &vectors(50..55, WIDE)));
        assert_eq!((kept(&mut shelf, &form), kept(&mut shelf, &other)), ((9..18).collect(), (50..55).collect()));
        assert!(block_on(forget_oldest(&mut shelf)));
        assert_eq!((kept(&mut shelf, &form).len(), kept(&mut shelf, &other).len()), (0, 5));
        assert!(block_on(forget_oldest(&mut shelf)) && !block_on(forget_oldest(&mut shelf)));
    }

    #[test]
    fn two_tabs_at_once_lose_nothing_that_was_there() {
        let (mut before, form) = (shelf(16), VectorForm::new("abc", 3));
        block_on(keep(&mut before, &form, &vectors(0..10, 3)));
        let (mut one, mut other) = (before.clone(), Shelf { now: before.now + 0.1, ..before.clone() });
        block_on(keep(&mut one, &form, &vectors(10..20, 3)));
        block_on(keep(&mut other, &form, &vectors(15..30, 3)));
        // Both have read the file of before, and both have removed it.
        let mut both = Shelf { files: one.files.into_iter().chain(other.files).collect(), ..before };
        assert_eq!((kept(&mut both, &form), both.files.len()), ((0..30).collect(), 2));
    }

    #[test]
    fn where_there_is_no_room_nothing_is_left_behind_and_what_was_there_stays() {
        let form = VectorForm::new("abc", 3);
        let mut small = Shelf { space: FILE_BYTES * SHARE - 1, ..shelf(0) };
        block_on(keep(&mut small, &form, &vectors(0..10, 3)));
        assert!(small.files.is_empty() && block_on(recall(&mut small, &form, &["1"; WORTH_READING])).is_none());
        let mut shelf = shelf(16);
        block_on(keep(&mut shelf, &form, &vectors(0..10, 3)));
        shelf.full = 100;
        block_on(keep(&mut shelf, &form, &vectors(10..20, 3)));
        assert_eq!((kept(&mut shelf, &form), shelf.files.len()), ((0..10).collect(), 1));
    }
}
