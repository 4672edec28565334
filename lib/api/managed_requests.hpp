// Requests of the server's administrator about a client's services, on a thread of its own: files are read and written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/delivery_queue.hpp"
#include "api/link_host.hpp"
#include "base/log.hpp"
#include "base/published.hpp"
#include "exits/destinations.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

class ManagedRequests {
public:
    struct Needs {
        LinkHost& link;
        Logger& log;
        /// Handles a request, on this object's thread. The destinations are where services may lead to.
        std::function<wire::Managed(const wire::Manage&, const exits::Destinations&)> answer;
    };

    explicit ManagedRequests(Needs needs);

    /// Where the server's administrator may lead services to. Empty: nowhere, and requests are rejected. Thread-safe.
    void set_targets(const std::vector<std::string>& managed);
    /// A request that the session with this number has received. Called on the link's worker.
    void receive(std::uint64_t number, const wire::Manage& request);
    /// Waits for the present answer. No worker runs any more.
    void stop() { queue_.reset(); }

private:
    struct Request {
        std::uint64_t number;
        wire::Manage request;
    };

    void answer(const Request& received);

    const Needs needs_;
    Published<std::shared_ptr<const exits::Destinations>> targets_;  // null: nowhere
    std::optional<DeliveryQueue<Request>> queue_;
};

}  // namespace ferrotunnel::detail
