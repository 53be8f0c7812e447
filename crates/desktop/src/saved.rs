//! Saved runs that a command looks at or asks, and the files that it leaves.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use basin_train::brief::brief;
use basin_train::driver::Driver;
use basin_train::lost::unless_lost;
use basin_train::protocol::DeviceChoice;
use basin_train::run::Run;

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
    let run = basin_train::instruments::classifier(&read(path)?, compute(device).await?);
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

/// The places of the lanes that are meant by number, as people count, or by title.
///
/// # Errors
/// If there is no such lane, with those that there are.
pub fn places(words: &[String], titles: &[String]) -> Result<Vec<usize>, String> {
    let place = |word: &String| {
        let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|place| *place < titles.len());
        let titled = || titles.iter().position(|title| title.to_lowercase() == word.to_lowercase());
        number.or_else(titled).ok_or_else(|| {
            let lanes: Vec<String> = titles.iter().zip(1..).map(|(title, number)| format!("{number} {title}")).collect();
            format!("there is no lane `{}`: choose by number or title of {}", brief(word, 40), lanes.join(", "))
        })
    };
    words.iter().map(place).collect()
}

/// The same, each lane once; where none is named all.
///
/// # Errors
/// If there is no such lane, with those that there are.
pub fn lanes(words: &[String], titles: &[String]) -> Result<Vec<usize>, String> {
    if words.is_empty() { Ok((0..titles.len()).collect()) } else { Ok(once(places(words, titles)?)) }
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
