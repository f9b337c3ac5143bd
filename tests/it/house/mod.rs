mod architecture;
mod codes;
