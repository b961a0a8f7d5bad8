//! A page of `docs/`. The configuration on it is what the tests run: a code block is the file that the line above it
//! names in backticks, by its path below `/etc`.

use std::fs;
use std::path::Path;

/// The text of a page.
pub(crate) struct Page {
    path: String,
    text: String,
}

impl Page {
    /// Reads `path`, relative to `docs/`.
    pub(crate) fn read(path: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("docs")
            .join(path);
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self {
            path: path.to_owned(),
            text,
        }
    }

    /// The whole page.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The block under the line that names `file`. There must be exactly one.
    pub(crate) fn file(&self, file: &str) -> String {
        let blocks: Vec<_> = self
            .files()
            .into_iter()
            .filter(|(path, _)| path == file)
            .collect();
        match blocks.as_slice() {
            [(_, text)] => text.clone(),
            _ => panic!("docs/{}: {} blocks for {file}", self.path, blocks.len()),
        }
    }

    /// As `file`, with each of `places` put in the place of what the page has there, which must occur.
    pub(crate) fn file_with(&self, file: &str, places: &[(&str, &str)]) -> String {
        let mut text = self.file(file);
        for (written, wanted) in places {
            let page = &self.path;
            assert!(
                text.contains(written),
                "docs/{page}: {file} lacks {written}"
            );
            text = text.replace(written, wanted);
        }
        text
    }

    /// Every file on the page, with its text, in the page's order.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut above = "";
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("```") {
                let block = lines.by_ref().take_while(|line| !line.starts_with("```"));
                let block: String = block.flat_map(|line| [line, "\n"]).collect();
                if let Some(file) = etc_path(above) {
                    files.push((file, block));
                }
            }
            if !line.trim().is_empty() {
                above = line;
            }
        }
        files
    }
}

/// The path below /etc that a line names in backticks; of several blocks for one file, a word in parentheses behind it
/// tells which.
fn etc_path(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("`/etc/")?;
    let (path, rest) = rest.split_once('`')?;
    let variant = rest
        .strip_prefix(" (")
        .and_then(|rest| rest.split_once(')'));
    Some(match variant {
        Some((variant, _)) => format!("/etc/{path} ({variant})"),
        None => format!("/etc/{path}"),
    })
}
