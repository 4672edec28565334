#include "etcd/json.hpp"

#include <charconv>
#include <limits>
#include <type_traits>

#include "etcd/base64.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

template <typename Number>
std::optional<Number> any_number_in(const nlohmann::json& object, const char* name) {
    const nlohmann::json& member = member_in(object, name);
    if (member.is_null()) {
        return Number{0};
    }
    if (member.is_string()) {
        const auto& text = member.get_ref<const std::string&>();
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
    }
    if (member.is_number_unsigned()) {
        const auto number = member.get<std::uint64_t>();
        const bool fits = number <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max());
        return fits ? std::optional(static_cast<Number>(number)) : std::nullopt;
    }
    if constexpr (std::is_signed_v<Number>) {
        if (member.is_number_integer()) {
            return member.get<std::int64_t>();
        }
    }
    return {};
}

}  // namespace

std::optional<nlohmann::json> read_json_object(std::string_view text) {
    bool is_refused = false;
    std::size_t values = 0;
    // `depth` is how many objects and lists are around it. What is left out is not stored.
    const auto keep = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
        using Event = nlohmann::json::parse_event_t;
        const bool is_start = event == Event::object_start || event == Event::array_start;
        values += event != Event::object_end && event != Event::array_end ? 1 : 0;
        is_refused = is_refused || (is_start && depth >= limits::depth_max) || values > limits::json_values_max;
        return !is_refused;
    };
    nlohmann::json read = nlohmann::json::parse(text, keep, false);
    if (is_refused || !read.is_object()) {
        return {};
    }
    return read;
}

const nlohmann::json& member_in(const nlohmann::json& object, const char* name) {
    static const nlohmann::json nothing;
    if (!object.is_object()) {
        return nothing;
    }
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

std::optional<std::int64_t> number_in(const nlohmann::json& object, const char* name) {
    return any_number_in<std::int64_t>(object, name);
}

std::optional<std::uint64_t> unsigned_in(const nlohmann::json& object, const char* name) {
    return any_number_in<std::uint64_t>(object, name);
}

std::optional<bool> flag_in(const nlohmann::json& object, const char* name) {
    const nlohmann::json& member = member_in(object, name);
    if (member.is_null()) {
        return false;
    }
    return member.is_boolean() ? std::optional(member.get<bool>()) : std::nullopt;
}

std::optional<std::string> text_in(const nlohmann::json& object, const char* name) {
    const nlohmann::json& member = member_in(object, name);
    if (member.is_null()) {
        return std::string();
    }
    return member.is_string() ? std::optional(member.get<std::string>()) : std::nullopt;
}

std::optional<std::string> bytes_in(const nlohmann::json& object, const char* name) {
    const nlohmann::json& member = member_in(object, name);
    if (member.is_null()) {
        return std::string();
    }
    return member.is_string() ? decode_base64(member.get_ref<const std::string&>()) : std::nullopt;
}

}  // namespace ferrotunnel::etcd
