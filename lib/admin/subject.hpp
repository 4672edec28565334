// What the control API asks of a running server or client. lib/api implements it for both.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "admin/answer.hpp"
#include "admin/event_ring.hpp"
#include "inspect/inspector.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::admin {

/// A visitor of HTTP, of whom is asked where it would come.
struct RouteQuestion {
    std::string url;
    std::string visitor;  // its IP address; empty: any
    std::string cookie;   // as the field has it; empty: none
};

/// What is asked about services.
class ServiceSubject {
public:
    virtual ~ServiceSubject() = default;

    virtual Answer services() = 0;
    /// `description`: an item of `client.services` of a configuration file, as JSON. `keep`: also when the program
    /// starts again.
    virtual Answer add_service(const Json&, bool) { return not_here("Services are added at their client."); }
    virtual Answer remove_service(const std::string&, bool) {
        return not_here("Services are removed at their client.");
    }
    /// `by`: who asks, for status.
    virtual Answer switch_service(const std::string&, bool, const std::string&) {
        return not_here("Services are switched at their client.");
    }

protected:
    static Answer not_here(std::string message) { return refusal(404, "not_here", std::move(message)); }
};

/// All members are called on the control socket's thread, one at a time. What one side does not have is refused.
class Subject : public ServiceSubject {
public:
    /// Everything that `ferrotunnel status` shows.
    virtual Answer status() = 0;
    virtual Answer tunnels() { return not_here("A client has no list of tunnels. Ask its server."); }
    virtual Answer tokens() { return not_here("A client has no list of tokens. Ask its server."); }
    /// The service that such a visitor comes to, with the members of its group.
    virtual Answer route(const RouteQuestion&) { return not_here("A client does not route visitors. Ask its server."); }
    /// Ends the sessions of the clients with this id, or else of all those with this name, and refuses them for that
    /// time; zero: they may come back at once.
    virtual Answer kick(const std::string&, std::chrono::milliseconds) {
        return not_here("A client cannot disconnect clients. Ask its server.");
    }
    /// Asks the client of this name or id about its services: a request of this API, as JSON.
    virtual Answer ask_client(const std::string&, const Json&) {
        return not_here("A client has no clients. Ask its server.");
    }

    /// What has happened. It outlives the thread that answers.
    virtual EventRing& events() = 0;
    /// What was recorded of exchanges; null: nothing is.
    virtual std::shared_ptr<inspect::Inspector> inspector() { return nullptr; }
    /// Sends a request to the backend of a service, as `id`, which repeats `replay_of`. Returns why not; empty: it is
    /// on its way.
    virtual std::string replay(const std::string&, std::string, std::uint64_t, std::uint64_t) {
        return "Requests are sent again by their client.";
    }

    /// All numbers.
    virtual void metrics(metrics::Exposition& to) = 0;
    /// Why visitors cannot be served at the moment, in a sentence; empty: they can.
    virtual std::string why_not_ready() = 0;

    virtual Answer reload() = 0;
    /// With a time: reloads, and takes back what is applied when it is over; without one: what is on trial stays.
    virtual Answer try_reload(std::optional<std::chrono::milliseconds> time) = 0;
    /// What is in effect beside what the configuration says now.
    virtual Answer compare() = 0;
    /// What was applied last, as text without secrets, beside what `compare` tells.
    virtual Answer configuration() = 0;
    /// The sockets at which the program listens, from the one with this number on, for the process that is to take its
    /// place: {"sockets": [{"name": "http", "address": ...}], "more": true}, and the sockets themselves in that order.
    virtual Answer sockets(std::size_t) { return not_here("A client has no sockets to hand over."); }
    /// Another process has them, and has begun: this one takes nobody any more, and ends when its visitors have
    /// finished.
    virtual Answer hand_over() { return not_here("A client has no sockets to hand over."); }
    /// `time`: for how long visitors may finish; nothing: as the program is set up.
    virtual Answer drain(std::optional<std::chrono::milliseconds> time) = 0;
};

}  // namespace ferrotunnel::admin
