mod cases;
mod faults;
mod pains;
mod property;
