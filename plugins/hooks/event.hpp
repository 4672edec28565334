// The events for the endpoint, and their JSON. plugins/hooks/README.md has every key.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

enum class Event : std::uint8_t { login, registration, connect, close, authenticate };
inline constexpr std::size_t event_count = 5;

/// The name in settings and bodies: "login", "register", "connect", "close" or "authenticate".
std::string_view name_of(Event event) noexcept;

/// Ids of events and visits, unique over all processes and instances.
class EventIds {
public:
    /// Throws std::runtime_error if no random bytes are available.
    EventIds();
    /// Thread-safe.
    std::string next();

private:
    std::string prefix_;
    std::atomic<std::uint64_t> count_{0};
};

/// What a visit keeps from its connect event to its close event.
struct VisitState {
    std::string id;
    std::string error;  // why the endpoint has not accepted it
};

// The body of an event. Bytes that are not UTF-8 become U+FFFD. Within a hook of that subject.
std::string body_of(const plugin::Login& login, const std::string& id);
std::string body_of(const plugin::TokenQuery& query, const std::string& id);
std::string body_of(const plugin::Registration& wanted, const std::string& id);
std::string body_of(const plugin::Visitor& visit, const std::string& id, const std::string& visit_id);
std::string body_of(const plugin::Visitor& visit, const std::string& id, const VisitState& told,
                    const plugin::VisitOutcome& outcome);

}  // namespace ferrotunnel::plugins
