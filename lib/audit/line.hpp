// Lines of the audit log: numbers them, links each to the one before, and reads these links.
//
//   {"seq":17,"time":"2026-01-31T12:00:00.123Z","event":"login",...,"prev":"<64 hexadecimal digits>"}
//
// `prev` is the SHA-256 of the line before, without its line end; 64 zeros in the first line of a chain. Within a value
// a quote is escaped, so a text with this beginning and this end is a whole line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::audit {

/// The last line of a chain.
struct Head {
    std::uint64_t sequence = 0;  // 0: there is none yet
    std::string hash = std::string(64, '0');

    friend bool operator==(const Head&, const Head&) = default;
};

/// What a line contains besides its event.
struct Link {
    Head before;            // the line that it follows
    std::string_view body;  // what is between: `"time":...,"event":...`

    std::uint64_t sequence() const noexcept { return before.sequence + 1; }
    /// The value of `event`, which has no escapes.
    std::string_view event() const noexcept;
};

/// SHA-256 as 64 hexadecimal digits.
std::string hash_of(std::string_view text);

/// The link of a line without its line end. Empty if that is not a whole line.
std::optional<Link> read_line(std::string_view line);

/// Whether a line may begin like this text: a crash leaves no other one.
bool may_begin_line(std::string_view text) noexcept;

/// Appends the line that follows `head`, with its line end, and makes it the head. `body`: `"time":...` and a record.
void append_line(std::string& to, Head& head, std::string_view body);

/// A text that belongs to no whole line, as a crash leaves it, without its last line end.
struct Fragment {
    std::uint64_t bytes = 0;
    std::string hash;

    friend bool operator==(const Fragment&, const Fragment&) = default;
};
Fragment fragment_of(std::string_view text);

/// The record that notes a fragment in front of it, and back. Empty if the body is another record.
inline constexpr std::string_view torn_event = "torn";
std::string torn_record(const Fragment& fragment);
std::optional<Fragment> fragment_in(std::string_view body);

/// The end of a file.
struct Tail {
    Head head;
    std::optional<std::string> fragment;  // what follows the last whole line, without its last line end
    bool ends_line = true;                // the file ends with a line end
};
/// `text`: the last tail_bytes of the file, or all. Empty if it has no whole line.
std::optional<Tail> read_tail(std::string_view text);

}  // namespace ferrotunnel::audit
