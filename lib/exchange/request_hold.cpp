#include "exchange/request_hold.hpp"

#include <utility>

namespace ferrotunnel::exchange {

bool RequestHold::wait_with(const http::RequestHead& head, TimePoint until, bool is_first) {
    ExchangeWorker& edge = needs_.at.edge;
    auto kept = std::make_unique<http::OwnedHead>(head);
    if (!edge.hold.enter(needs_.visitor, kept->bytes())) {
        return false;
    }
    if (is_first) {
        EdgeCounters::add(edge.counters.held);
    }
    head_ = std::move(kept);
    edge.wheel.set(needs_.deadline, until);
    return true;
}

std::unique_ptr<http::OwnedHead> RequestHold::take_head() {
    ExchangeWorker& edge = needs_.at.edge;
    http::RequestHead head;
    head_->restore(head);
    using Kind = directory::HttpMatch::Kind;
    const bool is_offline =
        edge.routes.get().find(needs_.at.request.host, head.target.path, needs_.at.now()).kind == Kind::offline;
    if (is_offline && edge.hold.enter(needs_.visitor, head_->bytes())) {
        return nullptr;
    }
    needs_.deadline.cancel();
    return std::move(head_);
}

bool RequestHold::wait_for_successor(std::size_t bytes, std::uint64_t seen) {
    ExchangeWorker& edge = needs_.at.edge;
    const TimePoint now = needs_.at.now();
    until_ = until_ == TimePoint{} ? now + edge.settings().hold : until_;
    if (now >= until_ || !edge.hold.enter(needs_.visitor, bytes, seen)) {
        return false;
    }
    EdgeCounters::add(edge.counters.held);
    edge.wheel.set(needs_.deadline, until_);
    return true;
}

}  // namespace ferrotunnel::exchange
