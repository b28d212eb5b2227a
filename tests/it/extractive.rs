//! The default generator against the help centre that ships: right, or honest.

use aisys::provider::{Extractive, NO_ANSWER};

use crate::support::root;

/// Questions, the help page's sections that a retriever would bring, and what the answer must hold.
const ANSWERABLE: &[(&str, &[&str], &str)] = &[
    ("How long is the return window?", &["returns", "warranty"], "30 days"),
    (
        "How long do members have to send something back?",
        &["returns", "northlane-club"],
        "60 days",
    ),
    ("How long is the return label valid?", &["returns"], "21 days"),
    (
        "What does a return from Norway cost?",
        &["returns", "shipping-costs"],
        "8.95",
    ),
    (
        "What is the time limit for returning opened electronics?",
        &["returns"],
        "14 days",
    ),
    (
        "How much is express delivery to France?",
        &["express-delivery", "shipping-costs"],
        "14.95",
    ),
    (
        "By what time must express orders be placed?",
        &["express-delivery"],
        "15:00",
    ),
    (
        "What is the maximum weight of an express parcel?",
        &["express-delivery", "parcel-lockers"],
        "20 kg",
    ),
    (
        "Is there a surcharge for Saturday delivery?",
        &["express-delivery"],
        "4 euros",
    ),
    (
        "How fast does a full Kettle K200 boil?",
        &["kettle-k200-manual", "kettle-k350-manual"],
        "6 minutes",
    ),
    (
        "How often should I descale the Kettle K200 with hard water?",
        &["kettle-k350-manual", "kettle-k200-manual"],
        "4 weeks",
    ),
    ("How many watts does the K200 have?", &["kettle-k200-manual"], "2,000"),
    (
        "How many gift cards can I use in one order?",
        &["gift-cards", "payment-methods"],
        "4 gift cards",
    ),
    ("How long is a gift card valid?", &["gift-cards"], "5 years"),
    ("What value can a gift card have?", &["gift-cards"], "250 euros"),
    (
        "How heavy is the Ridge 4 tent?",
        &["tent-trail-2-manual", "tent-ridge-4-manual"],
        "6.8 kg",
    ),
    (
        "How many pegs are in the bag of the Ridge 4?",
        &["tent-ridge-4-manual"],
        "28",
    ),
    (
        "What wind has the Ridge 4 been tested in?",
        &["tent-trail-2-manual", "tent-ridge-4-manual"],
        "50 kilometres",
    ),
    (
        "How long does the battery of the H7 last with noise cancelling on?",
        &["headphones-h7-manual", "headphones-h3-manual"],
        "38 hours",
    ),
    (
        "How many devices can the H7 be connected to?",
        &["headphones-h7-manual"],
        "2 devices",
    ),
    (
        "How do I reset the H7 headphones?",
        &["headphones-h3-manual", "headphones-h7-manual"],
        "10 seconds",
    ),
    (
        "How much is the student discount?",
        &["student-discount", "discount-codes"],
        "10 per cent",
    ),
    (
        "Can the student discount be combined with gift cards?",
        &["student-discount", "gift-cards"],
        "can be combined",
    ),
];

const UNANSWERABLE: &[(&str, &[&str])] = &[
    ("Who painted the Mona Lisa?", &["returns", "gift-cards"]),
    ("What is the capital of Australia?", &["shipping-costs", "returns"]),
    (
        "How long does the battery of the H5 last?",
        &["headphones-h7-manual", "headphones-h3-manual"],
    ),
    (
        "How heavy is the Ridge 6 tent?",
        &["tent-ridge-4-manual", "tent-trail-2-manual"],
    ),
    ("Where is my order NO12345678?", &["order-tracking"]),
    ("Do you offer loans for buying a house?", &["paying-in-instalments"]),
    ("Which football club does your boss support?", &["northlane-club"]),
];

fn sections(pages: &[&str]) -> Vec<String> {
    let mut sections = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(root("suites/help-centre").join(format!("{page}.md"))).unwrap();
        let title = text.lines().next().unwrap().to_owned();
        for (at, section) in text.split("\n## ").enumerate() {
            sections.push(if at == 0 {
                section.to_owned()
            } else {
                format!("{title}\n\n## {section}")
            });
        }
    }
    sections
}

#[test]
fn it_answers_what_the_pages_say_and_admits_what_they_do_not() {
    let extractive = Extractive::new("extractive".into(), None);
    let mut wrong = Vec::new();
    for (question, pages, needed) in ANSWERABLE {
        let answer = extractive.answer(question, &sections(pages)).unwrap();
        if !answer.contains(needed) {
            wrong.push(format!("{question} -> {answer}"));
        }
        assert!(answer.len() < 700, "{question} -> {answer}");
    }
    let mut invented = Vec::new();
    for (question, pages) in UNANSWERABLE {
        let answer = extractive.answer(question, &sections(pages)).unwrap();
        if answer != NO_ANSWER {
            invented.push(format!("{question} -> {answer}"));
        }
    }
    // Word overlap cannot have them all: what it reaches is held.
    assert!(wrong.len() <= 2, "{}", wrong.join("\n"));
    assert!(invented.is_empty(), "{}", invented.join("\n"));
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let extractive = Extractive::new("extractive".into(), None);
    let passages = sections(&["returns", "refunds", "warranty"]);
    let ask = || extractive.answer("How long does a refund take?", &passages).unwrap();
    assert!((0..5).all(|_| ask() == ask()));
}
