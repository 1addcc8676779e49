//! Real folders, a real source, a store on a disk, and a key that writes only.

use mainstay_source::FilesSource;
use mainstay_store::LocalStore;

use super::*;

fn view(path: &std::path::Path) -> Box<dyn mainstay_world::tree::View> {
    FilesSource { roots: vec![path.to_owned()], ..FilesSource::default() }.snapshot().unwrap()
}

#[test]
fn a_writer_backs_up_real_files_and_the_owner_reads_them() {
    let place = tempfile::tempdir().unwrap();
    let files = place.path().join("files");
    std::fs::create_dir_all(files.join("sub")).unwrap();
    std::fs::write(files.join("a"), "first").unwrap();
    std::fs::write(files.join("sub/b"), super::whole::noise(3, 300_000)).unwrap();
    std::os::unix::fs::symlink("a", files.join("link")).unwrap();
    let store: Arc<dyn Store> = Arc::new(LocalStore::init(&place.path().join("repo")).unwrap());
    let (key, owner) = repository(store.clone());
    let request = BackupRequest { cache_dir: Some(place.path().join("cache")), ..request() };
    let source = owner.chunk_keys().source(&request.policy, &request.source);
    let writer_key = owner.issue_writer_key(vec![source]).unwrap();
    let writer = Repository::open(store.clone(), &writer_key, outside(61)).unwrap();
    let mut ids = Vec::new();
    for round in 0..3 {
        let mut session = writer.begin().unwrap();
        let backed = session.backup(&*view(&files), &request, &Silent, &Never).unwrap();
        assert!(round == 0 || backed.new_bytes < 1000, "{}", backed.new_bytes);
        ids.push(session.commit(backed).unwrap());
    }
    let owner = Repository::open(store, &key, outside(62)).unwrap();
    for id in ids {
        let found = read_back(&owner, id);
        let paths: Vec<_> = found.iter().map(|(path, ..)| String::from_utf8_lossy(path)).collect();
        assert_eq!(paths, ["/a", "/link", "/sub", "/sub/b"]);
        assert!(found[0].2 == b"first" && found[3].2 == super::whole::noise(3, 300_000));
    }
}
