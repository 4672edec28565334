//! A plugin in Rust without any crate: a door that opens to those who know a word. The interface
//! is in plugin_abi.rs.
//!
//!     rustc --edition 2021 -O --crate-type cdylib -o gate.so gate.rs
//!
//! Settings: {word: open-sesame}. A request without `X-Word: open-sesame` is refused; the right word is looked at on
//! a thread of its own for requests below /slow/. Answers get the field X-Gate, and those of /loud are in capitals.

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, Ordering};

mod plugin_abi;
use plugin_abi::*;

// --- from the interface to Rust ---------------------------------------------------------------------------------------

static HOST: AtomicPtr<FtHost> = AtomicPtr::new(std::ptr::null_mut());
static HTTP: AtomicPtr<FtHttp> = AtomicPtr::new(std::ptr::null_mut());
static BODIES: AtomicPtr<FtBodyApi> = AtomicPtr::new(std::ptr::null_mut());
static SETTINGS: AtomicPtr<FtSettingsApi> = AtomicPtr::new(std::ptr::null_mut());

// The host's tables are good for as long as the process lives, and are there once the entry has returned a library.
fn host() -> &'static FtHost {
    unsafe { &*HOST.load(Ordering::Relaxed) }
}
fn http() -> &'static FtHttp {
    unsafe { &*HTTP.load(Ordering::Relaxed) }
}
fn bodies() -> &'static FtBodyApi {
    unsafe { &*BODIES.load(Ordering::Relaxed) }
}
fn settings_api() -> &'static FtSettingsApi {
    unsafe { &*SETTINGS.load(Ordering::Relaxed) }
}

const NO_TEXT: FtText = FtText { data: std::ptr::null(), size: 0 };

fn text(of: &str) -> FtText {
    FtText { data: of.as_ptr(), size: of.len() }
}

/// The bytes of the host's text; good within the hook alone.
unsafe fn bytes<'a>(of: FtText) -> &'a [u8] {
    if of.size == 0 { &[] } else { std::slice::from_raw_parts(of.data, of.size) }
}

/// No panic may leave a plugin: it is a failure, which the failure policy answers.
fn guarded(hook: impl FnOnce() -> FtDecision) -> FtDecision {
    catch_unwind(AssertUnwindSafe(hook)).unwrap_or(FT_FAILED)
}

// --- the gate ---------------------------------------------------------------------------------------------------------

struct Gate {
    instance: usize, // the host's, for the log
    word: Vec<u8>,
}

fn has_word(exchange: Exchange, word: &[u8]) -> bool {
    let mut value = NO_TEXT;
    (http().field)(exchange, FT_REQUEST, text("X-Word"), 0, &mut value) != 0 && unsafe { bytes(value) } == word
}

fn judge(exchange: Exchange, word: &[u8]) -> FtDecision {
    if has_word(exchange, word) {
        return FT_GO_ON;
    }
    let refused = (http().reject)(exchange, 403, text("no_word"), std::ptr::null(), 0);
    if refused != 0 { FT_ANSWERED } else { FT_FAILED }
}

extern "C" fn judge_later(exchange: Exchange, word: *mut c_void) -> FtDecision {
    guarded(|| judge(exchange, unsafe { &*(word as *const Vec<u8>) }))
}

extern "C" fn release_word(word: *mut c_void) {
    drop(unsafe { Box::from_raw(word as *mut Vec<u8>) });
}

fn judge_on_thread(exchange: Exchange, word: &[u8]) -> FtDecision {
    let handle = (http().later)(exchange, 0);
    if handle.ticket.is_null() {
        return FT_FAILED; // too many wait
    }
    let (ticket, generation, word) = (handle.ticket as usize, handle.generation, word.to_vec());
    std::thread::spawn(move || {
        let handle = FtLater { ticket: ticket as *mut c_void, generation };
        (http().resume)(handle, judge_later, Box::into_raw(Box::new(word)) as *mut c_void, Some(release_word));
    });
    FT_LATER
}

extern "C" fn in_capitals(_user: *mut c_void, piece: FtText, _last: i32, out: Sink) -> i32 {
    guarded(|| {
        let loud = unsafe { bytes(piece) }.to_ascii_uppercase();
        if (bodies().write)(out, loud.as_ptr(), loud.len()) != 0 { 0 } else { FT_FAILED }
    })
}

extern "C" fn check(settings: Settings) {
    let _ = catch_unwind(|| {
        let mut word = NO_TEXT;
        if (settings_api().text)(settings, text("word"), &mut word) != 0 && word.size < 4 {
            (settings_api().problem)(settings, text("word"), text("has less than four letters"));
        }
    });
}

extern "C" fn make(settings: Settings, instance: *const c_void, _before: *mut c_void) -> *mut c_void {
    catch_unwind(|| {
        let mut word = NO_TEXT;
        (settings_api().text)(settings, text("word"), &mut word);
        Box::into_raw(Box::new(Gate { instance: instance as usize, word: unsafe { bytes(word) }.to_vec() }))
    })
    .unwrap_or(std::ptr::null_mut()) as *mut c_void
}

extern "C" fn destroy(gate: *mut c_void) {
    drop(unsafe { Box::from_raw(gate as *mut Gate) });
}

extern "C" fn on_request(gate: *mut c_void, exchange: Exchange) -> FtDecision {
    guarded(|| {
        let word = unsafe { &(*(gate as *const Gate)).word };
        if unsafe { bytes((http().get)(exchange, FT_PATH)) }.starts_with(b"/slow/") {
            judge_on_thread(exchange, word)
        } else {
            judge(exchange, word)
        }
    })
}

extern "C" fn on_response(_gate: *mut c_void, exchange: Exchange) -> FtDecision {
    static CAPITALS: FtBodyFilter =
        FtBodyFilter { size: std::mem::size_of::<FtBodyFilter>(), chunk: in_capitals, pull: std::ptr::null(), release: None };
    guarded(|| {
        (http().edit)(exchange, FT_RESPONSE, FT_SET, text("X-Gate"), text("rust"));
        if unsafe { bytes((http().get)(exchange, FT_PATH)) } == b"/loud"
            && (bodies().transform)(exchange, FT_RESPONSE, &CAPITALS, std::ptr::null_mut()) == 0
        {
            return FT_FAILED;
        }
        FT_GO_ON
    })
}

extern "C" fn on_close(gate: *mut c_void, _exchange: Exchange, outcome: *const FtOutcome) {
    let _ = catch_unwind(|| {
        let words = format!("an exchange ended with {}", unsafe { (*outcome).status });
        (host().log)(unsafe { (*(gate as *const Gate)).instance } as *const c_void, FT_LOG_INFO, text(&words));
    });
}

// --- the entry --------------------------------------------------------------------------------------------------------

/// What is never written to may be seen by all threads.
struct Shared<T>(T);
unsafe impl<T> Sync for Shared<T> {}
unsafe impl Sync for FtBodyFilter {}

static GATE: Shared<FtType> = Shared(FtType {
    size: std::mem::size_of::<FtType>(),
    name: b"gate\0".as_ptr(),
    version: b"1.0\0".as_ptr(),
    summary: b"opens to those who know a word\0".as_ptr(),
    schema: b"{\"type\": \"object\", \"required\": [\"word\"], \"properties\": {\"word\": {\"type\": \"string\"}}}\0".as_ptr(),
    needs: std::ptr::null(),
    flags: FT_GUARD,
    check,
    make,
    start: std::ptr::null(),
    stop: std::ptr::null(),
    destroy,
    on_request,
    on_response,
    on_close,
});
static TYPES: Shared<[*const FtType; 2]> = Shared([&GATE.0, std::ptr::null()]);
static LIBRARY: Shared<FtLibrary> =
    Shared(FtLibrary { size: std::mem::size_of::<FtLibrary>(), abi_minor: FT_ABI_MINOR, types: &TYPES.0 as *const _ });

/// # Safety
/// Called by the host, once, with its table.
#[no_mangle]
pub unsafe extern "C" fn ferrotunnel_plugin_v1(of: *const FtHost) -> *const FtLibrary {
    HOST.store(of as *mut FtHost, Ordering::Relaxed);
    HTTP.store((host().extension)(b"ferrotunnel.http/1\0".as_ptr()) as *mut FtHttp, Ordering::Relaxed);
    BODIES.store((host().extension)(b"ferrotunnel.body/1\0".as_ptr()) as *mut FtBodyApi, Ordering::Relaxed);
    SETTINGS.store((host().extension)(b"ferrotunnel.settings/1\0".as_ptr()) as *mut FtSettingsApi, Ordering::Relaxed);
    if HTTP.load(Ordering::Relaxed).is_null()
        || BODIES.load(Ordering::Relaxed).is_null()
        || SETTINGS.load(Ordering::Relaxed).is_null()
        || http().size < std::mem::size_of::<FtHttp>()
        || bodies().size < std::mem::size_of::<FtBodyApi>()
        || settings_api().size < std::mem::size_of::<FtSettingsApi>()
    {
        return std::ptr::null();
    }
    &LIBRARY.0
}
