// The lower lines of a client's terminal: its state and the latest requests.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/recorded_exchange.hpp"
#include "output.hpp"

namespace ferrotunnel::cli {

/// One line about a request or a connection.
std::string line_of(const RecordedExchange& exchange);
/// The content of the screen: a line about the client, and the latest requests, the newest at the bottom.
std::vector<std::string> screen_of(const ClientStats& now, const std::vector<RecordedExchange>& newest);

class LiveScreen {
public:
    /// Both must outlive it. Unless `is_terminal`, each request is printed as a line when it is over.
    LiveScreen(const Client& client, Output& output, bool is_terminal)
        : client_(client), output_(output), is_terminal_(is_terminal) {}

    /// Updates the screen; to be called about once a second.
    void tick();

private:
    void print_finished();

    const Client& client_;
    Output& output_;
    const bool is_terminal_;
    std::uint64_t seen_ = 0;        // the latest exchange
    std::set<std::uint64_t> open_;  // seen exchanges that are not printed yet, at most as many as are read together
};

}  // namespace ferrotunnel::cli
