// Interface of the control API to a running server or client. lib/api implements it for both.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "admin/answer.hpp"
#include "admin/event_ring.hpp"
#include "admin/requests.hpp"
#include "inspect/inspector.hpp"
#include "metrics/exposition.hpp"

namespace ferrotunnel::admin {

struct Request;

/// Requests about services.
class ServiceSubject {
public:
    virtual ~ServiceSubject() = default;

    virtual Answer services() = 0;
    /// `description`: an item of `client.services` of a configuration file, as JSON. `keep`: also after a restart of
    /// the program.
    virtual Answer add_service(const Json&, bool) {
        return not_here("Services are added at their client: use its control socket, or name the client (--client).");
    }
    virtual Answer remove_service(const std::string&, bool) {
        return not_here("Services are removed at their client: use its control socket, or name the client (--client).");
    }
    /// `by`: the caller, for the status.
    virtual Answer switch_service(const std::string&, bool, const std::string&) {
        return not_here(
            "Services are enabled and disabled at their client: use its control socket, or name the client "
            "(--client).");
    }

protected:
    static Answer not_here(std::string message) { return refusal(404, "not_here", std::move(message)); }
};

/// Answers one kind of request. Servers and clients must do so...
template <typename Request>
class Answers {
public:
    virtual Answer answer(const Request&) = 0;

protected:
    ~Answers() = default;
};

template <typename Request>
concept OneSided = requires {
    Request::not_here;
};

/// ...except that one side may refuse what only the other one can answer.
template <OneSided Request>
class Answers<Request> {
public:
    virtual Answer answer(const Request&) { return refusal(404, "not_here", std::string(Request::not_here)); }

protected:
    ~Answers() = default;
};

template <typename All>
class AnswersTo;

template <typename... Request>
class AnswersTo<RequestList<Request...>> : public Answers<Request>... {
public:
    using Answers<Request>::answer...;

protected:
    ~AnswersTo() = default;
};

/// All members are called on the control thread, one at a time. Requests that a side does not support are refused.
class Subject : public ServiceSubject, public AnswersTo<Requests> {
public:
    /// Forwards a request of this API about services, as JSON, to the client of this name or id. `here`: only if it is
    /// connected to this server.
    virtual Answer request_client(const std::string&, const Json&, bool) {
        return not_here("A client has no clients. Ask its server.");
    }

    /// Forwards a request to this member of the cluster.
    virtual Answer request_member(const std::string&, const Request&) {
        return not_here("A client is not a member of a cluster. Ask its server.");
    }

    /// Recent events. It outlives the thread that answers.
    virtual EventRing& events() = 0;
    /// The recorder of exchanges. Null if nothing is recorded.
    virtual std::shared_ptr<inspect::Inspector> inspector() { return nullptr; }
    /// Sends a request to the backend of a service, as `id`, which repeats `replay_of`. Returns why not. Empty if it is
    /// in progress.
    virtual std::string replay(const std::string&, std::string, std::uint64_t, std::uint64_t) {
        return "Requests are sent again by the client that recorded them: use its control socket.";
    }

    /// All metrics.
    virtual void metrics(metrics::Exposition& to) = 0;
    /// Why visitors cannot be served at the moment, in a sentence. Empty if they can.
    virtual std::string why_not_ready() = 0;

    /// The program's listening sockets, from this number on, for the process that will replace it: {"sockets":
    /// [{"name": "http", "address": ...}], "more": true}, and the sockets themselves in that order.
    virtual Answer sockets(std::size_t) { return not_here("A client has no sockets to hand over."); }
    /// The keys of visitors' session tickets, for that process: {"ticket_keys": "..."}, empty without HTTPS.
    virtual Answer ticket_keys() { return not_here("A client has no session tickets to hand over."); }
    /// Another process has the sockets, and has started: this one accepts no new visitors, and ends when the present
    /// ones have finished.
    virtual Answer hand_over() { return not_here("A client has no sockets to hand over."); }
};

}  // namespace ferrotunnel::admin
