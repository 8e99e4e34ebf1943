//! Settings for engines.

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::{job_with, refusal_with};

#[test]
fn settings_are_taken_in_each_of_their_forms() {
    let job = job_with(&json!({
        "seed": "42", "negative_prompt": "people", "fps": 24.0, "guidance_scale": "7.50",
        "num_inference_steps": 30,
    }))
    .unwrap();
    let options = job.options;
    assert_eq!(options.seed, Some(42));
    assert_eq!(options.negative_prompt.as_deref(), Some("people"));
    assert_eq!((options.fps, options.num_inference_steps), (Some(24), Some(30)));
    assert_eq!(options.guidance_scale.as_deref(), Some("7.50"), "as it was written");
    assert_eq!(job.ignored_fields, Vec::<String>::new());
    let none = json!({"seed": -1, "negative_prompt": " ", "fps": null, "guidance_scale": ""});
    assert!(job_with(&none).unwrap().options.is_empty());
}

#[test]
fn what_no_engine_takes_is_refused_with_the_fields_name() {
    for (field, value) in [
        ("seed", json!(-2)),
        ("seed", json!(1.5)),
        ("seed", json!(9_007_199_254_740_992_i64)),
        ("seed", json!(true)),
        ("negative_prompt", json!(7)),
        ("negative_prompt", json!("x".repeat(4_097))),
        ("fps", json!(0)),
        ("fps", json!(121)),
        ("fps", json!("many")),
        ("guidance_scale", json!(20.1)),
        ("guidance_scale", json!(-1)),
        ("guidance_scale", json!("NaN")),
        ("guidance_scale", json!([1])),
        ("num_inference_steps", json!(201)),
        ("num_inference_steps", json!(2.5)),
    ] {
        let error = refusal_with(&json!({ field: value }));
        assert_eq!(error.param.as_deref(), Some(field), "{field}: {value}");
    }
}
