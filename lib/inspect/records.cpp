#include "inspect/records.hpp"

namespace ferrotunnel::inspect {

void Record::drop() noexcept {
    const MutexLock lock(mutex_);
    dropped_ = true;
    exchange_ = {};
    waiting_request_ = {};
    waiting_answer_ = {};
    original_ = {};
}

bool Records::admits(TimePoint now) {
    const RateLimit limit{static_cast<std::uint32_t>(entries_max_), limits::inspect_rate};
    const MutexLock lock(mutex_);
    const bool is_in_time = rate_.take(limit, now);
    not_recorded_ += is_in_time ? 0 : 1;
    return is_in_time;
}

std::shared_ptr<Record> Records::begin(Exchange exchange) {
    exchange.id = exchange.id != 0 ? exchange.id : next_id();
    const std::uint64_t bytes = limits::inspect_entry_cost + exchange.service.size() + exchange.backend.size() +
                                exchange.visitor.size() + exchange.request.head.size();
    auto record = std::make_shared<Record>(std::move(exchange));
    const MutexLock lock(mutex_);
    while (kept_.size() >= entries_max_) {
        drop_oldest();
    }
    make_room(bytes);
    kept_.push_back(record);
    record->counted_ = bytes;
    record->kept_ = true;
    bytes_ += bytes;
    return record;
}

bool Records::grow(Record& record, std::uint64_t bytes) {
    const MutexLock lock(mutex_);
    if (!record.kept_ || bytes > bytes_max_ / 2) {
        return false;
    }
    make_room(bytes);
    if (!record.kept_) {
        return false;
    }
    record.counted_ += bytes;
    bytes_ += bytes;
    return true;
}

void Records::shrink(Record& record, std::uint64_t bytes) {
    const MutexLock lock(mutex_);
    if (record.kept_) {
        bytes = bytes < record.counted_ ? bytes : record.counted_;
        record.counted_ -= bytes;
        bytes_ -= bytes;
    }
}

template <typename Keep>
void Records::keep_original(Record& record, std::uint64_t bytes, Keep keep) {
    if (!keeps_originals_ || !grow(record, bytes)) {
        return;
    }
    const MutexLock lock(record.mutex_);
    if (!record.dropped_) {
        keep(record.original_);
    }
}

void Records::keep_original_head(Record& record, std::string_view head) {
    keep_original(record, head.size(), [&](Original& original) { original.head = head; });
}

void Records::keep_original_body(Record& record, std::string body) {
    keep_original(record, body.size(), [&](Original& original) { original.body = std::move(body); });
}

// Records are nearly in the order of their begin: those that are missed here are deleted the next time.
void Records::forget_originals(TimePoint began_before) {
    const MutexLock lock(mutex_);
    for (const std::shared_ptr<Record>& record : kept_) {
        if (record->began_ >= began_before) {
            return;
        }
        const MutexLock record_lock(record->mutex_);
        const std::uint64_t bytes = record->original_.bytes();
        record->original_ = {};
        record->counted_ -= bytes;
        bytes_ -= bytes;
    }
}

void Records::make_room(std::uint64_t bytes) {
    while (!kept_.empty() && bytes_ + bytes > bytes_max_) {
        drop_oldest();
    }
}

void Records::drop_oldest() {
    Record& oldest = *kept_.front();
    bytes_ -= oldest.counted_;
    oldest.kept_ = false;
    oldest.drop();
    kept_.pop_front();
}

std::vector<std::shared_ptr<const Record>> Records::all() const {
    const MutexLock lock(mutex_);
    return {kept_.rbegin(), kept_.rend()};
}

std::shared_ptr<const Record> Records::find(std::uint64_t id) const {
    const MutexLock lock(mutex_);
    for (auto record = kept_.rbegin(); record != kept_.rend(); ++record) {
        if ((*record)->id() == id) {
            return *record;
        }
    }
    return nullptr;
}

void Records::clear() {
    const MutexLock lock(mutex_);
    while (!kept_.empty()) {
        drop_oldest();
    }
}

std::uint64_t Records::not_recorded() const {
    const MutexLock lock(mutex_);
    return not_recorded_;
}

std::uint64_t Records::bytes() const {
    const MutexLock lock(mutex_);
    return bytes_;
}

}  // namespace ferrotunnel::inspect
