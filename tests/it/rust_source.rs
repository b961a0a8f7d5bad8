//! Reads Rust as far as `tidy` needs it: words and paths, without comments, strings and tests.

/// The text with comments, strings and characters blanked out; the lines stay.
pub(crate) fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => string_length(rest),
            'r' if !ends_in_word(&code) => raw_string_length(rest),
            '\'' => character_length(rest),
            _ => 0,
        };
        if length == 0 {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|octet| match octet {
                '\n' => '\n',
                _ => ' ',
            }));
            rest = &rest[length..];
        }
    }
    code
}

fn ends_in_word(code: &str) -> bool {
    code.ends_with(|last: char| last.is_alphanumeric() || last == '_')
}

fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !is_escaped => return at + 1,
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The length of `r"..."` with any number of `#`; 0 for what is none.
fn raw_string_length(text: &str) -> usize {
    let hashes = text[1..].len() - text[1..].trim_start_matches('#').len();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = hashes + 2;
    text[begin..]
        .find(&end)
        .map_or(text.len(), |at| begin + at + end.len())
}

/// The length of `'x'`; 0 for a lifetime.
fn character_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some(_)) => characters
            .find(|(_, character)| *character == '\'')
            .map_or(0, |(at, _)| at + 1),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// Blanks the items under `#[cfg(test)]` out of `code`.
pub(crate) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        let (before, item) = rest.split_at(at);
        let (mut depth, mut end) = (0_usize, item.len());
        for (at, character) in item.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(character, '}' | ';') {
                end = at + 1;
                break;
            }
        }
        kept.push_str(before);
        kept.extend(item[..end].chars().filter(|character| *character == '\n'));
        rest = &item[end..];
    }
    kept + rest
}

/// Words and signs with their lines; `::` is one sign.
pub(crate) fn tokens(code: &str) -> Vec<(usize, &str)> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(code.lines()) {
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                rest.find(|character| !is_word(character))
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push((line, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// Every path of two segments or more, with groups taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(crate) fn paths<'t>(tokens: &[(usize, &'t str)]) -> Vec<(usize, Vec<&'t str>)> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_start = tokens[at]
            .1
            .starts_with(|first: char| first.is_alphabetic() || first == '_');
        if is_start && tokens.get(at + 1).is_some_and(|next| next.1 == "::") {
            at = path(tokens, at, &[], &mut paths);
        } else {
            at += 1;
        }
    }
    paths
}

/// Reads the path that begins `at`, and gives the place behind it.
fn path<'t>(
    tokens: &[(usize, &'t str)],
    mut at: usize,
    before: &[&'t str],
    paths: &mut Vec<(usize, Vec<&'t str>)>,
) -> usize {
    let mut segments = before.to_vec();
    while let Some((line, word)) = tokens.get(at) {
        if *word == "{" {
            at += 1;
            while tokens.get(at).is_some_and(|next| next.1 != "}") {
                at = match tokens[at].1 {
                    "," => at + 1,
                    _ => path(tokens, at, &segments, paths),
                };
            }
            return at + 1;
        }
        segments.push(word);
        at += 1;
        if tokens.get(at).is_none_or(|next| next.1 != "::") {
            paths.push((*line, segments));
            break;
        }
        at += 1;
    }
    // An alias, `a::b as c`, is no path of its own.
    match tokens.get(at) {
        Some((_, "as")) => at + 2,
        _ => at,
    }
}
