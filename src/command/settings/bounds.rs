//! What single values of the configuration have to be.

use std::num::NonZeroU32;
use std::time::Duration;

use super::SettingsError;
use super::file::Span;

/// The list of a key, if it is set; an empty one is a mistake.
pub(super) fn list<T, U>(
    key: &'static str,
    filed: &Option<Vec<T>>,
    each: impl Fn(&T) -> U,
) -> Result<Option<Vec<U>>, SettingsError> {
    match filed.as_deref() {
        None => Ok(None),
        Some([]) => {
            let why = "name one at least, or leave the key out";
            Err(SettingsError::Value {
                key,
                value: "[]".into(),
                why,
            })
        }
        Some(all) => Ok(Some(all.iter().map(each).collect())),
    }
}

/// A length of time, any.
pub(super) fn span(filed: Option<Span>, default: Duration) -> Duration {
    filed.map_or(default, |span| span.0)
}

/// A length of time; none for one of 0, which says never.
pub(super) fn some_time(filed: Option<Span>, default: Duration) -> Option<Duration> {
    Some(span(filed, default)).filter(|span| !span.is_zero())
}

/// A length of time other than none.
pub(super) fn positive(
    key: &'static str,
    filed: Option<Span>,
    default: Duration,
) -> Result<Duration, SettingsError> {
    let span = span(filed, default);
    if span.is_zero() {
        return Err(SettingsError::Value {
            key,
            value: "0s".into(),
            why: "it must be longer",
        });
    }
    Ok(span)
}

/// A number other than 0.
pub(super) fn non_zero(
    key: &'static str,
    filed: Option<u32>,
    default: NonZeroU32,
) -> Result<NonZeroU32, SettingsError> {
    let why = "it must be 1 at least";
    filed.map_or(Ok(default), |value| {
        NonZeroU32::new(value).ok_or(SettingsError::Value {
            key,
            value: "0".into(),
            why,
        })
    })
}

/// A number of things, other than 0.
pub(super) fn count(
    key: &'static str,
    filed: Option<u32>,
    default: NonZeroU32,
) -> Result<usize, SettingsError> {
    Ok(number(non_zero(key, filed, default)?.get()))
}

/// Widens; on a 16-bit machine it would be cut to what that can count.
pub(super) fn number(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
