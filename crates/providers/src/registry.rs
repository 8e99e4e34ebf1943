//! Every provider there is, by name.

use std::sync::Arc;

use crate::preview::Preview;
use crate::{Provider, RenderPool};

/// The providers of this build.
#[derive(Clone)]
pub struct Registry {
    providers: Arc<[Arc<dyn Provider>]>,
}

impl Registry {
    /// All providers; one line each.
    pub fn new(pool: Arc<dyn RenderPool>) -> Self {
        Self::from_providers(vec![
            Arc::new(Preview::new(pool)), //
        ])
    }

    /// A registry of the caller's own making (tests).
    pub fn from_providers(providers: Vec<Arc<dyn Provider>>) -> Self {
        Self { providers: providers.into() }
    }

    /// The provider that a task row names.
    pub fn find(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|provider| provider.descriptor().name == name)
    }

    /// All of them, in the order of their registration.
    pub fn all(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.providers.iter().map(|provider| provider.descriptor().name);
        formatter.debug_list().entries(names).finish()
    }
}
