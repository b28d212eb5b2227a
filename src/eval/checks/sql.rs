//! SQL in the answer: `is-sql`, `contains-sql`, after promptfoo 0.121.20.
//!
//! promptfoo parses by node-sql-parser, here sqlparser does; both have dialects, and the two do not draw the same line
//! everywhere (`docs/eval-promptfoo.md`). Beside what parses, promptfoo refuses what models often get wrong: a comma
//! that is missing between two columns, backticks that do not close, and `generate_series` in `MySQL`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use sqlparser::ast::{
    Expr, ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, Statement, TableFactor, Visit as _, Visitor,
};
use sqlparser::dialect::{
    BigQueryDialect, Dialect, GenericDialect, HiveDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect,
    RedshiftSqlDialect, SQLiteDialect, SnowflakeDialect,
};
use sqlparser::parser::Parser;

use super::case::{Case, Judged};
use crate::eval::judges::JudgeError;

/// The longest answer that is parsed, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The answer is SQL, and uses no other tables and columns than allowed.
pub(super) fn is_sql(case: &Case<'_>) -> Judged {
    let rules = Rules::of(case)?;
    let fault = rules.fault(&case.text).map_err(|message| case.fault(message))?;
    Ok(case.holds(fault.is_none(), || {
        format!("be SQL{}", fault.map(|fault| format!(": {fault}")).unwrap_or_default())
    }))
}

/// One of the answer's code blocks, or the whole answer when it has none, is such SQL.
pub(super) fn contains_sql(case: &Case<'_>) -> Judged {
    let rules = Rules::of(case)?;
    let blocks = code_blocks(&case.text);
    let candidates = if blocks.is_empty() {
        vec![case.text.clone()]
    } else {
        blocks
    };
    let mut holds = false;
    for candidate in candidates.iter().filter(|candidate| !candidate.trim().is_empty()) {
        holds |= rules.fault(candidate).map_err(|message| case.fault(message))?.is_none();
    }
    Ok(case.holds(holds, || "contain SQL".to_owned()))
}

/// What the value asks for.
struct Rules {
    database: String,
    tables: Option<Vec<String>>,
    columns: Option<Vec<String>>,
}

impl Rules {
    fn of(case: &Case<'_>) -> Result<Self, JudgeError> {
        let list = |name: &str| {
            let items = case.value.get(name)?.as_array()?;
            Some(items.iter().map(super::case::text_of).collect())
        };
        match &case.value {
            Value::Null | Value::Object(_) => {}
            _ => return Err(case.fault("the value must have `databaseType`, `allowedTables` or `allowedColumns`")),
        }
        let database = case
            .value
            .get("databaseType")
            .and_then(Value::as_str)
            .unwrap_or("MySQL");
        if dialect(database).is_none() {
            return Err(case.fault(format!(
                "database `{database}` is not supported; these are: MySQL, MariaDB, PostgreSQL, Redshift, Sqlite, \
                 TransactSQL, BigQuery, Hive, Snowflake"
            )));
        }
        Ok(Self {
            database: database.to_owned(),
            tables: list("allowedTables"),
            columns: list("allowedColumns"),
        })
    }

    /// Why a text is no such SQL. The outer error is a rule that cannot be applied.
    fn fault(&self, text: &str) -> Result<Option<String>, String> {
        if text.trim().is_empty() {
            return Ok(Some("it is empty".to_owned()));
        }
        if text.len() > MAX_BYTES {
            return Ok(Some("it is too long".to_owned()));
        }
        let lower = text.to_lowercase();
        if !text.matches('`').count().is_multiple_of(2) {
            return Ok(Some("a backtick does not close".to_owned()));
        }
        let plain = without_texts(&lower, &self.database);
        if misses_comma(&plain, matches!(self.database.as_str(), "MySQL" | "MariaDB")) {
            return Ok(Some("a comma seems to be missing between two columns".to_owned()));
        }
        if self.database == "MySQL" && GENERATE_SERIES.as_ref().is_some_and(|pattern| pattern.is_match(&lower)) {
            return Ok(Some("MySQL has no generate_series".to_owned()));
        }
        let Some(dialect) = dialect(&self.database) else {
            return Ok(None);
        };
        let statements = match Parser::parse_sql(dialect.as_ref(), text) {
            Ok(statements) if statements.is_empty() => return Ok(Some("it has no statement".to_owned())),
            Ok(statements) => statements,
            Err(error) => return Ok(Some(error.to_string())),
        };
        let mut used = Used::default();
        for statement in &statements {
            used.read(statement);
        }
        if let Some(allowed) = &self.tables
            && let Some(found) = first_outside(&used.tables, allowed)?
        {
            return Ok(Some(format!("table `{found}` is not allowed")));
        }
        if let Some(allowed) = &self.columns {
            // A table in a rule is also good for columns that name none.
            let mut allowed = allowed.clone();
            let bare: Vec<_> = allowed
                .iter()
                .filter_map(|rule| match rule.split("::").collect::<Vec<_>>().as_slice() {
                    [action, table, column] if *table != "null" => Some(format!("{action}::null::{column}")),
                    _ => None,
                })
                .collect();
            allowed.extend(bare);
            if let Some(found) = first_outside(&used.columns, &allowed)? {
                return Ok(Some(format!("column `{found}` is not allowed")));
            }
        }
        Ok(None)
    }
}

static GENERATE_SERIES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bgenerate_series\s*\(").ok());

fn dialect(database: &str) -> Option<Box<dyn Dialect>> {
    Some(match database.to_lowercase().as_str() {
        "mysql" | "mariadb" => Box::new(MySqlDialect {}),
        "postgresql" | "postgres" => Box::new(PostgreSqlDialect {}),
        "redshift" => Box::new(RedshiftSqlDialect {}),
        "sqlite" => Box::new(SQLiteDialect {}),
        "transactsql" => Box::new(MsSqlDialect {}),
        "bigquery" => Box::new(BigQueryDialect {}),
        "hive" => Box::new(HiveDialect {}),
        "snowflake" => Box::new(SnowflakeDialect {}),
        "noql" | "generic" => Box::new(GenericDialect {}),
        _ => return None,
    })
}

/// The first name that no rule allows. Rules are regular expressions, `action::database::table` and
/// `action::table::column`.
fn first_outside(used: &BTreeSet<String>, allowed: &[String]) -> Result<Option<String>, String> {
    let rules = allowed
        .iter()
        .map(|rule| Regex::new(&format!("(?i)^(?:{rule})$")).map_err(|error| format!("rule `{rule}`: {error}")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(used
        .iter()
        .find(|name| !rules.iter().any(|rule| rule.is_match(name)))
        .cloned())
}

/// The tables and columns of some statements, in node-sql-parser's words.
#[derive(Default)]
struct Used {
    tables: BTreeSet<String>,
    columns: BTreeSet<String>,
    /// What the statement does to its first table; the others are read.
    action: &'static str,
    aliases: BTreeMap<String, String>,
    defined: BTreeSet<String>,
}

impl Used {
    fn read(&mut self, statement: &Statement) {
        let word = statement
            .to_string()
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_uppercase();
        self.action = match word.as_str() {
            "INSERT" => "insert",
            "REPLACE" => "replace",
            "UPDATE" => "update",
            "DELETE" => "delete",
            "CREATE" => "create",
            "DROP" => "drop",
            "ALTER" => "alter",
            "TRUNCATE" => "truncate",
            _ => "select",
        };
        self.aliases.clear();
        let ControlFlow::Continue(()) = statement.visit(self);
        let (aliases, defined) = (&self.aliases, &self.defined);
        self.tables
            .retain(|table| !defined.contains(table.rsplit("::").next().unwrap_or_default()));
        self.columns = self
            .columns
            .iter()
            .map(|column| match column.split("::").collect::<Vec<_>>().as_slice() {
                [action, table, name] => {
                    let table = aliases.get(*table).map_or(*table, String::as_str);
                    format!("{action}::{table}::{name}")
                }
                _ => column.clone(),
            })
            .collect();
    }
}

impl Visitor for Used {
    type Break = std::convert::Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.defined.insert(cte.alias.name.value.clone());
        }
        if let SetExpr::Select(select) = query.body.as_ref() {
            for item in &select.projection {
                if matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)) {
                    self.columns.insert("select::null::(.*)".to_owned());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        if let TableFactor::Table {
            name,
            alias: Some(alias),
            ..
        } = factor
        {
            self.aliases.insert(alias.name.value.clone(), last_of(name));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        let database = match relation.0.as_slice() {
            [.., database, _] => part(database),
            _ => "null".to_owned(),
        };
        self.tables
            .insert(format!("{}::{database}::{}", self.action, last_of(relation)));
        self.action = "select";
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Self::Break> {
        match expression {
            Expr::Identifier(name) => {
                self.columns.insert(format!("select::null::{}", name.value));
            }
            Expr::CompoundIdentifier(parts) => {
                if let [.., table, name] = parts.as_slice() {
                    self.columns.insert(format!("select::{}::{}", table.value, name.value));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn last_of(name: &ObjectName) -> String {
    name.0.last().map(part).unwrap_or_default()
}

fn part(part: &ObjectNamePart) -> String {
    part.as_ident()
        .map_or_else(|| part.to_string(), |name| name.value.clone())
}

/// `select a b from`: two bare words where a comma or `as` should stand.
fn misses_comma(plain: &str, mysql: bool) -> bool {
    let words: Vec<&str> = plain.split_whitespace().collect();
    let bare = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let modifier = |word: &str| {
        matches!(word, "all" | "distinct")
            || mysql && (matches!(word, "distinctrow" | "high_priority" | "straight_join") || word.starts_with("sql_"))
    };
    words.iter().enumerate().any(|(at, word)| {
        let starts = *word == "select" || word.ends_with("(select") || word.ends_with(";select");
        let rest: Vec<&&str> = words[at + 1..]
            .iter()
            .skip_while(|word| modifier(word))
            .take(3)
            .collect();
        starts && matches!(rest.as_slice(), [one, two, from] if bare(one) && bare(two) && **from == "from")
    })
}

/// The text with quoted pieces as `?`, and without comments.
fn without_texts(sql: &str, database: &str) -> String {
    let brackets = matches!(database, "TransactSQL" | "Sqlite");
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let (taken, instead) = match c {
            '\'' | '"' | '`' => (quoted(rest, c), " ? "),
            '[' if brackets => (quoted(rest, ']'), " ? "),
            '#' => (rest.find('\n').unwrap_or(rest.len()), " "),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), " "),
            '/' if rest.starts_with("/*") => (rest[2..].find("*/").map_or(rest.len(), |at| at + 4), " "),
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        out.push_str(instead);
        rest = &rest[taken..];
    }
    out
}

/// How long a quoted piece is; a doubled quote and one after a backslash do not end it.
fn quoted(text: &str, close: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && close != ']' {
            chars.next();
        } else if c == close {
            if chars.peek().is_some_and(|(_, next)| *next == close) {
                chars.next();
            } else {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

/// The bodies of fenced blocks that are SQL or name no language.
fn code_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(char, usize, bool, Vec<&str>)> = None;
    for line in text.lines() {
        let fence = fence_of(line);
        match &mut open {
            None => {
                if let Some((mark, length, rest)) = fence {
                    let language = rest.trim().to_lowercase();
                    open = Some((mark, length, language.is_empty() || language == "sql", Vec::new()));
                }
            }
            Some((mark, length, is_sql, body)) => match fence {
                Some((own, longer, rest)) if own == *mark && longer >= *length && rest.trim().is_empty() => {
                    if *is_sql {
                        blocks.push(body.join("\n").trim().to_owned());
                    }
                    open = None;
                }
                _ => body.push(line),
            },
        }
    }
    blocks
}

/// The fence that a line is: its mark, its length, and what follows it.
fn fence_of(line: &str) -> Option<(char, usize, &str)> {
    let bare = line.trim_start_matches([' ', '\t']);
    if line.len() - bare.len() > 3 {
        return None;
    }
    let mark = bare.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = bare.chars().take_while(|c| *c == mark).count();
    (length >= 3).then(|| (mark, length, &bare[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(database: &str, sql: &str) -> Option<String> {
        let rules = Rules {
            database: database.to_owned(),
            tables: None,
            columns: None,
        };
        rules.fault(sql).unwrap()
    }

    #[test]
    fn dialects_are_told_apart() {
        assert_eq!(fault("PostgreSQL", "SELECT a::int FROM t"), None);
        assert_eq!(fault("TransactSQL", "SELECT TOP 5 [a b] FROM [t]"), None);
        assert!(fault("MySQL", "SELECT id name FROM t").is_some());
        assert!(fault("MySQL", "SELECT 'id name from' FROM t").is_none());
        assert!(fault("MySQL", "hello").is_some() && fault("MySQL", "SELECT `a FROM t").is_some());
    }

    #[test]
    fn tables_and_columns_are_named() {
        let mut used = Used::default();
        for statement in
            Parser::parse_sql(&MySqlDialect {}, "INSERT INTO d.t SELECT u.id FROM users u WHERE n > 1").unwrap()
        {
            used.read(&statement);
        }
        assert_eq!(
            used.tables.iter().map(String::as_str).collect::<Vec<_>>(),
            ["insert::d::t", "select::null::users"]
        );
        assert!(used.columns.contains("select::users::id") && used.columns.contains("select::null::n"));
    }

    #[test]
    fn blocks_of_sql_are_found() {
        assert_eq!(
            code_blocks("```sql\nSELECT 1\n```\n~~~\nx\n~~~\n```py\ny\n```"),
            ["SELECT 1", "x"]
        );
    }
}
