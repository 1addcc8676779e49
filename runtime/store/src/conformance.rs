//! What every store and every layer must do. Each test makes its own empty store.

use crate::api::{Created, ObjectName, Store, StoreErrorKind};

type Make<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// Runs all of it.
pub(crate) fn run(make: Make<'_>) {
    created_is_read_back(make);
    an_object_is_never_replaced(make);
    a_staged_object_is_not_there_yet(make);
    one_barrier_answers_in_order(make);
    ranges_are_exact(make);
    listings_are_whole_and_sorted(make);
    deleting_twice_is_no_error(make);
    what_is_missing_is_said_to_be_missing(make);
    one_of_many_wins(make);
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

fn created_is_read_back(make: Make<'_>) {
    let store = make();
    for (text, bytes) in [("format", vec![7]), ("p/aa", vec![0; 100_000]), ("s/bb.0", Vec::new())] {
        assert_eq!(store.create(&name(text), bytes.clone()).unwrap(), Created::New, "{text}");
        assert_eq!(store.read(&name(text)).unwrap(), bytes);
        assert_eq!(store.size(&name(text)).unwrap(), bytes.len() as u64);
    }
}

fn an_object_is_never_replaced(make: Make<'_>) {
    let store = make();
    store.create(&name("c/aa.0"), b"first".to_vec()).unwrap();
    assert_eq!(store.create(&name("c/aa.0"), b"second".to_vec()).unwrap(), Created::Existed);
    assert_eq!(store.read(&name("c/aa.0")).unwrap(), b"first");
}

fn a_staged_object_is_not_there_yet(make: Make<'_>) {
    let store = make();
    let staged = store.stage(&name("p/aa"), vec![1]).unwrap();
    assert!(store.list('p').unwrap().is_empty());
    assert_eq!(store.read(&name("p/aa")).unwrap_err().kind, StoreErrorKind::NotFound);
    drop(staged);
    assert_eq!(store.create(&name("p/aa"), vec![2]).unwrap(), Created::New);
}

fn one_barrier_answers_in_order(make: Make<'_>) {
    let store = make();
    store.create(&name("p/bb"), vec![0]).unwrap();
    let staged = ["p/cc", "p/bb", "x/aa"].map(|text| store.stage(&name(text), vec![1]).unwrap());
    let answers = store.publish(staged.into()).unwrap();
    assert_eq!(answers, [Created::New, Created::Existed, Created::New]);
    assert_eq!(store.read(&name("x/aa")).unwrap(), [1]);
    assert!(store.publish(Vec::new()).unwrap().is_empty());
}

fn ranges_are_exact(make: Make<'_>) {
    let store = make();
    let bytes: Vec<u8> = (0..=255).collect();
    store.create(&name("p/aa"), bytes.clone()).unwrap();
    assert_eq!(store.read_range(&name("p/aa"), 0, 256).unwrap(), bytes);
    assert_eq!(store.read_range(&name("p/aa"), 250, 6).unwrap(), bytes[250..]);
    for offset in [0, 256, 257, u64::MAX] {
        assert!(
            store.read_range(&name("p/aa"), offset, 0).unwrap().is_empty(),
            "no bytes are read from anywhere"
        );
    }
    for (offset, length) in [(255, 2), (256, 1), (1000, 1), (u64::MAX, 1), (1, u64::MAX), (0, 1 << 40)] {
        let error = store.read_range(&name("p/aa"), offset, length).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Range, "{offset} {length}");
    }
    let mut buffer = vec![9; 1000];
    store.read_range_into(&name("p/aa"), 10, 5, &mut buffer).unwrap();
    assert_eq!(buffer, bytes[10..15]);
    assert!(store.read_range_into(&name("p/aa"), 255, 2, &mut buffer).is_err());
}

fn listings_are_whole_and_sorted(make: Make<'_>) {
    let store = make();
    for text in ["p/cc", "p/aa", "x/bb", "p/ab", "format"] {
        store.create(&name(text), text.as_bytes().to_vec()).unwrap();
    }
    let listed = store.list('p').unwrap();
    let names: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["p/aa", "p/ab", "p/cc"]);
    assert!(listed.iter().all(|listed| listed.size == 4));
    assert!(store.list('k').unwrap().is_empty());
}

fn deleting_twice_is_no_error(make: Make<'_>) {
    let store = make();
    store.create(&name("p/aa"), vec![1]).unwrap();
    store.delete(&name("p/aa")).unwrap();
    store.delete(&name("p/aa")).unwrap();
    assert!(store.list('p').unwrap().is_empty());
    assert_eq!(store.create(&name("p/aa"), vec![2]).unwrap(), Created::New);
}

fn what_is_missing_is_said_to_be_missing(make: Make<'_>) {
    let store = make();
    assert_eq!(store.read(&name("p/none")).unwrap_err().kind, StoreErrorKind::NotFound);
    assert_eq!(store.size(&name("format")).unwrap_err().kind, StoreErrorKind::NotFound);
    assert_eq!(store.read_range(&name("p/none"), 0, 1).unwrap_err().kind, StoreErrorKind::NotFound);
}

fn one_of_many_wins(make: Make<'_>) {
    let store = make();
    let won: usize = std::thread::scope(|scope| {
        let racer = |number: u8| {
            let store = &store;
            scope.spawn(move || store.create(&name("c/aa.0"), vec![number]).unwrap() == Created::New)
        };
        let racers: Vec<_> = (0..16).map(racer).collect();
        racers.into_iter().map(|racer| usize::from(racer.join().unwrap())).sum()
    });
    assert_eq!(won, 1);
}
