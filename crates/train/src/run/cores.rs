//! Work on things that have nothing to do with each other, on one core or on several.

/// What `work` gives for each item and the seconds that it took, on up to `cores` threads, the heaviest first. What is
/// computed is the same whatever their number. On one core `now` says the seconds.
#[cfg_attr(target_family = "wasm", expect(unused_variables, reason = "a page has one thread"))]
pub(super) fn each<T: Send, R: Send>(
    items: &mut [T],
    cores: usize,
    weight: impl Fn(&T) -> f64,
    now: &dyn Fn() -> f64,
    work: impl Fn(&mut T) -> R + Sync,
) -> Vec<(R, f64)> {
    #[cfg(not(target_family = "wasm"))]
    if cores > 1 && items.len() > 1 {
        return together(items, cores, weight, work);
    }
    let timed = |item: &mut T| {
        let started = now();
        (work(item), now() - started)
    };
    items.iter_mut().map(timed).collect()
}

#[cfg(not(target_family = "wasm"))]
fn together<T: Send, R: Send>(
    items: &mut [T],
    cores: usize,
    weight: impl Fn(&T) -> f64,
    work: impl Fn(&mut T) -> R + Sync,
) -> Vec<(R, f64)> {
    use std::sync::Mutex;
    use std::time::Instant;
    use std::{panic, thread};

    let threads = cores.min(items.len());
    let mut order: Vec<(usize, &mut T)> = items.iter_mut().enumerate().collect();
    // The heaviest is taken first, which is the last of the list.
    order.sort_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)));
    let (queue, done) = (Mutex::new(order), Mutex::new(Vec::new()));
    let next = || queue.lock().expect("taking from a list does not panic").pop();
    let worker = || {
        while let Some((place, item)) = next() {
            let started = Instant::now();
            let result = work(item);
            let seconds = started.elapsed().as_secs_f64();
            done.lock().expect("adding to a list does not panic").push((place, (result, seconds)));
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        worker();
        for other in others {
            other.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        }
    });
    let mut done = done.into_inner().expect("adding to a list does not panic");
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_their_items_whatever_the_number_of_cores() {
        for cores in [1, 2, 7] {
            let mut items: Vec<u32> = (0..20).collect();
            let found = each(
                &mut items,
                cores,
                |item| f64::from(*item % 5),
                &|| 0.0,
                |item| {
                    *item += 1;
                    *item * *item
                },
            );
            assert_eq!(found.iter().map(|(result, _)| *result).collect::<Vec<_>>(), (1..=20).map(|n| n * n).collect::<Vec<_>>());
            assert_eq!(items, (1..=20).collect::<Vec<_>>(), "{cores} cores");
        }
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_is_handed_on_with_its_words() {
        each(&mut [1, 2, 3], 3, |_| 0.0, &|| 0.0, |item| assert!(*item != 3, "the third"));
    }
}
