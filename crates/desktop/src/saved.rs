//! Saved runs that a command looks at, and the files that it leaves.

use std::path::Path;
use std::process::ExitCode;

use basin_train::driver::Driver;
use basin_train::lost::unless_lost;
use basin_train::protocol::DeviceChoice;

use crate::disk;
use crate::exit::NOT_WRITTEN;
use crate::run_folder::{self, RunFolder};
use crate::terminal::tell;
use crate::train::compute;

/// The run in a folder, finished or not, on a device.
///
/// # Errors
/// If there is none, or no such device.
pub async fn open(folder: &Path, device: DeviceChoice) -> Result<Driver, String> {
    let bytes = RunFolder::checkpoint(folder)?;
    let mut driver = Driver::restore(&bytes, compute(device).await?).map_err(|error| format!("{}: {error}", folder.display()))?;
    let started = std::time::Instant::now();
    driver.set_clock(Box::new(move || started.elapsed().as_secs_f64()), device);
    for note in &driver.summary().notes {
        tell(format_args!("Note: {note}"));
    }
    Ok(driver)
}

/// Looks at a run, to the end.
///
/// # Errors
/// What goes wrong there, or the GPU was lost.
pub fn look<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    pollster::block_on(unless_lost(work)).map_err(|lost| format!("{lost}: start again with --device cpu"))?
}

/// Writes `stem.ending` for each of some endings, and says so or why not; the exit code of all together.
pub fn write(stem: &Path, files: &[(&str, &[u8])]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (ending, bytes) in files {
        // Not `with_extension`: a stem may hold a point, as in `rho-0.2`.
        let mut name = stem.as_os_str().to_owned();
        name.push(format!(".{ending}"));
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
