#include "trunk/traffic_registry.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::trunk {

TrafficSums TrafficRegistry::sum() const {
    const MutexLock lock(mutex_);
    TrafficSums sum = past_;
    for (const Account* account : open_) {
        account->add_totals(sum);
        sum.streams += static_cast<std::uint32_t>(account->streams_.load());
        sum.bytes_kept += account->bytes_kept_.load();
        sum.bytes_held += account->shared_->ledger->bytes();
        sum.bytes_queued += account->shared_->outbound->bytes();
        const Duration rtt = account->rtt_min_.load(std::memory_order_relaxed);
        if (rtt > Duration::zero()) {
            sum.rtt_min = sum.rtt_min > Duration::zero() ? std::min(sum.rtt_min, rtt) : rtt;
        }
    }
    return sum;
}

TrafficRegistry::Account::Account(std::shared_ptr<TrafficRegistry> registry, const mux::Session& session)
    : registry_(std::move(registry)), session_(session), shared_(session.shared()) {
    if (registry_) {
        const MutexLock lock(registry_->mutex_);
        registry_->open_.insert(this);
    }
}

// Moves the session to the past in one step, so that readers never count it twice, or not at all.
TrafficRegistry::Account::~Account() {
    if (registry_) {
        update();
        const MutexLock lock(registry_->mutex_);
        registry_->open_.erase(this);
        add_totals(registry_->past_);
    }
}

void TrafficRegistry::Account::add_totals(TrafficSums& to) const noexcept {
    to.payload_received += payload_received_.load();
    to.payload_sent += payload_sent_.load();
    to.bytes_copied += bytes_copied_.load();
    to.frames_received += frames_received_.load();
    to.frames_sent += frames_sent_.load();
    to.resets += resets_.load();
    to.credit_stalls += credit_stalls_.load();
    to.streams_opened += streams_opened_.load();
    to.streams_refused += streams_refused_.load();
    decode.add_to(to.decode);
    encode.add_to(to.encode);
}

}  // namespace ferrotunnel::trunk
