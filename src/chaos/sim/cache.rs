//! Answers that were given before. A question that is asked again word for word is a hit; near matches of a
//! semantic cache count no more than that.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::chaos::scenario::Request;
use crate::pipeline::policy::Tick;
use crate::rng::mixed;

use super::setup::CacheRules;

/// Who was answered when. Questions are numbered without gaps, so those that all share are a list.
#[derive(Debug)]
pub(super) struct Cache {
    rules: Option<CacheRules>,
    shared: Vec<Tick>,
    own: HashMap<(u64, u32), Tick, BuildHasherDefault<Mixing>>,
}

/// Numbers are spread by mixing.
#[derive(Debug, Default)]
struct Mixing(u64);

impl Hasher for Mixing {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mixed(self.0, number, 0);
    }
}

impl Cache {
    pub(super) fn new(rules: Option<CacheRules>) -> Self {
        Self {
            rules,
            shared: Vec::new(),
            own: HashMap::default(),
        }
    }

    /// Whether this was answered lately.
    pub(super) fn hit(&self, request: &Request, now: Tick) -> bool {
        let Some(rules) = self.rules else { return false };
        let stored = if rules.per_tenant {
            self.own.get(&(request.question, request.tenant)).copied()
        } else {
            let at = usize::try_from(request.question).unwrap_or(usize::MAX);
            self.shared.get(at).copied().filter(|stored| *stored != Tick::NEVER)
        };
        stored.is_some_and(|stored| now.0 - stored.0 < rules.lives)
    }

    /// Keeps an answer: gateways look at no content, so an empty one is kept too.
    pub(super) fn store(&mut self, request: &Request, now: Tick) {
        let Some(rules) = self.rules else { return };
        if rules.per_tenant {
            self.own.insert((request.question, request.tenant), now);
            return;
        }
        let at = usize::try_from(request.question).unwrap_or(usize::MAX);
        if self.shared.len() <= at {
            self.shared.resize(at + 1, Tick::NEVER);
        }
        self.shared[at] = now;
    }
}
