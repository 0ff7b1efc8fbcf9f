//! The table of `access.rs`: every route with what it answers, in the order of its actors.

/// What each route answers to each actor.
#[rustfmt::skip]
pub(super) const TABLE: [(&str, [u16; 13]); 48] = [
    //                                    none  device     here: work disp hand sup adm   elsewhere
    ("GET /healthz",                     [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /readyz",                      [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/openapi.json",             [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/sync/limits",              [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/receipts/key",             [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    // For outsiders too: whoever keeps the roots can tell later whether anything was changed.
    ("GET /v1/archive/roots",            [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("OPTIONS /v1/files",                [204, 204, 204,  204, 204, 204, 204, 204,  204, 204, 204, 204, 204]),
    ("POST /v1/session",                 [400, 400, 400,  400, 400, 400, 400, 400,  400, 400, 400, 400, 400]),
    ("POST /v1/devices/enrol",           [404, 404, 404,  404, 404, 404, 404, 404,  404, 404, 404, 404, 404]),
    // Who asks for a handheld's token is known by a signature, not by a token; this one is old.
    ("POST /v1/devices/challenge",       [200, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("POST /v1/devices/token",           [410, 410, 410,  410, 410, 410, 410, 410,  410, 410, 410, 410, 410]),
    ("DELETE /v1/session",               [401, 204, 204,  204, 204, 204, 204, 204,  204, 204, 204, 204, 204]),
    ("GET /v1/me",                       [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/catalogue",                [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/areas",                    [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/units",                    [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/worklists",                [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    // Units, places and desks, each within the own area; a handler knows the own unit's.
    ("GET /v1/statistics unit",          [401, 403, 403,  403, 200, 200, 200, 200,  403, 200, 200, 200, 200]),
    ("GET /v1/statistics street",        [401, 403, 403,  403, 200, 403, 200, 200,  403, 200, 403, 200, 200]),
    ("GET /v1/statistics desk",          [401, 403, 403,  403, 200, 403, 200, 200,  403, 200, 403, 200, 200]),
    ("GET /v1/patrols",                  [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/cases",                    [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("GET /v1/cases/{id}",               [401, 200, 404,  200, 200, 200, 200, 200,  404, 404, 404, 404, 404]),
    ("GET /v1/cases/{id}/check",         [401, 200, 404,  200, 200, 200, 200, 200,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves dispatch",[401, 403, 404, 403, 409, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves start",  [401, 403, 404,  403, 403, 409, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves close",  [401, 403, 404,  403, 409, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves self_fix",[401, 403, 404, 403, 403, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves grant",  [401, 403, 404,  403, 409, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves urge",   [401, 403, 404,  403, 403, 403, 409, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves verify", [401, 409, 404,  409, 403, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves answer_part",[401, 403, 404, 403, 403, 403, 403, 403, 404, 404, 404, 404, 404]),
    // The reporter's own: the handheld here filed it.
    ("POST /v1/cases/{id}/moves contest",[401, 409, 404,  403, 403, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/moves withdraw",[401, 409, 404, 403, 403, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("GET /v1/cases/{id}/colleagues",    [401, 403, 404,  403, 403, 200, 403, 403,  404, 404, 404, 404, 404]),
    // Whoever works on it adds photos; these hold none.
    ("PUT /v1/cases/{id}/photos",        [401, 403, 404,  403, 415, 415, 403, 403,  404, 404, 404, 404, 404]),
    ("GET /v1/photos/{sha256}",          [401, 200, 404,  200, 200, 200, 200, 200,  404, 404, 404, 404, 404]),
    // Whether a photo is there is told to whoever knows its hash: that is how devices save data.
    ("HEAD /v1/photos/{sha256}",         [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("POST /v1/files",                   [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("HEAD /v1/files/{id}",              [401, 404, 404,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("PATCH /v1/files/{id}",             [401, 404, 404,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("DELETE /v1/files/{id}",            [401, 404, 404,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("POST /v1/sync/push",               [401, 200, 401,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("POST /v1/sync/pull",               [401, 200, 200,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("GET /v1/sync/events",              [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    // Anybody may carry one; this one is none.
    ("POST /v1/courier",                 [401, 422, 422,  422, 422, 422, 422, 422,  422, 422, 422, 422, 422]),
    ("GET /v1/devices",                  [401, 403, 403,  403, 200, 403, 200, 200,  403, 200, 403, 200, 200]),
    ("POST /v1/devices/codes",           [401, 403, 403,  403, 403, 403, 403, 200,  403, 403, 403, 403, 404]),
];

/// The same, of what the office does.
#[rustfmt::skip]
pub(super) const TABLE_OFFICE: [(&str, [u16; 13]); 31] = [
    ("GET /v1/cases/{id}/similar",       [401, 200, 404,  200, 200, 200, 200, 200,  404, 404, 404, 404, 404]),
    ("POST /v1/cases/{id}/looked",       [401, 403, 404,  403, 409, 403, 403, 403,  404, 404, 404, 404, 404]),
    ("GET /v1/repeated",                 [401, 403, 403,  403, 200, 403, 200, 200,  403, 200, 403, 200, 200]),
    ("GET /v1/people",                   [401, 403, 403,  403, 403, 403, 403, 200,  403, 403, 403, 403, 200]),
    ("POST /v1/people",                  [401, 403, 403,  403, 403, 403, 403, 201,  403, 403, 403, 403, 403]),
    ("GET /v1/quarantine",               [401, 403, 403,  403, 200, 403, 200, 200,  403, 200, 403, 200, 200]),
    // The actors' own areas are streets; the audit is the district's.
    ("GET /v1/audit",                    [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    // What holds for the whole district is for its administrators; these have a street each.
    ("GET /v1/catalogues",               [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("POST /v1/catalogues/drafts",       [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("GET /v1/catalogues/drafts/{draft}",[401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("DELETE /v1/catalogues/drafts/{draft}", [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /v1/catalogues/drafts/{draft}/edits", [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /v1/catalogues/drafts/{draft}/import", [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /v1/catalogues/drafts/{draft}/dry-run", [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /v1/catalogues/drafts/{draft}/publish", [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("GET /v1/catalogues/export",        [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    // Whether there is an emergency is for everybody to see.
    ("GET /v1/orders",                   [401, 200, 200,  200, 200, 200, 200, 200,  200, 200, 200, 200, 200]),
    ("POST /v1/orders",                  [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("POST /v1/orders/{order}/end",      [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("GET /v1/archive",                  [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    ("GET /v1/archive/check",            [401, 403, 403,  403, 403, 403, 403, 403,  403, 403, 403, 403, 403]),
    // Whoever may read it hears that this case has none.
    ("POST /v1/cases/{id}/contact",      [401, 403, 404,  403, 404, 404, 403, 403,  404, 404, 404, 404, 404]),
    ("DELETE /v1/cases/{id}/contact",    [401, 403, 404,  403, 404, 403, 403, 404,  404, 404, 404, 404, 404]),
    ("POST /v1/devices/{id}/lost",       [401, 403, 403,  403, 403, 403, 403, 204,  403, 403, 403, 403, 404]),
    ("DELETE /v1/people/{id}/sessions",  [401, 204, 403,  403, 403, 403, 403, 204,  403, 403, 403, 403, 404]),
    // The worker with the handheld here holds this post already.
    ("POST /v1/people/{id}/posts",       [401, 403, 403,  403, 403, 403, 403, 409,  403, 403, 403, 403, 404]),
    ("POST /v1/posts/{post}/end",        [401, 403, 403,  403, 403, 403, 403, 404,  403, 403, 403, 403, 404]),
    ("POST /v1/people/{id}/closed",      [401, 403, 403,  403, 403, 403, 403, 204,  403, 403, 403, 403, 404]),
    ("POST /v1/people/{id}/password",    [401, 403, 403,  403, 403, 403, 403, 200,  403, 403, 403, 403, 404]),
    // One's own, at the console alone; this new one is too short.
    ("POST /v1/me/password",             [401, 403, 403,  422, 422, 422, 422, 422,  422, 422, 422, 422, 422]),
    ("POST /v1/quarantine/{op_id}/resolve", [401, 403, 403, 403, 422, 403, 422, 422, 403, 404, 403, 404, 404]),
];
