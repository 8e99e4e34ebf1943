use std::sync::Arc;

use rushes_render::{Control, RenderError, render};

use crate::samples::spec;

#[test]
fn a_render_that_was_cancelled_before_it_began_draws_nothing() {
    let control = Control::new();
    control.cancel();
    let result = render(&spec("mountains", 320, 180, 60), 2, &control);
    assert!(matches!(result, Err(RenderError::Cancelled)));
    assert_eq!(control.progress_permille(), 0);
}

#[test]
fn cancelling_stops_a_long_render_long_before_its_end() {
    let control = Arc::new(Control::new());
    let watched = Arc::clone(&control);
    let worker =
        std::thread::spawn(move || render(&spec("silk", 320, 180, 60), 2, &watched).map(|_| ()));
    while control.progress_permille() == 0 && !worker.is_finished() {
        std::thread::yield_now();
    }
    control.cancel();
    assert!(matches!(worker.join().unwrap(), Err(RenderError::Cancelled)));
    assert!(control.progress_permille() < 500, "the render went on after the cancel");
}

#[test]
fn progress_ends_at_a_thousand() {
    let control = Control::new();
    render(&spec("silk", 64, 64, 1), 1, &control).unwrap();
    assert_eq!(control.progress_permille(), 1000);
    assert!(!control.is_cancelled());
}
