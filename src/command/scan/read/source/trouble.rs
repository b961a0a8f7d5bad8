//! What can be wrong with a file, and what to do about it.

use std::io::{self, ErrorKind};

use thiserror::Error;

use super::STDIN;

/// A file that cannot be read, or not to its end.
#[derive(Debug, Error)]
#[error("{name}: {trouble}")]
pub(crate) struct SourceError {
    /// The file, as it was given.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) trouble: Trouble,
}

/// What is wrong with a file.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    #[error("there is no such file")]
    Missing,
    #[error("may not be read: be root, or of the group that reads logs (often adm)")]
    Forbidden,
    #[error("a directory: name the files in it")]
    Directory,
    #[error("is packed in a way that is not read here: {0} | bogusmx scan -")]
    Foreign(String),
    #[error("takes more memory to unpack than is allowed here: {0} | bogusmx scan -")]
    TooLarge(String),
    #[error("the archive ends too early: all before that has been read")]
    Truncated,
    #[error("the archive is damaged: all before that has been read")]
    Damaged,
    #[error("something else follows the archive: all before that has been read")]
    Appended,
    #[error("{0}")]
    Io(io::Error),
}

impl SourceError {
    /// An error of reading a file, with its name.
    pub(crate) fn new(name: &str, error: io::Error) -> Self {
        match error.downcast() {
            Ok(error) => error,
            Err(error) => Self {
                name: name.to_owned(),
                trouble: Trouble::from(error),
            },
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        let known = [
            (ErrorKind::NotFound, Self::Missing),
            (ErrorKind::PermissionDenied, Self::Forbidden),
            (ErrorKind::IsADirectory, Self::Directory),
        ];
        let mut known = known.into_iter();
        match known.find(|(kind, _)| *kind == error.kind()) {
            Some((_, trouble)) => trouble,
            None => Self::Io(error),
        }
    }
}

/// A command on a file, as it can be typed into a shell.
pub(super) fn shell(command: &str, name: &str) -> String {
    let is_tame = |character: char| character.is_alphanumeric() || "/._-+:@%,=".contains(character);
    if name == STDIN {
        return format!("... | {command} -");
    }
    // A name like an option is none behind a folder.
    let folder = if name.starts_with('-') { "./" } else { "" };
    match name.chars().all(is_tame) {
        true => format!("{command} {folder}{name}"),
        false => format!("{command} {folder}'{}'", name.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_typed_into_a_shell() {
        let check = |name, expected| assert_eq!(shell("xz -dc", name), expected);
        check("/var/log/mail.log.2.xz", "xz -dc /var/log/mail.log.2.xz");
        check("my log.xz", "xz -dc 'my log.xz'");
        check("it's", "xz -dc 'it'\\''s'");
        check("-f.xz", "xz -dc ./-f.xz");
        check("-", "... | xz -dc -");
    }

    #[test]
    fn an_error_that_has_a_name_keeps_it() {
        let truncated = SourceError {
            name: "a".to_owned(),
            trouble: Trouble::Truncated,
        };
        let text = "a: the archive ends too early: all before that has been read";
        assert_eq!(
            SourceError::new("b", io::Error::other(truncated)).to_string(),
            text
        );
        let other = io::Error::from_raw_os_error(5);
        let text = SourceError::new("b", other).to_string();
        assert!(text.starts_with("b: "), "{text}");
    }
}
