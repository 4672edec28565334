// What hostile visitors do, and the backend that some of them need. Both ends of an attack are ours: what is measured
// is the tunnel in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "socket.hpp"

namespace e2e::hostile {

// The first bytes of a connection tell the backend what to do; an HTTP request does it by its path.
constexpr char pours = 'D';  // sends as much as it may, at once
constexpr char echoes = 'E';
constexpr char hangs = 'H';  // neither reads nor sends nor closes any more
constexpr const char* pour_path = "/pour";
constexpr const char* hang_path = "/hang";
constexpr const char* bytes_path = "/bytes/";  // followed by how many

/// Serves until it is killed. A hostile backend has small buffers in the kernel, which would else hold what the tunnel
/// must not, and pours `pour` bytes to each visitor that asks; the other kind is for good visitors of HTTP services.
[[noreturn]] void serve(const std::string& port_file, std::uint16_t port, bool is_hostile, std::uint64_t pour);

enum class Kind {
    idle,         // says nothing
    unread,       // asks for a lot and reads none of it
    tiny,         // sends byte by byte: to an echo, or heads and bodies of requests
    reset,        // resets its connection while the backend hangs, and comes again
    half_closed,  // ends its direction and stays
    hung,         // sends to a backend that takes nothing
};
constexpr std::size_t kinds = 6;
Kind kind_of(const std::string& name);

struct Plan {
    Address to;
    std::string host;  // of an HTTP service; empty: TCP
    std::size_t count = 0;
    std::vector<Kind> kinds;    // in turns
    std::size_t addresses = 0;  // how many they come from, 127.0.0.2 and on; 0: enough
    std::size_t bytes = 0;      // that each sends to a backend that hangs
    // Rates a second, of all visitors together.
    std::size_t opens = 4'000;
    std::size_t pieces = 1'000;
    std::size_t resets = 200;
};

/// Keeps `count` visitors there: one that is rejected or ended comes again. Takes commands from the standard input:
/// `wait` answers once all are or have been there, `count` at once, with numbers; `end` or the end of input stops it.
void visit(const Plan& plan);

}  // namespace e2e::hostile
