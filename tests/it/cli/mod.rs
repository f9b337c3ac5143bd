mod canary;
mod commands;
mod dump_schemas;
mod failures;
mod former_secrets;
mod help;
mod outputs;
mod workspaces;
