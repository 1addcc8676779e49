//! The samples of the language's design, and one of each form of the library's declarations.

pub(crate) const ALL: &[(&str, &str)] = &[
    ("laptop", include_str!("../samples/laptop.stay")),
    ("billing", include_str!("../samples/billing.stay")),
    ("house", include_str!("../samples/house.stay")),
    ("machine", include_str!("../samples/machine.stay")),
    ("stages", include_str!("../samples/stages.stay")),
];
