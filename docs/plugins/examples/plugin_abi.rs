//! plugin_abi.h in Rust, by hand: as much of it as gate.rs uses. Members are only ever appended to a struct, so one may
//! leave out those behind the last that is used, and has to have all before it, in order.
#![allow(dead_code)]

use std::ffi::c_void;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FtText {
    pub data: *const u8,
    pub size: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FtLater {
    pub ticket: *mut c_void,
    pub generation: u64,
}

pub type FtDecision = i32;
pub const FT_FAILED: FtDecision = -1;
pub const FT_GO_ON: FtDecision = 0;
pub const FT_ANSWERED: FtDecision = 1;
pub const FT_LATER: FtDecision = 2;

pub const FT_REQUEST: u32 = 0;
pub const FT_RESPONSE: u32 = 1;
pub const FT_PATH: u32 = 1;
pub const FT_SET: u32 = 1;
pub const FT_LOG_INFO: i32 = 2;
pub const FT_GUARD: u32 = 1;
pub const FT_ABI_MINOR: u32 = 1;

pub type Exchange = *mut c_void;
pub type Settings = *mut c_void;
pub type Sink = *mut c_void;
pub type Release = Option<extern "C" fn(*mut c_void)>;
pub type Unused = *const c_void; // a function that is not called here

#[repr(C)]
pub struct FtHost {
    pub size: usize,
    pub abi_minor: u32,
    pub extension: extern "C" fn(*const u8) -> *const c_void,
    pub log: extern "C" fn(*const c_void, i32, FtText),
    pub now_ns: extern "C" fn() -> u64,
}

#[repr(C)]
pub struct FtSettingsApi {
    pub size: usize,
    pub text: extern "C" fn(Settings, FtText, *mut FtText) -> i32,
    pub integer: Unused,
    pub number: Unused,
    pub boolean: Unused,
    pub count: Unused,
    pub key: Unused,
    pub problem: extern "C" fn(Settings, FtText, FtText),
}

#[repr(C)]
pub struct FtHttp {
    pub size: usize,
    pub get: extern "C" fn(Exchange, u32) -> FtText,
    pub field: extern "C" fn(Exchange, u32, FtText, usize, *mut FtText) -> i32,
    pub field_at: Unused,
    pub edit: extern "C" fn(Exchange, u32, u32, FtText, FtText) -> i32,
    pub set_target: Unused,
    pub status: Unused,
    pub origin: Unused,
    pub answer: Unused,
    pub reject: extern "C" fn(Exchange, u32, FtText, *const FtText, usize) -> i32,
    pub note: Unused,
    pub set_note: Unused,
    pub state: Unused,
    pub set_state: Unused,
    pub later: extern "C" fn(Exchange, u64) -> FtLater,
    pub resume: extern "C" fn(FtLater, extern "C" fn(Exchange, *mut c_void) -> FtDecision, *mut c_void, Release),
}

#[repr(C)]
pub struct FtBodyFilter {
    pub size: usize,
    pub chunk: extern "C" fn(*mut c_void, FtText, i32, Sink) -> i32,
    pub pull: Unused,
    pub release: Release,
}

#[repr(C)]
pub struct FtBodyApi {
    pub size: usize,
    pub observe: Unused,
    pub transform: extern "C" fn(Exchange, u32, *const FtBodyFilter, *mut c_void) -> i32,
    pub collect: Unused,
    pub write: extern "C" fn(Sink, *const u8, usize) -> i32,
}

#[repr(C)]
pub struct FtOutcome {
    pub size: usize,
    pub status: u32,
    pub complete: i32,
}

/// As in minor version 0: the host takes what came later for null, by the size.
#[repr(C)]
pub struct FtType {
    pub size: usize,
    pub name: *const u8,
    pub version: *const u8,
    pub summary: *const u8,
    pub schema: *const u8,
    pub needs: *const *const u8,
    pub flags: u32,
    pub check: extern "C" fn(Settings),
    pub make: extern "C" fn(Settings, *const c_void, *mut c_void) -> *mut c_void,
    pub start: Unused,
    pub stop: Unused,
    pub destroy: extern "C" fn(*mut c_void),
    pub on_request: extern "C" fn(*mut c_void, Exchange) -> FtDecision,
    pub on_response: extern "C" fn(*mut c_void, Exchange) -> FtDecision,
    pub on_close: extern "C" fn(*mut c_void, Exchange, *const FtOutcome),
}

#[repr(C)]
pub struct FtLibrary {
    pub size: usize,
    pub abi_minor: u32,
    pub types: *const *const FtType,
}
