#include "audit/record.hpp"

#include <algorithm>

#include "access/escape.hpp"
#include "audit/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::audit {
namespace {

// Most values are short and are not copied.
void append_value(std::string& text, std::string_view value) {
    if (value.size() > value_bytes_max) {
        access::append_json(text, printable(value, value_bytes_max));
    } else {
        access::append_json(text, value);
    }
}

}  // namespace

void Record::begin(std::string_view key) {
    text_ += text_.empty() ? "\"" : ",\"";
    text_ += key;
    text_ += "\":";
}

Record& Record::add(std::string_view key, std::string_view value) & {
    if (!value.empty()) {
        begin(key);
        append_value(text_, value);
    }
    return *this;
}

Record& Record::add(std::string_view key, std::uint64_t value) & {
    begin(key);
    text_ += std::to_string(value);
    return *this;
}

Record& Record::add(std::string_view key, bool value) & {
    begin(key);
    text_ += value ? "true" : "false";
    return *this;
}

Record& Record::add(std::string_view key, const std::vector<std::string>& values) & {
    if (values.empty()) {
        return *this;
    }
    begin(key);
    const std::size_t from = text_.size();
    std::size_t shown = 0;
    while (shown < std::min(values.size(), list_values_max) && text_.size() - from < list_bytes_max) {
        text_ += shown == 0 ? '[' : ',';
        append_value(text_, values[shown++]);
    }
    text_ += ']';
    return values.size() == shown ? *this : add(std::string(key) + "_left_off", std::uint64_t{values.size() - shown});
}

}  // namespace ferrotunnel::audit
