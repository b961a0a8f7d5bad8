//! Reports, for people and for programs.

pub(crate) mod advice;
pub(crate) mod bins;
pub(crate) mod chart;
pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod trail;
pub(crate) mod words;
