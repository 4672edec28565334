#include "api/managed_requests.hpp"

#include <utility>

#include "api/managed_services.hpp"
#include "settings/client.hpp"

namespace ferrotunnel::detail {

ManagedRequests::ManagedRequests(Needs needs) : needs_(std::move(needs)) {
    DeliveryQueue<Request>::Consumer consumer;
    consumer.take = [this](const Request& received) { answer(received); };
    consumer.report_dropped = [](std::uint64_t) {};  // the server bounds its requests, and waits for 5 s
    queue_.emplace(CalledBy::own_thread, limits::manage_requests_max, std::move(consumer));
}

void ManagedRequests::set_targets(const std::vector<std::string>& managed) {
    targets_ = managed.empty() ? nullptr : std::make_shared<const exits::Destinations>(managed_targets(managed));
}

void ManagedRequests::receive(std::uint64_t number, const wire::Manage& request) {
    if (targets_.get()) {
        queue_->put({number, request}, 1);
    } else {
        needs_.link.post(
            [number, answer = not_managed(request)](session::ClientLink& link) { link.answer(number, answer); });
    }
}

void ManagedRequests::answer(const Request& received) {
    wire::Managed answer{received.request.request, 500, "{}"};
    try {
        const std::shared_ptr<const exits::Destinations> targets = targets_.get();
        answer = targets ? needs_.answer(received.request, *targets) : not_managed(received.request);
    } catch (const std::exception& problem) {
        needs_.log.warn("a request of the server about services failed", {{"why", problem.what()}});
    }
    needs_.link.post([number = received.number, answer = std::move(answer)](session::ClientLink& link) {
        link.answer(number, answer);
    });
}

}  // namespace ferrotunnel::detail
