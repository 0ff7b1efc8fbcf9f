//! Parts that pages are made of. A part shows what it is given and calls back; it never fetches.

pub(crate) mod answered;
pub(crate) mod banner;
pub(crate) mod checked;
pub(crate) mod conflict;
pub(crate) mod course;
pub(crate) mod facts;
pub(crate) mod filters;
pub(crate) mod life;
pub(crate) mod light;
pub(crate) mod map;
pub(crate) mod moves;
pub(crate) mod only;
pub(crate) mod paged;
pub(crate) mod photos;
pub(crate) mod picker;
pub(crate) mod qr;
pub(crate) mod states;
pub(crate) mod sure;
pub(crate) mod unlisted;
pub(crate) mod work_lists;
