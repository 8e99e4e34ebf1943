use std::collections::BTreeSet;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use rushes_domain::Ticks;
use rushes_domain::catalogue::Catalogue;
use rushes_domain::channel::{CONCURRENCY_MAX, POLL_INTERVAL_MS, TIMEOUT_MS, plain_base_url};
use rushes_providers::{Preset, PresetModels, Registry, Resubmit};

use crate::support::FakePool;

fn registry() -> Registry {
    Registry::new(Arc::new(FakePool::default()))
}

#[test]
fn every_provider_is_found_by_its_own_name_and_names_differ() {
    let registry = registry();
    for provider in registry.all() {
        let found = registry.find(provider.descriptor().name).unwrap();
        assert!(std::ptr::eq(found.descriptor(), provider.descriptor()));
    }
    let mut names: Vec<_> = registry.all().iter().map(|it| it.descriptor().name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), registry.all().len());
    assert!(registry.find("nope").is_none());
}

#[test]
fn the_preview_may_be_repeated_freely() {
    let registry = registry();
    let descriptor = registry.find("preview").unwrap().descriptor();
    assert_eq!(descriptor.preset("preview").unwrap().resubmit, Resubmit::Free);
}

#[test]
fn presets_are_found_by_name_with_the_provider_that_speaks_to_them() {
    let registry = registry();
    let table: Vec<_> = registry
        .presets()
        .map(|(provider, preset)| (preset.name, provider.descriptor().name, preset.resubmit))
        .collect();
    // What these may repeat is money. A new one is no reason to come here.
    for known in [
        ("xai", "xai", Resubmit::Never),
        ("openai-videos", "openai_videos", Resubmit::Never),
        ("vllm-omni", "openai_videos", Resubmit::Few),
        ("sglang", "openai_videos", Resubmit::Few),
        ("gateway", "gateway", Resubmit::Keyed),
        ("new-api", "gateway", Resubmit::Never),
    ] {
        assert!(table.contains(&known), "{known:?} is not in {table:?}");
    }
    let names: BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names.len(), table.len(), "each preset has a name of its own");
    for (name, provider_name, _) in table {
        let (provider, preset) = registry.find_preset(name).unwrap();
        assert_eq!((provider.descriptor().name, preset.name), (provider_name, name));
        assert_eq!(provider.descriptor().preset(name), Some(preset));
    }
    assert!(registry.find_preset("nope").is_none());
    assert!(registry.find_preset("preview").is_none(), "a preview needs no channel");
}

#[test]
fn presets_hold_what_a_channel_can_be_made_from() {
    for (_, preset) in registry().presets() {
        let name = preset.name;
        assert!(preset.description.ends_with('.'), "{name}: {}", preset.description);
        if let Some(base_url) = preset.base_url {
            assert_eq!(plain_base_url(base_url).unwrap(), base_url, "{name}");
        }
        assert!((1..=CONCURRENCY_MAX).contains(&preset.max_concurrency), "{name}");
        assert!(POLL_INTERVAL_MS.contains(&u64::from(preset.poll.interval_ms)), "{name}");
        let timeouts = preset.timeouts;
        for timeout_ms in [timeouts.submit_ms, timeouts.poll_ms, timeouts.download_ms] {
            assert!(TIMEOUT_MS.contains(&timeout_ms), "{name}: {timeout_ms}");
        }
        check_models(preset);
    }
}

fn check_models(preset: &Preset) {
    let catalogue = Catalogue::embedded();
    let known = |model: &str| catalogue.models().iter().any(|it| it.id == model);
    if let PresetModels::Fixed(models) = preset.models {
        assert!(!models.is_empty());
        for (ours, theirs) in models {
            assert!(known(ours), "{}: {ours} is not in the catalogue", preset.name);
            assert!(!theirs.is_empty());
        }
    }
    for cost in preset.costs {
        let model = catalogue.find(cost.model).unwrap();
        assert_eq!(model.id, cost.model, "{}: an alias", preset.name);
        let per_image = Ticks::parse_dollars(cost.per_image).unwrap();
        assert!(per_image <= model.price_per_image, "{}: sold at a loss", preset.name);
        for (resolution, dollars) in cost.per_second {
            let cost = Ticks::parse_dollars(dollars).unwrap();
            if let Some(price) = model.price_per_second.get(*resolution) {
                assert!(cost <= *price, "{}: {resolution} sold at a loss", preset.name);
            }
        }
        for resolution in &model.resolutions {
            let is_named = cost.per_second.iter().any(|(name, _)| name == resolution);
            assert!(is_named, "{}: {} lacks {resolution}", preset.name, model.id);
        }
    }
}
