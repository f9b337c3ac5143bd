mod architecture;
mod nothing_forgotten;
