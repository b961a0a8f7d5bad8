//! The timeline as a drawing: where its bars and labels stand.

use jiff::civil::Time;

use super::bins::{Bin, Step, bins};
use super::words::many;
use crate::command::scan::report::Report;

/// The drawing, in its own units.
pub(crate) const WIDTH: u32 = 960;
pub(crate) const HEIGHT: u32 = 250;

/// The room for labels around the bars.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 30.0;

/// A few bars are no wider than this.
const SLOT_MAX: f64 = 40.0;

/// Labels below the axis, about.
const LABELS: usize = 7;

/// Lines above the axis, at most.
const LINES: u64 = 5;

/// The drawing.
pub(crate) struct Chart {
    pub(crate) bars: Vec<Bar>,
    /// The time that was asked about, if it lies between the bars.
    pub(crate) around: Option<f64>,
    pub(crate) lines: Vec<Label>,
    pub(crate) labels: Vec<Label>,
    /// What a bar is.
    pub(crate) step: String,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// What happened in one step of time.
pub(crate) struct Bar {
    pub(crate) x: f64,
    pub(crate) width: f64,
    /// The upper edge and the height of all, and the same of those that became backscatter.
    pub(crate) loops: (f64, f64),
    pub(crate) inner_x: f64,
    pub(crate) inner_width: f64,
    pub(crate) backscatter: (f64, f64),
    pub(crate) title: String,
}

/// A text at an axis.
pub(crate) struct Label {
    pub(crate) at: f64,
    pub(crate) text: String,
}

impl Chart {
    /// The chart of a report; none if nothing in it has a time.
    pub(crate) fn new(report: &Report) -> Option<Self> {
        let (step, bins) = bins(&report.timeline);
        let most = bins
            .iter()
            .map(|bin| bin.loops.max(bin.backscatter))
            .max()?;
        let (right, bottom) = (f64::from(WIDTH) - RIGHT, f64::from(HEIGHT) - BOTTOM);
        let slot = ((right - LEFT) / float(count(bins.len()))).min(SLOT_MAX);
        let lines = lines(most);
        let top = lines.last().copied().unwrap_or(1);
        let scale = (bottom - TOP) / float(top);
        let place = |index: usize| LEFT + slot * float(count(index));
        let bars = bins.iter().enumerate();
        let bars = bars.map(|(index, bin)| Bar::new(*bin, step, place(index), slot, scale, bottom));
        let line = |value: &u64| Label {
            at: bottom - scale * float(*value),
            text: value.to_string(),
        };
        Some(Self {
            bars: bars.collect(),
            around: around(report, &bins, step).map(|index| place(index) + slot / 2.0),
            lines: lines.iter().map(line).collect(),
            labels: labels(&bins, step, place, right),
            step: step.name(),
            left: LEFT,
            right,
            top: TOP,
            bottom,
        })
    }
}

impl Bar {
    fn new(bin: Bin, step: Step, x: f64, slot: f64, scale: f64, bottom: f64) -> Self {
        let column = |value: u64| {
            // What is there is seen, however little it is.
            let height = match value {
                0 => 0.0,
                value => (scale * float(value)).max(1.5),
            };
            (bottom - height, height)
        };
        let width = slot * 0.84;
        let inner_width = width * 0.5;
        let label = step.label(bin.from);
        Self {
            x: x + slot * 0.08,
            width,
            loops: column(bin.loops),
            inner_x: x + (slot - inner_width) / 2.0,
            inner_width,
            backscatter: column(bin.backscatter),
            title: format!(
                "{label}: {}, {} left",
                many(bin.loops, "mail", "mails"),
                many(bin.backscatter, "bounce", "bounces")
            ),
        }
    }
}

/// The bar that the time lies in that was asked about.
fn around(report: &Report, bins: &[Bin], step: Step) -> Option<usize> {
    let begin = step.begin(report.asked.as_ref().map(|asked| asked.time.civil())?);
    bins.iter().position(|bin| bin.from == begin)
}

/// Round numbers from 0 to the first that is not below `most`.
fn lines(most: u64) -> Vec<u64> {
    let decades = (0..19).map(|exponent| 10_u64.saturating_pow(exponent));
    let mut steps = decades.flat_map(|decade| [1, 2, 5].map(|one| decade.saturating_mul(one)));
    let step = steps
        .find(|step| most.div_ceil(*step) <= LINES)
        .unwrap_or(u64::MAX);
    let count = most.div_ceil(step).max(1);
    (0..=count)
        .map(|number| step.saturating_mul(number))
        .collect()
}

/// Labels where a day begins, if there are some days; else at some bars.
fn labels(bins: &[Bin], step: Step, place: impl Fn(usize) -> f64, right: f64) -> Vec<Label> {
    let begins_day = |bin: &Bin| bin.from.time() == Time::midnight();
    let days = bins.iter().filter(|bin| begins_day(bin)).count();
    let is_by_day = days >= 3;
    let all = bins.iter().enumerate();
    let fit: Vec<(usize, &Bin)> = all
        .filter(|(_, bin)| !is_by_day || begins_day(bin))
        .collect();
    let every = fit
        .len()
        .div_ceil(LABELS)
        .max(if is_by_day { 1 } else { 2 });
    let label = |(index, bin): (usize, &Bin)| {
        let text = match is_by_day {
            true if matches!(step, Step::Hours(_)) => Step::Day.label(bin.from),
            _ => step.short_label(bin.from),
        };
        Label {
            at: place(index),
            text,
        }
    };
    let labels = fit.into_iter().step_by(every).map(label);
    // A label at the right edge would be cut.
    labels.filter(|label| label.at < right - LEFT).collect()
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A number to draw with; what is beyond 32 bits is drawn no higher.
fn float(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, reading, report, zone};
    use crate::command::scan::tally::Tally;
    use crate::command::scan::tally::around::Around;

    #[test]
    fn lines_are_round_and_few() {
        assert_eq!(lines(0), [0, 1]);
        assert_eq!(lines(1), [0, 1]);
        assert_eq!(lines(5), [0, 1, 2, 3, 4, 5]);
        assert_eq!(lines(6), [0, 2, 4, 6]);
        assert_eq!(lines(999), [0, 200, 400, 600, 800, 1000]);
        assert!(lines(u64::MAX).len() <= 7);
    }

    #[tokio::test(start_paused = true)]
    async fn bars_stay_within_the_drawing() {
        let chart = Chart::new(&report(Some(Around { at: at(3600) })).await).unwrap();
        assert_eq!(chart.bars.len(), 127);
        for bar in &chart.bars {
            assert!(bar.x >= chart.left && bar.x + bar.width <= chart.right);
            let (y, height) = bar.loops;
            assert!(y >= chart.top - 0.1 && (y + height - chart.bottom).abs() < 0.1);
        }
        assert_eq!(
            chart.bars[0].title,
            "2015-03-20 14:00: 2 mails, 2 bounces left"
        );
        let labels: Vec<&str> = chart.labels.iter().map(|label| &*label.text).collect();
        let days = [
            "2015-03-21",
            "2015-03-22",
            "2015-03-23",
            "2015-03-24",
            "2015-03-25",
        ];
        assert_eq!(labels, days);
        let marked = chart.around.unwrap();
        assert!(marked > chart.bars[1].x && marked < chart.bars[2].x);
    }

    #[test]
    fn nothing_is_not_drawn() {
        let report = Report::new(reading(), &Tally::new(None), None, &zone());
        assert!(Chart::new(&report).is_none());
    }
}
