use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{unexpected_response_error, unreadable_response_error};
use crate::dialect::SchemaId;
use crate::{Client, Clock, ReadError, ResponseOutcome, Transport};
use json::Value;
use schema::LiveSchemas;

/// The names of the schemas that a run needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaRequest {
    /// Of kinds, by their collections.
    pub entities: BTreeSet<String>,
    /// Of plugins.
    pub plugins: BTreeSet<String>,
    /// Of vault backends.
    pub vaults: BTreeSet<String>,
}

impl<T: Transport, C: Clock> Client<T, C> {
    /// Reads the requested schemas that are not known yet, concurrently. What the node does not have, or does not show this
    /// token, is left out.
    ///
    /// # Errors
    /// No response, wrong credentials, or a response that is not Kong's.
    pub async fn read_schemas(&self, request: &SchemaRequest, known: &mut LiveSchemas) -> Result<(), ReadError> {
        let entities = missing_names(&request.entities, &known.entities).map(SchemaId::Entity);
        let plugins = missing_names(&request.plugins, &known.plugins).map(SchemaId::Plugin);
        let vaults = missing_names(&request.vaults, &known.vaults).map(SchemaId::Vault);
        let ids = stream::iter(entities.chain(plugins).chain(vaults));
        let reads = ids.map(|id| async move { Ok((id, self.read_schema(id).await?)) });
        let reads: Vec<_> = reads.buffer_unordered(self.parallelism()).try_collect().await?;
        for (id, schema) in reads {
            let Some(schema) = schema else { continue };
            match id {
                SchemaId::Entity(name) => known.entities.insert(name.to_owned(), schema),
                SchemaId::Plugin(name) => known.plugins.insert(name.to_owned(), schema),
                SchemaId::Vault(name) => known.vaults.insert(name.to_owned(), schema),
            };
        }
        Ok(())
    }

    async fn read_schema(&self, id: SchemaId<'_>) -> Result<Option<Value>, ReadError> {
        let request = self.dialect.schema_request(id);
        let classified = self.send_read(&request).await?;
        match classified.outcome {
            ResponseOutcome::Success => serde_json::from_slice(&classified.response.body)
                .map(Some)
                .map_err(|_| unreadable_response_error(&request, "no JSON")),
            ResponseOutcome::NotFound | ResponseOutcome::Unsupported | ResponseOutcome::Forbidden => Ok(None),
            _ => Err(unexpected_response_error(&request, classified)),
        }
    }
}

fn missing_names<'a>(names: &'a BTreeSet<String>, known: &BTreeMap<String, Value>) -> impl Iterator<Item = &'a str> {
    let missing: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !known.contains_key(*name))
        .collect();
    missing.into_iter()
}
