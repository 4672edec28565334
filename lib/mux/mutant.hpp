// Planted bugs of the multiplexer (base/mutant.hpp).
#pragma once

#include <cstdint>

#include "base/mutant.hpp"

namespace ferrotunnel::mux {

enum class Mutant : std::uint8_t {
    none,
    lost_credit,            // a CREDIT frame is counted as sent, but is not written
    doubled_slice,          // a payload is queued for the endpoint twice
    skipped_wake,           // the endpoint is not woken although something was queued for it
    fin_before_data,        // FIN is sent while data is still queued
    leaked_budget,          // a stream ends and its share of the budget is not given back
    lost_abort,             // an abort is counted as sent, but is not written
    credit_cost_forgotten,  // a sender does not count the 64 bytes that each DATA frame costs
    stuck_ready_flag,       // a stream with data and credit is forgotten by the scheduler
    lost_room_wake,         // a sender that waits for room is not woken
    reset_before_data,      // an ordered reset drops the data that is queued before it
    doubled_credit,         // the same credit is granted twice
    leaked_slab,            // a reference to a slab is never released
    growing_walk,           // compaction walks everything queued, again with each read
    forgotten_piece,        // a piece that is sent is not kept until it is confirmed
    resent_too_late,        // a resumed session resends from one byte too late
    fresh_first,            // a resumed session sends new data before the bytes that the peer has missed
    early_confirm,          // more bytes are confirmed than were received
    silent_bound,           // a session whose keep is full does not request the peer to confirm
    unconfirmed,            // bytes that the peer has confirmed are kept
};

}  // namespace ferrotunnel::mux
