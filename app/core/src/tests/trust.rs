//! Signed pushes and kept receipts: the server in memory checks every signature it is sent.

use super::world::{IN_GRID_1, World, manhole};
use shared::receipt::ReceiptFault;
use shared::signature::SecretKey;
use shared::wire::handheld::ReportStatus;

#[tokio::test]
async fn each_report_has_a_receipt_that_the_servers_key_alone_confirms() {
    let world = World::new();
    let app = world.enrolled().await;
    let filed: Vec<_> = (0..3)
        .map(|_| world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1)))
        .collect();
    assert_eq!(app.receipt(filed[0]).unwrap(), None);
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let key = SecretKey::from_seed(&[0; 32]).public();
    for id in &filed {
        let receipt = app.receipt(*id).unwrap().unwrap();
        assert_eq!(receipt.verify(&key), Ok(()));
        assert_eq!(receipt.case_no, app.report(*id).unwrap().row.case_no);
    }
    // Sent again after the server came back from a backup: as good as before.
    world.server.kept.lock().unwrap().server_epoch = "life-2".into();
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let receipt = app.receipt(filed[2]).unwrap().unwrap();
    assert_eq!(receipt.verify(&key), Ok(()));
}

#[tokio::test]
async fn a_receipt_by_another_key_is_not_kept_and_costs_nothing_else() {
    let world = World::new();
    let app = world.enrolled().await;
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    world.server.kept.lock().unwrap().key_seed = 9;
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    assert_eq!(app.receipt(id).unwrap(), None);
    assert_eq!(app.report(id).unwrap().row.status, ReportStatus::Accepted);
    let other = SecretKey::from_seed(&[9; 32]).public();
    assert_ne!(other.id(), SecretKey::from_seed(&[0; 32]).public().id());
    // Bound again, the handheld knows the new key; the next report has its receipt.
    app.enrol_over(&world.server, &world.form(), &world.edge())
        .await
        .unwrap();
    let id = world.file(&app, &["no_exif.jpg"], &manhole(IN_GRID_1));
    app.sync_over(&world.server, &world.edge()).await.unwrap();
    let receipt = app.receipt(id).unwrap().unwrap();
    assert_eq!(receipt.verify(&other), Ok(()));
    let before = SecretKey::from_seed(&[0; 32]).public();
    assert_eq!(receipt.verify(&before), Err(ReceiptFault::OtherKey));
}
