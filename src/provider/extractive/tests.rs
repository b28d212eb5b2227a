use super::*;

#[test]
fn nothing_to_answer_from() {
    let provider = Extractive::new("extractive".into(), None);
    assert_eq!(provider.answer("How long?", &[]).unwrap(), NO_ANSWER);
    assert_eq!(provider.answer("", &["A text.".to_owned()]).unwrap(), NO_ANSWER);
}
