//! A plot of a few lines, as SVG: black on white, so that it can be read on a dark page as well.

use std::fmt;

/// The picture, and the part of it that the lines are in.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 340.0;

/// Told apart also by those who see no colours: by marks and dashes.
const COLOURS: [&str; 3] = ["#0a5fb4", "#c1440e", "#4b7f2b"];
const DASHES: [&str; 3] = ["none", "7 4", "2 3"];

/// Steps of an axis that people like.
const STEPS: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

/// Points, joined.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Lines over one axis that begins where they do, and one that begins at 0.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) across: &'static str,
    pub(crate) upwards: &'static str,
    pub(crate) is_logarithmic: bool,
    pub(crate) lines: Vec<Line>,
}

impl Chart {
    fn points(&self) -> impl Iterator<Item = &(f64, f64)> {
        self.lines.iter().flat_map(|line| &line.points)
    }

    /// Where a value is on the axis across, as it is drawn.
    fn scaled(&self, value: f64) -> f64 {
        if self.is_logarithmic {
            value.log10()
        } else {
            value
        }
    }

    fn x(&self, value: f64) -> f64 {
        let all = || self.points().map(|(across, _)| self.scaled(*across));
        let (low, high) = (
            all().fold(f64::MAX, f64::min),
            all().fold(f64::MIN, f64::max),
        );
        let part = (self.scaled(value) - low) / (high - low).max(f64::MIN_POSITIVE);
        LEFT + part * (RIGHT - LEFT)
    }

    /// The step of the axis upwards, and its end.
    fn scale(&self) -> (f64, f64) {
        let highest = self.points().map(|(_, up)| *up).fold(0.0, f64::max);
        let rough = (highest / 5.0).max(f64::MIN_POSITIVE);
        let magnitude = 10_f64.powf(rough.log10().floor());
        let enough = STEPS.iter().map(|step| step * magnitude);
        let step = enough.into_iter().find(|step| *step >= rough);
        let step = step.unwrap_or(rough);
        (step, (highest / step).ceil() * step)
    }
}

impl fmt::Display for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, across, upwards) = (self.title, self.across, self.upwards);
        let centre = f64::midpoint(LEFT, RIGHT);
        let middle = f64::midpoint(TOP, BOTTOM);
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\" text-anchor=\"middle\" fill=\"#222\">\n\
             <title>{title}</title>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
             <text x=\"{centre}\" y=\"24\" font-size=\"16\">{title}</text>\n\
             <text x=\"{centre}\" y=\"{}\">{across}</text>\n\
             <text transform=\"translate(20 {middle}) rotate(-90)\">{upwards}</text>",
            HEIGHT - 14.0
        )?;
        self.write_axes(f)?;
        for (nth, line) in self.lines.iter().enumerate() {
            self.write_line(f, nth, line)?;
        }
        writeln!(f, "</svg>")
    }
}

impl Chart {
    fn y(&self, value: f64) -> f64 {
        let (_, end) = self.scale();
        BOTTOM - value / end * (BOTTOM - TOP)
    }

    fn write_axes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (step, end) = self.scale();
        let mut value = 0.0;
        while value <= end + step / 2.0 {
            let y = self.y(value);
            writeln!(
                f,
                "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#ccc\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                round(value)
            )?;
            value += step;
        }
        let mut marks: Vec<f64> = self.points().map(|(across, _)| *across).collect();
        marks.sort_by(f64::total_cmp);
        marks.dedup();
        for mark in marks {
            let (x, y) = (self.x(mark), BOTTOM + 20.0);
            let text = with_unit(mark);
            writeln!(
                f,
                "<path d=\"M{x:.1} {BOTTOM}v5\" stroke=\"#222\"/><text x=\"{x:.1}\" y=\"{y}\">{text}</text>"
            )?;
        }
        writeln!(f, "<path d=\"M{LEFT} {BOTTOM}H{RIGHT}\" stroke=\"#222\"/>")
    }

    fn write_line(&self, f: &mut fmt::Formatter<'_>, nth: usize, line: &Line) -> fmt::Result {
        let colour = COLOURS.iter().cycle().nth(nth).unwrap_or(&"#000");
        let dashes = DASHES.iter().cycle().nth(nth).unwrap_or(&"none");
        let places: Vec<String> = line
            .points
            .iter()
            .map(|(across, up)| format!("{:.1} {:.1}", self.x(*across), self.y(*up)))
            .collect();
        writeln!(
            f,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
            places.join(" ")
        )?;
        for (across, up) in &line.points {
            let (x, y) = (self.x(*across), self.y(*up));
            writeln!(
                f,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"><title>{}: {up:.2}</title></circle>",
                line.name
            )?;
        }
        if let Some((across, up)) = line.points.last() {
            // Above its last point, within the picture.
            let (x, y) = (self.x(*across), self.y(*up) - 10.0);
            writeln!(
                f,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\" fill=\"{colour}\">{}</text>",
                line.name
            )?;
        }
        Ok(())
    }
}

/// Without what floating point leaves behind.
fn round(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// As in 10 k and 5 M.
fn with_unit(value: f64) -> String {
    if value >= 1e6 {
        format!("{} M", round(value / 1e6))
    } else if value >= 1e3 {
        format!("{} k", round(value / 1e3))
    } else {
        round(value)
    }
}
