//! Nothing is lost that fits, nobody waits, nothing is woken in vain.

use super::*;
use std::fs;
use std::sync::atomic::AtomicUsize;

/// Keeps what is written, and how many calls brought it.
#[derive(Clone, Default)]
struct Memory {
    text: Arc<Mutex<Vec<u8>>>,
    calls: Arc<AtomicUsize>,
}

impl Memory {
    fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.text.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Refuses in turn: an interruption, a full pipe, then three bytes.
#[derive(Default)]
struct Reluctant(Memory, usize);

impl Write for Reluctant {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        match self.1 % 3 {
            0 => self.0.write(&bytes[..bytes.len().min(3)]),
            1 => Err(ErrorKind::Interrupted.into()),
            _ => Err(ErrorKind::WouldBlock.into()),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A pipe that nobody reads any more.
struct Closed(Arc<AtomicUsize>);

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Err(ErrorKind::BrokenPipe.into())
    }
}

/// A reader that stands still until the test lets it go.
struct Stuck(Receiver<()>, Memory);

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        self.1.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn log(sink: &LineSink, line: &str) {
    sink.line(|lines| {
        lines.push_str(line);
        lines.push('\n');
    });
}

/// Waits for what comes soon, however busy the machine.
fn soon(what: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !what() {
        if begun.elapsed() > Duration::from_secs(20) {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

#[test]
fn each_thread_s_lines_are_all_there_and_in_order_when_the_guard_is_dropped() {
    let memory = Memory::default();
    let (sink, guard) = LineSink::to(memory.clone(), "test").unwrap();
    thread::scope(|scope| {
        for name in ["a", "b", "c"] {
            let sink = sink.clone();
            scope.spawn(move || (0..10_000).for_each(|number| log(&sink, &format!("{name} {number}"))));
        }
    });
    drop(guard);
    let text = memory.text();
    for name in ["a ", "b ", "c "] {
        let numbers: Vec<usize> = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.parse().ok())
            .collect();
        assert_eq!(numbers, (0..10_000).collect::<Vec<_>>());
    }
    assert_eq!((text.lines().count(), sink.dropped().sum(0)), (30_000, 0));
}

#[test]
fn a_single_line_is_written_without_another_one() {
    let memory = Memory::default();
    let (sink, _guard) = LineSink::to(memory.clone(), "test").unwrap();
    for written in 1..=3 {
        log(&sink, "line");
        assert!(soon(|| memory.text().lines().count() == written), "{}", memory.text());
    }
}

#[test]
fn a_burst_of_lines_is_written_in_few_pieces() {
    let memory = Memory::default();
    let (sink, guard) = LineSink::to(memory.clone(), "test").unwrap();
    let begun = Instant::now();
    (0..5_000).for_each(|_| log(&sink, "line"));
    drop(guard);
    let gatherings = begun.elapsed().as_millis() / GATHERING.as_millis();
    let calls = memory.calls.load(Ordering::Relaxed);
    assert_eq!(memory.text().lines().count(), 5_000);
    assert!(
        calls as u128 <= gatherings + 2,
        "{calls} writes, {gatherings} gatherings"
    );
}

#[test]
fn rule_23_a_stuck_writer_makes_nobody_wait_and_costs_a_bounded_memory() {
    let (release, stuck) = mpsc::channel();
    let memory = Memory::default();
    let (sink, guard) = LineSink::to(Stuck(stuck, memory.clone()), "test").unwrap();
    let line = "x".repeat(1_000);
    // If one of them waited for the writer, this would never end.
    (0..10_000).for_each(|_| log(&sink, &line));
    let held: usize = sink.buffers.lanes.iter().map(|lane| lane.lock().capacity()).sum();
    assert!(held <= 1_024 * 1_024, "{held}");
    let dropped = sink.dropped().sum(0);
    assert!(dropped > 0);
    drop(release);
    drop(guard);
    assert_eq!(memory.text().lines().count() as u64 + dropped, 10_000);
    assert!(memory.text().lines().all(|kept| kept == line));
}

#[test]
fn the_end_of_the_program_waits_for_a_stuck_writer_only_so_long() {
    let (_release, stuck) = mpsc::channel();
    let (sink, guard) = LineSink::to(Stuck(stuck, Memory::default()), "test").unwrap();
    log(&sink, "line");
    let begun = Instant::now();
    drop(guard);
    assert!(begun.elapsed() >= LAST_LINES);
}

#[test]
fn a_reluctant_writer_gets_every_byte_in_the_end() {
    let memory = Memory::default();
    let (sink, guard) = LineSink::to(Reluctant(memory.clone(), 0), "test").unwrap();
    (0..5).for_each(|number| log(&sink, &number.to_string()));
    drop(guard);
    assert_eq!(memory.text(), "0\n1\n2\n3\n4\n");
}

#[test]
fn a_closed_writer_is_asked_once_for_each_piece_and_lines_go_on() {
    let calls = Arc::new(AtomicUsize::new(0));
    let (sink, guard) = LineSink::to(Closed(Arc::clone(&calls)), "test").unwrap();
    for piece in 1..=3 {
        log(&sink, "line");
        assert!(soon(|| calls.load(Ordering::Relaxed) >= piece));
    }
    drop(guard);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
}

#[test]
fn a_line_that_panics_on_the_way_hurts_no_other() {
    let memory = Memory::default();
    let (sink, guard) = LineSink::to(memory.clone(), "test").unwrap();
    let other = sink.clone();
    assert!(
        thread::spawn(move || other.line(|_| panic!("on purpose")))
            .join()
            .is_err()
    );
    for _ in 0..BUFFERS {
        let sink = sink.clone();
        thread::spawn(move || log(&sink, "line")).join().unwrap();
    }
    drop(guard);
    assert_eq!(memory.text().lines().count(), BUFFERS);
}

#[test]
fn the_memory_of_busy_times_is_given_back() {
    let memory = Memory::default();
    let (sink, _guard) = LineSink::to(memory.clone(), "test").unwrap();
    let line = "x".repeat(1_000);
    (0..900).for_each(|_| log(&sink, &line));
    let biggest = || sink.buffers.lanes.iter().map(|lane| lane.lock().capacity()).max();
    assert!(soon(|| biggest() <= Some(KEPT)), "{:?}", biggest());
    assert_eq!(memory.text().lines().count(), 900);
}

#[test]
#[cfg(target_os = "linux")]
fn a_quiet_sink_sleeps_without_a_timer() {
    let memory = Memory::default();
    let (sink, _guard) = LineSink::to(memory.clone(), "quiet-sink").unwrap();
    log(&sink, "line");
    assert!(soon(|| memory.text() == "line\n"));
    let switches = || {
        let of = |task: fs::DirEntry| {
            let named = fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "quiet-sink\n");
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            let counted = |line: &str| line.split_once("ctxt_switches:")?.1.trim().parse::<u64>().ok();
            named.then(|| status.lines().filter_map(counted).sum::<u64>())
        };
        fs::read_dir("/proc/self/task").unwrap().flatten().find_map(of).unwrap()
    };
    assert!(soon(|| sink.buffers.pace.load(Ordering::Acquire) == ASLEEP));
    thread::sleep(Duration::from_millis(100));
    let before = switches();
    thread::sleep(20 * GATHERING);
    assert_eq!(switches(), before);
}
