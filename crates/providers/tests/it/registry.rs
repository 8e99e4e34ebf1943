use std::sync::Arc;

use rushes_providers::{Registry, Resubmit};

use crate::support::FakePool;

#[test]
fn every_provider_is_found_by_its_own_name_and_names_differ() {
    let registry = Registry::new(Arc::new(FakePool::default()));
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
    let registry = Registry::new(Arc::new(FakePool::default()));
    assert_eq!(registry.find("preview").unwrap().descriptor().resubmit, Resubmit::Free);
}
