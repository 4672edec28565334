#include "trunk/traffic_book.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::trunk {

TrafficSums TrafficBook::sum() const {
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

TrafficBook::Account::Account(std::shared_ptr<TrafficBook> book, const mux::Session& session)
    : book_(std::move(book)), session_(session), shared_(session.shared()) {
    if (book_) {
        const MutexLock lock(book_->mutex_);
        book_->open_.insert(this);
    }
}

// Moves the session to the past in one step, so that readers never count it twice, or not at all.
TrafficBook::Account::~Account() {
    if (book_) {
        update();
        const MutexLock lock(book_->mutex_);
        book_->open_.erase(this);
        add_totals(book_->past_);
    }
}

void TrafficBook::Account::add_totals(TrafficSums& to) const noexcept {
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
