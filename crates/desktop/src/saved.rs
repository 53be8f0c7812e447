//! Saved runs that a command looks at or asks, and the files that it leaves.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use basin_train::brief::brief;
use basin_train::driver::Driver;
use basin_train::experiment::{LaneConfig, titles};
use basin_train::lost::unless_lost;
use basin_train::protocol::DeviceChoice;
use basin_train::run::{Run, RunError};

use crate::disk;
use crate::exit::NOT_WRITTEN;
use crate::run_folder::{self, RunFolder};
use crate::terminal::tell;
use crate::train::compute;

/// The run in a folder or a file, finished or not, on a device, with its instruments.
///
/// # Errors
/// If there is none, or no such device.
pub async fn open(folder: &Path, device: DeviceChoice) -> Result<Driver, String> {
    let bytes = read(folder)?;
    let mut driver = Driver::restore(&bytes, compute(device).await?).map_err(|error| format!("{}: {error}", folder.display()))?;
    RunFolder::check_owner(folder, &driver.summary().experiment)?;
    let started = std::time::Instant::now();
    driver.set_clock(Box::new(move || started.elapsed().as_secs_f64()), device);
    for note in &driver.summary().notes {
        tell(format_args!("Note: {note}"));
    }
    Ok(driver)
}

/// The same without instruments, to be asked: nothing is measured first. A run that keeps its best epochs has the weights of these.
///
/// # Errors
/// If there is none, or no such device.
pub async fn classifier(path: &Path, device: DeviceChoice) -> Result<Run, String> {
    asked(path, basin_train::instruments::classifier(&read(path)?, compute(device).await?))
}

/// The same for new texts alone.
///
/// # Errors
/// As for [`classifier`].
pub async fn predictor(path: &Path, device: DeviceChoice) -> Result<Run, String> {
    asked(path, basin_train::instruments::predictor(&read(path)?, compute(device).await?))
}

fn asked(path: &Path, run: Result<Run, RunError>) -> Result<Run, String> {
    let run = run.map_err(|error| format!("{}: {error}", path.display()))?;
    RunFolder::check_owner(path, &run.summary().experiment)?;
    Ok(run)
}

/// The bytes of a saved run: of a folder its checkpoint, or a file as *Save* makes it.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() || !path.exists() {
        return RunFolder::checkpoint(path);
    }
    fs::read(path).map_err(|error| run_folder::failed(path, &error))
}

/// The places of the lanes that are meant by number, as people count, by title, or by such words as `--lanes` takes, as far as
/// they tell one lane from the others: `delta-sam`, `sam:rho=0.2`.
///
/// # Errors
/// If there is no such lane, or more than one, with those that there are.
pub fn places(words: &[String], lanes: &[LaneConfig]) -> Result<Vec<usize>, String> {
    let titles = titles(lanes);
    let place = |word: &String| {
        let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|place| *place < lanes.len());
        let titled = || titles.iter().position(|title| title.to_lowercase() == word.to_lowercase());
        let whole = || lanes.iter().position(|lane| lane.to_string() == *word);
        let told: Vec<usize> = (0..lanes.len()).filter(|place| tells(word, &lanes[*place])).collect();
        number.or_else(titled).or_else(whole).or(if told.len() == 1 { Some(told[0]) } else { None }).ok_or_else(|| {
            let named = |place: usize| format!("{} {}", place + 1, titles[place]);
            let word = brief(word, 40);
            if told.len() > 1 {
                let lanes: Vec<String> = told.into_iter().map(named).collect();
                return format!("`{word}` may be each of {}: choose by number or title", lanes.join(", "));
            }
            let lanes: Vec<String> = (0..lanes.len()).map(named).collect();
            format!("there is no lane `{word}`: choose by number or title of {}", lanes.join(", "))
        })
    };
    words.iter().map(place).collect()
}

/// Whether the words of a lane have the method of `word`, and all of its knobs.
fn tells(word: &str, lane: &LaneConfig) -> bool {
    let lane = lane.to_string();
    let same = |given: &str, own: &str| match (given.split_once('='), own.split_once('=')) {
        (Some((knob, value)), Some((other, number))) => {
            let equal =
                || value.parse::<f64>().is_ok_and(|value| number.parse::<f64>().is_ok_and(|number| value.total_cmp(&number).is_eq()));
            knob == other && (value == number || equal())
        }
        _ => given == own,
    };
    let (mut given, mut own) = (word.split(':'), lane.split(':'));
    given.next() == own.next() && given.all(|given| own.clone().any(|own| same(given, own)))
}

/// The same, each lane once; where none is named all.
///
/// # Errors
/// If there is no such lane, with those that there are.
pub fn lanes(words: &[String], lanes: &[LaneConfig]) -> Result<Vec<usize>, String> {
    if words.is_empty() { Ok((0..lanes.len()).collect()) } else { Ok(once(places(words, lanes)?)) }
}

/// Each of them once, in the order in which they are first named.
pub fn once<T: PartialEq>(named: Vec<T>) -> Vec<T> {
    let mut found = Vec::new();
    for one in named {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// Looks at a run, to the end.
///
/// # Errors
/// What goes wrong there, or the GPU was lost.
pub fn look<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    pollster::block_on(unless_lost(work)).map_err(|lost| format!("{lost}: start again with --device cpu"))?
}

/// Writes the stem with each of some endings, and says so or why not; the exit code of all together.
pub fn write(stem: &Path, files: &[(&str, &[u8])]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (ending, bytes) in files {
        // Not `with_extension`: a stem may hold a point, as in `rho-0.2`.
        let mut name = stem.as_os_str().to_owned();
        name.push(ending);
        let path = Path::new(&name);
        match disk::write(path, bytes) {
            Ok(()) => tell(format_args!("Wrote {}.", path.display())),
            Err(error) => {
                tell(format_args!("basin: {}", run_folder::failed(path, &error)));
                code = ExitCode::from(NOT_WRITTEN);
            }
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_meant_by_number_title_or_words() {
        let lanes: Vec<LaneConfig> = ["sgd", "sam:rho=0.2", "sam:rho=0.4", "delta-sam:rule=head:rho=0.2", "delta-sam:rule=noise:rho=0.2"]
            .iter()
            .map(|words| words.parse().expect("lane words"))
            .collect();
        let of = |word: &str| places(&[word.to_owned()], &lanes);
        assert_eq!([of("1"), of("SGD"), of("δ-sam head")].map(|found| found.expect("it is there")), [[0], [0], [3]]);
        assert_eq!([of("sam:rho=0.20"), of("sam:rho=0.4"), of("sgd")].map(|found| found.expect("it is there")), [[1], [2], [0]]);
        assert_eq!([of("delta-sam:rule=noise"), of(&lanes[4].to_string())].map(|found| found.expect("it is there")), [[4], [4]]);
        let several = of("delta-sam:rho=0.2").expect_err("two have it");
        assert_eq!(several, "`delta-sam:rho=0.2` may be each of 4 δ-SAM head, 5 δ-SAM noise: choose by number or title");
        for none in ["asam", "sam:rho=0.3", "sam:", "rho=0.2", "", "6"] {
            assert!(of(none).expect_err("no lane").starts_with(&format!("there is no lane `{none}`: choose")), "{none}");
        }
        assert_eq!(places(&["delta-sam".to_owned()], &lanes[..4]).expect("one is left"), [3]);
    }
}
