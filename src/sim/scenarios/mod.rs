//! The stories of the demo, and the stage on which they and the random worlds are set.

pub(super) mod cast;
pub(super) mod lagging;
pub(super) mod moved;
pub(super) mod odd;
pub(super) mod stage;
pub(super) mod zone_editor;
