//! Types and parameters as a policy writes them.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::types;
use mainstay_syntax::ast::{Ident, ParamDecl, TextLit, TypeExpr, TypeExprKind};

use super::Checker;
use crate::library::{self, Parameter};
use crate::resolve::nearest;
use crate::types::{BUILT_IN, Type};

impl Checker<'_> {
    /// The parameters of a pipeline or a function.
    pub(super) fn parameters<'p>(&mut self, declared: &'p [ParamDecl]) -> Vec<Parameter<'p>> {
        let mut params = Vec::new();
        for param in declared {
            let Some(name) = &param.name else { continue };
            let ty = param.ty.as_ref().map_or(Type::Poison, |ty| self.type_of(ty));
            let optional = matches!(param.ty, Some(TypeExpr { kind: TypeExprKind::Optional(_), .. }));
            let (name, default, span) = (name.text.as_str(), param.default.as_ref(), param.span);
            let field = name.to_owned().into();
            params.push(Parameter { name, field, ty, optional, default, span });
        }
        params
    }

    /// A type as written in a policy: what it names must exist, and only states may stand in a union.
    pub(super) fn type_of(&mut self, ty: &TypeExpr) -> Type {
        match &ty.kind {
            TypeExprKind::Name(name, args) => self.named_type(name, args),
            TypeExprKind::Literals(texts) => {
                Type::Literals(texts.iter().filter_map(TextLit::plain).collect())
            }
            TypeExprKind::Union(members) => {
                let read: Vec<Type> = members.iter().map(|member| self.type_of(member)).collect();
                let union = Type::Union(read);
                if !self.library.is_state(&union) && !union.alternatives().iter().any(Type::is_poison) {
                    let message = "only states of data, or texts in quotes, may stand in a union";
                    self.sink.push(Diagnostic::error(types::UNKNOWN_TYPE, message, ty.span, "a union"));
                    return Type::Poison;
                }
                union
            }
            TypeExprKind::Optional(inner) => self.type_of(inner),
            TypeExprKind::Missing => Type::Poison,
        }
    }

    fn named_type(&mut self, name: &Ident, args: &[TypeExpr]) -> Type {
        let mut argument = || args.first().map_or(Type::Poison, |arg| self.type_of(arg));
        match name.text.as_str() {
            "List" => Type::List(Box::new(argument())),
            "Range" => Type::Range(Box::new(argument())),
            other => match library::type_name(other) {
                Some(known) => {
                    let declared = self.library.types.get(known).map(|info| info.span);
                    declared.into_iter().for_each(|declared| self.sink.used(name.span, declared));
                    Type::Named(known)
                }
                None => {
                    self.unknown_type(name);
                    Type::Poison
                }
            },
        }
    }

    fn unknown_type(&mut self, name: &Ident) {
        let message = format!("there is no type `{}`", name.text);
        let mut found = Diagnostic::error(types::UNKNOWN_TYPE, message, name.span, "unknown type");
        let declared = self.library.types.keys().copied();
        if let Some(near) = nearest(&name.text, BUILT_IN.iter().copied().chain(declared)) {
            found = found.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                name.span,
                near,
                false,
            );
        }
        self.sink.push(found);
    }
}
