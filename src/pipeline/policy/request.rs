//! What a request needs of whoever answers it.

/// One request, as far as its way depends on it. The default needs nothing and is not streamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Request {
    /// Whether the caller asked for a stream.
    pub streamed: bool,
    /// About how many tokens go in; 0 when nobody counted.
    pub input_tokens: u64,
    /// The most tokens that come out; 0 when nothing is said.
    pub output_tokens: u64,
    /// What the model must be able to do.
    pub needs: Abilities,
}

/// What a model can do, as a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities(u8);

impl Abilities {
    /// Nothing but text.
    pub const NONE: Self = Self(0);
    /// Tool calls.
    pub const TOOLS: Self = Self(1);
    /// Images in the prompt.
    pub const VISION: Self = Self(1 << 1);
    /// Answers held to a JSON schema.
    pub const SCHEMA: Self = Self(1 << 2);
    /// Streams.
    pub const STREAM: Self = Self(1 << 3);
    /// Everything.
    pub const ALL: Self = Self(0b1111);

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has everything that the other has.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
