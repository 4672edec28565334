#include "etcd_client/prefix_watcher.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "base/fnv.hpp"

namespace ferrotunnel::etcd {
namespace {

// A watch from the revision that was reached would report nothing, or not all.
bool needs_read(Fault::Kind kind) noexcept {
    switch (kind) {
        case Fault::Kind::compacted:
        case Fault::Kind::future_revision:
        case Fault::Kind::malformed:
        case Fault::Kind::token:  // a watch does not log in, and a read does
            return true;
        default:
            return false;
    }
}

}  // namespace

PrefixWatcher::PrefixWatcher(runtime::Worker& worker, Client& client, Random& random, const std::string& prefix,
                             const Bounds& bounds, Handlers handlers)
    : worker_(worker),
      client_(client),
      random_(random),
      keys_(range_of_prefix(prefix)),
      bounds_(bounds),
      handlers_(std::move(handlers)),
      timer_(worker, [this] { act(); }) {}

void PrefixWatcher::start() {
    timer_.set(worker_.now());
}

void PrefixWatcher::read_again() {
    (is_reading_ ? must_repeat_ : must_read_) = true;
    timer_.set(worker_.now());
}

void PrefixWatcher::act() {
    if (is_reading_) {
        return;
    }
    if (watch_) {
        next_ = watch_->seen() + 1;
        watch_.reset();
    }
    const bool is_due = bounds_.read_again > Duration::zero() && worker_.now() - read_at_ >= bounds_.read_again;
    if (must_read_ || is_due) {
        begin_read();
    } else {
        begin_watch();
    }
}

// --- reading ---------------------------------------------------------------------------------------------------------

void PrefixWatcher::begin_read() {
    must_read_ = true;
    is_over_ = false;
    ++round_;
    cursor_ = keys_.key;
    read_revision_ = 0;
    read_ = 0;
    read_page();
}

void PrefixWatcher::read_page() {
    Read request;
    request.keys = {cursor_, keys_.end};
    request.limit = limits::page_keys;
    request.revision = read_revision_;
    is_reading_ = true;
    client_.read(request, [this](const Result<ReadAnswer, Fault>& answer) { page_read(answer); });
}

void PrefixWatcher::page_read(const Result<ReadAnswer, Fault>& answer) {
    is_reading_ = false;
    if (!answer) {
        return fail(answer.error());
    }
    if (read_revision_ == 0) {
        read_revision_ = answer->header.revision;
        cluster_ = answer->header.cluster;
    } else if (answer->header.cluster != cluster_) {
        return fail(malformed("pages of one read are of two different etcds"));
    }
    // Keys beyond the bound are fetched only to see which of the known ones are gone: not without an end.
    read_ += answer->pairs.size();
    if (read_ > 2 * bounds_.keys_max && answer->has_more) {
        fail(malformed("far more keys than " + std::to_string(bounds_.keys_max) + " begin with " + keys_.key));
        timer_.set_after(limits::avoided_for);
        return;
    }
    for (const KeyValue& pair : answer->pairs) {
        note(pair, true);
    }
    if (answer->has_more && !answer->pairs.empty()) {
        cursor_ = answer->pairs.back().key + '\0';
        return read_page();
    }
    finish_read();
}

void PrefixWatcher::finish_read() {
    must_read_ = std::exchange(must_repeat_, false);
    read_at_ = worker_.now();
    next_ = read_revision_ + 1;
    bool has_room = false;
    for (auto at = known_.begin(); at != known_.end();) {
        if (at->second.round == round_) {
            ++at;
            continue;
        }
        const auto gone = known_.extract(at++);
        has_room = true;
        handlers_.gone(gone.key());
    }
    follows();
    handlers_.synced();
    // Next is the watch; but what found no room beside keys that are gone now is read first.
    must_read_ = must_read_ || (is_over_ && has_room);
    timer_.set_after(must_read_ ? limits::again_time : Duration::zero());
}

// A key that was read and has not changed is not reported again.
void PrefixWatcher::note(const KeyValue& pair, bool is_read) {
    const Kept kept{pair.modified, fnv1a(as_bytes(pair.value)), round_};
    auto found = known_.find(pair.key);
    if (found == known_.end() && known_.size() >= bounds_.keys_max) {
        is_over_ = true;
        return;
    }
    if (found == known_.end()) {
        known_.emplace(pair.key, kept);
    } else {
        const Kept before = std::exchange(found->second, kept);
        if (is_read && before.modified == kept.modified && before.hash == kept.hash) {
            return;
        }
    }
    handlers_.set(pair);
}

// --- watching --------------------------------------------------------------------------------------------------------

void PrefixWatcher::begin_watch() {
    watch_ = client_.watch({keys_, next_}, {[this] { begun(); }, [this](const WatchBatch& batch) { changed(batch); },
                                            [this](const Fault& fault) { watch_ended(fault); }});
    arm();
}

// After a silence it is replaced; when a read is due, all are read.
void PrefixWatcher::arm() {
    const TimePoint silent = worker_.now() + bounds_.silence;
    const bool is_repeated = bounds_.read_again > Duration::zero();
    timer_.set(is_repeated ? std::min(silent, read_at_ + bounds_.read_again) : silent);
}

void PrefixWatcher::begun() {
    if (watch_->cluster() != cluster_) {
        read_again();
    } else {
        follows();
    }
}

void PrefixWatcher::changed(const WatchBatch& batch) {
    if (batch.header.cluster != cluster_) {
        return read_again();
    }
    bool has_room = false;
    for (const WatchEvent& event : batch.events) {
        if (!event.is_deletion) {
            note(event.pair, false);
        } else if (known_.erase(event.pair.key) != 0) {
            has_room = true;
            handlers_.gone(event.pair.key);
        }
    }
    if (must_read_) {
        return;  // soon, as it was asked for
    }
    if (is_over_ && has_room) {
        must_read_ = true;
        timer_.set_after(limits::again_time);
    } else {
        arm();
        follows();
    }
}

void PrefixWatcher::watch_ended(const Fault& fault) {
    next_ = watch_->seen() + 1;
    watch_.reset();
    must_read_ = must_read_ || needs_read(fault.kind);
    fail(fault);
}

// --- problems --------------------------------------------------------------------------------------------------------

void PrefixWatcher::fail(const Fault& fault) {
    const Duration half = limits::again_time / 2;
    timer_.set_after(half + Duration(random_.below(2 * half.count())));
    report(fault.text);
}

void PrefixWatcher::follows() {
    report(is_over_ ? "there are more than " + std::to_string(bounds_.keys_max) + " keys that begin with " + keys_.key
                    : std::string());
}

void PrefixWatcher::report(const std::string& problem) {
    if (problem_ != problem) {
        problem_ = problem;
        handlers_.problem(problem);
    }
}

}  // namespace ferrotunnel::etcd
