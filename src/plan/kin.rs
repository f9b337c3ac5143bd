use schema::{Catalog, KindId};

/// Every kind, after those that its entities refer to.
pub(super) fn kinds_by_dependency(catalog: &Catalog) -> Vec<KindId> {
    let mut order = Vec::new();
    for (kind, _) in catalog.kinds() {
        visit_kind(catalog, kind, &mut Vec::new(), &mut order);
    }
    order
}

fn visit_kind(catalog: &Catalog, kind: KindId, on_the_way: &mut Vec<KindId>, order: &mut Vec<KindId>) {
    if order.contains(&kind) || on_the_way.contains(&kind) {
        return;
    }
    on_the_way.push(kind);
    for foreign in &catalog.kind(kind).foreign_fields {
        visit_kind(catalog, foreign.kind, on_the_way, order);
    }
    on_the_way.pop();
    order.push(kind);
}
