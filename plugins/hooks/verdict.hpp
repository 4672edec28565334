// What the endpoint has answered: accept with amendments, or reject with words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "hooks/event.hpp"

namespace ferrotunnel::plugins {

struct Verdict {
    std::string fault{};  // why there is no verdict; empty: there is one
    bool accepts = false;
    std::string reason{};                                           // where it does not accept
    std::vector<std::string> hosts{};                               // that a service gets instead; none: its own
    std::vector<std::pair<plugin::Limit, std::uint64_t>> limits{};  // of a service
    std::vector<plugin::Field> notes{};                             // of a login or a service
};

/// A failure, for the reason that `fault` says.
Verdict no_verdict(std::string fault);

/// Reads the body of an answer. It is strict, since what is not understood could be what matters: a key that the event
/// does not have, or a value of another type, is a fault.
Verdict read_verdict(std::string_view body, Event event);

// What the verdict means for its subject. False: the server does not take the hosts, limits or notes.
bool amend(plugin::Login& login, const Verdict& verdict);
bool amend(plugin::Registration& wanted, const Verdict& verdict);
inline bool amend(plugin::Visit&, const Verdict&) {
    return true;  // it cannot be amended
}

}  // namespace ferrotunnel::plugins
