// The endpoint's decision: accept with amendments, or reject with a reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "hooks/event.hpp"

namespace ferrotunnel::plugins {

struct EndpointDecision {
    std::string fault{};  // why there is no decision; empty if there is one
    bool accepts = false;
    std::string reason{};                                           // if it does not accept
    std::vector<std::string> hosts{};                               // that a service gets instead; empty: its own
    std::vector<std::pair<plugin::Limit, std::uint64_t>> limits{};  // of a service
    std::vector<plugin::Field> notes{};                             // of a login or a service
};

/// A failure with the reason `fault`, of a decision of either kind.
template <typename Decision>
Decision without_decision(std::string fault) {
    Decision decision;
    decision.fault = std::move(fault);
    return decision;
}

/// Reads the body of a response. It is strict, because an unknown part could be important: a key that the event does
/// not have, or a value of another type, is a fault.
EndpointDecision read_decision(std::string_view body, Event event);

// Apply the decision to its subject. False if the server does not accept the hosts, limits or notes.
bool amend(plugin::Login& login, const EndpointDecision& decision);
bool amend(plugin::Registration& wanted, const EndpointDecision& decision);
inline bool amend(plugin::Visitor&, const EndpointDecision&) {
    return true;  // nothing of a visitor can be amended
}

}  // namespace ferrotunnel::plugins
