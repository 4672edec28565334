// A watch: the stream's bytes become messages, and messages become batches of whole revisions.
//
//   bytes --WatchLines--> line --watch_message()--> WatchMessage --WatchOrder--> WatchBatch: changes up to a revision
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "etcd/fault.hpp"
#include "etcd/limits.hpp"
#include "etcd/requests.hpp"
#include "etcd/values.hpp"

namespace ferrotunnel::etcd {

/// Splits a stream into lines, each one JSON object, of at most `most` bytes. next() is called until it returns nothing
/// before more is added, so no more than a line and the last bytes are held.
class WatchLines {
public:
    explicit WatchLines(std::size_t most = limits::answer_max) noexcept : most_(most) {}

    void add(std::string_view bytes);
    /// The next complete line, without its end, and never an empty one. It is valid until the next call.
    std::optional<std::string_view> next();
    /// A line is longer, and the stream is of no further use.
    bool is_too_long() const noexcept { return is_too_long_; }

private:
    const std::size_t most_;
    std::string text_;
    std::size_t begin_ = 0;    // of what next() has not returned
    std::size_t scanned_ = 0;  // no line ends between `begin_` and here
    bool is_too_long_ = false;
};

struct WatchEvent {
    bool is_deletion = false;
    KeyValue pair{};  // of a deletion, key and `modified`
};

struct WatchMessage {
    Header header{};
    bool is_created = false;
    bool is_fragment = false;  // the revision of its last event continues in the next message
    std::vector<WatchEvent> events{};
};

/// A fault if the watch has ended, or the line is not valid. Events are of `keys`, ascending by revision; those of keys
/// that are longer than limits::key_max are left out.
Result<WatchMessage, Fault> watch_message(std::string_view line, const KeyRange& keys);

/// Changes after the previous batch, with all changes of each revision, up to and including `revision`.
struct WatchBatch {
    Header header{};
    Revision revision = 0;
    std::vector<WatchEvent> events{};  // none: progress
};

/// Checks the order of messages. A message that says that it was created begins the watch; its revision shows whether
/// the member has what came before the start.
class WatchOrder {
public:
    /// `from`: as in WatchStart.
    explicit WatchOrder(Revision from) noexcept : seen_(from - 1) {}

    /// A batch, unless the message only begins the watch, or is a part of a fragmented one. After a fault the watch is
    /// of no further use. Fault::Kind::future_revision: the member's store ends before the start, so that it would
    /// leave out what follows: it lags behind, or was restored.
    Result<std::optional<WatchBatch>, Fault> add(WatchMessage message);
    bool is_created() const noexcept { return is_created_; }
    /// Which etcd it is; 0: not created.
    std::uint64_t cluster() const noexcept { return cluster_; }
    /// All changes up to here have been returned.
    Revision seen() const noexcept { return seen_; }

private:
    Revision seen_;
    bool is_created_ = false;
    std::uint64_t cluster_ = 0;
    std::vector<WatchEvent> fragments_;
    std::size_t fragments_bytes_ = 0;
};

}  // namespace ferrotunnel::etcd
