use bytes::Bytes;
use onemin::{Reason, Refusal};

use super::{item::not_uploaded, *};
use crate::conversation::MediaSource;

fn media(param: &str) -> Media {
    Media { param: param.into(), source: MediaSource::Bytes(Bytes::new()), name: None }
}

#[test]
fn everything_to_attach_is_found_in_order_and_nothing_else() {
    use crate::conversation::{Role, Turn};
    let turn = |parts| Turn { role: Role::User, name: None, parts };
    let turns = vec![
        turn(vec![Part::Text("a".into()), Part::Image(media("one")), Part::File(media("two"))]),
        turn(vec![Part::Image(media("three")), Part::Text("b".into())]),
    ];
    let attaching = Attaching::of(&Request { turns, ..Request::default() });
    let parts = attaching.parts();
    let media = |part: &Part| match part {
        Part::Image(media) | Part::File(media) => media.param.clone(),
        _ => panic!("nothing to attach"),
    };
    assert_eq!(parts.iter().map(media).collect::<Vec<_>>(), ["one", "two", "three"]);
}

#[test]
fn only_what_is_about_the_file_names_it() {
    let param = "messages[0].content[1].image_url";
    let refused = |reason| {
        let refusal = Refusal { reason, code: None, message: "their words".into(), field: None };
        not_uploaded(param, onemin::Error::Refused(refusal).into())
    };
    assert!(matches!(refused(Reason::Request), Error::Upload { .. }));
    assert!(matches!(refused(Reason::Key), Error::Upstream(_)));
    assert!(matches!(refused(Reason::Credits), Error::Upstream(_)));
    let unreachable = onemin::Error::Connect { cause: "refused".into() };
    assert!(matches!(not_uploaded(param, unreachable.into()), Error::Upstream(_)));
    let failed = onemin::Error::Failed { status: 500, message: "their words".into() };
    assert!(matches!(not_uploaded(param, failed.into()), Error::Upload { .. }));
    let gone = |param: &str| Error::FileNotFound { id: "file-1".into(), param: param.into() };
    assert_eq!(not_uploaded(param, gone("another's")), gone(param));
}
