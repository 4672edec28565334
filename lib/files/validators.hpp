// Validators of a file's state (RFC 9110, 8.8), and the evaluation of a request's conditions (13).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.hpp"

namespace ferrotunnel::files {

/// The state of a file. Times are nanoseconds since 1970.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // the time of its bytes
    std::int64_t changed = 0;   // the time of its bytes or metadata; programs cannot set it

    /// Whether its bytes are still the same, by times and size. A file that was renamed or unlinked keeps its bytes.
    bool has_bytes_of(const FileStamp& before) const noexcept {
        return size == before.size && modified == before.modified;
    }
};

struct Validators {
    std::string tag;  // including its quotes, without W/
    /// Each further change of the file results in another tag, and another time of change.
    bool strong = false;
    /// In seconds since 1970, never after `now`. Empty if the file's time is one that archives and package managers
    /// give to every file (files_earliest_date): it would not distinguish one content from the next.
    std::optional<std::int64_t> modified;
    std::int64_t changed = 0;  // in seconds since 1970

    /// `now` in nanoseconds since 1970.
    static Validators of(const FileStamp& stamp, std::int64_t now);
    /// The value of ETag.
    std::string etag() const { return (strong ? "" : "W/") + tag; }
};

enum class Verdict : std::uint8_t {
    go_on,
    not_modified,  // 304
    failed,        // 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of a GET or HEAD, in the order of RFC
/// 9110, 13.2.2. Dates that cannot be parsed count as absent, and so do all dates if the file has none. A file that has
/// replaced a newer one is modified: only its exact date, or one after its last change, is not before its modification.
Verdict judge_conditions(const http::Fields& fields, const Validators& validators);

/// Whether If-Range allows a range: there is none, or it names exactly this state.
bool allows_range(const http::Fields& fields, const Validators& validators);

}  // namespace ferrotunnel::files
