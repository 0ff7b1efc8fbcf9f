//! The SQL of places, units, catalogues, people, reports and photos: what goes in comes out, and
//! each refusal is the one promised.

use crate::store_contract::rows::{
    area, at, cast, device_id, district, hash, person, person_id, read, report, report_id, unit,
    write,
};
use shared::area::{Area, AreaKind};
use shared::id::{CatalogueVersion, PostId};
use shared::report::{PhotoPreview, PhotoRef, PhotoRole};
use shared::role::{Post, PostKind, Role};
use shared::unit::Unit;
use sync_server::store::areas::AreaRow;
use sync_server::store::audit::{AuditFilter, AuditRow};
use sync_server::store::catalogues::VersionRow;
use sync_server::store::posts::PostRow;
use sync_server::store::{
    StoreError, areas, audit, catalogues, nested, people, photos, posts, previews, reports, units,
};
use tests::backends::Backend;
use uuid::Uuid;

tests::on_both![
    an_area_is_found_with_everything_below_it,
    units_belong_to_a_district,
    a_published_catalogue_never_changes,
    a_sign_in_name_belongs_to_one_person,
    posts_are_those_held_at_the_moment_asked_for,
    administrators_are_those_of_the_whole_district_who_can_sign_in,
    a_report_comes_back_as_filed,
    a_photo_is_owed_until_it_is_stored,
    the_audit_is_paged_newest_first,
];

fn an_area_is_found_with_everything_below_it(backend: &Backend) {
    let store = backend.create();
    let row = |code: &str, parent: Option<&str>, geometry: Option<&str>| AreaRow {
        area: Area {
            code: area(code),
            parent: parent.map(area),
            level: String::from("street"),
            kind: AreaKind::Street,
            name: format!("地方{code}"),
        },
        geometry: geometry.map(str::to_owned),
        synthetic: geometry.is_some(),
    };
    let rows = [
        row("350703", None, None),
        row("350703001", Some("350703"), Some("{}")),
        row("350703001012Z01", Some("350703001"), None),
        row("350704", None, None),
    ];
    let kept = rows.clone();
    write(&store, move |tx| {
        kept.iter().try_for_each(|row| areas::put(tx, row))
    });
    let mut renamed = rows[1].clone();
    renamed.area.name = String::from("新名");
    let again = renamed.clone();
    write(&store, move |tx| areas::put(tx, &again));
    let below = read(&store, |tx| areas::below(tx, &district()));
    assert_eq!(below, [rows[0].clone(), renamed.clone(), rows[2].clone()]);
    let one = read(&store, |tx| areas::get(tx, &area("350703001")));
    assert_eq!(one, Some(renamed));
}

fn units_belong_to_a_district(backend: &Backend) {
    let store = backend.create();
    let park = |name: &str, home: &str| Unit {
        code: unit("D22-4"),
        name: name.to_owned(),
        area: area(home),
        pool: false,
    };
    let (here, there) = (park("园林中心", "350703"), park("绿化处", "410102"));
    let kept = [here.clone(), there];
    write(&store, move |tx| {
        kept.iter()
            .try_for_each(|unit| units::put(tx, &unit.area, unit))
    });
    let found = read(&store, |tx| {
        Ok((
            units::get(tx, &district(), &unit("D22-4"))?,
            units::all(tx, &district())?,
        ))
    });
    assert_eq!(found, (Some(here.clone()), vec![here]));
}

fn a_published_catalogue_never_changes(backend: &Backend) {
    let store = backend.create();
    let version = || CatalogueVersion::new("350703-1").unwrap();
    let row = move || VersionRow {
        version: version(),
        district: district(),
        published: at(0),
        from: at(5),
        by: None,
        words: String::from("第一版"),
    };
    let publish =
        |doc: &'static str| write(&store, move |tx| catalogues::insert_if_new(tx, &row(), doc));
    assert!(publish("{\"一\":1}"));
    assert!(!publish("{}"));
    let doc = read(&store, move |tx| catalogues::get(tx, &version()));
    assert_eq!(doc.as_deref(), Some("{\"一\":1}"));
    let versions = read(&store, |tx| catalogues::versions(tx, &district()));
    assert_eq!(versions, [row()]);
}

fn a_sign_in_name_belongs_to_one_person(backend: &Backend) {
    let store = backend.create();
    let mut double = person(9);
    double.login = person(1).login;
    let taken = write(&store, move |tx| {
        for n in 1..=3 {
            assert!(people::insert_if_new(tx, &person(n))?);
        }
        people::insert_if_new(tx, &double)
    });
    assert!(!taken);
    write(&store, |tx| {
        assert!(people::set_password(tx, person_id(2), "argon2")?);
        assert!(people::set_disabled(tx, person_id(2), Some(at(5)))?);
        assert!(!people::set_disabled(tx, person_id(99), None)?);
        Ok(())
    });
    let (second, page) = read(&store, |tx| {
        Ok((
            people::by_login(tx, "worker002")?,
            people::page(tx, &district(), Some("worker001"), 10)?,
        ))
    });
    let second = second.unwrap();
    assert_eq!(
        (second.password_hash.as_deref(), second.disabled),
        (Some("argon2"), Some(at(5)))
    );
    assert_eq!(page, [second, person(3)]);
    assert_eq!(read(&store, |tx| people::get(tx, person_id(9))), None);
}

fn posts_are_those_held_at_the_moment_asked_for(backend: &Backend) {
    let store = backend.create();
    let post = |n: u128, from: i64, to: Option<i64>| PostRow {
        post: Post {
            id: PostId(Uuid::from_u128(n)),
            role: Role::Handler,
            area: area("350703001"),
            unit: Some(unit("D22-4")),
            kind: PostKind::Office,
        },
        person: person_id(1),
        from: at(from),
        to: to.map(at),
    };
    write(&store, move |tx| {
        cast(tx)?;
        posts::insert(tx, &post(1, 0, Some(10)))?;
        posts::insert(tx, &post(2, 5, None))
    });
    let held = |ms| {
        read(&store, move |tx| posts::held(tx, person_id(1), at(ms)))
            .iter()
            .map(|row| row.post.id.0.as_u128())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        [held(-1), held(0), held(5), held(10)],
        [vec![], vec![1], vec![1, 2], vec![2]]
    );
    let end = |n| {
        write(&store, move |tx| {
            posts::end(tx, PostId(Uuid::from_u128(n)), at(20))
        })
    };
    assert_eq!((end(2), end(2), end(1)), (true, false, false));
    assert!(held(20).is_empty());
    let all = read(&store, |tx| posts::of_person(tx, person_id(1)));
    assert_eq!(all, [post(1, 0, Some(10)), post(2, 5, Some(20))]);
    let there = read(&store, |tx| posts::below(tx, &district(), at(6)));
    assert_eq!(there.len(), 2);
    let one = |n| read(&store, move |tx| posts::get(tx, PostId(Uuid::from_u128(n))));
    assert_eq!((one(1), one(9)), (Some(post(1, 0, Some(10))), None));
}

fn administrators_are_those_of_the_whole_district_who_can_sign_in(backend: &Backend) {
    let store = backend.create();
    let post = |n: u128, role: Role, place: &str| PostRow {
        post: Post {
            id: PostId(Uuid::from_u128(n)),
            role,
            area: area(place),
            unit: None,
            kind: PostKind::Office,
        },
        person: person_id(n),
        from: at(5),
        to: None,
    };
    write(&store, move |tx| {
        for n in 1..=5 {
            let mut person = person(n);
            // The fourth has no password, the fifth is closed below.
            person.password_hash = (n != 4).then(|| String::from("argon2"));
            assert!(people::insert_if_new(tx, &person)?);
        }
        people::set_disabled(tx, person_id(5), Some(at(6)))?;
        posts::insert(tx, &post(1, Role::Administrator, "350703"))?;
        posts::insert(tx, &post(2, Role::Supervisor, "350703"))?;
        posts::insert(tx, &post(3, Role::Administrator, "350703001"))?;
        posts::insert(tx, &post(4, Role::Administrator, "350703"))?;
        posts::insert(tx, &post(5, Role::Administrator, "350703"))
    });
    let all = |ms| {
        read(&store, move |tx| {
            posts::administrators(tx, &district(), at(ms))
        })
    };
    assert!(all(4).is_empty());
    let first = PostId(Uuid::from_u128(1));
    assert_eq!(all(7), [(person_id(1), first)]);
    assert!(write(&store, move |tx| posts::end(tx, first, at(8))));
    assert!(all(8).is_empty());
}

fn a_report_comes_back_as_filed(backend: &Backend) {
    let store = backend.create();
    let mut bare = report(2);
    bare.grid = None;
    bare.grid_doubt.clear();
    bare.place.accuracy_m = None;
    bare.clock_skew_ms = None;
    bare.preview = None;
    bare.self_fixed = true;
    let kept = [report(1), bare.clone()];
    write(&store, move |tx| {
        kept.iter().try_for_each(|row| reports::insert(tx, row))
    });
    assert_eq!(
        read(&store, |tx| reports::get(tx, report_id(1))),
        Some(report(1))
    );
    assert_eq!(
        read(&store, |tx| reports::get(tx, report_id(2))),
        Some(bare)
    );
    let there = read(&store, |tx| {
        Ok((
            reports::is_there(tx, report_id(1))?,
            reports::is_there(tx, report_id(3))?,
        ))
    });
    assert_eq!(there, (true, false));
}

fn a_photo_is_owed_until_it_is_stored(backend: &Backend) {
    let store = backend.create();
    let photo = PhotoRef {
        sha256: hash("photo"),
        bytes: 187_000,
        mime: String::from("image/jpeg"),
        role: PhotoRole::After,
        width: 2048,
        height: 1536,
        original_sha256: Some(hash("original")),
        preview: Some(PhotoPreview {
            sha256: hash("preview"),
            bytes: 9_000,
        }),
        phash: None,
    };
    let announce = |n: u128| {
        let photo = photo.clone();
        write(&store, move |tx| {
            reports::insert(tx, &report(n))?;
            if let Some(preview) = &photo.preview {
                previews::announce(tx, preview, device_id(1), at(0))?;
            }
            photos::announce(tx, report_id(n), 1, &photo, device_id(1), at(0))
        })
    };
    assert!(!announce(1), "its bytes are owed");
    let preview = || read(&store, |tx| previews::get(tx, hash("preview")));
    assert_eq!(
        preview().map(|row| (row.bytes, row.stored)),
        Some((9_000, None))
    );
    let shown = || read(&store, |tx| photos::of_report(tx, report_id(1)));
    assert_eq!(shown()[0].preview, None, "it is owed too");
    write(&store, |tx| {
        previews::mark_stored(tx, hash("preview"), at(3))
    });
    write(&store, |tx| {
        previews::mark_stored(tx, hash("preview"), at(4))
    });
    assert_eq!(preview().and_then(|row| row.stored), Some(at(3)));
    assert_eq!(shown()[0].preview, Some(hash("preview")));
    let owed = || read(&store, |tx| Ok(photos::owed(tx, device_id(1))?.0));
    assert_eq!(owed(), 1);
    let store_it = || write(&store, |tx| photos::mark_stored(tx, hash("photo"), at(5)));
    assert_eq!((store_it(), store_it(), owed()), (true, false, 0));
    assert!(announce(2), "the same photo is here already");
    let of_report = read(&store, |tx| photos::of_report(tx, report_id(2)));
    let [shown] = of_report.as_slice() else {
        panic!("one photo: {of_report:?}")
    };
    assert_eq!(
        (shown.ordinal, shown.role, shown.original),
        (1, PhotoRole::After, Some(hash("original")))
    );
    assert_eq!(
        (shown.photo.bytes, shown.photo.width, shown.photo.stored),
        (187_000, 2048, Some(at(5)))
    );
    assert!(!write(&store, |tx| photos::mark_stored(
        tx,
        hash("unknown"),
        at(5)
    )));
}

fn the_audit_is_paged_newest_first(backend: &Backend) {
    let store = backend.create();
    let entry = |n: u128, ms| AuditRow {
        id: Uuid::from_u128(n),
        district: district(),
        at: at(ms),
        person: (n > 1).then(|| person_id(n)),
        device: None,
        action: String::from("person.add"),
        subject: String::from("worker001"),
        detail: String::from("{}"),
    };
    write(&store, move |tx| {
        // A failed part in between must not leave a trace.
        let refused = nested::<(), StoreError>(tx, |tx| {
            audit::append(tx, &entry(9, 9))?;
            Err(StoreError::Closed)
        });
        assert!(refused.is_err());
        [entry(1, 1), entry(2, 5), entry(3, 5)]
            .iter()
            .try_for_each(|row| audit::append(tx, row))
    });
    let first = read(&store, |tx| {
        audit::page(tx, &district(), &AuditFilter::default(), None, 2)
    });
    assert_eq!(first, [entry(3, 5), entry(2, 5)]);
    let after = Some((first[1].at, first[1].id));
    assert_eq!(
        read(&store, move |tx| audit::page(
            tx,
            &district(),
            &AuditFilter::default(),
            after,
            2
        )),
        [entry(1, 1)]
    );
}
