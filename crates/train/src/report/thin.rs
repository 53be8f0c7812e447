//! Long lists of measurements within their bounds.

/// Forgets every second one where there are more than `most`, but neither the first nor the last.
pub fn thin<T>(list: &mut Vec<T>, most: usize) {
    if list.len() > most {
        let (mut place, last) = (0, list.len());
        list.retain(|_| {
            place += 1;
            place % 2 == 1 || place == last
        });
    }
}
