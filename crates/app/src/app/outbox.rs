//! What waits for the shell: files to open, to save or to read, a text to copy.

use std::collections::VecDeque;

use egui::DroppedFileHandle;

use crate::files::FileRequest;

/// See the file's head.
#[derive(Default)]
pub struct Outbox {
    pub requests: VecDeque<FileRequest>,
    pub dropped: VecDeque<DroppedFileHandle>,
    pub copied: Option<String>,
    /// What stands before the text of a link.
    pub link_prefix: String,
    pub no_clipboard: bool,
}

impl Outbox {
    /// Has bytes saved under a name.
    pub fn save(&mut self, name: String, bytes: Vec<u8>) {
        self.requests.push_back(FileRequest::Save { name, bytes });
    }

    /// Copies the text of a link; false where the shell has to show it instead.
    pub fn copy(&mut self, link: &str, ctx: &egui::Context) -> bool {
        let link = format!("{}{link}", self.link_prefix);
        if self.no_clipboard {
            self.copied = Some(link);
        } else {
            ctx.copy_text(link);
        }
        !self.no_clipboard
    }
}
