//! What was taken comes back as it was, into the target that was named.

use super::made::*;
use super::*;

#[test]
fn a_hostile_tree_comes_back_as_it_was() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&all_to(&scratch.join("target"))).unwrap();
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &scratch.join("target"));
    assert!(leftovers(scratch.path()).is_empty());
    assert!(restored.counts.files > 0 && restored.counts.others > 0);
}

#[test]
fn an_empty_target_is_filled_and_nothing_is_left_beside() {
    let scratch = hostile();
    let made = Made::of(&scratch.join("source"));
    let target = scratch.join("target");
    fs::create_dir(&target).unwrap();
    let before = fs::metadata(&target).unwrap().ino();
    assert_eq!(made.restore(&all_to(&target)).unwrap().problems, []);
    assert_same(&scratch.join("source"), &target);
    assert_eq!(fs::metadata(&target).unwrap().ino(), before, "a mount point stays one");
    assert!(leftovers(&target).is_empty());
}

#[test]
fn a_target_that_is_not_empty_or_no_folder_is_refused_untouched() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine"), b"precious").unwrap();
    let error = made.restore(&to(&target)).unwrap_err();
    assert!(matches!(&error, RestoreError::NotEmpty { found, .. } if found == "mine"), "{error}");
    assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    assert_eq!(fs::read(target.join("mine")).unwrap(), b"precious");
    let error = made.restore(&to(&target.join("mine"))).unwrap_err();
    assert!(matches!(error, RestoreError::NotAFolder { .. }), "{error}");
    symlink("nowhere", scratch.join("dangling")).unwrap();
    let error = made.restore(&to(&scratch.join("dangling"))).unwrap_err();
    assert!(matches!(error, RestoreError::NotAFolder { .. }), "{error}");
    let error = made.restore(&to(&scratch.join("no/such/folder"))).unwrap_err();
    assert_eq!(error.class(), Class::Unreachable);
    assert!(leftovers(scratch.path()).is_empty());
}

#[test]
fn errors_of_the_target_have_their_class() {
    let class = |errno: Errno| RestoreError::of(Path::new("/t"), errno.into()).class();
    assert_eq!(class(Errno::NOSPC), Class::NoSpace);
    assert_eq!(class(Errno::DQUOT), Class::NoSpace);
    assert_eq!(class(Errno::ROFS), Class::Denied);
    assert_eq!(class(Errno::ACCESS), Class::Denied);
}

#[test]
fn a_new_file_system_with_its_lost_and_found_is_empty() {
    let (scratch, made) = ordinary();
    let target = scratch.join("target");
    fs::create_dir_all(target.join("lost+found")).unwrap();
    assert_eq!(made.restore(&to(&target)).unwrap().problems, []);
    let own = Made::of(&target);
    fs::create_dir_all(scratch.join("next/lost+found")).unwrap();
    assert_eq!(own.restore(&to(&scratch.join("next"))).unwrap().problems, []);
    assert_same(&target, &scratch.join("next"));
}

#[test]
fn a_path_longer_than_any_that_the_kernel_takes_comes_back() {
    let scratch = Scratch::new().unwrap();
    fs::create_dir(scratch.join("source")).unwrap();
    let plan = TreePlan { depth: 900, files: 3, ..TreePlan::plain(1) };
    make(&scratch.join("source"), &plan).unwrap();
    let made = Made::of(&scratch.join("source"));
    let restored = made.restore(&RestoreRequest { verify: true, ..to(&scratch.join("target")) }).unwrap();
    assert_eq!(restored.problems, []);
    assert_same(&scratch.join("source"), &scratch.join("target"));
}

#[test]
fn few_folders_are_open_at_once() {
    let scratch = Scratch::new().unwrap();
    let top = rustix::fs::open(scratch.path(), OFlags::PATH | OFlags::DIRECTORY, rustix::fs::Mode::empty())
        .unwrap();
    let mut all = folders::Folders::new(plain(b"", Kind::Folder, 0o755));
    let mut open = folders::OpenFolders::new(4);
    let mut parent = folders::FolderNumber::TOP;
    let before = fs::read_dir("/proc/self/fd").unwrap().count();
    let mut numbers = Vec::new();
    for number in 0..200 {
        let name = format!("n{number}");
        rustix::fs::mkdirat(open.get(top.as_fd(), &all, parent).unwrap(), &name, rustix::fs::Mode::RWXU)
            .unwrap();
        parent = all.add(parent, plain(name.as_bytes(), Kind::Folder, 0o755));
        numbers.push(parent);
    }
    for number in numbers.iter().rev().chain(&numbers) {
        open.get(top.as_fd(), &all, *number).unwrap();
    }
    assert!(open.count() <= 4, "{} of {before}", open.count());
}

/// An ACL in the kernel's form: version 2, then tag, rights and id of each entry.
fn acl(group_rights: u16) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    // Owner, a user named by number, group, mask, others.
    let entries = [
        (1_u16, 7, u32::MAX),
        (2, 7, 12_345),
        (4, group_rights, u32::MAX),
        (16, 7, u32::MAX),
        (32, 0, u32::MAX),
    ];
    for (tag, rights, id) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&u16::to_le_bytes(rights));
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

#[test]
fn what_the_targets_folder_would_hand_down_stays_out() {
    let (scratch, made) = ordinary();
    let home = scratch.join("home");
    fs::create_dir(&home).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    match rustix::fs::setxattr(&home, "system.posix_acl_default", &acl(7), flags) {
        // A file system without ACLs hands nothing down.
        Err(Errno::OPNOTSUPP) => return,
        set => set.unwrap(),
    }
    assert_eq!(made.restore(&to(&home.join("target"))).unwrap().problems, []);
    assert_same(&scratch.join("source"), &home.join("target"));
    let mut value = [0; 200];
    let left = rustix::fs::getxattr(home.join("target"), "system.posix_acl_access", &mut value);
    assert_eq!(left, Err(Errno::NODATA));
}
