//! Every provider there is, by name.

use std::sync::Arc;

use crate::gateway::Gateway;
use crate::openai_videos::OpenAiVideos;
use crate::preview::{self, Preview};
use crate::xai::Xai;
use crate::{Preset, Provider, RenderPool};

/// The providers of this build.
#[derive(Clone)]
pub struct Registry {
    providers: Arc<[Arc<dyn Provider>]>,
}

impl Registry {
    /// All providers; one line each.
    pub fn new(pool: Arc<dyn RenderPool>) -> Self {
        Self::from_providers(vec![
            Arc::new(Preview::new(pool)),
            Arc::new(Xai),
            Arc::new(OpenAiVideos),
            Arc::new(Gateway),
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

    /// Everything that a channel can be made from, with the provider that speaks to it. The
    /// preview renderer is not among them: it needs no channel.
    pub fn presets(&self) -> impl Iterator<Item = (&Arc<dyn Provider>, &'static Preset)> {
        self.providers
            .iter()
            .filter(|provider| provider.descriptor().name != preview::NAME)
            .flat_map(|provider| {
                provider.descriptor().presets.iter().map(move |preset| (provider, preset))
            })
    }

    /// The preset of a name, with its provider.
    pub fn find_preset(&self, name: &str) -> Option<(&Arc<dyn Provider>, &'static Preset)> {
        self.presets().find(|(_, preset)| preset.name == name)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.providers.iter().map(|provider| provider.descriptor().name);
        formatter.debug_list().entries(names).finish()
    }
}
