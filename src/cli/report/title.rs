use plan::{Change, ParentName};
use schema::Catalog;
use uuid::Uuid;

/// What an entity is called where decK's users look for it, without its kind.
///
/// decK says the id of the parent on whose path an entity lives (a target's upstream), not its name.
pub(crate) fn entity_title(catalog: &Catalog, change: &Change) -> String {
    let name = &change.entity().name;
    match path_parent(catalog, change) {
        Some(parent) => format!("{} for {} {}", name.name, parent.kind_name, parent.id),
        None => name.to_string(),
    }
}

/// The parent's name, where the title that decK's users know has only its id: `upstream u`. None if it has no name, or one
/// that could be taken for an id.
pub(crate) fn parent_label(catalog: &Catalog, change: &Change) -> Option<String> {
    let parent = path_parent(catalog, change)?;
    let name = parent.name.as_ref().filter(|name| name.parse::<Uuid>().is_err())?;
    Some(format!("{} {name}", parent.kind_name))
}

/// The parent on whose path the entity lives, if its title says it.
fn path_parent<'a>(catalog: &Catalog, change: &'a Change) -> Option<&'a ParentName> {
    let entity = change.entity();
    let kind = catalog.kind(entity.kind);
    let field = kind.parent.as_ref().filter(|field| kind.title.of.contains(field))?;
    let foreign = kind.foreign_fields.iter().find(|foreign| foreign.field == *field)?;
    entity.name.parents.iter().find(|parent| parent.kind == foreign.kind)
}
