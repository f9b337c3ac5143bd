mod architecture;
mod codes;
mod nothing_forgotten;
