//! A list of names with the operator's say on each: `verdict/local/names`.

use super::check_place;
use crate::verdict::Domain;
use crate::verdict::local::{DOMAIN_TEXT, NameList, Say};
use crate::verdict::table::Action;

/// Longer lists are not looked up line by line: that takes the square of their length.
const NAMES_MAX: usize = 200;

/// A list that is taken says of a name what the line says that is most exactly about it, line by line; one that is
/// refused is so at a place that is in the text.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let list = match NameList::parse(&text, "names", DOMAIN_TEXT) {
        Ok(list) => list,
        Err(error) => return check_place(&text, error.line, error.column),
    };
    list.says().for_each(check_say);
    if list.len() > NAMES_MAX {
        return;
    }
    for name in list.says().flat_map(around) {
        let Ok(domain) = Domain::parse(&name) else {
            continue;
        };
        let expected = scan(&list, domain.as_str());
        assert_eq!(list.find(domain.as_ref()), expected, "{domain}");
    }
}

fn check_say(say: &Say) {
    let again =
        NameList::parse(&say.to_string(), "names", DOMAIN_TEXT).expect("a say prints as a line");
    let again = again.says().next().expect("one line");
    assert_eq!((&again.pattern, &again.action), (&say.pattern, &say.action));
    if let Action::List { code, text } = &say.action {
        assert!(code.is_loopback() && (1..=255).contains(&text.len()));
    }
}

/// The name, what lies below and above it, and what only ends alike.
fn around(say: &Say) -> [String; 5] {
    let (_, name) = read(say);
    let above = name
        .split_once('.')
        .map_or("", |(_, above)| above)
        .to_owned();
    let [below, far_below, alike] = ["x.", "y.x.", "x"].map(|front| format!("{front}{name}"));
    [name, below, far_below, alike, above]
}

/// Whether a line is about all below its name as well, and that name.
fn read(say: &Say) -> (bool, String) {
    let name = say.pattern.strip_prefix('.');
    let (is_suffix, name) = (name.is_some(), name.unwrap_or(&say.pattern));
    let name = name.strip_suffix('.').unwrap_or(name);
    (is_suffix, name.to_ascii_lowercase())
}

/// The line that is about the name alone, else the one with the longest name that it lies at or below.
fn scan<'l>(list: &'l NameList, name: &str) -> Option<&'l Say> {
    let about = |say: &&Say| match read(say) {
        (false, exact) => exact == name,
        (true, suffix) => format!(".{name}").ends_with(&format!(".{suffix}")),
    };
    let rank = |say: &&Say| {
        let (is_suffix, name) = read(say);
        (!is_suffix, name.len())
    };
    list.says().filter(about).max_by_key(rank)
}
