//! What waits for the shell: files to open, to save, to read or to fetch, a text to copy, a new version to take.

use std::collections::VecDeque;

use egui::DroppedFileHandle;

use crate::files::FileRequest;

/// See the file's head.
#[derive(Default)]
pub struct Outbox {
    pub requests: VecDeque<FileRequest>,
    pub dropped: VecDeque<DroppedFileHandle>,
    /// A text for the clipboard.
    pub copied: Option<String>,
    /// The address of a lesson to fetch.
    pub fetched: Option<String>,
    /// Whether the version of the page that waits is to come.
    pub renews: bool,
    /// What stands before the text of a link.
    pub link_prefix: String,
}

impl Outbox {
    /// Has bytes saved under a name.
    pub fn save(&mut self, name: String, bytes: Vec<u8>) {
        self.requests.push_back(FileRequest::Save { name, bytes });
    }
}
