use super::control_plane::ControlPlane;
use super::place::Place;
use super::refusal::Refusal;
use schema::{KindId, Quirk};

impl ControlPlane {
    /// What is odd about a whole kind of paths.
    pub(super) fn available(&self, place: &Place) -> Result<(), Refusal> {
        let quirks = place
            .kinds()
            .into_iter()
            .flat_map(|kind| &self.catalog.kind(kind).quirks);
        for quirk in quirks {
            match quirk {
                Quirk::OnlyWithWasm if !self.has_filters => {
                    let why = "this endpoint is only available when wasm is enabled";
                    return Err(Refusal::Plain(400, why.to_owned()));
                }
                Quirk::OnlyWithWasm | Quirk::PutByNameFails | Quirk::PutNeedsExisting => {}
            }
        }
        Ok(())
    }

    /// What is odd about a PUT by something else than the id.
    pub(super) fn may_put_by_name(&self, kind: KindId) -> Result<(), Refusal> {
        if self.has_quirk(kind, Quirk::PutByNameFails) {
            Err(Refusal::Plain(500, "An unexpected error occurred".to_owned()))
        } else {
            Ok(())
        }
    }

    /// What is odd about a PUT on a nested path that creates.
    pub(super) fn may_put_new(&self, kind: KindId) -> Result<(), Refusal> {
        if self.has_quirk(kind, Quirk::PutNeedsExisting) {
            Err(Refusal::NotFound)
        } else {
            Ok(())
        }
    }

    fn has_quirk(&self, kind: KindId, quirk: Quirk) -> bool {
        self.catalog.kind(kind).quirks.contains(&quirk)
    }
}
