//! Examples and properties of the comparison.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test may fail loudly"
)]

use super::*;
use crate::coordinates::METRES_PER_DEGREE;
use proptest::prelude::*;

const COVER: &str = "上水井盖";
const AT: (i64, i64) = (271_505_000, 1_180_292_000);

/// So many metres north of [`AT`], in units of 1e-7 degree.
fn north(metres: f64) -> i64 {
    (metres / METRES_PER_DEGREE * 1e7).round() as i64
}

fn category(id: &str) -> CategoryId {
    CategoryId::new(id).unwrap()
}

fn seen<'a>(category: &'a CategoryId, metres: f64, hours: i64, words: &'a str) -> Sighting<'a> {
    Sighting {
        category,
        category_name: COVER,
        lat_e7: AT.0 + north(metres),
        lon_e7: AT.1,
        accuracy_m: Some(8),
        seen: Timestamp(hours * HOUR_MS),
        words,
        photos: &[],
    }
}

fn like(one: &Sighting<'_>, other: &Sighting<'_>) -> Likeness {
    compare_within(one, other, Nearness::default())
}

fn luma(seed: u8) -> Vec<u8> {
    let sample = |at: usize| {
        (at as u8)
            .wrapping_mul(seed)
            .wrapping_mul(37)
            .wrapping_add(seed)
    };
    (0..LUMA_WIDE * LUMA_HIGH).map(sample).collect()
}

#[test]
fn the_same_category_at_the_same_place_is_worth_a_question_and_far_away_it_is_not() {
    let cover = category("C0101");
    let one = seen(&cover, 0.0, 0, "");
    let near = like(&one, &seen(&cover, 10.0, 2, ""));
    assert_eq!((near.verdict, near.distance_m), (Verdict::Perhaps, 10));
    let words: Vec<_> = near.reasons.iter().map(|why| why.words.as_str()).collect();
    assert_eq!(words, ["类别相同", "相距10米", "相隔2小时"]);
    for other in [
        seen(&cover, 100.0, 0, ""),
        seen(&cover, 0.0, 25, ""),
        seen(&category("E0110"), 0.0, 0, ""),
    ] {
        assert_eq!(like(&one, &other).verdict, Verdict::No, "{other:?}");
    }
}

#[test]
fn words_and_photos_turn_a_question_into_an_answer() {
    let cover = category("C0101");
    let print = [PerceptualHash::of_luma(&luma(5)).unwrap()];
    let one = seen(&cover, 0.0, 0, "人民路口井盖丢了，车都绕着走");
    let words = "人民路口一个井盖没了，车都绕着走";
    let far = like(&one, &seen(&cover, 35.0, 5, ""));
    assert_eq!(far.verdict, Verdict::No);
    let said = like(&one, &seen(&cover, 35.0, 5, words));
    assert_eq!(said.verdict, Verdict::Perhaps, "{said:?}");
    let shown = Sighting {
        photos: &print,
        ..seen(&cover, 15.0, 5, "")
    };
    let shown = like(
        &Sighting {
            photos: &print,
            ..one
        },
        &shown,
    );
    assert_eq!(shown.verdict, Verdict::Same, "{shown:?}");
    assert!(shown.reasons.iter().any(|why| why.words == "照片很像"));
}

#[test]
fn photos_that_differ_silence_nothing_at_the_same_spot() {
    let cover = category("C0101");
    let [one, other] = [0x0000_0000_0000_0000_u64, 0xffff_ffff_ffff_ffff]
        .map(|bits| [format!("{bits:016x}").parse::<PerceptualHash>().unwrap()]);
    let with = |metres| {
        let first = Sighting {
            photos: &one,
            ..seen(&cover, 0.0, 0, "")
        };
        let second = Sighting {
            photos: &other,
            ..seen(&cover, metres, 5, "")
        };
        like(&first, &second).verdict
    };
    assert_eq!(with(5.0), Verdict::Perhaps);
    assert_eq!(with(25.0), Verdict::No);
}

#[test]
fn another_category_of_the_group_needs_words_or_a_photo() {
    let (water, sewage) = (category("C0101"), category("C0102"));
    let one = seen(&water, 0.0, 0, "人民路口井盖丢了");
    let silent = like(&one, &seen(&sewage, 3.0, 1, "路边椅子坏了"));
    assert_eq!(silent.verdict, Verdict::No);
    let said = like(&one, &seen(&sewage, 3.0, 1, "人民路口井盖丢失"));
    assert_eq!(said.verdict, Verdict::Perhaps, "{said:?}");
}

#[test]
fn words_that_every_report_of_the_category_has_say_nothing() {
    assert!(words_alike("上水井盖坏了", "上水井盖没了", COVER) < 0.1);
    assert!(words_alike("上水井盖坏了", "上水井盖没了", "") > 0.9);
    assert_eq!(words_alike("ＡＢ１２，！ ", "ab12", ""), 1.0);
    assert_eq!(words_alike("", "井", ""), 0.0);
}

#[test]
fn a_doubtful_position_reaches_farther_but_not_without_end() {
    let cover = category("C0101");
    let words = "人民路口井盖丢了，车都绕着走";
    let with = |accuracy_m, metres| {
        let one = Sighting {
            accuracy_m,
            ..seen(&cover, 0.0, 0, words)
        };
        let other = Sighting {
            accuracy_m,
            ..seen(&cover, metres, 0, words)
        };
        like(&one, &other).verdict
    };
    assert_eq!(with(None, 55.0), Verdict::No);
    assert_eq!(with(Some(30), 55.0), Verdict::Perhaps);
    assert_eq!(with(Some(5_000), 95.0), Verdict::No);
}

#[test]
fn a_catalogue_says_for_a_category_or_its_group_how_near_is_near() {
    let rule = |category: &str, radius_m, within_hours| NearnessRule {
        category: category.to_owned(),
        nearness: Nearness {
            radius_m,
            within_hours,
        },
    };
    let rules = [rule("E01", 20, 6), rule("E0110", 9_999, 48), rule("", 1, 1)];
    let of = |id| {
        let found = nearness_by(&rules, &category(id));
        (found.radius_m, found.within_hours)
    };
    assert_eq!(of("E0110"), (RADIUS_M_LIMIT, 48));
    assert_eq!(of("E0103"), (20, 6));
    assert_eq!(of("C0101"), (RADIUS_M, WITHIN_HOURS));
}

#[test]
fn a_hash_reads_back_and_a_picture_without_contrast_has_none() {
    let hash = PerceptualHash::of_luma(&luma(3)).unwrap();
    assert_eq!(hash.to_string().parse::<PerceptualHash>().unwrap(), hash);
    assert!("9F86d081884c7d65".parse::<PerceptualHash>().is_err());
    assert_eq!(PerceptualHash::of_luma(&[7; LUMA_WIDE * LUMA_HIGH]), None);
    assert_eq!(PerceptualHash::of_luma(&[0, 255]), None);
    let brighter: Vec<u8> = luma(3).iter().map(|y| y / 2 + 100).collect();
    let distance = hash.distance(PerceptualHash::of_luma(&brighter).unwrap());
    assert!(distance <= 4, "{distance}");
}

#[test]
fn three_cases_at_a_place_are_a_repeat_and_two_are_not() {
    let spot = |metres| Spot {
        lat_e7: AT.0 + north(metres),
        lon_e7: AT.1,
    };
    assert_eq!(repeats(&[spot(0.0), spot(0.0)]), Vec::<Vec<usize>>::new());
    let spots = [spot(0.0), spot(40.0), spot(80.0), spot(1_000.0), spot(0.0)];
    assert_eq!(repeats(&spots), [vec![1, 0, 2, 4]]);
    assert_eq!(repeats(&[spot(0.0), spot(60.0), spot(120.0)]).len(), 0);
}

proptest! {
    #[test]
    fn which_one_comes_first_makes_no_difference(
        metres in -120.0_f64..120.0, hours in -30_i64..30, kin in 0_usize..3,
        a in "[人民路口井盖丢了 ]{0,12}", b in "[人民路口井盖丢了 ]{0,12}",
        one in any::<u8>(), other in any::<u8>(), accuracy in proptest::option::of(0_u32..100),
    ) {
        let ids = [category("C0101"), category("C0102"), category("E0110")];
        let photos = |seed| PerceptualHash::of_luma(&luma(seed)).into_iter().collect::<Vec<_>>();
        let (one, other) = (photos(one), photos(other));
        let one = Sighting { photos: &one, ..seen(&ids[0], 0.0, 0, &a) };
        let other = Sighting {
            photos: &other, accuracy_m: accuracy, ..seen(&ids[kin], metres, hours, &b)
        };
        prop_assert_eq!(like(&one, &other), like(&other, &one));
    }

    #[test]
    fn the_farther_the_less_it_is_the_same(
        near in 0.0_f64..150.0, more in 0.0_f64..50.0, words in "[人民路口井盖丢了 ]{0,12}",
        accuracy in proptest::option::of(0_u32..100),
    ) {
        let cover = category("C0101");
        let one = Sighting { accuracy_m: accuracy, ..seen(&cover, 0.0, 0, &words) };
        let at = |metres| like(&one, &seen(&cover, metres, 3, &words));
        let (near, far) = (at(near), at(near + more));
        prop_assert!(near.score >= far.score);
        prop_assert!(near.verdict >= far.verdict);
    }

    #[test]
    fn whatever_can_match_lies_in_the_cells_around(
        lat in -53.0_f64..53.0, lon in -179.0_f64..179.0,
        bearing in 0.0_f64..std::f64::consts::TAU, share in 0.0_f64..1.0,
        radius_m in 1_u32..=RADIUS_M_LIMIT,
    ) {
        let reach = Nearness { radius_m, within_hours: 1 }.reach_limit_m();
        let here = LatLon::new(lat, lon).unwrap();
        let step = reach * share * 0.999 / METRES_PER_DEGREE;
        let there = LatLon::new(
            lat + step * bearing.cos(),
            lon + step * bearing.sin() / lat.to_radians().cos().max(0.1),
        ).unwrap();
        prop_assume!(here.distance_m(there) <= reach);
        let e7 = |at: LatLon| { let (lat, lon) = at.to_e7(); (i64::from(lat), i64::from(lon)) };
        let (here, there) = (e7(here), e7(there));
        let cells = cells_around(here.0, here.1, reach);
        prop_assert!(cells.len() <= CELLS_LIMIT);
        prop_assert!(cells.contains(&cell_of(there.0, there.1)));
    }

    #[test]
    fn a_group_holds_three_within_the_radius_of_its_middle_and_nobody_twice(
        spots in proptest::collection::vec((-2_000_i64..2_000, -2_000_i64..2_000), 0..30),
    ) {
        let spots: Vec<Spot> = spots
            .into_iter()
            .map(|(lat, lon)| Spot { lat_e7: AT.0 + lat * 10, lon_e7: AT.1 + lon * 10 })
            .collect();
        let mut seen = std::collections::HashSet::new();
        for group in repeats(&spots) {
            prop_assert!(group.len() >= REPEATED_CASES);
            let place = |at: usize| position((spots[at].lat_e7, spots[at].lon_e7)).unwrap();
            for at in &group {
                prop_assert!(seen.insert(*at));
                prop_assert!(place(group[0]).distance_m(place(*at)) <= f64::from(REPEATED_RADIUS_M));
            }
        }
    }
}
