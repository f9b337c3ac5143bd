mod canonical;
mod checks;
