mod canonical;
mod checks;
mod kind_files;
