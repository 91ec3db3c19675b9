//! The results as a picture: a line a choice, a dot a seed, a bar at the mean.

use std::fmt::Write;

use super::results::Group;

/// The most choices that are shown: those with the best means.
const MOST: usize = 40;
const ROW: f64 = 24.0;
const TOP: f64 = 64.0;
const WIDTH: f64 = 480.0;
/// Of a letter of 12 pixels in a font of fixed width.
const LETTER: f64 = 7.3;

/// An SVG file of the choices, best first; `metric` is what the numbers are.
pub fn svg(groups: &[Group], metric: &str) -> String {
    let shown = &groups[..groups.len().min(MOST)];
    let scores = || shown.iter().flat_map(Group::scores);
    let (low, high) = (scores().fold(f64::INFINITY, f64::min), scores().fold(f64::NEG_INFINITY, f64::max));
    let ticks = ticks(low, high);
    let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
    let left = 24.0 + LETTER * shown.iter().map(|group| group.name().chars().count()).max().unwrap_or(0) as f64;
    let (width, height) = (left + WIDTH + 90.0, TOP + ROW * shown.len() as f64 + 40.0);
    let x = |score: f64| left + WIDTH * (score - first) / (last - first);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"monospace\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"24\" font-size=\"14\" fill=\"#222\">{}: a dot a run, a bar at the mean{}</text>\n",
        escaped(metric),
        if groups.len() > MOST { format!(", the best {MOST} of {}", groups.len()) } else { String::new() }
    );
    let bottom = TOP + ROW * shown.len() as f64;
    for tick in &ticks {
        let at = x(*tick);
        let digits = decimals(last - first);
        // Writing to a text cannot fail.
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {:.1}V{bottom:.1}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{tick:.digits$}</text>",
            TOP - 8.0,
            bottom + 20.0
        );
    }
    for (place, group) in shown.iter().enumerate() {
        let middle = TOP + ROW * (place as f64 + 0.5);
        let (colour, weight) = if place == 0 { ("#0b6e4f", "bold") } else { ("#31688e", "normal") };
        let _ = writeln!(
            svg,
            "<text x=\"12\" y=\"{:.1}\" fill=\"#222\" font-weight=\"{weight}\">{}</text>",
            middle + 4.0,
            escaped(&group.name())
        );
        if let Some(spread) = group.spread() {
            let ends = [-spread, spread].map(|by| x((group.mean() + by).clamp(first, last)));
            let _ = writeln!(
                svg,
                "<path d=\"M{:.1} {middle:.1}H{:.1}\" stroke=\"{colour}\" stroke-opacity=\".5\"/>",
                ends[0], ends[1]
            );
        }
        for score in group.scores() {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4\" fill=\"{colour}\" fill-opacity=\".55\"/>",
                x(score)
            );
        }
        let at = x(group.mean());
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {:.1}v14\" stroke=\"{colour}\" stroke-width=\"2.5\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\" font-weight=\"{weight}\">{:.4}</text>",
            middle - 7.0,
            left + WIDTH + 20.0,
            middle + 4.0,
            group.mean()
        );
    }
    svg + "</svg>\n"
}

/// Round numbers around all scores, at least two.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let range = (high - low).max(1e-3);
    let magnitude = 10_f64.powf((range / 4.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * magnitude).into_iter().find(|step| range / step <= 5.0);
    let step = step.unwrap_or(range);
    let (first, last) = ((low / step - 0.2).floor() as i64, (high / step + 0.2).ceil() as i64);
    (first..=last.max(first + 1)).map(|place| place as f64 * step).collect()
}

/// How many digits tell numbers of such a range apart.
fn decimals(range: f64) -> usize {
    (1.0 - range.log10().floor()).clamp(0.0, 6.0) as usize
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_all_scores() {
        for (low, high) in [(0.9, 0.95), (0.5, 0.5), (0.0, 1.0), (-0.3, 0.2), (0.12345, 0.12346), (1.0, 1.0)] {
            let ticks = ticks(low, high);
            assert!((2..12).contains(&ticks.len()), "{ticks:?}");
            assert!(ticks[0] <= low && ticks[ticks.len() - 1] >= high, "{low} {high} {ticks:?}");
        }
    }

    #[test]
    fn every_run_is_a_dot() {
        let group = |name: &str, scores: &[f64]| Group {
            values: vec![("a<b".to_owned(), name.to_owned())],
            runs: scores.iter().map(|score| (Some(1), *score)).collect(),
            tests: Vec::new(),
        };
        let svg = svg(&[group("x", &[0.9, 0.8]), group("y", &[0.7])], "dev accuracy");
        assert_eq!((svg.matches("<circle").count(), svg.matches("a&lt;b=").count()), (3, 2));
        assert!(!svg.contains("a<b") && !svg.contains("NaN"), "{svg}");
    }
}
