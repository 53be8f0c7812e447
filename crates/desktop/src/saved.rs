//! Saved runs that a command looks at, and the files that it leaves.

use std::fs;
use std::path::Path;

use basin_train::protocol::DeviceChoice;
use basin_train::session::Session;

use crate::run_folder::{self, RunFolder};
use crate::train::compute;

/// The run in a folder, finished or not, on a device.
///
/// # Errors
/// If there is none, or no such device.
pub async fn session(folder: &Path, device: DeviceChoice) -> Result<Session, String> {
    let bytes = RunFolder::checkpoint(folder)?;
    let mut session = Session::restore(&bytes, compute(device).await?).map_err(|error| error.to_string())?;
    let started = std::time::Instant::now();
    session.set_clock(Box::new(move || started.elapsed().as_secs_f64()));
    Ok(session)
}

/// Writes `stem.ending` and says so.
///
/// # Errors
/// If it cannot be written.
pub fn write(stem: &Path, ending: &str, bytes: &[u8]) -> Result<(), String> {
    // Not `with_extension`: a stem may hold a point, as in `rho-0.2`.
    let mut name = stem.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    let path = Path::new(&name);
    fs::write(path, bytes).map_err(|error| run_folder::failed(path, &error))?;
    eprintln!("Wrote {}.", path.display());
    Ok(())
}
