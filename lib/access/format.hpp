// Format of access log lines: Combined, JSON, or a template of the operator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "access/entry.hpp"
#include "access/masks.hpp"
#include "base/result.hpp"

namespace ferrotunnel::access {

/// Fields for templates and JSON objects.
enum class Name : std::uint8_t {
    time,
    visitor,
    token,
    service,
    member,
    host,
    method,
    target,
    protocol,
    scheme,
    status,
    received,
    sent,
    routed_ms,
    connected_ms,
    first_byte_ms,
    duration_ms,
    outcome,
    cause,
    request_id,
    referer,
    user_agent,
    tls_group,
};
inline constexpr std::size_t names = static_cast<std::size_t>(Name::tls_group) + 1;

class Format {
public:
    /// "combined", "json", or a template: `{visitor} "{method} {target}" {status}`, with `{{` and `}}` for braces. An
    /// error has its position, and may follow the name of the setting.
    static Result<Format, std::string> parse(std::string_view text, const std::vector<std::string>& masks);

    /// Appends a line, including the line feed.
    void append(std::string& line, const Entry& entry) const;

private:
    enum class Kind : std::uint8_t { combined, json, pieces };
    /// Literal text, and the field after it; the last piece may have no field.
    struct Piece {
        std::string text;
        bool has_name = false;
        Name name = Name::time;
    };

    Format(Kind kind, const std::vector<std::string>& masks) : kind_(kind), masks_(masks) {}

    void append_combined(std::string& line, const Entry& entry) const;
    void append_object(std::string& line, const Entry& entry) const;
    /// Appends the value, or nothing if there is none.
    void append_text(std::string& line, const Entry& entry, Name name) const;

    Kind kind_;
    Masks masks_;
    std::vector<Piece> pieces_;
};

}  // namespace ferrotunnel::access
