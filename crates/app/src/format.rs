//! Numbers as people read them: percent, losses, times, counts; and texts, cut or as sentences.

/// An error as a sentence: with a capital letter and a full stop.
pub fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

/// `0.8432` → `84.3 %`.
pub fn percent(fraction: f64) -> String {
    if fraction.is_finite() { format!("{:.1} %", 100.0 * fraction) } else { "–".to_owned() }
}

/// A difference of two fractions in percentage points, with its sign: `+1.2`.
pub fn points(fraction: f64) -> String {
    signed(100.0 * fraction, 1)
}

/// Such a difference and its standard error: `+1.2 ± 0.4`.
pub fn points_spread(mean: f64, standard_error: f64, count: usize) -> String {
    let mean = points(mean);
    if count > 1 { format!("{mean} ± {:.1}", 100.0 * standard_error) } else { mean }
}

/// A number with its sign and a true minus.
pub fn signed(value: f64, decimals: usize) -> String {
    let size = format!("{:.decimals$}", value.abs());
    // What rounds to zero has no sign.
    let zero = size.bytes().all(|b| b == b'0' || b == b'.');
    let sign = match value {
        _ if zero => "±",
        v if v < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{size}")
}

/// A number with a true minus; what rounds to zero has no sign.
pub fn minus(value: f64, digits: usize) -> String {
    plus(value, digits).trim_start_matches('+').to_owned()
}

/// The same, and a plus where it is above zero.
pub fn plus(value: f64, digits: usize) -> String {
    signed(value, digits).trim_start_matches('±').to_owned()
}

/// Three significant digits or so: `0.0123`, `0.432`, `1.43`, `12.3`.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let decimals = match value.abs() {
        v if v >= 1e6 => return format!("{value:.1e}").replace('-', "−"),
        v if v >= 100.0 || v == 0.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v if v >= 0.1 => 3,
        v if v >= 0.001 => 4,
        _ => return format!("{value:.1e}").replace('-', "−"),
    };
    format!("{value:.decimals$}").replace('-', "−")
}

/// `mean ± sd` of fractions, in percent: `84.3 ± 0.6 %`.
pub fn percent_spread(mean: f64, sd: f64, count: usize) -> String {
    if count > 1 { format!("{:.1} ± {:.1} %", 100.0 * mean, 100.0 * sd) } else { percent(mean) }
}

/// `mean ± sd` with three decimals.
pub fn spread(mean: f64, sd: f64, count: usize) -> String {
    if mean.abs() >= 1e6 {
        return if count > 1 { format!("{} ± {}", short(mean), short(sd)) } else { short(mean) };
    }
    let decimals = if mean.abs() < 0.095 { 4 } else { 3 };
    let mean_text = format!("{mean:.decimals$}").replace('-', "−");
    if count > 1 { format!("{mean_text} ± {sd:.decimals$}") } else { mean_text }
}

/// `12345` → `12 345`, with a thin gap that does not break.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// `85` → `1 min 25 s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A rate per second: `0.42`, `8.1`, `312`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        v if v >= 20.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// Cuts a text at a number of characters and marks the cut.
pub fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let head: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", head.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!([minus(-0.001, 2), plus(-0.001, 2), plus(0.001, 2)], ["0.00", "0.00", "0.00"]);
        assert_eq!([minus(-1.0, 1), minus(1.0, 1), plus(1.0, 1)], ["−1.0", "1.0", "+1.0"]);
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(percent(0.8432), "84.3 %");
        assert_eq!(percent(f64::NAN), "–");
        assert_eq!(points(-0.0123), "−1.2");
        assert_eq!(points(-0.0001), "±0.0");
        assert_eq!([short(0.0), short(-0.01234), short(1.434), short(123.4)], ["0", "−0.0123", "1.43", "123"]);
        assert_eq!((short(-2.34e19), spread(1.23e19, 4.5e18, 4)), ("−2.3e19".to_owned(), "1.2e19 ± 4.5e18".to_owned()));
        assert_eq!(spread(0.41237, 0.0213, 4), "0.412 ± 0.021");
        assert_eq!(spread(0.41237, 0.0, 1), "0.412");
        assert_eq!(count(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!([duration(7.4), duration(85.0), duration(3_720.0)], ["7 s", "1 min 25 s", "1 h 02 min"]);
        assert_eq!(cut("grüße aus", 6), "grüße…");
    }
}
