#include "admin/event_ring.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <iterator>
#include <utility>

#include "admin/stats_json.hpp"

namespace ferrotunnel::admin {
namespace {

// A client that reconnects has another port.
std::string_view host_of(std::string_view peer) {
    return peer.substr(0, peer.rfind(':'));
}

Json json_of_event(const EventRing& ring, const EventRing::StoredEvent& kept) {
    using std::chrono::milliseconds;
    const Event& event = kept.event;
    Json json{{"id", ring.id_of(kept.number)},
              {"time_ms", std::chrono::duration_cast<milliseconds>(kept.at.time_since_epoch()).count()},
              {"kind", name_of(event.kind)}};
    const auto put = [&json](const char* name, const std::string& text) {
        if (!text.empty()) {
            json[name] = text;
        }
    };
    put("peer", event.peer);
    put("client", event.client);
    put("service", event.service);
    put("endpoint", event.endpoint);
    put("error", event.error ? event.error.message() : std::string());
    put("text", event.text);
    if (kept.count > 1) {
        json["count"] = kept.count;
        json["first_ms"] = std::chrono::duration_cast<milliseconds>(kept.first_at.time_since_epoch()).count();
        json["replaces"] = ring.id_of(kept.replaces);
    }
    if (event.retry_in.count() > 0) {
        json["retry_in_ms"] = event.retry_in.count();
    }
    if (event.connection != 0) {
        json["connection"] = event.connection;
        json["connections"] = event.connections;
    }
    return json;
}

// text_of() ends with a line end, and its JSON contains none.
std::string sent(std::string_view head, const Json& data) {
    return std::string(head) + "data: " + text_of(data) + '\n';
}

}  // namespace

EventRing::EventRing(Moment began) : prefix_(std::to_string(seconds_of(began)) + '-') {}

void EventRing::put(const Event& event, Moment now) noexcept {
    const MutexLock lock(mutex_);
    ++last_;
    try {
        StoredEvent kept{last_, now, event, 1, now, 0};
        if (const auto before = same_refusal(event); before != kept_.end()) {
            kept.count = before->count + 1;
            kept.first_at = before->first_at;
            kept.replaces = before->number;
            kept_.erase(before);
        }
        kept_.push_back(std::move(kept));
        if (kept_.size() > limits::admin_events_kept) {
            drop_first();
        }
    } catch (const std::exception&) {  // no memory: the event is lost
    }
}

// The refusal that this one repeats: nothing else has happened to its service since.
std::deque<EventRing::StoredEvent>::iterator EventRing::same_refusal(const Event& event) {
    if (event.kind != Event::Kind::refused) {
        return kept_.end();
    }
    for (auto kept = kept_.rbegin(); kept != kept_.rend(); ++kept) {
        const Event& before = kept->event;
        if (before.service != event.service || before.client != event.client ||
            host_of(before.peer) != host_of(event.peer)) {
            continue;
        }
        if (before.kind == Event::Kind::refused && before.error == event.error && before.text == event.text) {
            return std::prev(kept.base());
        }
        if (before.kind != Event::Kind::refused && !event.service.empty()) {
            break;
        }
    }
    return kept_.end();
}

void EventRing::drop_first() {
    dropped_.push_back(kept_.front().number);
    kept_.pop_front();
    if (dropped_.size() > limits::admin_events_kept) {
        dropped_.pop_front();
        ++dropped_before_;
    }
}

// Number of dropped events with a greater number: exact for recent ones, and for the beginning.
std::uint64_t EventRing::dropped_after(std::uint64_t number) const noexcept {
    const auto from = std::upper_bound(dropped_.begin(), dropped_.end(), number);
    const auto lately = static_cast<std::uint64_t>(dropped_.end() - from);
    const std::uint64_t earlier = from != dropped_.begin() || dropped_.empty() ? 0 : dropped_.front() - 1 - number;
    return lately + std::min(dropped_before_, earlier);
}

EventRing::Batch EventRing::after(std::uint64_t after, std::size_t most) const {
    const MutexLock lock(mutex_);
    Batch batch;
    auto from = std::partition_point(kept_.begin(), kept_.end(),
                                     [after](const StoredEvent& kept) { return kept.number <= after; });
    const auto room = std::min<std::size_t>(most, static_cast<std::size_t>(kept_.end() - from));
    batch.events.assign(from, from + static_cast<std::ptrdiff_t>(room));
    batch.last = batch.events.empty() ? std::max(after, last_) : batch.events.back().number;
    batch.missed = dropped_after(after);
    return batch;
}

std::string EventRing::id_of(std::uint64_t number) const {
    return prefix_ + std::to_string(number);
}

std::uint64_t EventRing::number_of(std::string_view id) const noexcept {
    if (!id.starts_with(prefix_)) {
        return 0;
    }
    id.remove_prefix(prefix_.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    const MutexLock lock(mutex_);
    return error == std::errc() && end == id.data() + id.size() && number <= last_ ? number : 0;
}

Json json_of_events(const EventRing& ring, std::string_view id) {
    const EventRing::Batch batch = ring.after(ring.number_of(id));
    Json events = Json::array();
    for (const EventRing::StoredEvent& kept : batch.events) {
        events.push_back(json_of_event(ring, kept));
    }
    return {{"events", std::move(events)}, {"missed", batch.missed}, {"last", ring.id_of(batch.last)}};
}

EventStream::EventStream(const EventRing& ring, EventRing::Place place, std::string_view id)
    : ring_(ring), place_(std::move(place)), last_sent_(ring.number_of(id)) {}

std::string EventStream::next(std::chrono::steady_clock::time_point now) {
    const EventRing::Batch batch = ring_.after(last_sent_, limits::admin_events_at_once);
    last_sent_ = batch.last;
    std::string text;
    if (batch.missed != 0) {
        text += sent("event: gap\n", Json{{"missed", batch.missed}});
    }
    for (const EventRing::StoredEvent& kept : batch.events) {
        text += sent("id: " + ring_.id_of(kept.number) + '\n', json_of_event(ring_, kept));
    }
    if (text.empty() && now - last_write_at_ >= limits::admin_heartbeat) {
        text = ":\n\n";
    }
    last_write_at_ = text.empty() ? last_write_at_ : now;
    return text;
}

}  // namespace ferrotunnel::admin
