//! Measures the flow against a floor taken in the same run: bare requests by the same client.
//!
//! `cargo bench` prints one line for each comparison. Every figure is taken in a process of its own, so that its
//! processor time and its peak memory are its own, too; the control plane is the embedded one, over HTTP.

#![allow(clippy::print_stdout)] // figures are what a bench is for

mod child;
mod floor;
mod flow;
mod gauge;
mod record;
mod server;
mod states;

use child::Job;
use gauge::{Figures, best};
use server::Server;
use states::State;

/// How often each is measured, in turns; the best counts.
const ROUNDS: usize = 5;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if child::is_one() {
        child::run();
        return;
    }
    // what cargo passes to every test and bench
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    reads(
        "20,000 vaults and certificates in sync",
        &states::vaults_and_certificates(10_000, 10_000),
    );
    reads(
        "the same, of which a tag selects 1%",
        &states::of_one_team(10_000, 10_000),
    );
    reads("a mixed state of about 20,000", &states::mixed(20_000));
    writes(&states::vaults_and_certificates(2_000, 0));
    yaml();
}

/// A diff, from the text of its file to the plan, against bare reads of the same pages; and the reading of the file
/// alone.
fn reads(what: &str, state: &State) {
    let server = Server::start(state);
    let file = state.write();
    let paths = Job::Record.run(server.address(), &file);
    let (mut floor, mut flow, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floor.push(Job::ReadBare.run(server.address(), paths.output()).figures());
        flow.push(Job::Diff.run(server.address(), &file).figures());
        alone.push(Job::Read.run("", &file).figures());
    }
    println!("diff: {what} ({} entities, {} requests)", state.entities, paths.lines());
    let (floor, flow, alone) = (best(&floor), best(&flow), best(&alone));
    report("bare reads", "diff", &floor, &flow);
    println!("  its file    {alone}");
    println!(
        "  ratio       {:.2} in time without it",
        (flow.wall - alone.wall) / floor.wall
    );
}

/// A sync of creates against bare writes.
fn writes(state: &State) {
    let file = state.write();
    let bodies = state.write_bodies();
    let (mut floor, mut flow) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let server = Server::start(&State::empty());
        floor.push(Job::WriteBare.run(server.address(), &bodies).figures());
        drop(server);
        let server = Server::start(&State::empty());
        flow.push(Job::Sync.run(server.address(), &file).figures());
    }
    println!("sync: {} creates", state.entities);
    report("bare writes", "sync", &best(&floor), &best(&flow));
}

/// Reading a large state file.
fn yaml() {
    let state = states::of_about(20 << 20);
    let file = state.write();
    let figures: Vec<Figures> = (0..ROUNDS).map(|_| Job::Read.run("", &file).figures()).collect();
    let best = best(&figures);
    println!(
        "yaml: {:.1} MB ({} entities)",
        state.text.len() as f64 / 1e6,
        state.entities
    );
    println!("  read      {best}");
}

fn report(floor_name: &str, flow_name: &str, floor: &Figures, flow: &Figures) {
    println!("  {floor_name:<11} {floor}");
    println!("  {flow_name:<11} {flow}");
    println!(
        "  ratio       {:.2} in time, {:.2} in processor time",
        flow.wall / floor.wall,
        // hundredths are counted
        flow.cpu / floor.cpu.max(0.01)
    );
}
