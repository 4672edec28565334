// One event of the audit log, as members of a JSON object.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::audit {

/// Values are escaped, and shortened to value_bytes_max. Keys are literals. Secrets never get here: what a caller adds
/// is a name, an address or a reason.
class Record {
public:
    /// `event`: a word such as "login".
    explicit Record(std::string_view event) { add("event", event); }

    /// Adds a member. An empty text is left out.
    Record& add(std::string_view key, std::string_view value) &;
    Record& add(std::string_view key, const char* value) & { return add(key, std::string_view(value)); }
    Record& add(std::string_view key, const std::string& value) & { return add(key, std::string_view(value)); }
    Record& add(std::string_view key, std::uint64_t value) &;
    Record& add(std::string_view key, bool value) &;
    /// The first list_values_max, up to list_bytes_max; the number of the others is the member KEY_left_off. An empty
    /// list is left out.
    Record& add(std::string_view key, const std::vector<std::string>& values) &;

    /// `"event":"login","peer":"192.0.2.7:40022"`.
    const std::string& text() const& noexcept { return text_; }
    std::string text() && { return std::move(text_); }

private:
    void begin(std::string_view key);

    std::string text_;
};

}  // namespace ferrotunnel::audit
