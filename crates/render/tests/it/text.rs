use rushes_render::text::{balance, clean, measure};

#[test]
fn only_what_the_font_can_show_is_kept() {
    assert_eq!(clean("  a \n\t b  "), "a b");
    assert_eq!(clean("x\u{202e}evil\u{202c}y"), "xevily");
    assert_eq!(clean("a\u{0}\u{7}\u{1b}[31mb"), "a[31mb");
    assert_eq!(clean("zero\u{200b}width\u{feff}"), "zerowidth");
    assert_eq!(clean("😀 ok"), "ok");
    assert_eq!(clean("體漢 Łódź 霓虹 カメラ Ελλάδα Привет"), "體漢 Łódź 霓虹 カメラ Ελλάδα Привет");
    assert_eq!(clean("\u{200b}\u{200d}"), "");
    assert!(clean(&"长".repeat(100_000)).chars().count() <= 600);
}

#[test]
fn lines_fit_and_are_balanced() {
    let text = clean("A lone traveler crosses snowy mountains at dawn while the wind sings");
    let lines = balance(&text, 33.0, 700.0, 3);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let widths: Vec<f32> = lines.iter().map(|line| measure(line, 33.0)).collect();
    assert!(widths.iter().all(|width| *width <= 700.0), "{widths:?}");
    assert!((widths[0] - widths[1]).abs() < 200.0, "{widths:?}");
    assert_eq!(lines.join(" "), text);
}

#[test]
fn a_text_that_is_too_long_ends_with_an_ellipsis() {
    for text in ["word ".repeat(200), "赛博朋克城市的雨夜，".repeat(40), "x".repeat(500)]
    {
        let lines = balance(&clean(&text), 30.0, 500.0, 3);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].ends_with('…'), "{lines:?}");
        assert!(lines.iter().all(|line| measure(line, 30.0) <= 500.0), "{lines:?}");
    }
}

#[test]
fn chinese_lines_do_not_begin_with_closing_punctuation() {
    let text = clean(&"雨夜的城市，霓虹灯倒映在街道上。".repeat(2));
    for line in balance(&text, 30.0, 330.0, 3) {
        assert!(!line.starts_with(['，', '。']), "{line}");
    }
}

#[test]
fn nothing_to_show_gives_no_lines() {
    assert!(balance("", 30.0, 300.0, 3).is_empty());
}
