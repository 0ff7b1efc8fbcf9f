//! Photo bytes by their hash.
