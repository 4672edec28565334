// What a peer does on its connection, as a list of actions that a test writes down:
//
//   send:N        sends N bytes of the pattern
//   expect:N      receives N bytes and compares them with the pattern
//   exchange:N    both at once
//   exchange-until:PATH   both at once, until there is such a file
//   echo          sends back what comes, until the peer's end
//   rest          receives until the connection ends, whichever way, and compares
//   take:N        receives N bytes, whatever they are
//   text:WORDS    sends this text and a newline; file:PATH sends a file
//   line          receives a line and prints it
//   finish        ends the sending direction
//   close         closes
//   reset         resets, after the peer's system has everything that was sent
//   abort         resets at once
//   stall:MS      does nothing for so long
//   touch:PATH    makes a file, for others to wait for
//   wait:PATH     waits for such a file
//   again:N       begins again with the first action, N times in all
//
// Numbers may end in K or M.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "socket.hpp"

namespace e2e {

struct Action {
    std::string name;
    std::string text;
    std::uint64_t number = 0;
};

std::vector<Action> parse_actions(const std::vector<std::string>& words);

enum class Ending { none, eof, reset, timeout };
const char* name_of(Ending ending);

/// What happened on one connection.
struct Result {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    Ending ending = Ending::none;      // how the peer ended it
    std::optional<std::uint64_t> bad;  // offset of the first wrong byte
    std::string failed;                // the action that could not be finished
    std::int64_t milliseconds = 0;
    std::int64_t longest_silence = 0;  // between two reads, in milliseconds
};

/// "sent=5 received=5 ending=eof bad=no failed=no ms=3 silence=1"
std::string to_line(const Result& result);

/// `quiet_max` is how long an action may go without progress, in milliseconds.
Result run_actions(Socket socket, const std::vector<Action>& actions, int quiet_max);

}  // namespace e2e
