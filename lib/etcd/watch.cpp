#include "etcd/watch.hpp"

#include <algorithm>
#include <iterator>

#include "etcd/answers.hpp"
#include "etcd/json.hpp"

namespace ferrotunnel::etcd {
namespace {

using nlohmann::json;

std::optional<WatchEvent> event_of(const json& object) {
    const auto type = text_in(object, "type");
    auto pair = key_value_of(member_in(object, "kv"));
    if (!type || !pair || pair->modified == 0 || (!type->empty() && *type != "PUT" && *type != "DELETE")) {
        return {};
    }
    const bool is_deletion = *type == "DELETE";
    if (!is_deletion && pair->created == 0) {
        return {};
    }
    return WatchEvent{is_deletion, std::move(*pair)};
}

// Not ours, since we write none: whoever may write keys must not be able to end all watches of them.
bool is_of_long_key(const json& object) {
    const auto key = bytes_in(member_in(object, "kv"), "key");
    return key && key->size() > limits::key_max;
}

Fault ended(const json& result) {
    if (number_in(result, "compact_revision").value_or(0) > 0) {
        return {Fault::Kind::compacted, "the history since the last change seen has been compacted"};
    }
    const std::string reason = text_in(result, "cancel_reason").value_or("");
    return reason.empty() ? Fault{Fault::Kind::unavailable, "etcd has canceled the watch"} : fault_of(14, reason);
}

}  // namespace

void WatchLines::add(std::string_view bytes) {
    text_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    text_.append(bytes);
}

std::optional<std::string_view> WatchLines::next() {
    while (!is_too_long_) {
        const std::size_t end = text_.find('\n', scanned_);
        scanned_ = std::min(end, text_.size());
        is_too_long_ = scanned_ - begin_ > most_;
        if (is_too_long_ || end == std::string::npos) {
            return {};
        }
        const std::string_view line = std::string_view(text_).substr(begin_, end - begin_);
        begin_ = scanned_ = end + 1;
        if (!line.empty()) {
            return line;
        }
    }
    return {};
}

Result<WatchMessage, Fault> watch_message(std::string_view line, const KeyRange& keys) {
    const auto object = read_json_object(line);
    if (!object) {
        return malformed("a message of a watch is not a JSON object, or too large");
    }
    if (const json& error = member_in(*object, "error"); error.is_object()) {
        const std::int64_t code = number_in(error, "grpc_code").value_or(0);
        return fault_of(code != 0 ? code : number_in(error, "code").value_or(2),
                        text_in(error, "message").value_or(""));
    }
    const json& result = member_in(*object, "result");
    const auto header = header_in(result);
    const auto created = flag_in(result, "created");
    const auto canceled = flag_in(result, "canceled");
    const auto fragment = flag_in(result, "fragment");
    const json& events = member_in(result, "events");
    if (!header || header->cluster == 0 || !created || !canceled || !fragment) {
        return malformed("a message of a watch is not valid");
    }
    if (*canceled) {
        return ended(result);
    }
    if ((!events.is_null() && !events.is_array()) || events.size() > limits::events_max) {
        return malformed("the events of a watch are not valid");
    }
    WatchMessage message{*header, *created, *fragment, {}};
    message.events.reserve(events.size());
    for (const json& item : events) {
        if (is_of_long_key(item)) {
            continue;
        }
        auto event = event_of(item);
        if (!event || !keys.contains(event->pair.key)) {
            return malformed("an event of a watch is not valid, or of a key that is not watched");
        }
        if (!message.events.empty() && message.events.back().pair.modified > event->pair.modified) {
            return malformed("the events of a watch are not in order");
        }
        message.events.push_back(std::move(*event));
    }
    return message;
}

Result<std::optional<WatchBatch>, Fault> WatchOrder::add(WatchMessage message) {
    using Answer = Result<std::optional<WatchBatch>, Fault>;
    if (message.is_created != !is_created_ || (message.is_created && !message.events.empty())) {
        return malformed("a watch does not begin with its creation");
    }
    if (message.is_created) {
        is_created_ = true;
        cluster_ = message.header.cluster;
        return message.header.revision < seen_
                   ? Answer(Fault{Fault::Kind::future_revision, "etcd's revision is " +
                                                                    std::to_string(message.header.revision) + ", and " +
                                                                    std::to_string(seen_) + " was seen before"})
                   : Answer(std::nullopt);
    }
    if (message.header.cluster != cluster_) {
        return malformed("a watch changes to another etcd");
    }
    if (!message.events.empty() && message.events.front().pair.modified <= seen_) {
        return malformed("a watch repeats a change");
    }
    const bool was_fragment = !fragments_.empty();
    if (was_fragment &&
        (message.events.empty() || message.events.front().pair.modified < fragments_.back().pair.modified)) {
        return malformed("a watch leaves out a part of a change");
    }
    for (const WatchEvent& event : message.events) {
        fragments_bytes_ += sizeof(WatchEvent) + event.pair.key.size() + event.pair.value.size();
    }
    if (fragments_bytes_ > limits::batch_bytes_max) {
        return malformed("a watch has a change without end");
    }
    fragments_.insert(fragments_.end(), std::move_iterator(message.events.begin()),
                      std::move_iterator(message.events.end()));
    if (message.is_fragment) {
        return message.events.empty() ? Answer(malformed("a watch has an empty part of a change"))
                                      : Answer(std::nullopt);
    }
    fragments_bytes_ = 0;
    WatchBatch batch{message.header, 0, std::exchange(fragments_, {})};
    // Messages with events can have a greater revision in their header, up to which more events follow.
    batch.revision = batch.events.empty() ? message.header.revision : batch.events.back().pair.modified;
    if (batch.revision < seen_) {
        return malformed("a watch goes back");
    }
    seen_ = batch.revision;
    return Answer(std::move(batch));
}

}  // namespace ferrotunnel::etcd
