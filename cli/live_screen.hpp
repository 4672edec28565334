// What a terminal shows below the lines of a client's life for as long as it runs: how it goes, and the last requests.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/recorded_exchange.hpp"
#include "output.hpp"

namespace ferrotunnel::cli {

/// How a request, or a connection, is told in one line.
std::string line_of(const RecordedExchange& exchange);
/// What the screen shows: a line about the client, and the last requests, the newest at the bottom.
std::vector<std::string> screen_of(const ClientStats& now, const std::vector<RecordedExchange>& newest);

class LiveScreen {
public:
    /// Both must outlive it. `is_terminal`: otherwise each request is a line of its own, when it is over.
    LiveScreen(const Client& client, Output& output, bool is_terminal)
        : client_(client), output_(output), is_terminal_(is_terminal) {}

    /// Brings it up to date; to be called about once a second.
    void look();

private:
    void tell_lines();

    const Client& client_;
    Output& output_;
    const bool is_terminal_;
    std::uint64_t seen_ = 0;        // the latest exchange
    std::set<std::uint64_t> open_;  // of these, at most as many as are looked at together, are still to be told
};

}  // namespace ferrotunnel::cli
