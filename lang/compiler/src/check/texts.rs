//! Texts: what they become, what they may hold.

use mainstay_calendar::Zone;
use mainstay_diagnostics::codes::{secrets, types};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Expr, ItemKind, TextLit, TextPart};

use super::{Checker, Env, Want};
use crate::resolve::Bound;
use crate::types::{FROM_TEXT, TEXT, Type};
use crate::value::{Typed, Val};

impl Checker<'_> {
    pub(super) fn text(&mut self, env: &Env, text: &TextLit, want: &Want) -> Typed {
        let written = self.pieces(env, text);
        let value = written.as_deref().map_or(Val::Unknown, |text| Val::Text(text.into()));
        let Some(wanted) = &want.ty else { return Typed::new(TEXT, value, text.span) };
        for ty in wanted.alternatives() {
            match ty {
                Type::Named(name) if FROM_TEXT.contains(name) => {
                    self.as_read(name, written.as_deref(), text.span);
                    return Typed::new(Type::Named(name), value, text.span);
                }
                Type::Literals(members) => {
                    return self.one_of(members, written, text.span, want);
                }
                _ => {}
            }
        }
        Typed::new(TEXT, value, text.span)
    }

    /// The whole text, unless a part of it is unknown.
    fn pieces(&mut self, env: &Env, text: &TextLit) -> Option<String> {
        let mut whole = Some(String::new());
        for part in &text.parts {
            let piece = match part {
                TextPart::Raw(raw) => Some(raw.clone()),
                TextPart::Interpolated(expr) => self.interpolated(env, expr),
            };
            whole = whole.zip(piece).map(|(whole, piece)| whole + &piece);
        }
        whole
    }

    fn interpolated(&mut self, env: &Env, expr: &Expr) -> Option<String> {
        let typed = self.expr(env, expr, &Want::nothing());
        if typed.ty.is_poison() {
            return None;
        }
        if typed.ty.name() == Some("Secret") {
            self.sink.push(secret_in_text(expr.span()));
            return None;
        }
        if !self.is_param_or_let(env, expr) {
            self.sink.push(not_for_texts(expr.span()));
            return None;
        }
        match typed.value {
            Val::Unknown => None,
            value => {
                let shown = value.in_text();
                if shown.is_none() {
                    self.sink.push(no_text_form(expr.span(), &typed.ty));
                }
                shown
            }
        }
    }

    fn is_param_or_let(&self, env: &Env, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else { return false };
        let Some(first) = path.parts.first() else { return false };
        if let Some(local) = env.local(&first.text) {
            return !local.is_step && !matches!(local.typed.value, Val::Decl(_));
        }
        let mut module = self.program.module(env.module);
        for part in &path.parts {
            match module.and_then(|module| module.names.get(&part.text)) {
                Some(Bound::Module(id, _)) => module = self.program.module(*id),
                Some(Bound::Own(id) | Bound::Imported(id, _)) => {
                    let kind = self.program.item(*id).map(|item| &item.kind);
                    return matches!(kind, Some(ItemKind::Param(_) | ItemKind::Let(_)));
                }
                Some(Bound::Broken(_)) | None => return false,
            }
        }
        false
    }

    fn as_read(&mut self, name: &str, text: Option<&str>, span: Span) {
        let Some(text) = text else { return };
        if name == "Zone" && mainstay_calendar::Zone::find(text).is_err() {
            self.sink.push(unknown_zone(text, span));
        }
        if name == "Pattern"
            && let Some(said) = broken_pattern(text)
        {
            let found = Diagnostic::error(types::TEXT_FORM, said, span, "matches nothing as it stands");
            self.sink.push(found.help("a `\\` before a sign takes its meaning away"));
        }
        if name == "Path" && text.is_empty() {
            let message = "a path is not empty";
            self.sink.push(Diagnostic::error(types::TEXT_FORM, message, span, "nothing"));
        }
        if let Some(found) = for_a_shell(text, span).filter(|_| name == "Path") {
            self.sink.push(found);
        }
    }

    /// A member of a union of literals.
    fn one_of(&mut self, members: &[String], text: Option<String>, span: Span, want: &Want) -> Typed {
        let Some(text) = text else { return Typed::poison(span) };
        if members.contains(&text) {
            let ty = Type::Literals(vec![text.clone()]);
            return Typed::new(ty, Val::Text(text.into()), span);
        }
        let help = crate::resolve::did_you_mean(&text, members.iter().map(String::as_str));
        let message = format!("`{text}` is none of the values that may stand here");
        let mut found = Diagnostic::error(types::NOT_A_MEMBER, message, span, "unknown value").help(help);
        if let Some((by, why)) = self.wanted_by(want) {
            found = found.label(by, why);
        }
        self.sink.push(found);
        Typed::poison(span)
    }
}

fn secret_in_text(span: Span) -> Diagnostic {
    let message = "a secret cannot be a part of a text";
    Diagnostic::error(secrets::IN_TEXT, message, span, "this is a secret")
        .note("a secret is a reference: it has no value until the runtime needs it, so that it is never printed")
        .help("hand the secret itself to a field that takes one, or to a program with `env(..)`")
}

fn not_for_texts(span: Span) -> Diagnostic {
    let message = "only params and lets can be a part of a text";
    Diagnostic::error(types::INTERPOLATION, message, span, "neither a param nor a let")
        .help("name the value with a `let`, and use that name here")
}

/// What is wrong with a pattern, by the rules of `[files.pattern]`.
fn broken_pattern(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("a pattern is not empty");
    }
    let (mut class, mut braces) = (None, 0_u32);
    let mut letters = text.chars().enumerate();
    while let Some((at, letter)) = letters.next() {
        match (letter, class) {
            ('\\', _) => drop(letters.next()),
            // The first letter of a class may be its closing sign.
            (']', Some(open)) if at > open + 1 => class = None,
            ('[', None) => class = Some(at),
            ('{', None) => braces += 1,
            ('}', None) => braces = braces.saturating_sub(1),
            _ => {}
        }
    }
    match (class, braces) {
        (Some(_), _) => Some("`[` is not closed in this pattern"),
        (None, 1..) => Some("`{` is not closed in this pattern"),
        _ => None,
    }
}

fn no_text_form(span: Span, ty: &Type) -> Diagnostic {
    let message = format!("{} cannot be a part of a text", ty.with_article());
    Diagnostic::error(types::INTERPOLATION, message, span, "has no text form")
        .help("texts, numbers, truths and dates can stand in a text")
}

/// What a shell would replace in a path: here it would be the name of a folder.
fn for_a_shell(text: &str, span: Span) -> Option<Diagnostic> {
    let (mark, help) = if text == "~" || text.starts_with("~/") {
        ("~", "write the folder out: `/home/ana`")
    } else if text.contains("$(") {
        ("$(", "a param is read with `${name}`")
    } else {
        return None;
    };
    let message = format!("no shell reads this path, so `{mark}` would be a part of its name");
    Some(Diagnostic::error(types::TEXT_FORM, message, span, "taken as it is written").help(help))
}

fn unknown_zone(text: &str, span: Span) -> Diagnostic {
    let near = Zone::find(text).err().map(|unknown| unknown.suggestions).unwrap_or_default();
    let message = format!("there is no time zone `{text}`");
    let found = Diagnostic::error(types::TEXT_FORM, message, span, "not in the tz database");
    if near.is_empty() {
        return found.help("zones are named as in the tz database: `Europe/Berlin`, `UTC`");
    }
    let shown: Vec<String> = near.iter().map(|zone| format!("`{zone}`")).collect();
    let found = found.help(format!("did you mean {}?", shown.join(" or ")));
    near.iter()
        .fold(found, |found, zone| found.fix(format!("write `{zone}`"), span, format!("{zone:?}"), false))
}
