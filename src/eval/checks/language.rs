//! `language`: which language an answer is written in.
//!
//! Told by script where a script has one language, and by the commonest words where many share one. It is meant for
//! answers of a sentence and more: an answer in which nothing can be told fails, and says so.

use super::case::{Case, Judged};

/// The commonest function words of languages in Latin script, each list without those that several share widely.
const WORDS: &[(&str, &str)] = &[
    (
        "en",
        "the and of to is that it was for with are this be have not you from they which at by we can your will",
    ),
    (
        "de",
        "der die und das ist nicht ein eine zu den mit von sie auf für im dem auch sich es werden wird oder bei",
    ),
    (
        "fr",
        "le les et des est une dans pour que qui pas sur au avec ce il elle vous nous sont par plus cette du",
    ),
    (
        "es",
        "el los las y que es una para con por no del se su al como más pero sus este está ha son muy",
    ),
    (
        "it",
        "il che di è una per non con del della sono gli alla più anche dei nel questo le si ha come ma",
    ),
    (
        "pt",
        "o os que é uma para com não do da em dos das no na se por mais ao como foi são ou você",
    ),
    (
        "nl",
        "de het een en van is dat op te niet zijn voor met die aan er ook als maar om bij wordt naar u",
    ),
    (
        "sv",
        "och att det som en är på av för med den till inte om ett har de kan från var jag eller du",
    ),
    (
        "da",
        "og at det er en på af for med den til ikke der et har de kan fra var jeg eller som du vi",
    ),
    (
        "pl",
        "w i na z nie się to do jest że o jak po ale za od co przez są tym dla oraz może już",
    ),
    (
        "cs",
        "a se na je v že to s z do o i jako pro za by ale jsou jeho které nebo není být při",
    ),
    (
        "tr",
        "ve bir bu için ile da de olarak olan çok daha gibi kadar ne ya en sonra değil var ise mi",
    ),
    (
        "id",
        "yang dan di dengan untuk tidak ini dari dalam akan pada itu juga ke adalah oleh sebagai atau anda",
    ),
    (
        "fi",
        "ja on ei se että hän oli joka mutta ovat kun niin tai myös voi sen jos kuin ole tämä",
    ),
    (
        "vi",
        "và của là có không được trong cho một những với này các đã để người khi cũng từ về",
    ),
];

/// The answer is written in the language of this code (ISO 639-1).
pub(super) fn language(case: &Case<'_>) -> Judged {
    let expected = case.value_text()?;
    let code = expected.split(['-', '_']).next().unwrap_or_default().to_lowercase();
    if !known(&code) {
        let all: Vec<_> = WORDS
            .iter()
            .map(|(code, _)| *code)
            .chain(SCRIPTS.iter().map(|(code, _)| *code))
            .collect();
        return Err(case.fault(format!(
            "language `{expected}` cannot be told; these can: {}",
            all.join(", ")
        )));
    }
    let told = of(&case.text);
    Ok(case.holds(told == Some(code.as_str()), || {
        format!(
            "be in `{code}`; it seems to be in {}",
            told.map_or_else(|| "no language that can be told".to_owned(), |told| format!("`{told}`"))
        )
    }))
}

/// A language and whether a character is of its script.
type Script = (&'static str, fn(char) -> bool);

/// Languages told by their script.
const SCRIPTS: &[Script] = &[
    ("ja", |c| matches!(c, '\u{3040}'..='\u{30ff}')),
    ("ko", |c| matches!(c, '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}')),
    ("zh", |c| matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}')),
    ("uk", |c| matches!(c, 'і' | 'ї' | 'є' | 'ґ' | 'І' | 'Ї' | 'Є' | 'Ґ')),
    ("ru", |c| matches!(c, '\u{0400}'..='\u{04ff}')),
    ("el", |c| matches!(c, '\u{0370}'..='\u{03ff}')),
    ("he", |c| matches!(c, '\u{0590}'..='\u{05ff}')),
    ("ar", |c| matches!(c, '\u{0600}'..='\u{06ff}')),
    ("hi", |c| matches!(c, '\u{0900}'..='\u{097f}')),
    ("th", |c| matches!(c, '\u{0e00}'..='\u{0e7f}')),
];

fn known(code: &str) -> bool {
    WORDS.iter().any(|(known, _)| *known == code) || SCRIPTS.iter().any(|(known, _)| *known == code)
}

/// The language of a text, as far as it can be told.
fn of(text: &str) -> Option<&'static str> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let count = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let latin = text
        .chars()
        .filter(|c| c.is_alphabetic() && (*c as u32) < 0x0250)
        .count();
    if latin * 2 < letters {
        // Kana tells Japanese from Chinese, and a few letters tell Ukrainian from Russian.
        return SCRIPTS.iter().find_map(|(code, is)| {
            let share = match *code {
                "ja" => 8,
                "uk" => 25,
                _ => 2,
            };
            (count(*is) * share >= letters).then_some(*code)
        });
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    let hits = |list: &str| {
        words
            .iter()
            .filter(|word| list.split(' ').any(|common| common == **word))
            .count()
    };
    let (code, most) = WORDS
        .iter()
        .rev()
        .map(|(code, list)| (*code, hits(list)))
        .max_by_key(|(_, hits)| *hits)?;
    (most > 0 && most * 12 >= words.len()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn languages_are_told() {
        for (code, text) in [
            ("en", "You can return the item within 30 days of delivery."),
            (
                "de",
                "Sie können den Artikel innerhalb von 30 Tagen nach der Lieferung zurückgeben.",
            ),
            (
                "fr",
                "Vous pouvez retourner l'article dans les 30 jours qui suivent la livraison.",
            ),
            (
                "es",
                "Puede devolver el artículo en los 30 días siguientes a la entrega, y no pagar por ello.",
            ),
            (
                "it",
                "È possibile restituire l'articolo entro 30 giorni dalla consegna, anche se non è più nuovo.",
            ),
            ("nl", "U kunt het artikel binnen 30 dagen na de levering terugsturen."),
            ("ru", "Вы можете вернуть товар в течение 30 дней после доставки."),
            (
                "uk",
                "Ви можете повернути товар протягом 30 днів після доставки, і це її право.",
            ),
            ("ja", "配達後30日以内に商品を返品できます。"),
            ("zh", "您可以在交货后30天内退货。"),
            ("ko", "배송 후 30일 이내에 상품을 반품할 수 있습니다."),
        ] {
            assert_eq!(of(text), Some(code), "{text}");
        }
        assert_eq!(of("42"), None);
    }
}
